//! How much came in when: the hours and days that deposits are added up by.

use crate::{
    Amount, DepositStatus, Timestamp,
    preferences::named_enum,
    time::{DAY, HOUR},
};

named_enum!(
    /// A length of time, in UTC.
    Span {
        /// From one full hour to the next.
        Hour => "hour",
        /// From midnight to midnight.
        Day => "day",
    }
);

impl Span {
    /// Milliseconds in it.
    pub const fn length(self) -> i64 {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
        }
    }

    /// When the one began that an instant is in.
    pub const fn start(self, at: Timestamp) -> Timestamp {
        let millis = at.millis();
        Timestamp::from_millis(millis - millis.rem_euclid(self.length()))
    }

    /// When the first began of so many that end with the one an instant is in.
    pub const fn first_of(self, at: Timestamp, many: i64) -> Timestamp {
        self.start(at).plus(-(many - 1) * self.length())
    }
}

/// The largest amount that is added up. No supply of a token comes near it, and so many deposits that their sum leaves
/// 256 bits cannot be: whatever a contract says, a sum never fails.
const LARGEST: Amount = Amount::from_be_bytes({
    let mut bytes = [0xff; 32];
    let mut at = 0;
    while at < 8 {
        bytes[at] = 0;
        at += 1;
    }
    bytes
});

/// Whether an amount is added up while its deposit is in a status that is: dust is not, as lists do not show it.
pub fn is_counted(amount: Amount, dust: Amount) -> bool {
    amount >= dust && amount <= LARGEST
}

impl DepositStatus {
    /// Whether a deposit is added up: it was seen, and nothing has taken it away.
    pub const fn is_in_volume(self) -> bool {
        matches!(self, Self::Detected | Self::Confirming | Self::Confirmed | Self::Collected)
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGEST, Span, is_counted};
    use crate::{
        Amount, Timestamp,
        time::{DAY, HOUR},
    };

    #[test]
    fn a_span_begins_on_the_hour_and_at_midnight() {
        let at = Timestamp::from_millis(1_795_435_440_123);
        let told = |span: Span| span.start(at).rfc3339();
        assert_eq!(told(Span::Hour), "2026-11-23T12:00:00Z");
        assert_eq!(told(Span::Day), "2026-11-23T00:00:00Z");
        for span in Span::ALL {
            let start = span.start(at);
            assert_eq!(span.start(start), start);
            assert_eq!(span.start(start.plus(span.length() - 1)), start);
            assert_eq!(span.start(start.plus(-1)), start.plus(-span.length()));
        }
        assert_eq!(Span::Hour.start(Timestamp::from_millis(-1)).millis(), -HOUR);
        assert_eq!(Span::Day.first_of(at, 7), Span::Day.start(at).plus(-6 * DAY));
        assert_eq!(Span::Hour.first_of(at, 1), Span::Hour.start(at));
    }

    #[test]
    fn dust_and_what_cannot_be_an_amount_are_left_out() {
        let dust = Amount::from(10_u64);
        assert!(!is_counted(Amount::from(9_u64), dust) && is_counted(dust, dust));
        assert!(is_counted(LARGEST, dust) && !is_counted(Amount::MAX, dust));
        let more = LARGEST.checked_add(Amount::from(1_u64)).unwrap();
        assert!(!is_counted(more, dust));
        assert_eq!(LARGEST.to_be_bytes()[..9], [0, 0, 0, 0, 0, 0, 0, 0, 0xff]);
    }
}
