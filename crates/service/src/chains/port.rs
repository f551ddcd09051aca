//! A chain as the services are given it: its powers and its rules.

use crate::outgoing::OutgoingRules;
use aio_chain::{ChainError, ChainRead, ChainSpend, Derive, SignError, Signer, seed::Seed};
use aio_domain::{Amount, deposit::Confirmations};
use std::{fmt, sync::Arc};

/// Makes a chain's signer out of the seed.
pub type MakeSigner = Arc<dyn Fn(&Seed) -> Result<Arc<dyn Signer>, SignError> + Send + Sync>;

/// A chain: its powers and its rules.
#[derive(Clone)]
pub struct ChainPort {
    /// Its id in the settings.
    pub id: String,
    /// The network that its node must serve.
    pub network: String,
    /// Looks at it.
    pub read: Arc<dyn ChainRead>,
    /// Makes addresses of it.
    pub derive: Arc<dyn Derive>,
    /// Makes who signs on it.
    pub signer: MakeSigner,
    /// Plans transactions and sends them.
    pub spend: Arc<dyn ChainSpend>,
    /// In what its network is paid.
    pub coin: Coin,
    /// How money is moved out.
    pub outgoing: OutgoingRules,
    /// What is watched for.
    pub tokens: Vec<TokenRules>,
    /// The deepest reorganisation that is followed; a deeper one stops the chain.
    pub max_reorg: u32,
    /// Where people look at a transaction; `{tx}` stands for its id.
    pub explorer: Option<String>,
}

/// What a network is paid in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    /// Its ticker; a token of the settings may have the same, and is then the same.
    pub ticker: String,
    /// Decimals between its smallest unit and one.
    pub decimals: u8,
}

/// A token and when its deposits count.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// Its ticker.
    pub ticker: String,
    /// Decimals between its smallest unit and one.
    pub decimals: u8,
    /// Confirmations by amount.
    pub confirmations: Confirmations,
    /// Below this amount a deposit is dust.
    pub dust: Amount,
}

impl ChainPort {
    /// Whether this is the network that the node must serve.
    pub(crate) fn check_network(&self, found: &str) -> Result<(), ChainError> {
        if self.network == found {
            return Ok(());
        }
        Err(ChainError::WrongNetwork { wanted: self.network.clone(), found: found.to_owned() })
    }

    /// Where people look at a transaction.
    pub fn explorer_link(&self, tx: &str) -> Option<String> {
        self.explorer.as_ref().map(|template| template.replace("{tx}", tx))
    }

    /// The rules of a token.
    pub fn token(&self, ticker: &str) -> Option<&TokenRules> {
        self.tokens.iter().find(|token| token.ticker == ticker)
    }
}

impl fmt::Debug for ChainPort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ChainPort").field("id", &self.id).finish_non_exhaustive()
    }
}
