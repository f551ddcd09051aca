//! Money: a whole number of a token's smallest unit. Never a float, and 256 bits wide, because 64 end at some nine
//! coins of a token with eighteen decimals.

use ruint::aliases::U256;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The most decimals a token can have.
pub const MAX_DECIMALS: u8 = 36;

/// Digits of the largest amount.
const DIGITS: usize = 78;

/// The text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAmount {
    /// It has anything but digits, and one point between them where a point is taken.
    #[error("not a number")]
    NotANumber,
    /// It has more decimals than the token.
    #[error("more decimals than the token has")]
    TooFine,
    /// It does not fit in 256 bits.
    #[error("too large")]
    TooLarge,
}

/// A number of smallest units. Which token's is said beside it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Amount(U256);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(U256::ZERO);
    /// The largest.
    pub const MAX: Self = Self(U256::MAX);

    /// From big-endian bytes, as chains write them.
    pub const fn from_be_bytes(bytes: [u8; 32]) -> Self {
        Self(U256::from_be_bytes(bytes))
    }

    /// As big-endian bytes.
    pub const fn to_be_bytes(self) -> [u8; 32] {
        self.0.to_be_bytes()
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// The sum, unless it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The rest, unless there is less than that.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many, unless it does not fit.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// How many of so many equal parts of `whole` this is, rounded to the nearest; for pictures. All of them at most, and
    /// none of nothing.
    pub fn parts_of(self, whole: Self, parts: u32) -> u32 {
        if self >= whole {
            return if whole.is_zero() { 0 } else { parts };
        }
        // What is left of both after that says as much as a picture can show.
        let shift = whole.0.bit_len().saturating_sub(128);
        let (part, whole) = (self.0 >> shift, whole.0 >> shift);
        let half = whole >> 1;
        let scaled = (part * U256::from(parts) + half) / whole;
        u32::try_from(scaled).unwrap_or(parts)
    }

    /// Reads what a person writes: `1`, `0.5`, `12.000001`. No sign, no exponent, no separator, no more decimals than
    /// the token has.
    pub fn parse(text: &str, decimals: u8) -> Result<Self, NotAnAmount> {
        let (whole, part) = match text.split_once('.') {
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return Err(NotAnAmount::NotANumber),
            None => (text, ""),
        };
        let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !are_digits(whole) || !are_digits(part) {
            return Err(NotAnAmount::NotANumber);
        }
        let missing = usize::from(decimals).checked_sub(part.len()).ok_or(NotAnAmount::TooFine)?;
        units(&[whole, part, &"0".repeat(missing)].concat())
    }

    /// What a person reads, exactly: `1`, `0.5`. No zeros at the end.
    pub fn decimal(self, decimals: u8) -> String {
        pointed(&self.0.to_string(), decimals)
    }

    /// The same of a database's cell, which is not an amount when it has anything but digits.
    pub fn decimal_of_cell(cell: &str, decimals: u8) -> Option<String> {
        let is_cell = cell.len() == DIGITS && cell.bytes().all(|byte| byte.is_ascii_digit());
        is_cell.then(|| pointed(cell.trim_start_matches('0'), decimals))
    }

    /// For a database: always as many digits, so that text sorts as numbers do.
    pub fn to_cell(self) -> String {
        format!("{:0>DIGITS$}", self.0)
    }
}

/// Digits of smallest units, without zeros before them, as whole ones.
fn pointed(digits: &str, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let (whole, part) = digits.split_at(digits.len().saturating_sub(decimals));
    let whole = if whole.is_empty() { "0" } else { whole };
    if part.bytes().all(|byte| byte == b'0') {
        return whole.to_owned();
    }
    let zeros = "0".repeat(decimals - part.len());
    [whole, ".", &zeros, part.trim_end_matches('0')].concat()
}

/// A number of smallest units out of nothing but digits.
fn units(digits: &str) -> Result<Amount, NotAnAmount> {
    let digits = digits.trim_start_matches('0');
    if digits.len() > DIGITS {
        return Err(NotAnAmount::TooLarge);
    }
    let number = if digits.is_empty() { "0" } else { digits };
    U256::from_str_radix(number, 10).map(Amount).map_err(|_| NotAnAmount::TooLarge)
}

impl From<u64> for Amount {
    fn from(units: u64) -> Self {
        Self(U256::from(units))
    }
}

impl From<u128> for Amount {
    fn from(units: u128) -> Self {
        Self(U256::from(units))
    }
}

/// Smallest units, in digits; also reads a database's cell.
impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAnAmount::NotANumber);
        }
        units(text)
    }
}

impl TryFrom<String> for Amount {
    type Error = NotAnAmount;

    fn try_from(text: String) -> Result<Self, NotAnAmount> {
        text.parse()
    }
}

