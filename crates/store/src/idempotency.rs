//! Answers remembered for the requests that brought an `Idempotency-Key`.

use crate::{
    Hash, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{MerchantId, Timestamp};

sql! {
    FIND = "
        SELECT idem_key, request_hash, status, body, created_at, expires_at
        FROM idempotency_keys
        WHERE merchant_id = $1 AND path = $2 AND idem_key = $3";
    /// A key whose time is over can be claimed again.
    CLAIM = "
        INSERT INTO idempotency_keys
            (merchant_id, path, idem_key, request_hash, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (merchant_id, path, idem_key) DO UPDATE SET
            request_hash = excluded.request_hash,
            status = NULL,
            body = NULL,
            created_at = excluded.created_at,
            expires_at = excluded.expires_at
        WHERE idempotency_keys.expires_at <= $5";
    FINISH = "
        UPDATE idempotency_keys
        SET status = $4, body = $5
        WHERE merchant_id = $1 AND path = $2 AND idem_key = $3 AND status IS NULL";
    FORGET = "
        DELETE FROM idempotency_keys
        WHERE merchant_id = $1 AND path = $2 AND idem_key = $3 AND status IS NULL";
}

/// A request that wants to be the one that runs.
#[derive(Debug, Clone)]
pub struct NewIdempotency {
    /// Path of the call.
    pub path: String,
    /// The client's key.
    pub idem_key: String,
    /// Hash of the request, to tell another body under the same key.
    pub request_hash: Hash,
    /// Now.
    pub created_at: Timestamp,
    /// Until when the answer is remembered.
    pub expires_at: Timestamp,
}

row! {
    /// A request as remembered.
    IdempotencyRow of "idempotency_keys" {
        /// The client's key.
        idem_key: String,
        /// Hash of the request.
        request_hash: Hash,
        /// Status of the answer; none while the request runs.
        status: Option<u16>,
        /// Body of the answer.
        body: Option<String>,
        /// When it was claimed.
        created_at: Timestamp,
        /// Until when it is remembered.
        expires_at: Timestamp,
    }
}

reads! {
    /// What is remembered of a request.
    fn idempotency(merchant: MerchantId, path: &str, idem_key: &str) -> Option<IdempotencyRow>
        = optional(FIND, merchant, path, idem_key);
}

impl Tx {
    /// Claims a key: true for exactly one caller, who then runs the request in this transaction.
    pub async fn claim_idempotency(
        &mut self,
        merchant: MerchantId,
        claim: &NewIdempotency,
    ) -> Result<bool, StoreError> {
        let NewIdempotency { path, idem_key, request_hash, created_at, expires_at } = claim;
        self.conn()
            .changed(
                &CLAIM,
                values![merchant, path, idem_key, request_hash, created_at, expires_at],
            )
            .await
    }

    /// Remembers the answer; false when there is one, or no claim.
    pub async fn finish_idempotency(
        &mut self,
        merchant: MerchantId,
        path: &str,
        idem_key: &str,
        status: u16,
        body: &str,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&FINISH, values![merchant, path, idem_key, status, body]).await
    }
    /// Takes a claim back, so that the same key can be claimed again; false when there is none, or
    /// when it has its answer.
    pub async fn forget_idempotency(
        &mut self,
        merchant: MerchantId,
        path: &str,
        idem_key: &str,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&FORGET, values![merchant, path, idem_key]).await
    }
}
