//! The kinds of chains that have an adapter, with what is usual for each.

use super::ConfigError;
use aio_chain_bitcoin as bitcoin;

/// Chains whose coins are real money, and test networks of the same type, by their numbers. Others may be either.
const LIVE: [u64; 6] = [1, 10, 56, 137, 8453, 42_161];
const TEST: [u64; 6] = [1337, 31_337, 17_000, 560_048, 11_155_111, 11_155_420];

/// The largest number of a chain: each has two branches of keys of its own, and there are 2^31.
const LAST: u64 = 1 << 30;

/// What kind of chain it is, and which of its networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Bitcoin.
    Bitcoin(bitcoin::Network),
    /// A chain of Ethereum's type, by its number.
    Evm(u64),
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
            "evm" => {
                if network.is_some() {
                    let mend = "Remove it: chains of this kind have a chain_id";
                    let wrong = "Ethereum-type chains have none";
                    return Err(ConfigError::new("chains.network", wrong, mend));
                }
                let mend = "Write the chain's number: 1 for Ethereum";
                let id = chain_id.filter(|id| *id > 0);
                let id =
                    id.ok_or_else(|| ConfigError::new("chains.chain_id", "It is missing", mend))?;
                if id > LAST {
                    let wrong =
                        format!("{id} is too large: such a chain cannot have addresses of its own");
                    return Err(ConfigError::new("chains.chain_id", wrong, mend));
                }
                Ok(Self::Evm(id))
            }
            other => Err(ConfigError::new(
                "chains.kind",
                format!("There is no kind `{other}`"),
                "Write \"bitcoin\" or \"evm\"",
            )),
        }
    }

    /// Whether its coins are real money, where that is known.
    pub fn is_live(self) -> Option<bool> {
        match self {
            Self::Bitcoin(network) => Some(network == bitcoin::Network::Main),
            Self::Evm(id) if LIVE.contains(&id) => Some(true),
            Self::Evm(id) if TEST.contains(&id) => Some(false),
            Self::Evm(_) => None,
        }
    }

    /// Confirmations where the settings name none.
    pub const fn usual_confirmations(self) -> u32 {
        match self {
            Self::Bitcoin(_) => 2,
            Self::Evm(_) => 12,
        }
    }

    /// The deepest reorganisation that is followed where the settings do not say.
    pub const fn usual_max_reorg(self) -> u32 {
        match self {
            Self::Bitcoin(_) => 24,
            Self::Evm(_) => 96,
        }
    }

    /// Ticker and decimals of the coin that the network is paid in.
    pub fn coin(self, ticker: Option<&str>) -> (String, u8) {
        match self {
            Self::Bitcoin(_) => (bitcoin::TOKEN.to_owned(), bitcoin::DECIMALS),
            Self::Evm(_) => (ticker.unwrap_or("ETH").to_owned(), 18),
        }
    }

    /// The most that one outgoing transaction may cost where the settings do not say, in whole coins.
    pub const fn usual_max_fee(self) -> &'static str {
        match self {
            Self::Bitcoin(_) => "0.001",
            Self::Evm(_) => "0.05",
        }
    }

    /// With less than this on a gas address people are told where the settings do not say, in whole coins.
    pub const fn usual_low_balance(self) -> &'static str {
        match self {
            Self::Bitcoin(_) => "0",
            Self::Evm(_) => "0.01",
        }
    }

    /// Whether it can have such a token; `coin` is its own coin.
    pub fn check_token(
        self,
        (ticker, decimals): (&str, u8),
        contract: Option<&str>,
        coin: &str,
    ) -> Result<(), ConfigError> {
        let wrong = |mend: &str| {
            let wrong = format!("There can be no token `{ticker}` like this");
            Err(ConfigError::new("chains.tokens", wrong, mend))
        };
        match (self, contract) {
            (Self::Bitcoin(_), None)
                if ticker == bitcoin::TOKEN && decimals == bitcoin::DECIMALS =>
            {
                Ok(())
            }
            (Self::Bitcoin(_), _) => wrong("Write { id = \"BTC\", decimals = 8 }"),
            (Self::Evm(_), None) if ticker == coin && decimals == 18 => Ok(()),
            (Self::Evm(_), None) => {
                wrong("Name its contract; only the chain's coin, with 18 decimals, has none")
            }
            (Self::Evm(_), Some(contract)) => {
                // Whether the checksum is right is the adapter's to say.
                let hex = contract.strip_prefix("0x").unwrap_or_default();
                if ticker == coin
                    || hex.len() != 40
                    || !hex.bytes().all(|byte| byte.is_ascii_hexdigit())
                {
                    return wrong("Write the address of its contract: 0x and 40 digits");
                }
                Ok(())
            }
        }
    }
}
