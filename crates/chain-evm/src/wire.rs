//! What nodes answer: numbers are read strictly, and what is not used is left out.

use aio_chain::ChainError;
use aio_domain::{Timestamp, money::Amount};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::value::RawValue;

/// A number as nodes write it: `0x` and hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub U256);

/// A number of at most 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Small(pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let digits = text.strip_prefix("0x").unwrap_or_default();
        if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(|b| b.is_ascii_hexdigit())
        {
            return Err(D::Error::custom("not a number"));
        }
        U256::from_str_radix(digits, 16).map(Self).map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Small {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = Number::deserialize(from)?.0;
        u64::try_from(number).map(Self).map_err(|_| D::Error::custom("too large a number"))
    }
}

/// A block, with transactions or only with their ids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block<T> {
    /// None while it is not mined.
    pub hash: Option<B256>,
    pub number: Option<Small>,
    pub parent_hash: B256,
    pub timestamp: Small,
    pub transactions: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub hash: B256,
    pub from: Address,
    /// None where a contract is made.
    pub to: Option<Address>,
    pub nonce: Small,
    pub value: Number,
}

/// Where a transaction is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Whereabouts {
    pub hash: B256,
    pub block_hash: Option<B256>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Receipt {
    pub transaction_hash: B256,
    pub block_hash: B256,
    pub block_number: Small,
    pub to: Option<Address>,
    pub status: Small,
    pub gas_used: Small,
    pub effective_gas_price: Number,
    pub logs: Vec<Log>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
    /// Counts through the block.
    #[serde(rename = "logIndex")]
    pub index: Small,
}

/// The calls of one transaction.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace<'a> {
    pub tx_hash: Option<B256>,
    #[serde(borrow)]
    pub result: Option<&'a RawValue>,
}

/// One call. Calls within it stay as they are: there may be a thousand levels of them, more than can be read at once.
#[derive(Debug, Deserialize)]
pub(crate) struct Frame<'a> {
    #[serde(rename = "type")]
    pub kind: String,
    pub from: Address,
    #[serde(default)]
    pub to: Option<Address>,
    #[serde(default)]
    pub value: Option<Number>,
    #[serde(default)]
    pub error: Option<String>,
    #[serde(borrow, default)]
    pub calls: Vec<&'a RawValue>,
}

/// What the last blocks cost.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FeeHistory {
    /// One for each block, and one more for the next.
    pub base_fee_per_gas: Vec<Number>,
    #[serde(default)]
    pub reward: Option<Vec<Vec<Number>>>,
}

pub(crate) fn amount(number: U256) -> Amount {
    Amount::from_be_bytes(number.to_be_bytes())
}

pub(crate) fn number(amount: Amount) -> U256 {
    U256::from_be_bytes(amount.to_be_bytes())
}

/// Seconds as nodes count them.
pub(crate) fn time(seconds: Small) -> Result<Timestamp, ChainError> {
    let millis = i64::try_from(seconds.0).ok().and_then(|seconds| seconds.checked_mul(1000));
    millis
        .map(Timestamp::from_millis)
        .ok_or_else(|| ChainError::Garbage(format!("a block of second {}", seconds.0)))
}

#[cfg(test)]
mod tests {
    use super::{Number, Small};
    use alloy_primitives::U256;

    #[test]
    fn numbers_are_read_as_they_are_written_and_in_no_other_way() {
        let read = |text: &str| serde_json::from_str::<Number>(text).ok().map(|number| number.0);
        assert_eq!(read("\"0x0\""), Some(U256::ZERO));
        assert_eq!(read("\"0xfF\""), Some(U256::from(255)));
        assert_eq!(read(&format!("\"0x{}\"", "f".repeat(64))), Some(U256::MAX));
        for bad in ["\"\"", "\"0x\"", "\"255\"", "255", "\"0xg\"", "\"0x-1\"", "\"0x_1\"", "null"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read(&format!("\"0x1{}\"", "0".repeat(64))), None);
        let small = |text: &str| serde_json::from_str::<Small>(text).ok().map(|number| number.0);
        assert_eq!(small("\"0xffffffffffffffff\""), Some(u64::MAX));
        assert_eq!(small("\"0x10000000000000000\""), None);
    }
}
