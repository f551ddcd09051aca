//! `[[chains]]`: the chains whose nodes are asked, and the tokens that customers may pay with.

use super::{ConfigError, chain_kinds::Kind};
use aio_domain::{Amount, Network, SecretText, deposit::Confirmations};
use serde::Deserialize;
use std::{collections::BTreeSet, path::PathBuf};

/// A chain of this installation.
#[derive(Debug, Clone)]
pub struct Chain {
    /// Name, such as `ethereum`.
    pub id: String,
    /// What kind of chain it is, and which network.
    pub kind: Kind,
    /// Where its node is.
    pub node: Node,
    /// The deepest reorganisation that is followed.
    pub max_reorg: u32,
    /// Where people look at a transaction; `{tx}` stands for its id.
    pub explorer: Option<String>,
    /// What can be received on it.
    pub tokens: Vec<Token>,
    /// Ticker and decimals of the coin that its network is paid in.
    pub coin: (String, u8),
    /// Whether blocks are traced for coins that contracts send.
    pub traces: bool,
    /// How money is moved out of it.
    pub collection: Collection,
}

/// How money is moved out of a chain.
#[derive(Debug, Clone, Copy)]
pub struct Collection {
    /// The most that one transaction may pay to the network.
    pub max_fee: Amount,
    /// The most percent of the amount, where fee and amount are of one token.
    pub max_fee_percent: u8,
    /// The most for what the network charges by: satoshis for a virtual byte, gwei for a unit of gas.
    pub max_fee_rate: u32,
    /// Seconds after which bytes that are in no block are sent again.
    pub resend_after_s: u32,
    /// Seconds after which they are sent with a higher fee.
    pub bump_after_s: u32,
    /// Hours that a changed collection address waits.
    pub cooling_h: u32,
    /// With less than this on a gas address people are told.
    pub low_balance: Amount,
}

/// A token of a chain.
#[derive(Debug, Clone)]
pub struct Token {
    /// Ticker, such as `USDT`.
    pub id: String,
    /// One token is 10 to the power of this of the smallest unit.
    pub decimals: u8,
    /// Its contract; none for the chain's own coin.
    pub contract: Option<String>,
    /// Confirmations by amount.
    pub confirmations: Confirmations,
    /// Below this amount a deposit is dust.
    pub dust: Amount,
}

/// Where a node is and how it is asked.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its RPC.
    pub url: String,
    /// Name for it; may be empty.
    pub user: String,
    /// Password for it.
    pub password: SecretText,
    /// A file with the password, read at the start.
    pub password_file: Option<PathBuf>,
    /// Seconds that one question may take.
    pub timeout_s: u64,
}

/// A chain as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawChain {
    id: String,
    kind: String,
    network: Option<String>,
    chain_id: Option<u64>,
    confirmations: Option<u32>,
    max_reorg: Option<u32>,
    explorer: Option<String>,
    coin: Option<String>,
    traces: Option<bool>,
    node: RawNode,
    tokens: Vec<RawToken>,
    #[serde(default)]
    collection: RawCollection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawCollection {
    max_fee: Option<String>,
    max_fee_percent: u8,
    max_fee_rate: u32,
    resend_after_s: u32,
    bump_after_s: u32,
    cooling_h: u32,
    low_balance: Option<String>,
}

