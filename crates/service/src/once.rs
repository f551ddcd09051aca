//! A request with an `Idempotency-Key` is done once; whoever sends it again gets the first answer.

use crate::{KeyCaller, ServiceError, Services};
use aio_domain::{MerchantId, once::IdempotencyKey, time::DAY};
use aio_store::{Hash, IdempotencyRow, NewIdempotency, Tx};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// Milliseconds for which an answer is remembered.
const KEPT: i64 = DAY;

/// A request that is to be done once: whose, where, under which key, and a hash of all that it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Once {
    merchant: MerchantId,
    path: String,
    key: String,
    request: Hash,
}

/// What is known of such a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is to be done.
    New,
    /// It was done, with this answer.
    Done {
        /// Status of the answer.
        status: u16,
        /// Body of the answer.
        body: String,
    },
    /// Another request was sent under the same key.
    Other,
}

/// Requests that are being done in this server.
#[derive(Default)]
pub struct Running(Mutex<HashSet<(MerchantId, String, String)>>);

/// The right to do a request; while it lives nobody else in this server has it.
pub struct Turn<'a> {
    running: &'a Running,
    name: (MerchantId, String, String),
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.name);
    }
}

impl Once {
    /// A request of this caller. `request` is a hash over method, path, query and plain body.
    pub fn new(caller: &KeyCaller, path: &str, key: &IdempotencyKey, request: Hash) -> Self {
        let (path, key) = (path.to_owned(), key.as_str().to_owned());
        Self { merchant: caller.merchant, path, key, request }
    }

    fn name(&self) -> (MerchantId, String, String) {
        (self.merchant, self.path.clone(), self.key.clone())
    }
}

impl Services {
    /// The right to do the request now; none while the same one is being done.
    pub fn begin_once(&self, once: &Once) -> Option<Turn<'_>> {
        let (running, name) = (&self.0.running, once.name());
        let mut names = running.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(name.clone()).then(|| Turn { running, name })
    }

    /// Whether it was done before.
    pub async fn known_once(&self, once: &Once) -> Result<Known, ServiceError> {
        let row = self.store().idempotency(once.merchant, &once.path, &once.key).await?;
        Ok(self.judge(once, row))
    }

    fn judge(&self, once: &Once, row: Option<IdempotencyRow>) -> Known {
        match row {
            Some(row) if row.expires_at > self.now() => match (row.status, row.body) {
                _ if row.request_hash != once.request => Known::Other,
                (Some(status), Some(body)) => Known::Done { status, body },
                _ => Known::New,
            },
            _ => Known::New,
        }
    }

    /// Remembers the answer of a request that changed nothing else. When another server did the same request
    /// meanwhile, its answer counts.
    pub async fn remember_once(
        &self,
        once: &Once,
        status: u16,
        body: &str,
    ) -> Result<Known, ServiceError> {
        let mut tx = self.store().begin().await?;
        if self.remember_in(&mut tx, once, status, body).await? {
            tx.commit().await?;
            return Ok(Known::New);
        }
        let row = tx.idempotency(once.merchant, &once.path, &once.key).await?;
        Ok(self.judge(once, row))
    }

    /// The same in the transaction that does the request: both become real together, or neither. False when the
    /// request was done before; the transaction must then be dropped.
    pub async fn remember_in(
        &self,
        tx: &mut Tx,
        once: &Once,
        status: u16,
        body: &str,
    ) -> Result<bool, ServiceError> {
        let now = self.now();
        let claim = NewIdempotency {
            path: once.path.clone(),
            idem_key: once.key.clone(),
            request_hash: once.request,
            created_at: now,
            expires_at: now.plus(KEPT),
        };
        Ok(tx.claim_idempotency(once.merchant, &claim).await?
            && tx.finish_idempotency(once.merchant, &once.path, &once.key, status, body).await?)
    }
}