impl From<Amount> for String {
    fn from(amount: Amount) -> Self {
        amount.to_string()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, MAX_DECIMALS, NotAnAmount};
    use proptest::prelude::*;

    fn read(text: &str, decimals: u8) -> Result<String, NotAnAmount> {
        Amount::parse(text, decimals).map(|amount| amount.to_string())
    }

    #[test]
    fn people_write_decimals_and_chains_count_units() {
        assert_eq!(read("1", 6), Ok("1000000".into()));
        assert_eq!(read("0.5", 6), Ok("500000".into()));
        assert_eq!(read("0.000001", 6), Ok("1".into()));
        assert_eq!(read("007.10", 2), Ok("710".into()));
        assert_eq!(read("3", 0), Ok("3".into()));
        assert_eq!(Amount::from(1_500_000_u64).decimal(6), "1.5");
        assert_eq!(Amount::from(1_u64).decimal(18), "0.000000000000000001");
        assert_eq!(Amount::from(100_u64).decimal(0), "100");
        assert_eq!(Amount::ZERO.decimal(8), "0");
        assert_eq!(Amount::decimal_of_cell(&"0".repeat(78), 8), Some("0".into()));
        for no_cell in ["", "7", &"-".repeat(78), &"9".repeat(79)] {
            assert_eq!(Amount::decimal_of_cell(no_cell, 8), None, "{no_cell}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_and_never_rounded() {
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e3", "1,5", "1_000", " 1", "1 ", "0x1", "1.2.3",
            "一", "٣", "NaN",
        ] {
            assert_eq!(read(text, 6), Err(NotAnAmount::NotANumber), "{text}");
        }
        assert_eq!(read("0.0000001", 6), Err(NotAnAmount::TooFine));
        assert_eq!(read("0.5", 0), Err(NotAnAmount::TooFine));
        assert_eq!(read(&"9".repeat(78), 0), Err(NotAnAmount::TooLarge));
        assert_eq!(read(&"9".repeat(10_000), 0), Err(NotAnAmount::TooLarge));
        assert_eq!("1.5".parse::<Amount>(), Err(NotAnAmount::NotANumber));
        assert_eq!(Amount::MAX.checked_add(Amount::from(1_u64)), None);
        assert_eq!(Amount::ZERO.checked_sub(Amount::from(1_u64)), None);
    }

    #[test]
    fn parts_are_rounded_and_never_more_than_all() {
        let parts = |part: u64, whole: u64| Amount::from(part).parts_of(Amount::from(whole), 100);
        assert_eq!([parts(0, 7), parts(1, 3), parts(2, 3), parts(7, 7)], [0, 33, 67, 100]);
        assert_eq!([parts(0, 0), parts(5, 0), parts(9, 3)], [0, 0, 100]);
        assert_eq!(Amount::MAX.parts_of(Amount::MAX, 100), 100);
    }

    fn any_amount() -> impl Strategy<Value = Amount> {
        any::<[u8; 32]>().prop_map(Amount::from_be_bytes)
    }

    proptest! {
        #[test]
        fn an_amount_comes_back_out_of_each_of_its_forms(amount in any_amount(), decimals in 0..=MAX_DECIMALS) {
            prop_assert_eq!(Amount::parse(&amount.decimal(decimals), decimals), Ok(amount));
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
            prop_assert_eq!(amount.to_cell().parse(), Ok(amount));
            let of_cell = Amount::decimal_of_cell(&amount.to_cell(), decimals);
            prop_assert_eq!(of_cell, Some(amount.decimal(decimals)));
            prop_assert_eq!(Amount::from_be_bytes(amount.to_be_bytes()), amount);
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }

        #[test]
        fn cells_sort_as_amounts_do(a in any_amount(), b in any_amount(), small in any::<u64>()) {
            prop_assert_eq!(a.to_cell().cmp(&b.to_cell()), a.cmp(&b));
            prop_assert_eq!(a.to_cell().cmp(&Amount::from(small).to_cell()), a.cmp(&Amount::from(small)));
        }

        #[test]
        fn what_is_added_can_be_taken_away(a in any::<u128>(), b in any::<u128>()) {
            let (a, b) = (Amount::from(a), Amount::from(b));
            let sum = a.checked_add(b).unwrap();
            prop_assert_eq!(sum.checked_sub(b), Some(a));
            prop_assert_eq!(Amount::sum([a, b]), Some(sum));
        }

        #[test]
        fn a_part_of_anything_is_a_part(a in any_amount(), b in any_amount(), parts in any::<u32>()) {
            prop_assert!(a.parts_of(b, parts) <= parts);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,100}", decimals in 0..=MAX_DECIMALS) {
            let _ = (Amount::parse(&text, decimals), text.parse::<Amount>());
        }
    }
}
