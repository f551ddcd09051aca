//! The pages, one folder per area.

pub mod allowlist;
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod entry;
pub mod form;
pub mod kit;
pub mod settings;
pub mod states;
