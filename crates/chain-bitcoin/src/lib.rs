//! Bitcoin behind the four powers of `aio-chain`.
//!
//! - [`Bitcoin`] looks at a node and sends to it, over JSON-RPC. Blocks come raw, so that their hash and their merkle
//!   root are checked here and amounts are whole satoshis.
//! - [`Addresses`] makes and reads addresses: native segwit, BIP-84.
//! - [`SeedSigner`] signs collections. It reads every amount out of the transactions that are spent, because a signature
//!   of this kind commits to its own input's amount only.
//!
//! The only token is [`TOKEN`].

mod addresses;
mod block;
mod broadcast;
mod draft;
mod facts;
mod fees;
mod mempool;
mod plan;
mod read;
mod rpc;
mod settings;
mod sign;
mod status;

use aio_chain::ChainError;
use serde_json::Value;

pub use addresses::Addresses;
pub use settings::{FeeRules, Network, Settings};
pub use sign::SeedSigner;

/// The ticker of the chain's own coin, the only token here.
pub const TOKEN: &str = "BTC";

/// Decimals of the coin: its smallest unit is a satoshi.
pub const DECIMALS: u8 = 8;

/// A Bitcoin node, asked over its RPC.
#[derive(Debug)]
pub struct Bitcoin {
    rpc: rpc::Rpc,
    network: Network,
    fees: FeeRules,
    addresses: Addresses,
    mempool: mempool::Looked,
}

impl Bitcoin {
    /// Prepares to ask the node; asks nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, ChainError> {
        Ok(Self {
            rpc: rpc::Rpc::new(settings)?,
            network: settings.network,
            fees: settings.fees.clone(),
            addresses: Addresses::new(settings.network),
            mempool: mempool::Looked::default(),
        })
    }

    /// Asks the node something of its own, in its own words: for tests and the demo, which make it mine and pay.
    pub async fn ask(&self, method: &str, params: Value) -> Result<Value, ChainError> {
        self.rpc.ask(method, params).await
    }
}

/// Refuses every token but the chain's own.
fn check_token(token: &str) -> Result<(), ChainError> {
    if token == TOKEN {
        return Ok(());
    }
    Err(ChainError::Unsupported(format!("Bitcoin has no token {token}")))
}
