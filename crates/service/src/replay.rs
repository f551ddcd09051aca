//! A request id works once per key: an encrypted request that was seen is not done again.
//!
//! On SQLite there is one server, so it remembers the ids itself and refuses what is dated before its own start;
//! on Postgres there may be many, so the ids are rows.

use crate::{KeyCaller, ServiceError, Services};
use aio_domain::{
    ApiKeyId, Problem, Secret, Timestamp,
    api_key::keyed_hash,
    envelope::{Headers, WINDOW_S},
};
use aio_store::Engine;
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Seconds for which an id stays used: twice the time in which a request is taken.
const KEPT_S: i64 = 2 * WINDOW_S;
/// Ids that are remembered in a generation; beyond that encrypted requests wait for the next one.
const MOST: usize = 4_000_000;

/// Fingerprints of used ids in two generations, each as long as an id stays used.
pub struct UsedIds {
    started_s: i64,
    key: Secret<32>,
    generations: Mutex<Generations>,
}

struct Generations {
    current: HashSet<u64>,
    previous: HashSet<u64>,
    began_s: i64,
}

impl UsedIds {
    /// None is used yet; what is dated before now cannot be told and is refused. `key` makes fingerprints that nobody
    /// can choose.
    pub fn from_now_on(now: Timestamp, key: Secret<32>) -> Self {
        let began_s = now.millis().div_euclid(1000);
        let generations =
            Generations { current: HashSet::new(), previous: HashSet::new(), began_s };
        Self { started_s: began_s, key, generations: Mutex::new(generations) }
    }

    /// True for the first use of the id by that key.
    fn take(
        &self,
        key: ApiKeyId,
        id: u128,
        dated_s: i64,
        now_s: i64,
    ) -> Result<bool, ServiceError> {
        if dated_s <= self.started_s {
            return Ok(false);
        }
        let fingerprint = self.fingerprint(key, id);
        let mut ids = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        if now_s.saturating_sub(ids.began_s) >= KEPT_S {
            ids.previous = std::mem::take(&mut ids.current);
            ids.began_s = now_s;
        }
        if ids.current.len() >= MOST {
            return Err(Problem::Busy.into());
        }
        Ok(!ids.previous.contains(&fingerprint) && ids.current.insert(fingerprint))
    }

    /// 64 bits: that two ids fall together refuses one request in a very long time.
    fn fingerprint(&self, key: ApiKeyId, id: u128) -> u64 {
        let name = [key.body().as_bytes(), &id.to_be_bytes()].concat();
        let hash = keyed_hash(self.key.expose(), b"used request id v1", &name);
        hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl Services {
    /// Whether an encrypted request may be done: it is dated within the window, and its id was not used before.
    pub async fn use_request_id(
        &self,
        caller: &KeyCaller,
        headers: &Headers,
    ) -> Result<bool, ServiceError> {
        let now = self.now();
        if !headers.is_fresh(now) {
            return Ok(false);
        }
        let now_s = now.millis().div_euclid(1000);
        let id = headers.request_id();
        if self.store().engine() == Engine::Sqlite {
            return self.0.used_ids.take(caller.id, id, headers.timestamp(), now_s);
        }
        let until = now.plus(KEPT_S * 1000);
        Ok(self.store().use_request_id(caller.merchant, caller.id, id.to_be_bytes(), until).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_S, UsedIds};
    use aio_domain::{ApiKeyId, Secret, Timestamp};

    fn key(number: u8) -> ApiKeyId {
        format!("key_01h455vb4pex5vsknk084sn0{number:02}").parse().unwrap()
    }

    #[test]
    fn aes_05_an_id_works_once_per_key_for_twice_the_window() {
        let ids = UsedIds::from_now_on(Timestamp::from_millis(1_000_000), Secret::new([7; 32]));
        let take = |of, id, now| ids.take(key(of), id, now, now).unwrap();
        assert!(take(1, 7, 1001));
        assert!(!take(1, 7, 1001));
        assert!(take(2, 7, 1001));
        assert!(take(1, 8, 1001));
        assert!(!take(1, 7, 1000 + KEPT_S), "the older generation counts");
        assert!(take(1, 9, 1001 + KEPT_S));
        assert!(take(1, 7, 1001 + 3 * KEPT_S));
    }

    #[test]
    fn aes_05_what_is_dated_before_the_start_is_refused() {
        let ids = UsedIds::from_now_on(Timestamp::from_millis(1_000_999), Secret::new([7; 32]));
        assert!(!ids.take(key(1), 1, 999, 1001).unwrap());
        assert!(!ids.take(key(1), 1, 1000, 1001).unwrap());
        assert!(ids.take(key(1), 1, 1001, 1001).unwrap());
    }
}
