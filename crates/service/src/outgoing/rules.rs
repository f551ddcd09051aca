//! How money is moved out of a chain.

use aio_domain::{
    Amount,
    time::{DAY, MINUTE},
};

/// How money is moved out of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingRules {
    /// The most that one transaction may pay to the network, in the coin's smallest unit. The signer holds it too.
    pub max_fee: Amount,
    /// The most percent of the amount that may go to the network as things are now, where both are of one token.
    pub fee_share_percent: u8,
    /// Bytes that are in no block are sent again after so many milliseconds, and each time later.
    pub resend_after_ms: i64,
    /// What is in no block so many milliseconds after it was sent is sent with a higher fee.
    pub bump_after_ms: i64,
    /// A changed collection address waits so many milliseconds.
    pub cooling_ms: i64,
    /// Whether a gas address of the merchant pays the network; else what is moved pays for itself.
    pub needs_gas: bool,
    /// With less than this on a gas address people are told.
    pub low_balance: Amount,
}

impl OutgoingRules {
    /// The usual rules with this as the most that one transaction may cost.
    pub const fn capped(max_fee: Amount) -> Self {
        Self {
            max_fee,
            fee_share_percent: 10,
            resend_after_ms: MINUTE,
            bump_after_ms: 30 * MINUTE,
            cooling_ms: DAY,
            needs_gas: false,
            low_balance: Amount::ZERO,
        }
    }

    /// When bytes are sent again after so many tries in vain: twice as late each time, up to 64 times.
    pub(crate) fn wait_ms(&self, tries: u32) -> i64 {
        self.resend_after_ms.saturating_mul(1 << tries.min(6))
    }

    /// Whether so little is on a gas address that people are told.
    pub(crate) fn is_low(&self, balance: Amount) -> bool {
        self.needs_gas && (balance.is_zero() || balance < self.low_balance)
    }

    /// Whether a fee is too large a part of an amount of the same token.
    pub(crate) fn is_too_large(&self, fee: Amount, amount: Amount) -> bool {
        let times = |amount: Amount, n: u8| Amount::sum(std::iter::repeat_n(amount, n.into()));
        match (times(fee, 100), times(amount, self.fee_share_percent)) {
            (Some(fee), Some(allowed)) => fee > allowed,
            // Whatever does not fit is no fee that should be paid.
            (None, _) => true,
            (Some(_), None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OutgoingRules;
    use aio_domain::Amount;

    #[test]
    fn a_fee_may_be_a_tenth_of_the_amount_and_no_unit_more() {
        let rules = OutgoingRules::capped(Amount::MAX);
        let too_large = |fee: u64, amount: u64| rules.is_too_large(fee.into(), amount.into());
        assert!(!too_large(10, 100) && too_large(11, 100) && too_large(10, 99));
        assert!(!too_large(0, 0) && too_large(1, 0));
        assert!(rules.is_too_large(Amount::MAX, Amount::MAX));
        assert!(!rules.is_too_large(Amount::from(1_u64), Amount::MAX));
    }

    #[test]
    fn each_try_waits_twice_as_long_within_bounds() {
        let rules = OutgoingRules { resend_after_ms: 10, ..OutgoingRules::capped(Amount::ZERO) };
        assert_eq!(
            [0, 1, 2, 6, 7, u32::MAX].map(|n| rules.wait_ms(n)),
            [10, 20, 40, 640, 640, 640]
        );
    }
}
