//! API keys: what people manage, and what a request is checked against.

use crate::{
    Hash, Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{
    AllowlistMode, ApiKeyId, EncryptionMode, KeyState, MerchantId, ScopeSet, Timestamp, UserId,
    sealing::Sealed, text::Label,
};
use std::net::IpAddr;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.label, k.scopes, k.last4, k.sealed_secret IS NOT NULL AS can_copy,
                k.allowlist_mode, k.encryption_mode, k.rate_per_minute, k.state, k.expires_at,
                k.aes_version AS last_aes_version, k.version,
                k.created_by, u.name AS creator_name, k.created_at, k.updated_at,
                k.last_used_at, k.last_used_address,
                (SELECT COUNT(*)
                FROM allowlist_rules r
                WHERE r.merchant_id = k.merchant_id AND r.api_key_id = k.id) AS rule_count,
                a.version AS aes_version, a.created_at AS aes_created_at,
                a.last_used_at AS aes_last_used_at
            FROM api_keys k
            JOIN users u ON u.id = k.created_by
            LEFT JOIN aes_keys a ON a.merchant_id = k.merchant_id AND a.api_key_id = k.id
            WHERE k.merchant_id = $1 ",
            $rest
        )
    };
}

sql! {
    LIST = select!("ORDER BY k.created_at DESC, k.id DESC");
    FIND = select!("AND k.id = $2");
    COUNT = "
        SELECT COUNT(*) AS value
        FROM api_keys
        WHERE merchant_id = $1";
    SEALED_SECRET = "
        SELECT sealed_secret AS value
        FROM api_keys
        WHERE merchant_id = $1 AND id = $2";
    INSERT = "
        INSERT INTO api_keys
            (merchant_id, id, label, label_key, scopes, verifier, sealed_secret, last4,
            allowlist_mode, encryption_mode, state, expires_at, aes_version, version,
            created_by, created_at, updated_at, rate_per_minute)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, 0, 1, $12, $13, $13, $14)";
    UPDATE = "
        UPDATE api_keys
        SET label = $4, label_key = $5, scopes = $6, allowlist_mode = $7, encryption_mode = $8,
            expires_at = $9, updated_at = $10, rate_per_minute = $11, version = version + 1
        WHERE merchant_id = $1 AND id = $2 AND version = $3";
    SET_STATE = "
        UPDATE api_keys
        SET state = $3, updated_at = $4, version = version + 1
        WHERE merchant_id = $1 AND id = $2 AND state <> $3";
    SET_ENCRYPTION = "
        UPDATE api_keys
        SET encryption_mode = $3, updated_at = $4, version = version + 1
        WHERE merchant_id = $1 AND id = $2";
    BUMP_VERSION = "
        UPDATE api_keys
        SET updated_at = $3, version = version + 1
        WHERE merchant_id = $1 AND id = $2";
    DELETE = "
        DELETE FROM api_keys
        WHERE merchant_id = $1 AND id = $2";
    /// The one statement that finds a merchant's data without the merchant: it tells whose key it
    /// is.
    FOR_AUTH = "
        SELECT k.id, k.merchant_id AS merchant, k.verifier, k.scopes, k.allowlist_mode,
            k.encryption_mode, k.rate_per_minute, k.state, k.expires_at, k.version,
            a.version AS aes_version, k.aes_version AS last_aes_version, k.label,
            m.name AS merchant_name
        FROM api_keys k
        JOIN merchants m ON m.id = k.merchant_id
        LEFT JOIN aes_keys a ON a.api_key_id = k.id
        WHERE k.id = $1";
    TOUCH = "
        UPDATE api_keys
        SET last_used_at = $2, last_used_address = $3
        WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)";
}

