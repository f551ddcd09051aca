//! The frame around pages: navigation and tools of the dashboard, and the card of the pages before it.

mod entry;
mod frame;
mod page;
mod preferences;
mod sidebar;

pub use entry::EntryCard;
pub use frame::{Frame, use_frame};
pub use page::{Loaded, Page, role_name};
pub use preferences::{LanguageSwitch, ThemeSwitch, here};
