//! The dashboard's wire API: server functions and what they carry.
//!
//! Each function is guard, parse, one service call, map. Every page that ships no wasm gets its data from
//! [`page`], never through a resource, so that nothing of it is serialised into the HTML.

pub mod aes;
pub mod allowlist;
pub mod authenticator;
pub mod collection;
pub mod error;
pub mod frame;
pub mod keys;
pub mod overview;
pub mod page;
pub mod preferences;
pub mod requests;
pub mod session;
pub mod settings;
pub mod setup;
pub mod subaddresses;
pub mod transactions;

pub use error::ApiError;
