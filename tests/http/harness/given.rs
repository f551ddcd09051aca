//! A clock and a random generator that the test holds.

use aio_domain::{Clock, Random, RandomFailed, Timestamp};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Shows what the test set.
pub struct TestClock(pub AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn micros(&self) -> u64 {
        self.now().millis().unsigned_abs() * 1000
    }
}

/// Not random at all: each call gives other bytes, each run the same ones.
pub struct TestRandom(pub AtomicU64);

impl Random for TestRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for byte in bytes {
            let mut mixed = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ (mixed >> 27)).to_be_bytes()[0];
        }
        Ok(())
    }
}
