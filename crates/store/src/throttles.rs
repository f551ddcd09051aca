//! How often something happened lately, per bucket, in fixed windows; and the removal of what is
//! past.

use crate::{Statement, Store, StoreError, Tx, cells::values, statement::sql, tx::alone};
use aio_domain::{
    Timestamp,
    session::{ABSOLUTE, IDLE},
};

sql! {
    HIT = "
        INSERT INTO throttles (bucket, window_start, expires_at, hits)
        VALUES ($1, $2, $3, 1)
        ON CONFLICT (bucket) DO UPDATE SET
            hits = CASE WHEN throttles.window_start <= $4 THEN 1 ELSE throttles.hits + 1 END,
            window_start = CASE
                WHEN throttles.window_start <= $4 THEN $2 ELSE throttles.window_start END,
            expires_at = CASE
                WHEN throttles.window_start <= $4 THEN $3 ELSE throttles.expires_at END
        RETURNING hits AS value";
    HITS = "
        SELECT hits AS value
        FROM throttles
        WHERE bucket = $1 AND window_start > $2";
    FORGIVE = "DELETE FROM throttles WHERE bucket = $1";
    PURGE_SESSIONS_BY_AGE = "DELETE FROM sessions WHERE created_at <= $1";
    PURGE_SESSIONS_BY_USE = "DELETE FROM sessions WHERE seen_at <= $1";
    PURGE_CHANGE_SETS = "DELETE FROM change_sets WHERE expires_at <= $1";
    PURGE_FLASHES = "DELETE FROM flashes WHERE expires_at <= $1";
    PURGE_THROTTLES = "DELETE FROM throttles WHERE expires_at <= $1";
    PURGE_IDEMPOTENCY = "DELETE FROM idempotency_keys WHERE expires_at <= $1";
    PURGE_REQUEST_IDS = "
        DELETE FROM used_request_ids
        WHERE (api_key_id, request_id) IN (
            SELECT api_key_id, request_id
            FROM used_request_ids
            WHERE expires_at <= $1
            ORDER BY expires_at
            LIMIT 5000)";
}

impl Tx {
    /// Counts one more in the bucket and tells how many there are in its window, this one included.
    /// A window lasts `window_ms` from its first hit.
    pub async fn hit(
        &mut self,
        bucket: &str,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<i64, StoreError> {
        let values = values![bucket, now, now.plus(window_ms), now.plus(-window_ms)];
        self.conn().scalar(&HIT, values).await?.ok_or(StoreError::row_count(0))
    }

    /// Empties the bucket; tells whether there was anything in it.
    pub async fn forgive(&mut self, bucket: &str) -> Result<bool, StoreError> {
        self.conn().changed(&FORGIVE, values![bucket]).await
    }
}

alone! {
    /// As [`Tx::hit`], made real at once.
    fn hit(bucket: &str, now: Timestamp, window_ms: i64) -> i64;
    /// As [`Tx::forgive`], made real at once.
    fn forgive(bucket: &str) -> bool;
}

impl Store {
    /// How many hits the bucket has in its present window.
    pub async fn hits(
        &self,
        bucket: &str,
        now: Timestamp,
        window_ms: i64,
    ) -> Result<i64, StoreError> {
        self.read().await?.conn().number(&HITS, values![bucket, now.plus(-window_ms)]).await
    }

    /// Removes what has expired: sessions, changes, flashes, throttles, remembered answers, used
    /// ids. Each kind has transactions of its own, so that nobody waits long for the writer.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, StoreError> {
        let past = [
            (&PURGE_SESSIONS_BY_AGE, now.plus(-ABSOLUTE)),
            (&PURGE_SESSIONS_BY_USE, now.plus(-IDLE)),
            (&PURGE_CHANGE_SETS, now),
            (&PURGE_FLASHES, now),
            (&PURGE_THROTTLES, now),
            (&PURGE_IDEMPOTENCY, now),
            (&PURGE_REQUEST_IDS, now),
        ];
        let mut removed = 0;
        for (statement, before) in past {
            removed += self.remove(statement, before).await?;
        }
        Ok(removed)
    }

    /// Runs a removal until it finds nothing more, each time in a transaction of its own: one that
    /// takes a slice at a time lets the other writers in between.
    pub(crate) async fn remove(
        &self,
        statement: &Statement,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut removed = 0;
        loop {
            let mut tx = self.begin().await?;
            let slice = tx.conn().count(statement, values![before]).await?;
            tx.commit().await?;
            if slice == 0 {
                return Ok(removed);
            }
            removed += slice;
        }
    }
}
