//! Every case runs on both engines: what one promises the other keeps.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod api_keys;
mod catalogue;
mod chains;
mod faults;
mod history;
mod idempotency;
mod merchants;
mod outgoing;
mod pending;
mod people;
mod races;
mod records;
mod replay;
mod request_log;
mod rule_stats;
mod schema;
mod sign_in;
mod sqlite;
mod step_up;
mod support;
mod tenancy;
mod transactions;
mod upgrade;
mod volumes;
mod walks;
