//! The texts of the dashboard in the language of the reader.
//!
//! `locales/en.json` and `locales/zh.json` are the sources; `build.rs` turns them into [`tr`].

use crate::ui::browser;
use aio_domain::{Language, preferences::Preferences};
use leptos::prelude::use_context;

/// One function per text, grouped as in the locale files.
pub mod tr {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// Language and theme of this page: given by the server per request, read from `<html>` in the browser.
pub fn use_preferences() -> Preferences {
    use_context().unwrap_or_else(browser::preferences)
}

/// The language of this page.
pub fn use_language() -> Language {
    use_preferences().language
}