/// A key to be added; it begins active.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Id.
    pub id: ApiKeyId,
    /// Label, unique in the merchant.
    pub label: Label,
    /// What it may do.
    pub scopes: ScopeSet,
    /// HMAC of its secret.
    pub verifier: Hash,
    /// Its sealed secret; none for "never show again".
    pub sealed_secret: Option<Sealed>,
    /// Last four characters of its secret.
    pub last4: String,
    /// Where it works from.
    pub allowlist_mode: AllowlistMode,
    /// Whether bodies are encrypted.
    pub encryption_mode: EncryptionMode,
    /// How many requests a minute it may make.
    pub rate_per_minute: u32,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// Who makes it.
    pub created_by: UserId,
    /// Now.
    pub created_at: Timestamp,
}

/// What an edit sets, all at once.
#[derive(Debug, Clone)]
pub struct ApiKeyEdit {
    /// Label, unique in the merchant.
    pub label: Label,
    /// What it may do.
    pub scopes: ScopeSet,
    /// Where it works from.
    pub allowlist_mode: AllowlistMode,
    /// Whether bodies are encrypted.
    pub encryption_mode: EncryptionMode,
    /// How many requests a minute it may make.
    pub rate_per_minute: u32,
    /// When it stops to work.
    pub expires_at: Option<Timestamp>,
    /// Now.
    pub updated_at: Timestamp,
}

row! {
    /// A key as people see it: nothing in it opens anything.
    ApiKeyRow of "api_keys" {
        /// Id.
        id: ApiKeyId,
        /// Label.
        label: Label,
        /// What it may do.
        scopes: ScopeSet,
        /// Last four characters of its secret.
        last4: String,
        /// Whether its secret is kept and can be copied again.
        can_copy: bool,
        /// Where it works from.
        allowlist_mode: AllowlistMode,
        /// Whether bodies are encrypted.
        encryption_mode: EncryptionMode,
        /// How many requests a minute it may make.
        rate_per_minute: u32,
        /// Active or frozen.
        state: KeyState,
        /// When it stops to work.
        expires_at: Option<Timestamp>,
        /// The highest AES key version it ever had; zero before the first.
        last_aes_version: i64,
        /// Counts its changes.
        version: i64,
        /// Who made it.
        created_by: UserId,
        /// That person's name.
        creator_name: Label,
        /// When it was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
        /// When it was used last.
        last_used_at: Option<Timestamp>,
        /// From where it was used last.
        last_used_address: Option<IpAddr>,
        /// How many rules its allowlist has.
        rule_count: i64,
        /// Version of its live AES key.
        aes_version: Option<i64>,
        /// When its live AES key was made.
        aes_created_at: Option<Timestamp>,
        /// When its live AES key was used last.
        aes_last_used_at: Option<Timestamp>,
    }
}

/// What is shown of a live AES key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LiveAes {
    /// Version.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
}

impl ApiKeyRow {
    /// The live AES key, if there is one.
    pub fn aes(&self) -> Option<LiveAes> {
        let (version, created_at) = self.aes_version.zip(self.aes_created_at)?;
        Some(LiveAes { version, created_at, last_used_at: self.aes_last_used_at })
    }
}

row! {
    /// What a request with a key is checked against.
    KeyAuthRow of "api_keys" {
        /// Id.
        id: ApiKeyId,
        /// Whose key it is.
        merchant: MerchantId,
        /// HMAC of its secret.
        verifier: Hash,
        /// What it may do.
        scopes: ScopeSet,
        /// Where it works from.
        allowlist_mode: AllowlistMode,
        /// Whether bodies are encrypted.
        encryption_mode: EncryptionMode,
        /// How many requests a minute it may make.
        rate_per_minute: u32,
        /// Active or frozen.
        state: KeyState,
        /// When it stops to work.
        expires_at: Option<Timestamp>,
        /// Counts its changes.
        version: i64,
        /// Version of its live AES key.
        aes_version: Option<i64>,
        /// Version of the last AES key that lived.
        last_aes_version: i64,
        /// Label.
        label: Label,
        /// The merchant's name.
        merchant_name: Label,
    }
}

