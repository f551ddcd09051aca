//! The texts of the dashboard in the language of the reader.
//!
//! `locales/en.json` and `locales/zh.json` are the sources; `build.rs` turns them into [`tr`].

use aio_domain::{Language, Theme, preferences::Preferences};
use leptos::prelude::use_context;

/// One function per text, grouped as in the locale files.
pub mod tr {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// Language and theme of this page: the server gives them with each request, the browser reads them from `<html>`
/// when it starts. Without either, as in a test of one part, English.
pub fn use_preferences() -> Preferences {
    use_context().unwrap_or(Preferences { language: Language::En, theme: Theme::System })
}

/// The language of this page.
pub fn use_language() -> Language {
    use_preferences().language
}
