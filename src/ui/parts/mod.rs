//! The kit: small parts with no knowledge of the domain. `/dev/kit` shows each of them in each state.

mod badge;
mod banner;
mod button;
mod card;
mod checkbox;
mod code_block;
mod copy_button;
mod dialog;
mod empty_state;
mod error_summary;
mod field;
mod icon;
mod input;
mod menu;
mod otp_input;
mod password_input;
mod qr;
mod radio_card;
mod secret_row;
mod select;
mod skeleton;
mod switch;
mod table;
mod tabs;
mod text_area;
mod time_ago;

pub use badge::{Badge, Chip};
pub use banner::Banner;
pub use button::{Button, ButtonLink, Look};
pub use card::{Card, Facts};
pub use checkbox::Checkbox;
pub use code_block::CodeBlock;
pub use copy_button::{CopyButton, CopyIcon};
pub use dialog::Dialog;
pub use empty_state::EmptyState;
pub use error_summary::ErrorSummary;
pub use field::{Field, FieldText, Text, id_of};
pub use icon::{Icon, VisuallyHidden};
pub use input::Input;
pub use menu::{Menu, MenuLink, MenuRule};
pub use otp_input::OtpInput;
pub use password_input::PasswordInput;
pub use qr::Qr;
pub use radio_card::RadioCard;
pub use secret_row::SecretRow;
pub use select::Select;
pub use skeleton::Skeleton;
pub use switch::Switch;
pub use table::{Cell, Column, Table};
pub use tabs::Tabs;
pub use text_area::TextArea;
pub use time_ago::TimeAgo;

/// What a colour says; always beside a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// News.
    Info,
    /// Good.
    Ok,
    /// Look here.
    Warn,
    /// Wrong.
    Bad,
}

impl Tone {
    /// The class that carries the colour.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Info => "info",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}
