//! What a transaction may and must pay.

use crate::{Bitcoin, DECIMALS, FeeRules};
use aio_chain::ChainError;
use aio_domain::money::Amount;
use serde::Deserialize;
use serde_json::{json, value::RawValue};

/// Virtual bytes for which a node says a price.
const KILO: u64 = 1000;

#[derive(Deserialize)]
struct Estimate {
    #[serde(default)]
    feerate: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct MempoolInfo {
    mempoolminfee: Box<RawValue>,
    minrelaytxfee: Box<RawValue>,
}

impl Bitcoin {
    /// Satoshis for a thousand virtual bytes: what the node estimates, or else what the settings say, and no less than
    /// the node now takes.
    pub(crate) async fn fee_rate(&self) -> Result<u64, ChainError> {
        let asked = json!([self.fees.target_blocks]);
        let estimate: Estimate = self.rpc.ask("estimatesmartfee", asked).await?;
        let wanted = match estimate.feerate {
            Some(rate) => satoshis(&rate)?,
            None => self.fees.fallback_rate.saturating_mul(KILO),
        };
        let least: MempoolInfo = self.rpc.ask("getmempoolinfo", json!([])).await?;
        Ok(wanted.max(satoshis(&least.mempoolminfee)?).max(satoshis(&least.minrelaytxfee)?))
    }
}

impl FeeRules {
    /// Satoshis for this size at this rate, within the highest rate.
    pub(crate) fn fee(&self, rate: u64, size: u64) -> u64 {
        let rate = rate.min(self.max_fee_rate.saturating_mul(KILO));
        rate.saturating_mul(size).div_ceil(KILO)
    }

    /// Satoshis for the same transaction once more. Nodes want one satoshi for each byte on top; a quarter more makes
    /// each try count.
    pub(crate) fn raised(&self, old: u64, rate: u64, size: u64) -> Result<u64, ChainError> {
        let least = old.saturating_add(size).max(old.saturating_add(old.div_ceil(4)));
        let most = self.fee(u64::MAX, size);
        if least > most {
            let why = format!("a fee of {least} satoshis is above the highest rate, {most}");
            return Err(ChainError::NotEnough(why));
        }
        Ok(self.fee(rate, size).max(least))
    }
}

/// Satoshis out of a number of coins.
fn satoshis(coins: &RawValue) -> Result<u64, ChainError> {
    let amount = Amount::parse(coins.get(), DECIMALS).ok();
    let number = amount.and_then(|amount| amount.to_string().parse().ok());
    number.ok_or_else(|| ChainError::Garbage(format!("a fee of {} coins", coins.get())))
}

#[cfg(test)]
mod tests {
    use super::{FeeRules, satoshis};
    use aio_chain::ChainError;
    use serde_json::value::RawValue;

    const RULES: FeeRules = FeeRules { target_blocks: 2, fallback_rate: 1, max_fee_rate: 10 };

    #[test]
    fn a_fee_is_rounded_up_and_stays_within_the_highest_rate() {
        assert_eq!(RULES.fee(1000, 141), 141);
        assert_eq!(RULES.fee(1001, 141), 142);
        assert_eq!(RULES.fee(50_000, 141), 1410);
        assert_eq!(RULES.fee(u64::MAX, 141), 1410);
    }

    #[test]
    fn a_raised_fee_pays_a_quarter_and_a_satoshi_for_each_byte_more() {
        assert_eq!(RULES.raised(141, 1000, 141).unwrap(), 282);
        assert_eq!(RULES.raised(1000, 1000, 141).unwrap(), 1250);
        assert_eq!(RULES.raised(200, 9000, 141).unwrap(), 1269);
        assert_eq!(RULES.raised(1128, 9000, 141).unwrap(), 1410);
        assert!(matches!(RULES.raised(1129, 9000, 141), Err(ChainError::NotEnough(_))));
        assert!(matches!(RULES.raised(u64::MAX, 1, 141), Err(ChainError::NotEnough(_))));
    }

    #[test]
    fn a_price_is_read_digit_by_digit() {
        let read = |text: &str| satoshis(&RawValue::from_string(text.to_owned()).unwrap());
        assert_eq!(read("0.00001000").unwrap(), 1000);
        assert_eq!(read("0.12345678").unwrap(), 12_345_678);
        assert_eq!(read("21000000").unwrap(), 2_100_000_000_000_000);
        for bad in ["-1", "1e-5", "0.000000001", "\"1\"", "null", "999999999999999999999"] {
            assert!(matches!(read(bad), Err(ChainError::Garbage(_))), "{bad}");
        }
    }
}
