//! Handing out deposit addresses: one per merchant, chain and customer, however often it is asked for.

use super::ChainPort;
use crate::{KeyCaller, ServiceError, Services};
use aio_chain::{KeyPath, Purpose};
use aio_domain::{EventId, MerchantId, Problem, SubaddressId, text::CustomerId};
use aio_store::{NewEvent, NewSubaddress, StoreError, SubaddressRow, Tx};
use serde_json::json;

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

    pub(crate) async fn hand_out_for(
        &self,
        merchant: MerchantId,
        wishes: &[SubaddressWish],
    ) -> Result<Vec<Subaddress>, ServiceError> {
        let mut chains: Vec<&str> = wishes.iter().map(|wish| wish.chain.as_str()).collect();
        chains.sort_unstable();
        chains.dedup();
        for chain in chains {
            let port = self.chain_port(chain).ok_or(Problem::NotFound)?;
            self.ensure_account(merchant, port).await?;
        }
        match self.try_hand_out(merchant, wishes).await {
            // Somebody else handed one of them out at this moment: now it is there.
            Err(ServiceError::Store(StoreError::Unique)) => {
                self.try_hand_out(merchant, wishes).await
            }
            done => done,
        }
    }

    async fn try_hand_out(
        &self,
        merchant: MerchantId,
        wishes: &[SubaddressWish],
    ) -> Result<Vec<Subaddress>, ServiceError> {
        // Chains in one order: two transactions must not wait for each other in a circle.
        let mut order: Vec<usize> = (0..wishes.len()).collect();
        order.sort_by_key(|at| wishes.get(*at));
        let mut found: Vec<(usize, Subaddress)> = Vec::with_capacity(wishes.len());
        let mut tx = self.store().begin().await?;
        for (at, wish) in order.into_iter().filter_map(|at| Some((at, wishes.get(at)?))) {
            let port = self.chain_port(&wish.chain).ok_or(Problem::NotFound)?;
            found.push((at, self.one(&mut tx, merchant, port, &wish.customer).await?));
        }
        for (_, new) in found.iter().filter(|(_, one)| one.created) {
            self.tell_created(&mut tx, new).await?;
        }
        tx.commit().await?;
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().map(|(_, one)| one).collect())
    }

    async fn one(
        &self,
        tx: &mut Tx,
        merchant: MerchantId,
        port: &ChainPort,
        customer: &CustomerId,
    ) -> Result<Subaddress, ServiceError> {
        if let Some(row) = tx.subaddress_of(merchant, &port.id, customer).await? {
            return Ok(self.shown_subaddress(row, false));
        }
        let account = tx.merchant_account(merchant).await?;
        let key = tx.account_key(merchant, &port.id).await?;
        let index = tx.next_address_index(merchant, &port.id).await?;
        let (Some(account), Some(key), Some(index)) = (account, key, index) else {
            return Err(ServiceError::Broken("a merchant without an account key"));
        };
        let path = KeyPath { account, purpose: Purpose::Deposit, index };
        let address = port.derive.address(&key, path);
        let address = address.map_err(|_| ServiceError::Broken("no address from the key"))?;
        // Nobody reads the chain yet: what is paid now might never be seen.
        let number = tx.next_watch_number(&port.id).await?.ok_or(Problem::Unavailable)?;
        let new = NewSubaddress {
            id: SubaddressId::generate(self.now(), self.random())?,
            chain: port.id.clone(),
            customer: customer.clone(),
            address,
            address_index: index,
            number,
            at: self.now(),
        };
        tx.insert_subaddress(merchant, &new).await?;
        let row = tx.subaddress(merchant, new.id).await?;
        let row = row.ok_or(ServiceError::Broken("a new subaddress is not there"))?;
        Ok(self.shown_subaddress(row, true))
    }

    async fn tell_created(&self, tx: &mut Tx, new: &Subaddress) -> Result<(), ServiceError> {
        let payload = json!({
            "chain": new.row.chain,
            "customer_id": new.row.customer,
            "address": new.display,
        });
        let event = NewEvent {
            id: EventId::generate(self.now(), self.random())?,
            kind: "subaddress.created".to_owned(),
            object_id: Some(new.row.id.to_string()),
            payload: payload.to_string(),
            at: self.now(),
        };
        tx.append_event(new.row.merchant, &event).await?;
        Ok(())
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
