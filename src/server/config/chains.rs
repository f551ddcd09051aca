//! `[[chains]]`: the chains and tokens that the merchant API tells of.

use super::{Chain, ConfigError, Token};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A chain as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawChain {
    id: String,
    confirmations: u32,
    tokens: Vec<RawToken>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    id: String,
    decimals: u32,
}

/// Checks all chains; what is wrong goes to `fault` as setting, wrong and mend.
pub fn check(raw: &[RawChain], mut fault: impl FnMut(ConfigError)) -> Vec<Chain> {
    let mut names = BTreeSet::new();
    let mut bad = |setting: &str, wrong: String, mend: &str| {
        fault(ConfigError::new(setting, wrong, mend));
    };
    for chain in raw {
        let id = &chain.id;
        if !is_name(id, |byte| byte.is_ascii_lowercase()) {
            let mend = "Use lower-case letters and digits, such as \"ethereum\"";
            bad("chains.id", format!("`{id}` is not a name"), mend);
        }
        if !names.insert(id.as_str()) {
            bad("chains.id", format!("`{id}` stands twice"), "Describe each chain once");
        }
        if !(1..=10_000).contains(&chain.confirmations) {
            let wrong = format!("{} is out of bounds", chain.confirmations);
            bad("chains.confirmations", wrong, "Use a number from 1 to 10000");
        }
        let mut tickers = BTreeSet::new();
        for token in &chain.tokens {
            if !is_name(&token.id, |byte| byte.is_ascii_uppercase()) {
                let mend = "Use upper-case letters and digits, such as \"USDT\"";
                bad("chains.tokens.id", format!("`{}` is not a ticker", token.id), mend);
            }
            if !tickers.insert(token.id.as_str()) {
                bad("chains.tokens.id", format!("`{}` stands twice", token.id), "Name it once");
            }
            if token.decimals > 36 {
                let wrong = format!("{} is out of bounds", token.decimals);
                bad("chains.tokens.decimals", wrong, "Use a number from 0 to 36");
            }
        }
        if chain.tokens.is_empty() {
            bad("chains.tokens", format!("`{id}` has none"), "Name at least one token");
        }
    }
    raw.iter().map(RawChain::checked).collect()
}

fn is_name(text: &str, letter: impl Fn(u8) -> bool) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

impl RawChain {
    fn checked(&self) -> Chain {
        let tokens = self.tokens.iter();
        let tokens = tokens.map(|token| Token { id: token.id.clone(), decimals: token.decimals });
        Chain { id: self.id.clone(), confirmations: self.confirmations, tokens: tokens.collect() }
    }
}
