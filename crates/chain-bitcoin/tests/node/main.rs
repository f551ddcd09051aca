//! Bitcoin on a real node that mines on demand.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

mod addresses;
mod collect;
mod faults;
mod fees;
mod garbage;
mod harness;
mod mempool;
mod payments;
mod reorg;
mod resend;
mod signer;
