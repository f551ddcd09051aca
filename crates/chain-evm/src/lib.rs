//! Ethereum-type chains behind the four powers of `aio-chain`: coins and ERC-20 tokens.
//!
//! - [`Evm`] looks at a node and sends to it, over JSON-RPC. What a token's contract noted counts, never what was
//!   called.
//! - [`Addresses`] makes and reads addresses: BIP-44, with the checksum of EIP-55.
//! - [`SeedSigner`] signs what goes to one destination, and computes by itself which contract that is.
//!
//! Collections go through a small contract that knows one destination. Deposit addresses name it as their code
//! (EIP-7702), and a gas address pays for all of them.

mod addresses;
mod block;
mod broadcast;
mod draft;
mod facts;
mod fees;
mod gas;
mod plan;
mod read;
mod rpc;
mod settings;
mod sign;
mod status;
mod sweeper;
mod tokens;
mod trace;
mod wire;

use aio_chain::ChainError;
use serde_json::Value;

pub use addresses::Addresses;
pub use settings::{FeeRules, Settings, Token};
pub use sign::SeedSigner;

/// A node of an Ethereum-type chain, asked over its RPC.
#[derive(Debug)]
pub struct Evm {
    rpc: rpc::Rpc,
    chain_id: u64,
    tokens: tokens::Tokens,
    traces: bool,
    fees: FeeRules,
}

impl Evm {
    /// Prepares to ask the node; asks nothing yet.
    pub fn new(settings: &Settings) -> Result<Self, ChainError> {
        if settings.chain_id == 0 {
            return Err(ChainError::Unsupported("no chain has the number 0".to_owned()));
        }
        Ok(Self {
            rpc: rpc::Rpc::new(settings)?,
            chain_id: settings.chain_id,
            tokens: tokens::Tokens::new(&settings.tokens)?,
            traces: settings.traces,
            fees: settings.fees.clone(),
        })
    }

    /// Asks the node something of its own, in its own words: for tests and the demo, which make it mine and pay.
    pub async fn ask(&self, method: &str, params: Value) -> Result<Value, ChainError> {
        self.rpc.ask(method, params).await
    }
}
