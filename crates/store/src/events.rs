//! What happened in a merchant, numbered without gaps.

use crate::{
    StoreError, Tx,
    cells::{Bind as _, row, values},
    many::{all_of, postgres_rows, rows, sqlite_rows},
    statement::sql,
    tx::reads,
};
use aio_domain::{EventId, MerchantId, Timestamp};

/// Events of one merchant.
macro_rules! insert {
    ($($rows:tt)+) => {
        concat!(
            "INSERT INTO events (merchant_id, id, seq, kind, object_id, payload, created_at)
            SELECT $1, r.value ->> 0, CAST(r.value ->> 1 AS BIGINT), r.value ->> 2, r.value ->> 3,
                r.value ->> 4, CAST(r.value ->> 5 AS BIGINT)
            FROM ",
            $($rows)+
        )
    };
}

sql! {
    /// Holds the head's row until the transaction ends: numbers appear in the order they become
    /// visible.
    TAKE = "
        INSERT INTO event_heads (merchant_id, seq)
        VALUES ($1, $2)
        ON CONFLICT (merchant_id) DO UPDATE SET seq = event_heads.seq + $2
        RETURNING seq AS value";
    INSERT = insert!(sqlite_rows!("$2")), postgres = insert!(postgres_rows!("$2"));
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
    /// Adds events of a merchant, in this order; tells the number of the last one.
    pub async fn append_events(
        &mut self,
        merchant: MerchantId,
        events: &[NewEvent],
    ) -> Result<i64, StoreError> {
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let last: Option<i64> = self.conn().scalar(&TAKE, values![merchant, count]).await?;
        let last = last.ok_or(StoreError::row_count(0))?;
        let numbered = events.iter().zip(last - count + 1..);
        let rows = rows(numbered.map(|(event, seq)| {
            let NewEvent { id, kind, object_id, payload, at } = event;
            values![id, seq, kind, object_id, payload, at]
        }));
        let done = self.conn().count(&INSERT, vec![merchant.bind(), rows]).await?;
        all_of(events.len(), done)?;
        Ok(last)
    }

    /// Adds an event and tells its number.
    pub async fn append_event(
        &mut self,
        merchant: MerchantId,
        event: &NewEvent,
    ) -> Result<i64, StoreError> {
        self.append_events(merchant, std::slice::from_ref(event)).await
    }
}
