//! What the services do with chains: addresses are handed out, blocks are read, deposits live their lives.

mod deposits;
mod desk;
mod fence;
mod files;
mod handing;
mod nodes;
mod port;
mod reads;
mod seed;
mod subaddresses;
mod watch_set;
mod watcher;

pub(crate) use deposits::Work;
pub use desk::{Changes, Total};
pub use files::{FileLine, FilePage};
pub use nodes::{NodeFinding, check_node};
pub use port::{ChainPort, Coin, MakeSigner, TokenRules};
pub use reads::{Listed, Reader, Transaction};
pub use seed::{Chains, Seed, SeedWords};
pub use subaddresses::{Subaddress, SubaddressWish};
pub use watcher::{Progress, WatchError, Watcher};
