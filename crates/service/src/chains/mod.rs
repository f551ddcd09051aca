//! What the services do with chains: addresses are handed out, blocks are read, deposits live their lives.

mod deposits;
mod port;
mod seed;
mod subaddresses;
mod watch_set;
mod watcher;

pub use port::{ChainPort, MakeSigner, TokenRules};
pub use seed::{Chains, Seed, SeedWords};
pub use subaddresses::{Subaddress, SubaddressWish};
pub use watcher::{Progress, WatchError, Watcher};
