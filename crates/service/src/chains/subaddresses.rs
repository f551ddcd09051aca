//! Handing out deposit addresses: one per merchant, chain and customer, however often it is asked for.

use super::ChainPort;
use crate::{KeyCaller, ServiceError, Services};
use aio_domain::{MerchantId, Problem, text::CustomerId};
use aio_store::{StoreError, SubaddressRow};

/// An address that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubaddressWish {
    /// On which chain.
    pub chain: String,
    /// For whom.
    pub customer: CustomerId,
}

/// A subaddress as people and shops see it.
#[derive(Debug, Clone)]
pub struct Subaddress {
    /// As stored.
    pub row: SubaddressRow,
    /// The address with its checksum.
    pub display: String,
    /// For each token, the link behind its QR code.
    pub uris: Vec<(String, String)>,
    /// Whether it was handed out just now.
    pub created: bool,
}

impl Services {
    /// The addresses of these customers, handed out where there are none yet: all of them, or none. In the order of
    /// the wishes.
    pub async fn hand_out(
        &self,
        caller: &KeyCaller,
        wishes: &[SubaddressWish],
    ) -> Result<Vec<Subaddress>, ServiceError> {
        self.hand_out_for(caller.merchant, wishes).await
    }

    /// Gives a merchant its account and the account's key on a chain, when it has none.
    pub(crate) async fn ensure_account(
        &self,
        merchant: MerchantId,
        port: &ChainPort,
    ) -> Result<(), ServiceError> {
        if self.store().account_key(merchant, &port.id).await?.is_some() {
            return Ok(());
        }
        if self.store().chain(&port.id).await?.is_none() {
            return Err(Problem::Unavailable.into());
        }
        let number = self.ensure_number(merchant).await?;
        let signer = self.0.chains.signer(&port.id).ok_or(ServiceError::Broken("no signer"))?;
        let key = signer.account_key(number);
        let key = key.map_err(|_| ServiceError::Broken("no account key"))?;
        let mut tx = self.store().begin().await?;
        match tx.insert_account_key(merchant, &port.id, &key).await {
            Ok(()) => Ok(tx.commit().await?),
            // Another request was faster; it is the same key.
            Err(StoreError::Unique) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn ensure_number(&self, merchant: MerchantId) -> Result<u32, ServiceError> {
        if let Some(number) = self.store().merchant_account(merchant).await? {
            return Ok(number);
        }
        let mut tx = self.store().begin().await?;
        match tx.insert_merchant_account(merchant).await {
            Ok(()) => tx.commit().await?,
            // Another merchant took the number, or another request gave this one its own.
            Err(StoreError::Unique) => drop(tx),
            Err(error) => return Err(error.into()),
        }
        self.store().merchant_account(merchant).await?.ok_or_else(|| Problem::Busy.into())
    }
}
