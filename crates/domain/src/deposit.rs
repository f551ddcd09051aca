//! The life of a deposit: how a payment to a subaddress is seen, counts, and may be taken back by the chain.

use crate::money::Amount;
use serde::{Deserialize, Serialize};

/// Where a deposit is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DepositStatus {
    /// Seen, in no block yet.
    Detected,
    /// In a block, with fewer confirmations than it needs.
    Confirming,
    /// It counts: the merchant may deliver.
    Confirmed,
    /// It counts, and was moved to the collection address.
    Collected,
    /// Its block is no longer part of the chain; the payment may come again.
    Orphaned,
    /// Another payment spent the same money; this one can never come.
    Replaced,
    /// No node knows it any more.
    Dropped,
    /// It counted, and then the chain took it back.
    Reversed,
}

use DepositStatus::{
    Collected, Confirmed, Confirming, Detected, Dropped, Orphaned, Replaced, Reversed,
};

impl DepositStatus {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Detected, Confirming, Confirmed, Collected, Orphaned, Replaced, Dropped, Reversed];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Detected => "detected",
            Confirming => "confirming",
            Confirmed => "confirmed",
            Collected => "collected",
            Orphaned => "orphaned",
            Replaced => "replaced",
            Dropped => "dropped",
            Reversed => "reversed",
        }
    }

    /// The status of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether the money is the merchant's in the ledger.
    pub const fn counts(self) -> bool {
        matches!(self, Confirmed | Collected)
    }

    /// Whether the deposit is in a block of the chain as it is now.
    pub const fn is_mined(self) -> bool {
        matches!(self, Confirming | Confirmed | Collected)
    }

    /// Whether the chain may do this next. A reorganisation makes `Confirming` orphaned and whatever counts reversed;
    /// from there, and from what had been given up, only a block leads back. A deposit counts only after a block, and
    /// is collected only after it counts. Undoing a collection makes the deposit confirmed again.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Detected | Orphaned | Reversed, Confirming | Replaced | Dropped)
                | (Confirming, Confirmed | Orphaned)
                | (Confirmed, Collected | Reversed)
                | (Collected, Confirmed | Reversed)
                | (Replaced | Dropped, Confirming)
                | (Dropped, Detected)
        )
    }
}

/// How many confirmations an amount needs: more money, more of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmations {
    /// For every amount that reaches no tier.
    pub least: u32,
    /// From this amount on, this many; in any order.
    pub tiers: Vec<(Amount, u32)>,
}

impl Confirmations {
    /// What a deposit of this amount needs; at least one.
    pub fn needed(&self, amount: Amount) -> u32 {
        let reached =
            self.tiers.iter().filter(|(from, _)| amount >= *from).map(|(_, count)| *count);
        reached.max().unwrap_or(self.least).max(self.least).max(1)
    }
}

/// Confirmations of a block at this height, when the chain has reached `tip`: one for the block itself.
pub const fn confirmations(height: u64, tip: u64) -> u64 {
    if height > tip { 0 } else { tip - height + 1 }
}

#[cfg(test)]
mod tests {
    use super::{Confirmations, DepositStatus, confirmations};
    use crate::money::Amount;

    fn next(status: DepositStatus) -> String {
        let next = DepositStatus::ALL.into_iter().filter(|next| status.may_become(*next));
        next.map(DepositStatus::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_chain_takes_a_deposit_along_these_ways_and_no_other() {
        let ways = DepositStatus::ALL.map(|status| (status.as_str(), next(status)));
        let ways: Vec<_> = ways.iter().map(|(from, to)| (*from, to.as_str())).collect();
        assert_eq!(
            ways,
            [
                ("detected", "confirming replaced dropped"),
                ("confirming", "confirmed orphaned"),
                ("confirmed", "collected reversed"),
                ("collected", "confirmed reversed"),
                ("orphaned", "confirming replaced dropped"),
                ("replaced", "confirming"),
                ("dropped", "detected confirming"),
                ("reversed", "confirming replaced dropped"),
            ]
        );
    }

    #[test]
    fn money_counts_only_behind_a_block_and_only_through_confirming() {
        for from in DepositStatus::ALL {
            for to in DepositStatus::ALL.into_iter().filter(|to| from.may_become(*to)) {
                assert_ne!(from, to);
                if to.counts() && !from.counts() {
                    assert_eq!(from, DepositStatus::Confirming, "{from:?} to {to:?}");
                }
                // What counted is never forgotten in silence.
                if from.counts() && !to.counts() {
                    assert_eq!(to, DepositStatus::Reversed, "{from:?} to {to:?}");
                }
            }
            assert_eq!(DepositStatus::from_name(from.as_str()), Some(from));
            assert!(!from.counts() || from.is_mined());
        }
        assert_eq!(DepositStatus::from_name("Confirmed"), None);
    }

    #[test]
    fn more_money_needs_more_confirmations() {
        let tiers = vec![(Amount::from(1000_u64), 12), (Amount::from(100_u64), 6)];
        let needs = Confirmations { least: 2, tiers };
        for (amount, needed) in
            [(0_u64, 2), (99, 2), (100, 6), (999, 6), (1000, 12), (u64::MAX, 12)]
        {
            assert_eq!(needs.needed(Amount::from(amount)), needed, "{amount}");
        }
        let none = Confirmations { least: 0, tiers: vec![(Amount::ZERO, 0)] };
        assert_eq!(none.needed(Amount::MAX), 1);
    }

    #[test]
    fn the_block_itself_is_the_first_confirmation() {
        assert_eq!(confirmations(10, 10), 1);
        assert_eq!(confirmations(10, 21), 12);
        assert_eq!(confirmations(10, 9), 0);
    }
}