impl Default for RawCollection {
    fn default() -> Self {
        Self {
            max_fee: None,
            max_fee_percent: 10,
            max_fee_rate: 100,
            resend_after_s: 60,
            bump_after_s: 1800,
            cooling_h: 24,
            low_balance: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNode {
    url: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    password_file: Option<PathBuf>,
    #[serde(default = "timeout")]
    timeout_s: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawToken {
    id: String,
    decimals: u8,
    contract: Option<String>,
    #[serde(default)]
    dust: String,
    confirmations: Option<u32>,
    #[serde(default)]
    tiers: Vec<RawTier>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTier {
    from: String,
    confirmations: u32,
}

const fn timeout() -> u64 {
    20
}

/// What is wrong goes here: the setting, what is wrong with it, how to mend it.
struct Bad<'a>(&'a mut dyn FnMut(ConfigError));

impl Bad<'_> {
    fn add(&mut self, setting: &str, wrong: impl Into<String>, mend: &str) {
        (self.0)(ConfigError::new(setting, wrong, mend));
    }

    fn within(&mut self, setting: &str, value: u64, least: u64, most: u64) {
        if !(least..=most).contains(&value) {
            let mend = format!("Use a number from {least} to {most}");
            self.add(setting, format!("{value} is out of bounds"), &mend);
        }
    }
}

/// Checks all chains; those that are wrong are left out and told.
pub fn check(
    raw: &[RawChain],
    installation: Option<Network>,
    mut fault: impl FnMut(ConfigError),
) -> Vec<Chain> {
    let mut names = BTreeSet::new();
    let bad = &mut Bad(&mut fault);
    let mut chains = Vec::new();
    for chain in raw {
        let id = &chain.id;
        if !is_name(id, |byte| byte.is_ascii_lowercase()) {
            let mend = "Use lower-case letters and digits, such as \"ethereum\"";
            bad.add("chains.id", format!("`{id}` is not a name"), mend);
        }
        if !names.insert(id.as_str()) {
            bad.add("chains.id", format!("`{id}` stands twice"), "Describe each chain once");
        }
        chains.extend(chain.checked(installation, bad));
    }
    chains
}

fn is_name(text: &str, letter: impl Fn(u8) -> bool) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

impl RawChain {
    fn checked(&self, installation: Option<Network>, bad: &mut Bad<'_>) -> Option<Chain> {
        let kind = match Kind::read(&self.kind, self.network.as_deref(), self.chain_id) {
            Ok(kind) => kind,
            Err(error) => {
                (bad.0)(error);
                return None;
            }
        };
        if let Some(installation) = installation
            && kind.is_live().is_some_and(|live| live != (installation == Network::Live))
        {
            let wrong =
                format!("`{}` is not for a {} installation", self.id, installation.as_str());
            let mend = "Keep real money and test networks in installations of their own";
            bad.add("chains.network", wrong, mend);
        }
        let usual = self.confirmations.unwrap_or(kind.usual_confirmations());
        bad.within("chains.confirmations", usual.into(), 1, 10_000);
        let max_reorg = self.max_reorg.unwrap_or(kind.usual_max_reorg());
        bad.within("chains.max_reorg", max_reorg.into(), 1, 1000);
        if let Some(template) = &self.explorer
            && !(template.starts_with("https://") && template.matches("{tx}").count() == 1)
        {
            let mend = "Write an https address with {tx} where the transaction's id stands";
            bad.add("chains.explorer", format!("`{template}` is no such address"), mend);
        }
        let node = self.node.checked(bad);
        let coin = kind.coin(self.coin.as_deref());
        if (self.coin.is_some() || self.traces.is_some()) && matches!(kind, Kind::Bitcoin(_)) {
            let mend = "Remove them: they belong to chains of kind \"evm\"";
            bad.add("chains.coin", "Bitcoin takes neither coin nor traces", mend);
        }
        if !is_name(&coin.0, |byte| byte.is_ascii_uppercase()) {
            let mend = "Use upper-case letters and digits, such as \"ETH\"";
            bad.add("chains.coin", format!("`{}` is not a ticker", coin.0), mend);
        }
        let collection = self.collection.checked(kind, coin.1, bad);
        let mut tickers = BTreeSet::new();
        let mut contracts = BTreeSet::new();
        let mut tokens = Vec::new();
        for token in &self.tokens {
            if !tickers.insert(token.id.as_str()) {
                bad.add("chains.tokens.id", format!("`{}` stands twice", token.id), "Name it once");
            }
            if !contracts.insert(token.contract.as_ref().map(|text| text.to_ascii_lowercase())) {
                let wrong = format!("`{}` has the contract of another token", token.id);
                let mend = "Name each contract once; the chain's own coin is the one without";
                bad.add("chains.tokens.contract", wrong, mend);
            }
            let (named, contract) =
                ((token.id.as_str(), token.decimals), token.contract.as_deref());
            if let Err(error) = kind.check_token(named, contract, &coin.0) {
                (bad.0)(error);
            }
            tokens.extend(token.checked(usual, bad));
        }
        if self.tokens.is_empty() {
            bad.add("chains.tokens", format!("`{}` has none", self.id), "Name at least one token");
        }
        let (id, explorer) = (self.id.clone(), self.explorer.clone());
        let traces = self.traces.unwrap_or(true);
        Some(Chain {
            id,
            kind,
            node,
            max_reorg,
            explorer,
            tokens,
            coin,
            traces,
            collection: collection?,
        })
    }
}

impl RawCollection {
    fn checked(&self, kind: Kind, decimals: u8, bad: &mut Bad<'_>) -> Option<Collection> {
        bad.within("chains.collection.max_fee_percent", self.max_fee_percent.into(), 1, 100);
        bad.within("chains.collection.max_fee_rate", self.max_fee_rate.into(), 1, 1_000_000);
        bad.within("chains.collection.resend_after_s", self.resend_after_s.into(), 1, 86_400);
        bad.within("chains.collection.bump_after_s", self.bump_after_s.into(), 1, 604_800);
        bad.within("chains.collection.cooling_h", self.cooling_h.into(), 1, 720);
        let text = self.max_fee.as_deref().unwrap_or(kind.usual_max_fee());
        let max_fee = Amount::parse(text, decimals).ok().filter(|fee| !fee.is_zero());
        if max_fee.is_none() {
            let mend = "Write an amount of the chain's coin, such as \"0.001\"";
            bad.add("chains.collection.max_fee", format!("`{text}` is not an amount"), mend);
        }
        let text = self.low_balance.as_deref().unwrap_or(kind.usual_low_balance());
        let low_balance = Amount::parse(text, decimals).ok();
        if low_balance.is_none() {
            let mend = "Write an amount of the chain's coin, such as \"0.01\", or \"0\"";
            bad.add("chains.collection.low_balance", format!("`{text}` is not an amount"), mend);
        }
        Some(Collection {
            low_balance: low_balance?,
            max_fee: max_fee?,
            max_fee_percent: self.max_fee_percent,
            max_fee_rate: self.max_fee_rate,
            resend_after_s: self.resend_after_s,
            bump_after_s: self.bump_after_s,
            cooling_h: self.cooling_h,
        })
    }
}

impl RawNode {
    fn checked(&self, bad: &mut Bad<'_>) -> Node {
        if !self.url.starts_with("http://") {
            // The value is not repeated: it may hold a password.
            let mend = "Write \"http://host:port\"; a node elsewhere is reached through a tunnel";
            bad.add("chains.node.url", "This is not an http address", mend);
        }
        bad.within("chains.node.timeout_s", self.timeout_s, 1, 120);
        if self.password_file.is_some() && !self.password.is_empty() {
            let mend = "Keep one of password and password_file";
            bad.add("chains.node.password", "The password is told twice", mend);
        }
        Node {
            url: self.url.clone(),
            user: self.user.clone(),
            password: SecretText::new(self.password.clone()),
            password_file: self.password_file.clone(),
            timeout_s: self.timeout_s,
        }
    }
}

impl RawToken {
    fn checked(&self, usual: u32, bad: &mut Bad<'_>) -> Option<Token> {
        if !is_name(&self.id, |byte| byte.is_ascii_uppercase()) {
            let mend = "Use upper-case letters and digits, such as \"USDT\"";
            bad.add("chains.tokens.id", format!("`{}` is not a ticker", self.id), mend);
        }
        bad.within("chains.tokens.decimals", self.decimals.into(), 0, 36);
        let least = self.confirmations.unwrap_or(usual);
        bad.within("chains.tokens.confirmations", least.into(), 1, 10_000);
        let dust = self.amount("chains.tokens.dust", &self.dust, bad)?;
        let mut tiers = Vec::new();
        for tier in &self.tiers {
            bad.within("chains.tokens.tiers", tier.confirmations.into(), 1, 10_000);
            tiers.push((self.amount("chains.tokens.tiers", &tier.from, bad)?, tier.confirmations));
        }
        Some(Token {
            id: self.id.clone(),
            decimals: self.decimals,
            contract: self.contract.clone(),
            confirmations: Confirmations { least, tiers },
            dust,
        })
    }

    /// An amount in whole tokens, such as `0.001`; empty is zero.
    fn amount(&self, setting: &str, text: &str, bad: &mut Bad<'_>) -> Option<Amount> {
        if text.is_empty() {
            return Some(Amount::ZERO);
        }
        let amount = Amount::parse(text, self.decimals);
        if amount.is_err() {
            let mend = "Write an amount of the token, such as \"0.001\"";
            bad.add(setting, format!("`{text}` is not an amount of {}", self.id), mend);
        }
        amount.ok()
    }
}
