//! What people see: the frame, the kit and the pages.

#[cfg(feature = "hydrate")]
#[path = "browser/wasm.rs"]
pub mod browser;
#[cfg(not(feature = "hydrate"))]
#[path = "browser/none.rs"]
pub mod browser;
pub mod layout;
pub mod pages;
pub mod parts;
pub mod problem;
pub mod still;
pub mod time;
