//! Ethereum-type chains on a real node that mines on demand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod addresses;
mod believed;
mod calls;
mod collect;
mod faults;
mod garbage;
mod harness;
mod payments;
mod proxy;
mod reorg;
mod resend;
mod scripted;
mod signer;
mod tokens;
