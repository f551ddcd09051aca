//! Ids of encrypted requests: each can be used once, so that a recorded request is worth nothing.

use crate::{StoreError, Tx, cells::values, statement::sql, tx::alone};
use aio_domain::{ApiKeyId, MerchantId, Timestamp};

sql! {
    USE = "
        INSERT INTO used_request_ids (merchant_id, api_key_id, request_id, expires_at)
        SELECT merchant_id, id, $3, $4
        FROM api_keys
        WHERE merchant_id = $1 AND id = $2
        ON CONFLICT (api_key_id, request_id) DO NOTHING";
}

impl Tx {
    /// Uses a request's id: true for exactly one caller; false when it was used, and when the
    /// merchant has no such key. Until `expires_at` at least it is remembered, and by then the
    /// request must be too old to be taken.
    pub async fn use_request_id(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        request_id: [u8; 16],
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&USE, values![merchant, key, request_id, expires_at]).await
    }
}

alone! {
    /// As [`Tx::use_request_id`], made real at once.
    fn use_request_id(
        merchant: MerchantId,
        key: ApiKeyId,
        request_id: [u8; 16],
        expires_at: Timestamp
    ) -> bool;
}
