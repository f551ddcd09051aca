//! The front door of the merchant API: whose key is this, and may it be used now, from here.

use crate::{RequestInfo, ServiceError, Services};
use aio_domain::{
    AllowlistMode, ApiKeyId, Cidr, EncryptionMode, KeyState, MerchantId, ScopeSet,
    api_key::{ApiKeySecret, Verifier},
};
use aio_store::{KeyAuthRow, KeyUse};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// A caller who showed a good key.
#[derive(Debug, Clone)]
pub struct KeyCaller {
    /// The key.
    pub id: ApiKeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// The merchant's name.
    pub merchant_name: String,
    /// The key's label.
    pub label: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// Whether its bodies are encrypted.
    pub encryption: EncryptionMode,
    /// The number of its AES key, if one lives.
    pub aes_version: Option<i64>,
}

/// Why a key was refused. The caller learns none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// Not the form of a key, or a wrong checksum.
    Malformed,
    /// A key of the other network.
    WrongNetwork,
    /// No such key: never made, or deleted.
    Unknown,
    /// The key's id with another secret.
    WrongSecret,
    /// Switched off.
    Frozen,
    /// Past its last day.
    Expired,
    /// The address is not in its allowlist.
    Address,
}

/// No caller.
#[derive(Debug)]
pub enum KeyRefused {
    /// One answer for every reason.
    Uniform(RefusalReason),
    /// The database did not answer.
    Unavailable(ServiceError),
}

/// What the front door remembers: last uses not yet written, and parsed rules by key and version. Neither
/// decides anything: the key's row is read for every request.
#[derive(Default)]
pub struct Door {
    uses: Mutex<HashMap<ApiKeyId, KeyUse>>,
    rules: Mutex<HashMap<ApiKeyId, Versioned>>,
}

/// Parsed rules and the key's version they belong to.
type Versioned = (i64, Arc<[Cidr]>);

/// The most keys whose rules are remembered; past that the memory starts anew.
const MOST_REMEMBERED: usize = 10_000;

impl Services {
    /// Checks a presented key. Every reason to refuse is found after the same work: one look-up and one hash.
    pub async fn authenticate_key(
        &self,
        presented: &str,
        info: &RequestInfo,
    ) -> Result<KeyCaller, KeyRefused> {
        let uniform = KeyRefused::Uniform;
        let key = ApiKeySecret::parse(presented).ok_or(uniform(RefusalReason::Malformed))?;
        let row = self
            .store()
            .api_key_for_auth(key.id())
            .await
            .map_err(|error| KeyRefused::Unavailable(error.into()))?;
        let shown = key.verifier(self.0.vault.pepper());
        let stored = Verifier::from_bytes(row.as_ref().map_or([0; 32], |row| row.verifier));
        let same = stored.is_same(&shown);
        let row = row.ok_or(uniform(RefusalReason::Unknown))?;
        let refused = if !same {
            Some(RefusalReason::WrongSecret)
        } else if key.network() != self.network() {
            Some(RefusalReason::WrongNetwork)
        } else if row.state == KeyState::Frozen {
            Some(RefusalReason::Frozen)
        } else if row.expires_at.is_some_and(|at| at <= self.now()) {
            Some(RefusalReason::Expired)
        } else if !self.permits(&row, info.address).await.map_err(KeyRefused::Unavailable)? {
            Some(RefusalReason::Address)
        } else {
            None
        };
        if let Some(reason) = refused {
            tracing::info!(key.id = %row.id, merchant.id = %row.merchant, client.address = %info.address, reason = ?reason, request.id = %info.request_id, "API key refused");
            return Err(uniform(reason));
        }
        self.note_use(row.id, info.address);
        Ok(KeyCaller {
            id: row.id,
            merchant: row.merchant,
            merchant_name: row.merchant_name.to_string(),
            label: row.label.to_string(),
            scopes: row.scopes,
            encryption: row.encryption_mode,
            aes_version: row.aes_version,
        })
    }

    async fn permits(&self, row: &KeyAuthRow, address: IpAddr) -> Result<bool, ServiceError> {
        if row.allowlist_mode != AllowlistMode::Listed {
            return Ok(row.allowlist_mode.permits([], address));
        }
        let known = lock(&self.0.door.rules)
            .get(&row.id)
            .filter(|(version, _)| *version == row.version)
            .map(|(_, rules)| Arc::clone(rules));
        let rules = match known {
            Some(rules) => rules,
            None => self.read_rules(row).await?,
        };
        Ok(row.allowlist_mode.permits(rules.iter(), address))
    }

    async fn read_rules(&self, row: &KeyAuthRow) -> Result<Arc<[Cidr]>, ServiceError> {
        let rules: Arc<[Cidr]> = self
            .store()
            .rules(row.merchant, row.id)
            .await?
            .into_iter()
            .map(|rule| rule.cidr)
            .collect();
        let mut remembered = lock(&self.0.door.rules);
        if remembered.len() >= MOST_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(row.id, (row.version, Arc::clone(&rules)));
        Ok(rules)
    }

    fn note_use(&self, id: ApiKeyId, address: IpAddr) {
        lock(&self.0.door.uses).insert(id, KeyUse { id, at: self.now(), address });
    }

    /// Writes the last uses noted since the last call.
    pub async fn flush_key_uses(&self) -> Result<(), ServiceError> {
        let uses: Vec<KeyUse> = lock(&self.0.door.uses).drain().map(|(_, used)| used).collect();
        if uses.is_empty() {
            return Ok(());
        }
        Ok(self.store().touch_keys(&uses).await?)
    }
}

/// A poisoned lock still guards whole entries: the panic was elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
