//! What an installation says about the node of an Ethereum-type chain.

use aio_domain::SecretText;
use std::time::Duration;

/// A token that is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its ticker in the settings.
    pub ticker: String,
    /// The address of its contract; none is the chain's own coin.
    pub contract: Option<String>,
    /// Decimals of its smallest unit.
    pub decimals: u8,
}

/// How much may be paid for a unit of gas, in the smallest unit of the coin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRules {
    /// The most for a unit of gas, tip and all.
    pub max_fee_per_gas: u64,
    /// The least tip for a unit of gas, also where the last blocks took less.
    pub min_tip_per_gas: u64,
}

/// Where the node is, and how it is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its RPC, `http://127.0.0.1:8545`. Plain HTTP: a node elsewhere is reached through a tunnel.
    pub url: String,
    /// Name for the RPC; empty where it asks for none.
    pub user: String,
    /// Password for the RPC.
    pub password: SecretText,
    /// The chain's number, which the node must have too.
    pub chain_id: u64,
    /// What is taken.
    pub tokens: Vec<Token>,
    /// Whether coins that contracts send are looked for: the node must be able to trace blocks.
    pub traces: bool,
    /// How long one question may take, with its answer read to the end.
    pub timeout: Duration,
    /// How much may be paid for a transaction.
    pub fees: FeeRules,
}

impl Default for FeeRules {
    /// At most 100 gwei, of which a hundredth of one is for the tip at least.
    fn default() -> Self {
        Self { max_fee_per_gas: 100_000_000_000, min_tip_per_gas: 10_000_000 }
    }
}
