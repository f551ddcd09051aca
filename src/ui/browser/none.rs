//! The server's side of `wasm.rs`: the same functions, none of which can do anything there.

use crate::api::page::PageData;
use aio_domain::{Language, Problem, Theme, Timestamp, preferences::Preferences};
use leptos::{ev::SubmitEvent, prelude::use_context};

/// Does nothing: the server does not call itself.
pub fn call_api(
    _path: &'static str,
    _secret: &'static str,
    _done: impl FnOnce(Option<(u16, String)>) + 'static,
) {
}

/// Does nothing: there is no clipboard.
pub fn copy_text(_text: &str, _done: impl FnOnce() + 'static) {}

/// Does nothing: a page that is being rendered is not open yet.
pub fn listen(_path: &str, _told: impl Fn(&str, &str) + 'static, _state: impl Fn(bool) + 'static) {}

/// Does nothing: nothing was listened to.
pub const fn stop_listening() {}

/// Does nothing: nobody listens yet.
pub const fn announce(_words: &str) {}

/// Always `None`: what the server renders does not depend on a clock.
pub const fn now() -> Option<Timestamp> {
    None
}

/// Always `None`: the server does not know the reader's zone.
pub const fn local_time(_at: Timestamp) -> Option<String> {
    None
}

/// What the server put into the request's context.
pub fn preferences() -> Preferences {
    use_context::<PageData>().map_or(
        Preferences { language: Language::En, theme: Theme::System },
        |page| Preferences { language: page.language, theme: page.theme },
    )
}

/// Does nothing: the server redirects by header.
pub const fn load(_path: &str) {}

/// Does nothing.
pub const fn mark_hydrated() {}

/// Always `false`.
pub const fn is_hydrated() -> bool {
    false
}

/// Does nothing.
pub const fn focus(_selector: &str) {}

/// Does nothing.
pub const fn focus_if_lost(_selector: &str) {}

/// Does nothing.
pub const fn hide_popover(_selector: &str) {}

/// Does nothing.
pub const fn forget_form_error() {}

/// Does nothing.
pub const fn set_checked(_selector: &str, _checked: bool) {}

/// Does nothing.
pub const fn add_line(_selector: &str, _line: &str) {}

/// Does nothing: without scripts the browser posts the form itself.
pub fn post(_event: &SubmitEvent, _path: &'static str, _refused: impl FnOnce(Problem) + 'static) {}
