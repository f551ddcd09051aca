//! How many wrong codes a person may type, and how long the waits are.

use crate::{
    Timestamp,
    time::{HOUR, MINUTE},
};

/// Wrong codes since the last right one, over all purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Misses {
    /// How many.
    pub count: u32,
    /// No code is looked at before this instant.
    pub locked_until: Option<Timestamp>,
}

/// From this many misses on, each one makes a wait.
pub const FIRST_WAIT: u32 = 5;
/// At this many misses the session is ended and the person is alerted.
pub const END_SESSION: u32 = 10;
/// At this many misses no code is looked at any more, until the operator or a recovery code helps.
pub const HARD_STOP: u32 = 20;

/// Why no code may be tried now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryRefused {
    /// Try again at this instant.
    Wait(Timestamp),
    /// Too many for good.
    Stopped,
}

impl Misses {
    /// Takes one try away *before* the code is looked at: what must be stored first. A right code then
    /// resets the count, a wrong one leaves it, and a crash in between has cost one try.
    pub fn reserve(self, now: Timestamp) -> Result<Self, TryRefused> {
        if self.count >= HARD_STOP {
            return Err(TryRefused::Stopped);
        }
        match self.locked_until {
            Some(until) if now < until => Err(TryRefused::Wait(until)),
            _ => Ok(self.missed(now)),
        }
    }

    fn missed(self, now: Timestamp) -> Self {
        let count = self.count + 1;
        let locked_until = count
            .checked_sub(FIRST_WAIT)
            .map(|extra| now.plus((MINUTE << extra.min(10)).min(HOUR)));
        Self { count, locked_until }
    }

    /// Whether a miss that led here ends the session it came from.
    pub const fn ends_session(self) -> bool {
        self.count >= END_SESSION
    }
}

#[cfg(test)]
mod tests {
    use super::{HARD_STOP, Misses, TryRefused};
    use crate::{
        Timestamp,
        time::{HOUR, MINUTE},
    };

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000);

    fn after(misses: u32) -> Misses {
        (0..misses).fold(Misses::default(), |state, _| {
            state.reserve(state.locked_until.unwrap_or(NOW)).unwrap()
        })
    }

    #[test]
    fn aut_05_the_fifth_miss_makes_a_minute_and_each_further_one_doubles_it_up_to_an_hour() {
        let wait = |misses: u32| {
            let before = after(misses - 1);
            let at = before.locked_until.unwrap_or(NOW);
            before.reserve(at).unwrap().locked_until.map(|until| until.since(at))
        };
        assert_eq!(
            (wait(4), wait(5), wait(6), wait(7)),
            (None, Some(MINUTE), Some(2 * MINUTE), Some(4 * MINUTE))
        );
        assert_eq!((wait(11), wait(19)), (Some(HOUR), Some(HOUR)));
    }

    #[test]
    fn aut_05_during_a_wait_no_code_is_looked_at() {
        let locked = after(5);
        let until = locked.locked_until.unwrap();
        assert_eq!(locked.reserve(until.plus(-1)), Err(TryRefused::Wait(until)));
        assert!(locked.reserve(until).is_ok());
    }

    #[test]
    fn aut_05_ten_misses_end_the_session_and_twenty_stop_for_good() {
        assert!(!after(9).ends_session() && after(10).ends_session());
        assert_eq!(after(HARD_STOP).reserve(NOW.plus(1_000 * HOUR)), Err(TryRefused::Stopped));
    }
}
