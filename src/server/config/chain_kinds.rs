//! The kinds of chains that have an adapter, with what is usual for each.

use super::ConfigError;
use aio_chain_bitcoin as bitcoin;

/// What kind of chain it is, and which of its networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bitcoin.
    Bitcoin(bitcoin::Network),
}

impl Kind {
    /// Reads the kind and the setting that says which network.
    pub fn read(
        kind: &str,
        network: Option<&str>,
        chain_id: Option<u64>,
    ) -> Result<Self, ConfigError> {
        match kind {
            "bitcoin" => {
                if chain_id.is_some() {
                    let mend = "Remove it: Bitcoin's networks have names";
                    return Err(ConfigError::new("chains.chain_id", "Bitcoin has none", mend));
                }
                let known = network.and_then(bitcoin::Network::from_word);
                known.map(Self::Bitcoin).ok_or_else(|| {
                    let mend = "Write \"main\", \"test\", \"testnet4\", \"signet\" or \"regtest\"";
                    ConfigError::new("chains.network", "There is no such network", mend)
                })
            }
            other => Err(ConfigError::new(
                "chains.kind",
                format!("There is no kind `{other}`"),
                "Write \"bitcoin\"",
            )),
        }
    }

    /// Whether its coins are real money, where that is known.
    pub fn is_live(self) -> Option<bool> {
        match self {
            Self::Bitcoin(network) => Some(network == bitcoin::Network::Main),
        }
    }

    /// Confirmations where the settings name none.
    pub const fn usual_confirmations(self) -> u32 {
        match self {
            Self::Bitcoin(_) => 2,
        }
    }

    /// The deepest reorganisation that is followed where the settings do not say.
    pub const fn usual_max_reorg(self) -> u32 {
        match self {
            Self::Bitcoin(_) => 24,
        }
    }

    /// Whether it can have such a token.
    pub fn check_token(
        self,
        ticker: &str,
        decimals: u8,
        contract: Option<&str>,
    ) -> Result<(), ConfigError> {
        match self {
            Self::Bitcoin(_)
                if ticker == bitcoin::TOKEN
                    && decimals == bitcoin::DECIMALS
                    && contract.is_none() =>
            {
                Ok(())
            }
            Self::Bitcoin(_) => Err(ConfigError::new(
                "chains.tokens",
                format!("Bitcoin has no token `{ticker}` like this"),
                "Write { id = \"BTC\", decimals = 8 }",
            )),
        }
    }
}
