//! The AES key of an API key: at most one, sealed.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{ApiKeyId, MerchantId, Timestamp, sealing::Sealed};

sql! {
    FIND = "
        SELECT api_key_id AS key, version, sealed, created_at, last_used_at
        FROM aes_keys
        WHERE merchant_id = $1 AND api_key_id = $2";
    INSERT = "
        INSERT INTO aes_keys (merchant_id, api_key_id, version, sealed, created_at)
        SELECT merchant_id, id, $3, $4, $5
        FROM api_keys
        WHERE merchant_id = $1 AND id = $2";
    REPLACE = "
        UPDATE aes_keys
        SET version = $4, sealed = $5, created_at = $6, last_used_at = NULL
        WHERE merchant_id = $1 AND api_key_id = $2 AND version = $3";
    DELETE = "
        DELETE FROM aes_keys
        WHERE merchant_id = $1 AND api_key_id = $2";
    SET_VERSION = "
        UPDATE api_keys
        SET aes_version = $3
        WHERE merchant_id = $1 AND id = $2 AND aes_version < $3";
    TOUCH = "
        UPDATE aes_keys
        SET last_used_at = $3
        WHERE merchant_id = $1 AND api_key_id = $2 AND (last_used_at IS NULL OR last_used_at < $3)";
    TOUCH_VERSION = "
        UPDATE aes_keys
        SET last_used_at = $4
        WHERE merchant_id = $1 AND api_key_id = $2 AND version = $3
          AND (last_used_at IS NULL OR last_used_at < $4)";
}

/// A use of an AES key, to be noted.
#[derive(Debug, Clone, Copy)]
pub struct AesUse {
    /// The merchant.
    pub merchant: MerchantId,
    /// The API key it belongs to.
    pub key: ApiKeyId,
    /// Its version.
    pub version: i64,
    /// When.
    pub at: Timestamp,
}

row! {
    /// An AES key as stored.
    AesKeyRow of "aes_keys" {
        /// The API key it belongs to.
        key: ApiKeyId,
        /// Its version.
        version: i64,
        /// The sealed key.
        sealed: Sealed,
        /// When it was made.
        created_at: Timestamp,
        /// When it was used last.
        last_used_at: Option<Timestamp>,
    }
}

impl Store {
    /// Notes uses of AES keys, in one transaction; a use of a version that no longer lives, or
    /// older than the one noted, is passed over.
    pub async fn touch_aes(&self, uses: &[AesUse]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_by_key(|one| one.key); // two writers take rows in the same order
        let mut tx = self.begin().await?;
        for AesUse { merchant, key, version, at } in uses {
            tx.conn().count(&TOUCH_VERSION, values![merchant, key, version, at]).await?;
        }
        tx.commit().await
    }
}

reads! {
    /// The live AES key of an API key.
    fn aes_key(merchant: MerchantId, key: ApiKeyId) -> Option<AesKeyRow>
        = optional(FIND, merchant, key);
}

impl Tx {
    /// Adds the AES key of an API key; false when the merchant has no such key, and
    /// [`StoreError::Unique`] when that has an AES key.
    pub async fn insert_aes_key(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        version: i64,
        sealed: &Sealed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&INSERT, values![merchant, key, version, sealed, now]).await
    }

    /// Puts a new AES key in the place of the old one, whose bytes are overwritten; false when the
    /// old version is no longer the live one.
    pub async fn replace_aes_key(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        old_version: i64,
        new_version: i64,
        sealed: &Sealed,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = values![merchant, key, old_version, new_version, sealed, now];
        self.conn().changed(&REPLACE, values).await
    }

    /// Deletes the AES key of an API key.
    pub async fn delete_aes_key(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE, values![merchant, key]).await
    }

    /// Notes the highest version an API key ever had; false when it is not higher.
    pub async fn set_aes_version(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        version: i64,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_VERSION, values![merchant, key, version]).await
    }

    /// Notes a use of the AES key.
    pub async fn touch_aes_key(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&TOUCH, values![merchant, key, now]).await
    }
}

alone! {
    /// As [`Tx::touch_aes_key`], made real at once.
    fn touch_aes_key(merchant: MerchantId, key: ApiKeyId, now: Timestamp) -> bool;
}
