//! The server from outside, in process: every page, server function and API route, with every kind of caller.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod addresses;
mod callers;
mod collecting;
mod cookies;
mod desk;
mod encrypted;
mod errors;
mod forms;
mod harness;
mod headers;
mod keys;
mod killed;
mod lies;
mod limits;
mod matrix;
mod merchant_api;
mod operator;
mod origins;
mod overview;
mod payments;
mod proxies;
mod settings;
