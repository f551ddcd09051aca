//! Time and bytes, as a test gives them.

use aio_domain::{Clock, Random, RandomFailed, Timestamp, time::SECOND};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

/// A clock that a test sets.
pub struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn micros(&self) -> u64 {
        self.now().millis().unsigned_abs() * 1000
    }
}

impl TestClock {
    pub const fn at(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.millis()))
    }

    /// Goes on by so many milliseconds, or back.
    pub fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    pub fn set(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::SeqCst);
    }

    /// Goes to the first millisecond of the next step.
    pub fn next_step(&self) {
        let step = 30 * SECOND;
        let at = (self.now().millis() / step + 1) * step;
        self.set(Timestamp::from_millis(at));
    }
}

/// Not random at all: each call gives other bytes, each run the same ones.
#[derive(Default)]
pub struct Counter {
    next: AtomicU64,
    fails: AtomicBool,
}

impl Counter {
    /// From now on there are no bytes, or there are again.
    pub fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }
}

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(RandomFailed);
        }
        for byte in bytes {
            let mut mixed = self.next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ (mixed >> 27)).to_be_bytes()[0];
        }
        Ok(())
    }
}
