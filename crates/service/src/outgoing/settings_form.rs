//! What people type about collection, and what becomes of it.

use crate::ChainPort;
use aio_domain::{Amount, Field, FieldCode, FieldError, Problem, time::MINUTE};
use serde::{Deserialize, Serialize};

/// The most subaddresses in one collection.
const MOST_IN_BATCH: u32 = 100;
/// The longest that a deposit waits for others: thirty days, in minutes.
const LONGEST_AGE: u32 = 30 * 24 * 60;

/// A checked address that a code will confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressPlan {
    /// On which chain.
    pub chain: String,
    /// In the form in which addresses are kept.
    pub address: String,
    /// The form in which people read it.
    pub display: String,
    /// Whether it waits, because there was another one before.
    pub cools: bool,
    /// The version of the settings that the form was filled in on; zero before the first.
    pub version: i64,
}

/// What a person types about when to collect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesInput {
    /// Whether it happens by itself.
    pub automatic: bool,
    /// Subaddresses in one collection.
    pub batch_size: String,
    /// How long a deposit waits for others, in minutes.
    pub max_age_minutes: String,
    /// For each token, the least that a subaddress must hold. Tokens that are not named keep theirs.
    pub minimums: Vec<(String, String)>,
    /// The version of the settings that the form showed.
    pub version: i64,
}

/// When to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionRules {
    /// Whether it happens by itself.
    pub automatic: bool,
    /// Subaddresses in one collection.
    pub batch_size: u32,
    /// How long a deposit waits for others, in milliseconds.
    pub max_age_ms: i64,
    /// For each token, the least that a subaddress must hold.
    pub minimums: Vec<(String, Amount)>,
}

/// Checked rules that a code will confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RulesPlan {
    /// On which chain.
    pub chain: String,
    /// The rules.
    pub rules: CollectionRules,
    /// The version of the settings that the form showed.
    pub version: i64,
}

/// The kept form of a typed address.
pub fn read_address(port: &ChainPort, text: &str) -> Result<String, Problem> {
    let refused = |code| Problem::field(Field::CollectionAddress, code);
    let text = text.trim();
    if text.is_empty() {
        return Err(refused(FieldCode::Required));
    }
    let address = port.derive.parse(text).map_err(|_| refused(FieldCode::NotAnAddress))?;
    if !port.derive.has_owner(&address) {
        return Err(refused(FieldCode::NoOwner));
    }
    Ok(address)
}

impl RulesInput {
    /// Everything that is wrong with it, or what it says.
    pub fn read(&self, port: &ChainPort) -> Result<CollectionRules, Problem> {
        let mut errors = Vec::new();
        let mut number = |field, text: &str, (least, most)| {
            let read = text.trim().parse::<u32>();
            let code = match read {
                Ok(number) if (least..=most).contains(&number) => return number,
                _ if text.trim().is_empty() => FieldCode::Required,
                _ => FieldCode::OutOfRange,
            };
            errors.push(FieldError::of(field, code));
            least
        };
        let batch_size = number(Field::BatchSize, &self.batch_size, (1, MOST_IN_BATCH));
        let minutes = number(Field::MaxAge, &self.max_age_minutes, (0, LONGEST_AGE));
        let mut minimums = Vec::new();
        for (line, (ticker, text)) in (1_u16..).zip(&self.minimums) {
            let token = port.token(ticker);
            match token.and_then(|token| Amount::parse(text.trim(), token.decimals).ok()) {
                Some(amount) => minimums.push((ticker.clone(), amount)),
                None => errors.push(FieldError::at(Field::Minimum, FieldCode::NotAnAmount, line)),
            }
        }
        if !errors.is_empty() {
            return Err(Problem::Invalid { errors });
        }
        let max_age_ms = i64::from(minutes) * MINUTE;
        Ok(CollectionRules { automatic: self.automatic, batch_size, max_age_ms, minimums })
    }
}
