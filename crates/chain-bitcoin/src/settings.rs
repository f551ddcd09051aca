//! What an installation says about its Bitcoin node.

use aio_domain::SecretText;
use std::time::Duration;

/// Which of Bitcoin's networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// The one whose coins are worth something.
    Main,
    /// The third public test network.
    Test,
    /// The fourth public test network.
    Testnet4,
    /// The signed public test network.
    Signet,
    /// A private one, where blocks come on demand.
    Regtest,
}

/// How much may be paid for a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeRules {
    /// Within how many blocks it should be mined.
    pub target_blocks: u16,
    /// Satoshis for each virtual byte where the node has no estimate.
    pub fallback_rate: u64,
    /// The most satoshis for each virtual byte.
    pub max_fee_rate: u64,
}

/// Where the node is, and how it is asked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its RPC, `http://127.0.0.1:8332`. Plain HTTP: a node elsewhere is reached through a tunnel.
    pub url: String,
    /// Name for the RPC.
    pub user: String,
    /// Password for the RPC.
    pub password: SecretText,
    /// Which network it must serve.
    pub network: Network,
    /// How long one question may take, with its answer read to the end.
    pub timeout: Duration,
    /// How much may be paid for a collection.
    pub fees: FeeRules,
}

impl Network {
    /// The word for it in the settings, which is the node's own word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Test => "test",
            Self::Testnet4 => "testnet4",
            Self::Signet => "signet",
            Self::Regtest => "regtest",
        }
    }

    /// The network of such a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Main, Self::Test, Self::Testnet4, Self::Signet, Self::Regtest]
            .into_iter()
            .find(|network| network.word() == word)
    }

    /// The coin's number in key paths: all test networks share one.
    pub(crate) const fn coin(self) -> u32 {
        match self {
            Self::Main => 0,
            _ => 1,
        }
    }

    pub(crate) const fn library(self) -> bitcoin::Network {
        match self {
            Self::Main => bitcoin::Network::Bitcoin,
            Self::Test => bitcoin::Network::Testnet,
            Self::Testnet4 => bitcoin::Network::Testnet4,
            Self::Signet => bitcoin::Network::Signet,
            Self::Regtest => bitcoin::Network::Regtest,
        }
    }

    pub(crate) fn genesis(self) -> bitcoin::BlockHash {
        bitcoin::constants::genesis_block(self.library()).block_hash()
    }
}

impl Default for FeeRules {
    /// Within the hour, at most 100 satoshis for a byte.
    fn default() -> Self {
        Self { target_blocks: 6, fallback_rate: 5, max_fee_rate: 100 }
    }
}
