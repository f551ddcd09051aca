//! What a transaction may and must pay for a unit of gas.

use crate::{
    Evm, FeeRules,
    wire::{FeeHistory, Number},
};
use aio_chain::ChainError;
use serde_json::json;

/// Blocks whose tips are looked at, and which of them counts: half of what was mined paid less.
const BLOCKS: &str = "0xa";
const MIDDLE: [u8; 1] = [50];

/// What is offered for a unit of gas. The base is burned and changes with each block; the tip is the miner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    /// The most, tip and all.
    pub max_fee: u64,
    pub tip: u64,
}

/// What is offered, and what would be paid of it in the next block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offer {
    pub price: Price,
    pub now: u64,
}

impl Evm {
    /// What gets into one of the next blocks: also when the base doubles before.
    pub(crate) async fn price(&self) -> Result<Offer, ChainError> {
        let history: FeeHistory =
            self.rpc.ask("eth_feeHistory", json!([BLOCKS, "latest", MIDDLE])).await?;
        let base = history.base_fee_per_gas.last().ok_or_else(|| garbage("no base fee"))?;
        let tips = history.reward.unwrap_or_default();
        let tips = tips.iter().filter_map(|block| block.first()).map(|tip| small(*tip));
        let mut tips = tips.collect::<Result<Vec<_>, _>>()?;
        tips.sort_unstable();
        let tip = tips.get(tips.len() / 2).copied().unwrap_or_default();
        let base = small(*base)?;
        let price = self.fees.price(base, tip)?;
        Ok(Offer { price, now: base.saturating_add(price.tip) })
    }
}

impl FeeRules {
    /// The offer at this base and this usual tip, within the highest.
    fn price(&self, base: u64, usual_tip: u64) -> Result<Price, ChainError> {
        let tip = usual_tip.max(self.min_tip_per_gas);
        let most = self.max_fee_per_gas;
        if base.saturating_add(self.min_tip_per_gas) > most {
            let why = format!("gas costs {base} now, the settings allow {most}");
            return Err(ChainError::NotEnough(why));
        }
        let tip = tip.min(most - base);
        Ok(Price { max_fee: base.saturating_mul(2).saturating_add(tip).min(most), tip })
    }

    /// The offer for the same transaction once more: nodes want both numbers a tenth higher, an eighth is safe.
    pub(crate) fn raised(&self, old: Price, now: Price) -> Result<Price, ChainError> {
        let least = |old: u64| old.saturating_add(old.div_ceil(8)).max(old.saturating_add(1));
        let most = self.max_fee_per_gas;
        let (max_fee, tip) = (least(old.max_fee), least(old.tip));
        if max_fee.max(tip) > most {
            let why = format!("gas for {max_fee} is above what the settings allow, {most}");
            return Err(ChainError::NotEnough(why));
        }
        let max_fee = now.max_fee.max(max_fee).min(most);
        Ok(Price { max_fee, tip: now.tip.max(tip).min(max_fee) })
    }
}

fn small(number: Number) -> Result<u64, ChainError> {
    u64::try_from(number.0).map_err(|_| garbage("a price beyond all bounds"))
}

fn garbage(why: &str) -> ChainError {
    ChainError::Garbage(format!("eth_feeHistory: {why}"))
}

#[cfg(test)]
mod tests {
    use super::{FeeRules, Price};
    use aio_chain::ChainError;

    const RULES: FeeRules = FeeRules { max_fee_per_gas: 1000, min_tip_per_gas: 10 };

    #[test]
    fn an_offer_outlives_a_doubled_base_and_stays_within_the_highest() {
        assert_eq!(RULES.price(100, 20).unwrap(), Price { max_fee: 220, tip: 20 });
        assert_eq!(RULES.price(100, 0).unwrap(), Price { max_fee: 210, tip: 10 });
        assert_eq!(RULES.price(900, 500).unwrap(), Price { max_fee: 1000, tip: 100 });
        assert_eq!(RULES.price(990, 0).unwrap(), Price { max_fee: 1000, tip: 10 });
        for base in [991, u64::MAX] {
            assert!(matches!(RULES.price(base, 0), Err(ChainError::NotEnough(_))), "{base}");
        }
    }

    #[test]
    fn a_raised_offer_is_an_eighth_higher_in_both_numbers_or_what_is_usual_now() {
        let raised = |max_fee, tip, now| RULES.raised(Price { max_fee, tip }, now);
        let low = Price { max_fee: 1, tip: 0 };
        assert_eq!(raised(220, 20, low).unwrap(), Price { max_fee: 248, tip: 23 });
        assert_eq!(raised(80, 0, low).unwrap(), Price { max_fee: 90, tip: 1 });
        let high = Price { max_fee: 2000, tip: 500 };
        assert_eq!(raised(220, 20, high).unwrap(), Price { max_fee: 1000, tip: 500 });
        assert_eq!(raised(888, 20, low).unwrap(), Price { max_fee: 999, tip: 23 });
        assert!(matches!(raised(889, 20, low), Err(ChainError::NotEnough(_))));
        assert!(matches!(raised(u64::MAX, 20, low), Err(ChainError::NotEnough(_))));
    }
}
