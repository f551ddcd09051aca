//! Moves a chain's money: follows what is on its way, and begins what is due. Every change is made in a transaction
//! that holds the chain's cursor where this sender saw it, so that of two senders one changes nothing, and no sender
//! writes what a block said that is gone.

use super::collect::Looked;
use crate::{ChainPort, ServiceError, Services, WatchError, chains::Work};
use aio_chain::{Signer, SigningPolicy};
use aio_domain::{MerchantId, OutgoingStatus, Timestamp};
use aio_store::{Cursor, OutgoingRow, Tx};
use std::{collections::HashMap, sync::Arc};

/// Outgoing transactions fetched at once.
const PAGE: i64 = 200;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendProgress {
    /// Another server moves this chain's money, or nobody reads the chain yet.
    Elsewhere,
    /// The chain stands still until a person has looked: nothing is moved.
    Halted,
    /// So many things were done.
    Done(u32),
}

/// Moves the money of one chain.
pub struct Sender {
    pub(super) services: Services,
    pub(super) port: ChainPort,
    pub(super) signer: Arc<dyn Signer>,
    holder: String,
    /// Where the cursor stood when all that was on its way was last asked for.
    seen: Option<Cursor>,
    /// What was last found to collect, so that it is not looked for again before it can be otherwise.
    pub(super) looked: HashMap<(MerchantId, String), Looked>,
    /// When somebody last looked at what is on a merchant's gas address.
    pub(super) gas_seen: HashMap<MerchantId, Timestamp>,
}

impl Services {
    /// Who moves the money of a chain: called after each step of the watcher, by the same holder of the lease.
    pub fn sender(&self, chain: &str, holder: &str) -> Option<Sender> {
        let port = self.chain_port(chain)?.clone();
        let signer = self.0.chains.signer(chain)?.clone();
        let (services, holder) = (self.clone(), holder.to_owned());
        let (looked, gas_seen) = (HashMap::new(), HashMap::new());
        Some(Sender { services, port, signer, holder, seen: None, looked, gas_seen })
    }
}

impl Sender {
    /// Goes on with everything that is on its way, and begins what is due.
    pub async fn step(&mut self) -> Result<SendProgress, WatchError> {
        let Some(chain) = self.services.store().chain(&self.port.id).await? else {
            return Ok(SendProgress::Elsewhere);
        };
        if chain.lease_holder.as_ref() != Some(&self.holder) {
            self.seen = None;
            return Ok(SendProgress::Elsewhere);
        }
        if chain.halted.is_some() {
            return Ok(SendProgress::Halted);
        }
        let at = Cursor { height: chain.height, hash: chain.hash };
        let mut done = 0;
        let mut after = None;
        loop {
            let page = self.services.store().outgoing_open(&self.port.id, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            for row in page {
                done += u32::from(self.go_on_or_leave(&row, &at).await?);
            }
        }
        self.seen = Some(at.clone());
        done += self.collect(&at).await?;
        Ok(SendProgress::Done(done))
    }

    /// What contradicts itself in one transaction stops that one only.
    async fn go_on_or_leave(&self, row: &OutgoingRow, at: &Cursor) -> Result<bool, WatchError> {
        match self.go_on(row, at).await {
            Err(WatchError::Service(ServiceError::Broken(why))) => {
                tracing::error!(chain = self.port.id, outgoing = %row.id, why, "left alone");
                Ok(false)
            }
            done => done,
        }
    }

    /// One transaction that is not final yet.
    async fn go_on(&self, row: &OutgoingRow, at: &Cursor) -> Result<bool, WatchError> {
        match row.status {
            OutgoingStatus::Mined if row.final_height.is_some_and(|height| height <= at.height) => {
                let mut tx = self.fenced(at).await?;
                let mut work = Work::new(&self.services, &self.port);
                work.outgoing_final(&mut tx, row).await?;
                work.finish(&mut tx).await?;
                tx.commit().await?;
                fail::fail_point!("outgoing-after-final");
                Ok(true)
            }
            OutgoingStatus::Signed | OutgoingStatus::Broadcast => {
                // A block may have it that was read since; else only the clock brings something new.
                let is_news = self.seen.as_ref() != Some(at);
                if is_news || self.is_due(row) {
                    return self.follow(row, is_news, at).await;
                }
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// Whether something may be sent. A clock that was set back must not make a wait of hours.
    pub(super) fn is_due(&self, row: &OutgoingRow) -> bool {
        let left = row.next_try_at.millis() - self.services.now().millis();
        left <= 0 || left > self.port.outgoing.wait_ms(u32::MAX)
    }

    /// What may be signed for a merchant.
    pub(super) async fn policy(
        &self,
        merchant: MerchantId,
        destination: &str,
    ) -> Result<SigningPolicy, ServiceError> {
        let account = self.services.store().merchant_account(merchant).await?;
        let account = account.ok_or(ServiceError::Broken("a merchant without an account"))?;
        let (destination, max_fee) = (destination.to_owned(), self.port.outgoing.max_fee);
        Ok(SigningPolicy { account, destination, max_fee })
    }

    /// A transaction that counts only while the cursor stands where it was seen.
    pub(super) async fn fenced(&self, at: &Cursor) -> Result<Tx, WatchError> {
        self.services.fenced((&self.port.id, &self.holder), at, at).await
    }
}
