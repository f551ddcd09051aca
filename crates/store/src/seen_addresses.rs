//! From where keys are used, so that a list of addresses can be tried on what came before it is
//! made to hold.

use crate::{
    RequestLine, Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
};
use aio_domain::{ApiKeyId, MerchantId, Timestamp, time::DAY};
use std::{collections::BTreeMap, net::IpAddr};

sql! {
    NOTE = "
        INSERT INTO seen_addresses (merchant_id, api_key_id, address, day, hits, last_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (merchant_id, api_key_id, address, day) DO UPDATE SET
            hits = seen_addresses.hits + excluded.hits,
            last_at = CASE
                WHEN seen_addresses.last_at < excluded.last_at
                THEN excluded.last_at ELSE seen_addresses.last_at END";
    /// In the order of the key, so that grouping needs no sorting.
    OF_KEY = "
        SELECT address, CAST(SUM(hits) AS BIGINT) AS count, MAX(last_at) AS last_at
        FROM seen_addresses
        WHERE merchant_id = $1 AND api_key_id = $2 AND last_at >= $3
        GROUP BY address";
    PURGE = "DELETE FROM seen_addresses WHERE last_at < $1";
}

row! {
    /// An address that used a key.
    #[derive(PartialEq, Eq)]
    SeenAddress of "seen_addresses" {
        /// The address.
        address: IpAddr,
        /// How many requests came from it.
        count: i64,
        /// When the last one came.
        last_at: Timestamp,
    }
}

/// What a batch of lines adds: hits and the last of them, by merchant, key, address and day. The
/// order is one that all writers share, so that none waits for another in a circle.
#[derive(Default)]
pub struct Seen(BTreeMap<(MerchantId, ApiKeyId, IpAddr, Timestamp), (i64, Timestamp)>);

impl Seen {
    /// Counts a line, unless it was refused for a reason that the caller is not told: who tries a
    /// wrong secret, or calls from where the key does not work, has not used the key.
    pub fn count(&mut self, line: &RequestLine) {
        if line.reason.is_some() {
            return;
        }
        let day = line.at.plus(-line.at.millis().rem_euclid(DAY));
        let (hits, last_at) =
            self.0.entry((line.merchant, line.key, line.address, day)).or_insert((0, line.at));
        *hits += 1;
        *last_at = line.at.max(*last_at);
    }
}

impl Tx {
    pub(crate) async fn note_seen(&mut self, Seen(seen): Seen) -> Result<(), StoreError> {
        for ((merchant, key, address, day), (hits, last_at)) in seen {
            let values = values![merchant, key, address, day, hits, last_at];
            self.conn().one(&NOTE, values).await?;
        }
        Ok(())
    }
}

impl Store {
    /// The addresses that used a key since an instant, the latest first: those whose requests got
    /// past every check that refuses without a reason. Counted by UTC day, so that the first day
    /// counts whole.
    pub async fn addresses_seen(
        &self,
        merchant: MerchantId,
        key: ApiKeyId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<SeenAddress>, StoreError> {
        let mut seen: Vec<SeenAddress> =
            self.read().await?.conn().all(&OF_KEY, values![merchant, key, since]).await?;
        seen.sort_by_key(|one| (std::cmp::Reverse(one.last_at), one.address));
        seen.truncate(limit);
        Ok(seen)
    }

    pub(crate) async fn purge_seen(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.remove(&PURGE, before).await
    }
}
