//! The tokens of the settings, by their tickers and by their contracts.

use crate::{Token, addresses::read_address};
use aio_chain::ChainError;
use alloy_primitives::Address;
use std::collections::HashMap;

/// What a ticker stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asset {
    /// The chain's own coin.
    Coin,
    /// A token of this contract.
    Contract(Address),
}

#[derive(Debug)]
pub(crate) struct Tokens {
    coin: Option<String>,
    by_contract: HashMap<Address, Token>,
    by_ticker: HashMap<String, Asset>,
}

impl Tokens {
    pub fn new(tokens: &[Token]) -> Result<Self, ChainError> {
        let wrong = |why: String| ChainError::Unsupported(format!("tokens: {why}"));
        let mut all = Self { coin: None, by_contract: HashMap::new(), by_ticker: HashMap::new() };
        for token in tokens {
            let ticker = &token.ticker;
            let asset = match &token.contract {
                None if all.coin.replace(ticker.clone()).is_some() => {
                    return Err(wrong(format!("{ticker} has no contract, like another one")));
                }
                None => Asset::Coin,
                Some(text) => {
                    let contract = read_address(text)?;
                    if all.by_contract.insert(contract, token.clone()).is_some() {
                        return Err(wrong(format!("{ticker} has the contract of another one")));
                    }
                    Asset::Contract(contract)
                }
            };
            if all.by_ticker.insert(ticker.clone(), asset).is_some() {
                return Err(wrong(format!("{ticker} is there twice")));
            }
        }
        Ok(all)
    }

    /// The ticker of the chain's coin, where it is taken.
    pub fn coin(&self) -> Option<&str> {
        self.coin.as_deref()
    }

    /// The ticker of the token of this contract.
    pub fn of_contract(&self, contract: Address) -> Option<&str> {
        self.by_contract.get(&contract).map(|token| token.ticker.as_str())
    }

    /// Every token that has a contract.
    pub fn contracts(&self) -> impl Iterator<Item = (Address, &Token)> {
        self.by_contract.iter().map(|(contract, token)| (*contract, token))
    }

    pub fn asset(&self, ticker: &str) -> Result<Asset, ChainError> {
        let found = self.by_ticker.get(ticker).copied();
        found.ok_or_else(|| ChainError::Unsupported(format!("no token {ticker} in the settings")))
    }
}

impl Asset {
    /// The form in calls of the sweeper: the zero address is the coin.
    pub fn to_argument(self) -> Address {
        match self {
            Self::Coin => Address::ZERO,
            Self::Contract(contract) => contract,
        }
    }
}
