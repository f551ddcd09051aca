//! The front door of the merchant API: whose key is this, and may it be used now, from here.

use crate::{RequestInfo, ServiceError, Services};
use aio_domain::{
    AllowlistMode, ApiKeyId, Cidr, EncryptionMode, KeyState, MerchantId, ScopeSet, Timestamp,
    api_key::{ApiKeySecret, Verifier},
    envelope::BodyKey,
    rate::Rate,
};
use aio_store::{AesUse, KeyAuthRow, KeyUse, RuleUse};
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
    /// The number of the last AES key that lived.
    pub last_aes_version: i64,
    /// How often it may ask.
    pub rate: Rate,
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
    /// Its allowlist lets nobody in.
    Nobody,
}

impl RefusalReason {
    /// The reason as it stands in the merchant's log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::WrongNetwork => "wrong_network",
            Self::Unknown => "unknown",
            Self::WrongSecret => "wrong_secret",
            Self::Frozen => "frozen",
            Self::Expired => "expired",
            Self::Address => "address",
            Self::Nobody => "nobody",
        }
    }
}

/// No caller.
#[derive(Debug)]
pub enum KeyRefused {
    /// One answer for every reason; the merchant's own log says which it was, when it is known whose key it is.
    Uniform(RefusalReason, Option<(MerchantId, ApiKeyId)>),
    /// The database did not answer.
    Unavailable(ServiceError),
}

/// What the front door remembers: last uses not yet written, and parsed rules by key and version. Neither
/// decides anything: the key's row is read for every request.
#[derive(Default)]
pub struct Door {
    uses: Mutex<HashMap<ApiKeyId, KeyUse>>,
    aes_uses: Mutex<HashMap<ApiKeyId, AesUse>>,
    rule_uses: Mutex<HashMap<(ApiKeyId, Cidr), RuleUse>>,
    rules: Mutex<HashMap<ApiKeyId, Versioned>>,
    body_keys: Mutex<HashMap<ApiKeyId, (i64, Arc<BodyKey>)>>,
}

impl Door {
    /// The body key of that version, if it is remembered.
    pub fn body_key(&self, id: ApiKeyId, version: i64) -> Option<Arc<BodyKey>> {
        let keys = lock(&self.body_keys);
        keys.get(&id).filter(|(known, _)| *known == version).map(|(_, key)| Arc::clone(key))
    }

    /// Remembers a body key in place of an older version's.
    pub fn remember_body_key(&self, id: ApiKeyId, version: i64, key: &Arc<BodyKey>) {
        let mut keys = lock(&self.body_keys);
        if keys.len() >= MOST_REMEMBERED {
            keys.clear();
        }
        keys.insert(id, (version, Arc::clone(key)));
    }

    /// Notes a use of an AES key.
    pub fn note_aes(&self, caller: &KeyCaller, version: i64, at: Timestamp) {
        let (merchant, key) = (caller.merchant, caller.id);
        lock(&self.aes_uses).insert(key, AesUse { merchant, key, version, at });
    }
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
        let key = ApiKeySecret::parse(presented).ok_or(uniform(RefusalReason::Malformed, None))?;
        let row = self
            .store()
            .api_key_for_auth(key.id())
            .await
            .map_err(|error| KeyRefused::Unavailable(error.into()))?;
        let shown = key.verifier(self.0.vault.pepper());
        let stored = Verifier::from_bytes(row.as_ref().map_or([0; 32], |row| row.verifier));
        let same = stored.is_same(&shown);
        let row = row.ok_or(uniform(RefusalReason::Unknown, None))?;
        let refused = if !same {
            Some(RefusalReason::WrongSecret)
        } else if key.network() != self.network() {
            Some(RefusalReason::WrongNetwork)
        } else if row.state == KeyState::Frozen {
            Some(RefusalReason::Frozen)
        } else if row.expires_at.is_some_and(|at| at <= self.now()) {
            Some(RefusalReason::Expired)
        } else if row.allowlist_mode == AllowlistMode::Nobody {
            Some(RefusalReason::Nobody)
        } else if !self.permits(&row, info.address).await.map_err(KeyRefused::Unavailable)? {
            Some(RefusalReason::Address)
        } else {
            None
        };
        if let Some(reason) = refused {
            tracing::info!(key.id = %row.id, merchant.id = %row.merchant, client.address = %info.address, reason = ?reason, request.id = %info.request_id, "API key refused");
            return Err(uniform(reason, Some((row.merchant, row.id))));
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
            last_aes_version: row.last_aes_version,
            rate: Rate::per_minute(row.rate_per_minute),
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
        // Statistics only: the decision is the line below.
        if let Some(rule) = rules.iter().find(|rule| rule.contains(address)) {
            self.note_rule(row, *rule);
        }
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

    fn note_rule(&self, row: &KeyAuthRow, cidr: Cidr) {
        let (merchant, key, last_match_at) = (row.merchant, row.id, self.now());
        let mut uses = lock(&self.0.door.rule_uses);
        let fresh = RuleUse { merchant, key, cidr, hits: 0, last_match_at };
        let used = uses.entry((key, cidr)).or_insert(fresh);
        (used.hits, used.last_match_at) = (used.hits.saturating_add(1), last_match_at);
    }

    fn note_use(&self, id: ApiKeyId, address: IpAddr) {
        lock(&self.0.door.uses).insert(id, KeyUse { id, at: self.now(), address });
    }

    /// Writes the last uses noted since the last call.
    pub async fn flush_key_uses(&self) -> Result<(), ServiceError> {
        let uses: Vec<KeyUse> = lock(&self.0.door.uses).drain().map(|(_, used)| used).collect();
        let aes: Vec<AesUse> = lock(&self.0.door.aes_uses).drain().map(|(_, used)| used).collect();
        let rules: Vec<RuleUse> =
            lock(&self.0.door.rule_uses).drain().map(|(_, used)| used).collect();
        if !uses.is_empty() {
            self.store().touch_keys(&uses).await?;
        }
        if !aes.is_empty() {
            self.store().touch_aes(&aes).await?;
        }
        if !rules.is_empty() {
            self.store().touch_rules(&rules).await?;
        }
        Ok(())
    }
}

/// A poisoned lock still guards whole entries: the panic was elsewhere.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
