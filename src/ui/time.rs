//! Instants as people read them: absolute and in UTC from the server, relative once scripts run.

use crate::i18n::tr;
use aio_domain::{
    Language, Timestamp,
    time::{DAY, HOUR, MINUTE},
};

/// `2026-11-23 12:04 UTC`.
pub fn absolute(at: Timestamp) -> String {
    let (year, month, day, hour, minute, _) = at.civil();
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

/// `2 min ago`, or the day when it is more than thirty days away.
pub fn relative(language: Language, at: Timestamp, now: Timestamp) -> String {
    let age = now.since(at);
    let count = |unit: i64| usize::try_from(age / unit).unwrap_or_default();
    match age {
        ..MINUTE => tr::time::just_now(language).to_owned(),
        MINUTE..HOUR => tr::time::minutes_ago(language, &count(MINUTE).to_string()),
        HOUR..DAY => tr::time::hours_ago(language, &count(HOUR).to_string()),
        _ if age < 30 * DAY => tr::time::days_ago(language, count(DAY)),
        _ => at.date(),
    }
}

/// Whole minutes of a wait, at least one.
pub fn wait(language: Language, seconds: u32) -> String {
    let number = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    match seconds {
        0..60 => tr::time::seconds(language, number(seconds.max(1))),
        60..3600 => tr::time::minutes(language, number(seconds.div_ceil(60))),
        _ => tr::time::hours(language, number(seconds.div_ceil(3600))),
    }
}

#[cfg(test)]
mod tests {
    use super::{absolute, relative, wait};
    use aio_domain::{
        Language, Timestamp,
        time::{DAY, HOUR, MINUTE},
    };

    const NOON: Timestamp = Timestamp::from_millis(1_795_435_440_000);

    #[test]
    fn an_instant_is_written_in_utc() {
        assert_eq!(absolute(NOON), "2026-11-23 12:04 UTC");
    }

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let told = |age| relative(Language::En, NOON, NOON.plus(age));
        assert_eq!(told(0), "just now");
        assert_eq!(told(-MINUTE), "just now");
        assert_eq!(told(2 * MINUTE), "2 min ago");
        assert_eq!(told(3 * HOUR), "3 h ago");
        assert_eq!(told(DAY), "1 day ago");
        assert_eq!(told(29 * DAY), "29 days ago");
        assert_eq!(told(40 * DAY), "2026-11-23");
    }

    #[test]
    fn a_wait_is_rounded_up() {
        assert_eq!(wait(Language::En, 12), "12 seconds");
        assert_eq!(wait(Language::En, 61), "2 minutes");
        assert_eq!(wait(Language::Zh, 7200), "2 小时");
    }
}
