//! How far a sign-in has come, and how long it lives.

use crate::{
    Timestamp,
    preferences::named_enum,
    time::{HOUR, MINUTE},
};

named_enum!(
    /// How far a sign-in has come. Each level opens its own pages and nothing else.
    AuthLevel {
        /// The password was right; the code is awaited.
        CodePending => "code_pending",
        /// The password was right and there is no authenticator yet: enrolment only.
        Enrolling => "enrolling",
        /// A recovery code was used: a new authenticator must be enrolled.
        Recovering => "recovering",
        /// Password and code.
        Full => "full",
    }
);

/// A session that nobody uses ends after this many milliseconds.
pub const IDLE: i64 = 30 * MINUTE;
/// Every session ends after this many milliseconds.
pub const ABSOLUTE: i64 = 12 * HOUR;
/// A sign-in that waits for its code ends after this many milliseconds.
pub const UNFINISHED: i64 = 10 * MINUTE;
/// `seen_at` is written at most once in this many milliseconds.
pub const TOUCH_EVERY: i64 = MINUTE;

/// Whether a session made at `created_at` and last used at `seen_at` still lives. A clock that went back
/// never makes a session live longer than its two limits from the instants written down.
pub const fn is_alive(
    level: AuthLevel,
    created_at: Timestamp,
    seen_at: Timestamp,
    now: Timestamp,
) -> bool {
    let age = now.since(created_at);
    let idle = now.since(seen_at);
    let oldest = match level {
        AuthLevel::Full => ABSOLUTE,
        AuthLevel::CodePending => UNFINISHED,
        AuthLevel::Enrolling | AuthLevel::Recovering => 3 * UNFINISHED,
    };
    age < oldest && idle < IDLE && age > -ABSOLUTE
}

#[cfg(test)]
mod tests {
    use super::{ABSOLUTE, AuthLevel, IDLE, UNFINISHED, is_alive};
    use crate::Timestamp;

    const START: Timestamp = Timestamp::from_millis(1_000_000_000);

    #[test]
    fn ses_04_a_session_ends_after_thirty_idle_minutes() {
        let alive = |idle| is_alive(AuthLevel::Full, START, START, START.plus(idle));
        assert!(alive(IDLE - 1));
        assert!(!alive(IDLE));
    }

    #[test]
    fn ses_04_a_session_in_use_ends_after_twelve_hours() {
        let alive = |age| is_alive(AuthLevel::Full, START, START.plus(age - 1), START.plus(age));
        assert!(alive(ABSOLUTE - 1));
        assert!(!alive(ABSOLUTE));
    }

    #[test]
    fn ses_04_a_half_done_sign_in_ends_after_ten_minutes() {
        let alive = |age| is_alive(AuthLevel::CodePending, START, START.plus(age), START.plus(age));
        assert!(alive(UNFINISHED - 1));
        assert!(!alive(UNFINISHED));
    }
}
