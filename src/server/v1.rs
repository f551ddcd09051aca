//! The merchant API: one file per resource; how a caller is known and how errors are told.

pub mod credential;
pub mod problem;
pub mod whoami;
