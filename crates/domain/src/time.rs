//! Instants as unix milliseconds, and the calendar needed to show and read dates.

use serde::{Deserialize, Serialize};

/// Tells the time: the system's in the product, a settable one in tests.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Microseconds since some moment, for measuring how long something takes: never backwards, whatever happens
    /// to the time of day.
    fn micros(&self) -> u64;
}

/// Milliseconds in a second.
pub const SECOND: i64 = 1000;
/// Milliseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Milliseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// An instant: unix milliseconds, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From unix milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Unix milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Unix seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// This instant moved by so many milliseconds; stays at the end of time on overflow.
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from an earlier instant to this one; negative when that one is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant a calendar day (`YYYY-MM-DD`, years 1970 to 9999) ends, UTC: the first millisecond after it.
    pub fn end_of_day(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |part: &str, len: usize| {
            (part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<i64>().ok())
                .flatten()
        };
        let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
        if year < 1970 || !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month)
        {
            return None;
        }
        Some(Self((days_from_civil(year, month, day) + 1) * DAY))
    }

    /// An instant as [`Timestamp::rfc3339`] writes it, UTC with `Z`; milliseconds may stand behind the seconds.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let (day, rest) = text.split_once('T')?;
        let rest = rest.strip_suffix('Z')?;
        let (time, millis) = rest.split_once('.').unwrap_or((rest, "000"));
        let digits = |text: &str, len: usize, below: i64| {
            let plain = text.len() == len && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|number| plain && *number < below)
        };
        let mut parts = time.splitn(3, ':');
        let hour = digits(parts.next()?, 2, 24)?;
        let minute = digits(parts.next()?, 2, 60)?;
        let second = digits(parts.next()?, 2, 60)?;
        let millis = digits(millis, 3, 1000)?;
        let since_midnight = ((hour * 60 + minute) * 60 + second) * SECOND + millis;
        Some(Self::end_of_day(day)?.plus(since_midnight - DAY))
    }

    /// Year, month, day, hour, minute, second of this instant, UTC.
    pub fn civil(self) -> (i64, i64, i64, i64, i64, i64) {
        let (days, rest) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil_from_days(days);
        (year, month, day, rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / SECOND)
    }

    /// RFC 3339 with seconds, UTC: `2026-11-23T12:04:00Z`.
    pub fn rfc3339(self) -> String {
        let (year, month, day, hour, minute, second) = self.civil();
        if !(0..=9_999).contains(&year) {
            return format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
        }
        // Digit by digit: a file with a million rows has three million instants.
        let pairs = [year / 100, year % 100, month, day, hour, minute, second];
        let mut text = String::with_capacity("2026-11-23T12:04:00Z".len());
        for (pair, mark) in pairs.into_iter().zip(["", "-", "-", "T", ":", ":", "Z"]) {
            text.push(digit(pair / 10));
            text.push(digit(pair % 10));
            text.push_str(mark);
        }
        text
    }

    /// The calendar day, UTC: `2026-11-23`.
    pub fn date(self) -> String {
        let (year, month, day, ..) = self.civil();
        format!("{year:04}-{month:02}-{day:02}")
    }
}

const fn digit(number: i64) -> char {
    match number {
        1 => '1',
        2 => '2',
        3 => '3',
        4 => '4',
        5 => '5',
        6 => '6',
        7 => '7',
        8 => '8',
        9 => '9',
        _ => '0',
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a day in the proleptic Gregorian calendar; years begin in March inside, so that
/// the leap day is the last one.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_instant_is_read_as_it_is_written_and_in_no_other_form() {
        let read = super::Timestamp::from_rfc3339;
        for millis in [0, 1000, 86_399_000, 1_795_000_000_000, 253_402_300_799_000] {
            let at = super::Timestamp::from_millis(millis);
            assert_eq!(read(&at.rfc3339()), Some(at), "{}", at.rfc3339());
        }
        let half = super::Timestamp::from_millis(1_795_000_000_500);
        assert_eq!(read("2026-11-18T11:06:40.500Z"), Some(half));
        for bad in [
            "",
            "2026-02-03",
            "2026-02-03T04:05:06",
            "2026-02-03T04:05Z",
            "2026-02-30T04:05:06Z",
            "2026-02-03T24:05:06Z",
            "2026-02-03T04:60:06Z",
            "2026-02-03T04:05:60Z",
            "2026-02-03T04:05:06.1Z",
            "2026-02-03T04:05:06+00:00",
            "2026-02-03T+4:05:06Z",
            "2026-02-03 04:05:06Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    use super::{DAY, Timestamp, civil_from_days, days_from_civil};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(days in -719_468_i64..2_932_896) {
            let (year, month, day) = civil_from_days(days);
            prop_assert_eq!(days_from_civil(year, month, day), days);
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = Timestamp::end_of_day(&text);
        }
    }

    #[test]
    fn known_instants_are_written_as_rfc_3339() {
        assert_eq!(Timestamp::from_millis(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_millis(951_782_400_000).rfc3339(), "2000-02-29T00:00:00Z");
        assert_eq!(Timestamp::from_millis(1_795_435_440_000).rfc3339(), "2026-11-23T12:04:00Z");
        for (millis, text) in [
            (253_402_300_799_000, "9999-12-31T23:59:59Z"),
            (253_402_300_800_000, "10000-01-01T00:00:00Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00Z"),
            (-62_167_219_201_000, "-001-12-31T23:59:59Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).rfc3339(), text);
        }
    }

    #[test]
    fn a_day_ends_when_the_next_begins() {
        assert_eq!(Timestamp::end_of_day("1970-01-01"), Some(Timestamp::from_millis(DAY)));
        assert_eq!(
            Timestamp::end_of_day("2024-02-29").map(Timestamp::date),
            Some("2024-03-01".into())
        );
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        for text in [
            "",
            "2025-02-29",
            "2025-13-01",
            "2025-00-10",
            "2025-1-1",
            "25-01-01",
            "2025-01-32",
            "2025-01-01x",
            "１９７０-01-01",
            "-001-01-01",
        ] {
            assert_eq!(Timestamp::end_of_day(text), None, "{text}");
        }
    }
}
