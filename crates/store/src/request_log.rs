//! What was asked with a merchant's keys and how it was answered.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    seen_addresses::Seen,
    statement::sql,
};
use aio_domain::{ApiKeyId, MerchantId, RequestOutcome, Timestamp};
use std::net::IpAddr;

/// The lines of a key on one side of a place, the nearest first.
macro_rules! walk {
    ($filter:literal, older) => {
        walk!(@text $filter, "<", "at DESC, request_id DESC")
    };
    ($filter:literal, newer) => {
        walk!(@text $filter, ">", "at, request_id")
    };
    (@text $filter:literal, $side:literal, $order:literal) => {
        concat!(
            "SELECT request_id, merchant_id AS merchant, api_key_id AS key, at, method, path,
                status, took_us, address, encrypted, code, reason
            FROM request_log
            WHERE merchant_id = $1 AND api_key_id = $2 ", $filter, "
              AND (at, request_id) ", $side, " ($3, $4)
            ORDER BY ", $order, "
            LIMIT $5"
        )
    };
}

sql! {
    /// Takes the merchant from its own row: a line of one that is gone adds nothing and is no
    /// error.
    INSERT = "
        INSERT INTO request_log
            (merchant_id, api_key_id, at, request_id, method, path, status, took_us, address,
            encrypted, code, reason, outcome)
        SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
        FROM merchants
        WHERE id = $1
        ON CONFLICT (merchant_id, api_key_id, at, request_id) DO NOTHING";
    OLDER = walk!("", older);
    NEWER = walk!("", newer);
    OLDER_OF_OUTCOME = walk!("AND outcome = $6", older);
    NEWER_OF_OUTCOME = walk!("AND outcome = $6", newer);
    OLDER_OF_STATUS = walk!("AND outcome = $6 AND status = $7", older);
    NEWER_OF_STATUS = walk!("AND outcome = $6 AND status = $7", newer);
    /// A slice, so that nobody waits long for the writer.
    PURGE = "
        DELETE FROM request_log
        WHERE (merchant_id, api_key_id, at, request_id) IN (
            SELECT merchant_id, api_key_id, at, request_id
            FROM request_log
            WHERE at < $1
            ORDER BY at
            LIMIT 5000)";
}

row! {
    /// A request and its answer.
    #[derive(PartialEq, Eq)]
    RequestLine of "request_log" {
        /// Id that the answer carried: 32 hexadecimal digits.
        request_id: String,
        /// The merchant whose key it was.
        merchant: MerchantId,
        /// The key, which may be gone by now.
        key: ApiKeyId,
        /// When.
        at: Timestamp,
        /// Method, cut to a length by the caller.
        method: String,
        /// Path without a query, cut to a length by the caller.
        path: String,
        /// Status of the answer.
        status: u16,
        /// How long the answer took, in microseconds.
        took_us: u32,
        /// From where.
        address: IpAddr,
        /// Whether the body was encrypted.
        encrypted: bool,
        /// Code of the error that was answered.
        code: Option<String>,
        /// Why a refusal that tells the caller nothing was given: for the merchant's eyes only.
        reason: Option<String>,
    }
}

impl RequestLine {
    /// How it ended.
    pub const fn outcome(&self) -> RequestOutcome {
        RequestOutcome::of(self.status)
    }

    /// The place of the line in its key's log.
    pub fn place(&self) -> (Timestamp, String) {
        (self.at, self.request_id.clone())
    }
}

/// Which lines of a key are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Only those that ended so.
    pub outcome: Option<RequestOutcome>,
    /// Only those with this status.
    pub status: Option<u16>,
    /// Where the page lies.
    pub page: RequestPage,
}

/// Where a page of the log lies; a place is what [`RequestLine::place`] tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RequestPage {
    /// At the end of the log.
    #[default]
    Newest,
    /// Right before a place.
    Before((Timestamp, String)),
    /// Right after a place.
    After((Timestamp, String)),
}

impl Store {
    /// Adds lines, in one transaction, and counts from where the keys were used. Tells how many
    /// lines are new: one that is there already, or whose merchant is gone, is passed over.
    pub async fn append_requests(&self, lines: &[RequestLine]) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let (mut added, mut seen) = (0, Seen::default());
        for line in lines {
            if tx.insert_request(line).await? {
                added += 1;
                seen.count(line);
            }
        }
        tx.note_seen(seen).await?;
        tx.commit().await?;
        Ok(added)
    }

    /// A page of a key's log, newest first; at most `limit` lines. Of a page after a place these
    /// are the ones nearest to it, so that a line too many stands first.
    pub async fn requests(
        &self,
        merchant: MerchantId,
        key: ApiKeyId,
        filter: &RequestFilter,
        limit: i64,
    ) -> Result<Vec<RequestLine>, StoreError> {
        let end = (Timestamp::from_millis(i64::MAX), String::new());
        let ((at, id), after) = match &filter.page {
            RequestPage::Newest => (&end, false),
            RequestPage::Before(place) => (place, false),
            RequestPage::After(place) => (place, true),
        };
        let mut values = values![merchant, key, at, id, limit];
        let [older, newer] = match (filter.outcome, filter.status) {
            (None, None) => [&OLDER, &NEWER],
            (Some(outcome), None) => {
                values.extend(values![outcome]);
                [&OLDER_OF_OUTCOME, &NEWER_OF_OUTCOME]
            }
            // A status has one outcome: asking for another one with it finds nothing.
            (Some(outcome), Some(status)) if outcome != RequestOutcome::of(status) => {
                return Ok(Vec::new());
            }
            (_, Some(status)) => {
                values.extend(values![RequestOutcome::of(status), status]);
                [&OLDER_OF_STATUS, &NEWER_OF_STATUS]
            }
        };
        let statement = if after { newer } else { older };
        let mut lines: Vec<RequestLine> = self.read().await?.conn().all(statement, values).await?;
        if after {
            lines.reverse();
        }
        Ok(lines)
    }

    /// Removes the lines from before an instant, and what was counted of them, in slices that are
    /// transactions of their own. Tells how many rows are gone.
    pub async fn purge_requests(&self, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.remove(&PURGE, before).await? + self.purge_seen(before).await?)
    }
}

impl Tx {
    async fn insert_request(&mut self, line: &RequestLine) -> Result<bool, StoreError> {
        let values = values![
            line.merchant,
            line.key,
            line.at,
            line.request_id,
            line.method,
            line.path,
            line.status,
            line.took_us,
            line.address,
            line.encrypted,
            line.code,
            line.reason,
            line.outcome()
        ];
        self.conn().changed(&INSERT, values).await
    }
}