/// A use of a key, to be noted.
#[derive(Debug, Clone, Copy)]
pub struct KeyUse {
    /// Which key.
    pub id: ApiKeyId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: IpAddr,
}

reads! {
    /// A merchant's keys, newest first.
    fn api_keys(merchant: MerchantId) -> Vec<ApiKeyRow> = all(LIST, merchant);
    /// One of a merchant's keys.
    fn api_key(merchant: MerchantId, id: ApiKeyId) -> Option<ApiKeyRow>
        = optional(FIND, merchant, id);
    /// How many keys a merchant has.
    fn count_api_keys(merchant: MerchantId) -> i64 = number(COUNT, merchant);
    /// The sealed secret of a key: none without a key, none inside for "never show again".
    fn sealed_secret(merchant: MerchantId, id: ApiKeyId) -> Option<Option<Sealed>>
        = scalar(SEALED_SECRET, merchant, id);
}

impl Store {
    /// The key of an id that a request brought; its secret is yet to be checked.
    pub async fn api_key_for_auth(&self, id: ApiKeyId) -> Result<Option<KeyAuthRow>, StoreError> {
        self.read().await?.conn().optional(&FOR_AUTH, values![id]).await
    }

    /// Notes uses of keys, in one transaction; a use older than the one noted is passed over.
    pub async fn touch_keys(&self, uses: &[KeyUse]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_by_key(|one| one.id); // two writers take rows in the same order
        let mut tx = self.begin().await?;
        for KeyUse { id, at, address } in uses {
            tx.conn().count(&TOUCH, values![id, at, address]).await?;
        }
        tx.commit().await
    }
}

impl Tx {
    /// Adds a key; [`StoreError::Unique`] when its label is taken.
    pub async fn insert_api_key(
        &mut self,
        merchant: MerchantId,
        key: &NewApiKey,
    ) -> Result<(), StoreError> {
        let values = values![
            merchant,
            key.id,
            key.label,
            key.label.uniqueness_key(),
            key.scopes,
            key.verifier,
            key.sealed_secret,
            key.last4,
            key.allowlist_mode,
            key.encryption_mode,
            key.expires_at,
            key.created_by,
            key.created_at,
            key.rate_per_minute
        ];
        self.conn().one(&INSERT, values).await
    }

    /// Edits a key; false when it is gone or no longer at the version the person saw, and
    /// [`StoreError::Unique`] when its label is taken.
    pub async fn update_api_key(
        &mut self,
        merchant: MerchantId,
        id: ApiKeyId,
        version: i64,
        edit: &ApiKeyEdit,
    ) -> Result<bool, StoreError> {
        let values = values![
            merchant,
            id,
            version,
            edit.label,
            edit.label.uniqueness_key(),
            edit.scopes,
            edit.allowlist_mode,
            edit.encryption_mode,
            edit.expires_at,
            edit.updated_at,
            edit.rate_per_minute
        ];
        self.conn().changed(&UPDATE, values).await
    }

    /// Freezes or unfreezes a key; false when it is gone or in that state already.
    pub async fn set_key_state(
        &mut self,
        merchant: MerchantId,
        id: ApiKeyId,
        state: KeyState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_STATE, values![merchant, id, state, now]).await
    }

    /// Sets whether bodies under a key are encrypted.
    pub async fn set_encryption(
        &mut self,
        merchant: MerchantId,
        id: ApiKeyId,
        mode: EncryptionMode,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_ENCRYPTION, values![merchant, id, mode, now]).await
    }

    /// Counts a change that is stored elsewhere, so that an edit begun before it is refused.
    pub async fn bump_key_version(
        &mut self,
        merchant: MerchantId,
        id: ApiKeyId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&BUMP_VERSION, values![merchant, id, now]).await
    }

    /// Deletes a key with its rules and its AES key.
    pub async fn delete_api_key(
        &mut self,
        merchant: MerchantId,
        id: ApiKeyId,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE, values![merchant, id]).await
    }
}
