//! The chain layer: four powers that are handed out one by one, and the types they speak in.
//!
//! - [`ChainRead`] looks: the tip, blocks, what waits to be mined, what became of a transaction.
//! - [`Derive`] makes addresses out of a public key: it holds no secret.
//! - [`ChainSpend`] plans transactions and sends signed bytes: it holds no secret either.
//! - [`Signer`] signs: the only one that touches a seed, and it looks at what it signs.
//!
//! Nothing here knows a particular chain; `chain-evm` and `chain-bitcoin` do. What all chains share and where they
//! differ is in the types: a transaction is known by its id, a payment by its place in it, a block by its hash, and
//! whatever two transactions cannot both spend has a name ([`Claim`]).

mod block;
mod derive;
mod error;
mod read;
pub mod seed;
mod spend;

pub use block::{BlockRef, Claim, Header, Payment, Place, ScannedBlock, Seen, TxId};
pub use derive::{Derive, KeyPath, Purpose};
pub use error::ChainError;
pub use read::{ChainRead, Identity, Moved, Tip, TxStatus, Watch};
pub use spend::{
    ChainSpend, Intent, Payer, Sent, SignError, Signed, Signer, SigningPolicy, Source, Unsigned,
};
