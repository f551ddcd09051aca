//! Data keys: one for the installation, one per merchant, one for keyed hashes; all wrapped by the master key.

use crate::ServiceError;
use aio_domain::{
    Clock, DataKeyId, MerchantId, Problem, Random, Timestamp,
    sealing::{Cell, DataKey, MESSAGE_LIMIT, MasterKey, Sealed},
};
use aio_store::{DataKeyRow, Store, StoreError, Tx};
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// Whose data key seals a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// People and sessions.
    Installation,
    /// One merchant.
    Merchant(MerchantId),
}

impl Owner {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Installation => "installation",
            Self::Merchant(_) => "merchant",
        }
    }

    const fn merchant(self) -> Option<MerchantId> {
        match self {
            Self::Installation => None,
            Self::Merchant(id) => Some(id),
        }
    }
}

const PEPPER: &str = "pepper";

/// Seals and opens cells.
pub struct Vault {
    master: MasterKey,
    pepper: DataKey,
    /// Keys by id; a key never changes under its id, so a cached one is never stale.
    keys: RwLock<HashMap<DataKeyId, DataKey>>,
}

impl Vault {
    /// Opens every data key, or makes the first ones in a database that has none.
    pub async fn open(
        store: &Store,
        clock: &dyn Clock,
        random: &dyn Random,
        master: MasterKey,
    ) -> Result<Self, ServiceError> {
        let mut rows = store.data_keys().await?;
        if rows.is_empty() {
            let row = fresh(&master, clock.now(), random, PEPPER, None)?.0;
            let mut tx = store.begin().await?;
            match tx.insert_data_key(&row).await {
                Ok(()) => tx.commit().await?,
                // Another server was faster: its key counts.
                Err(StoreError::Unique) => drop(tx),
                Err(error) => return Err(error.into()),
            }
            rows = store.data_keys().await?;
        }
        let mut keys = HashMap::new();
        let mut pepper = None;
        for row in rows {
            let key = unwrap(&master, &row).map_err(|_| ServiceError::WrongMasterKey)?;
            if row.purpose == PEPPER {
                pepper = Some(key.clone());
            }
            keys.insert(key.id(), key);
        }
        let pepper = pepper.ok_or(ServiceError::WrongMasterKey)?;
        Ok(Self { master, pepper, keys: RwLock::new(keys) })
    }

    /// The key of keyed hashes: verifiers of API keys, recovery codes, throttle buckets.
    pub const fn pepper(&self) -> &[u8; 32] {
        self.pepper.expose()
    }

    /// Seals a value inside a transaction, under the owner's active key; the key counts its messages and a
    /// new one takes over long before nonces could repeat.
    pub async fn seal(
        &self,
        tx: &mut Tx,
        (now, random): (Timestamp, &dyn Random),
        owner: Owner,
        cell: Cell<'_>,
        plain: &[u8],
    ) -> Result<Sealed, ServiceError> {
        let key = match tx.active_data_key(owner.purpose(), owner.merchant()).await? {
            Some(row) if tx.count_message(row.id, MESSAGE_LIMIT).await? => self.known(&row)?,
            Some(row) => {
                tx.retire_data_key(row.id, now).await?;
                self.create(tx, (now, random), owner).await?
            }
            None => self.create(tx, (now, random), owner).await?,
        };
        Ok(key.seal(cell, plain, random)?)
    }

    /// Opens a sealed cell.
    pub async fn unseal(
        &self,
        store: &Store,
        cell: Cell<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, ServiceError> {
        let id = sealed.key_id()?;
        let cached = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        let key = if let Some(key) = cached {
            key
        } else {
            let row = store.data_key(id).await?;
            self.known(&row.ok_or(ServiceError::Broken("unknown data key"))?)?
        };
        Ok(key.open(cell, sealed)?)
    }

    async fn create(
        &self,
        tx: &mut Tx,
        (now, random): (Timestamp, &dyn Random),
        owner: Owner,
    ) -> Result<DataKey, ServiceError> {
        let (row, key) = fresh(&self.master, now, random, owner.purpose(), owner.merchant())?;
        tx.insert_data_key(&row).await.map_err(|error| match error {
            // Another request made the owner's key at this moment: it is there for the next try.
            StoreError::Unique => Problem::Busy.into(),
            error => ServiceError::from(error),
        })?;
        tx.count_message(row.id, MESSAGE_LIMIT).await?;
        Ok(key)
    }

    fn known(&self, row: &DataKeyRow) -> Result<DataKey, ServiceError> {
        if let Some(key) = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&row.id) {
            return Ok(key.clone());
        }
        let key = unwrap(&self.master, row)?;
        self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(row.id, key.clone());
        Ok(key)
    }
}

fn owner_text(merchant: Option<MerchantId>) -> String {
    merchant.map_or_else(|| "installation".to_owned(), |id| id.to_string())
}

fn fresh(
    master: &MasterKey,
    now: Timestamp,
    random: &dyn Random,
    purpose: &str,
    merchant: Option<MerchantId>,
) -> Result<(DataKeyRow, DataKey), ServiceError> {
    let key = DataKey::generate(DataKeyId::generate(now, random)?, random)?;
    let wrapped = master.wrap(&key, purpose, &owner_text(merchant), random)?;
    let row = DataKeyRow {
        id: key.id(),
        purpose: purpose.to_owned(),
        merchant,
        kek_id: master.id().to_owned(),
        wrapped,
        messages: 0,
        created_at: now,
        retired_at: None,
    };
    Ok((row, key))
}

fn unwrap(master: &MasterKey, row: &DataKeyRow) -> Result<DataKey, ServiceError> {
    Ok(master.unwrap_key(row.id, &row.purpose, &owner_text(row.merchant), &row.wrapped)?)
}
