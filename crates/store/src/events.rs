//! What happened in a merchant, numbered without gaps.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{EventId, MerchantId, Timestamp};

sql! {
    /// Holds the head's row until the transaction ends: numbers appear in the order they become
    /// visible.
    NEXT = "
        INSERT INTO event_heads (merchant_id, seq)
        VALUES ($1, 1)
        ON CONFLICT (merchant_id) DO UPDATE SET seq = event_heads.seq + 1
        RETURNING seq AS value";
    INSERT = "
        INSERT INTO events (merchant_id, id, seq, kind, object_id, payload, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    AFTER = "
        SELECT id, seq, kind, object_id, payload, created_at
        FROM events
        WHERE merchant_id = $1 AND seq > $2
        ORDER BY seq
        LIMIT $3";
    HEAD = "
        SELECT seq AS value
        FROM event_heads
        WHERE merchant_id = $1";
}

/// An event to be added.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Id.
    pub id: EventId,
    /// What happened.
    pub kind: String,
    /// To what.
    pub object_id: Option<String>,
    /// More, as JSON; never a secret.
    pub payload: String,
    /// When.
    pub at: Timestamp,
}

row! {
    /// An event as stored.
    EventRow of "events" {
        /// Id.
        id: EventId,
        /// Number in the merchant, from one.
        seq: i64,
        /// What happened.
        kind: String,
        /// To what.
        object_id: Option<String>,
        /// More, as JSON.
        payload: String,
        /// When.
        created_at: Timestamp,
    }
}

reads! {
    /// Events of a merchant behind a number, in order.
    fn events_after(merchant: MerchantId, after: i64, limit: i64) -> Vec<EventRow>
        = all(AFTER, merchant, after, limit);
    /// Number of a merchant's last event.
    fn last_event(merchant: MerchantId) -> Option<i64> = scalar(HEAD, merchant);
}

impl Tx {
    /// Adds an event and tells its number.
    pub async fn append_event(
        &mut self,
        merchant: MerchantId,
        event: &NewEvent,
    ) -> Result<i64, StoreError> {
        let seq: i64 =
            self.conn().scalar(&NEXT, values![merchant]).await?.ok_or(StoreError::row_count(0))?;
        let NewEvent { id, kind, object_id, payload, at } = event;
        self.conn().one(&INSERT, values![merchant, id, seq, kind, object_id, payload, at]).await?;
        Ok(seq)
    }
}
