//! What a watcher looks for, in memory: addresses and claims.

use aio_chain::{Claim, Watch};
use aio_store::{Store, StoreError};
use std::collections::HashSet;

/// Addresses fetched at once.
const PAGE: i64 = 10_000;

/// Addresses and claims of one chain.
#[derive(Default)]
pub struct WatchSet {
    addresses: HashSet<String>,
    claims: HashSet<Claim>,
    /// The number of the last address that was fetched. Numbers become visible in their order, so none is missed.
    last: i64,
    /// Whether the claims are those of the database.
    has_claims: bool,
    /// The number of the last claim of our own transactions that was fetched.
    last_claim: i64,
}

impl WatchSet {
    /// Fetches the addresses that were handed out meanwhile, what our own transactions take since, and the other claims
    /// when they may be others than before.
    pub async fn refresh(&mut self, store: &Store, chain: &str) -> Result<(), StoreError> {
        if !self.has_claims {
            self.claims = store.claims(chain).await?.into_iter().map(|row| row.claim).collect();
            self.has_claims = true;
            self.last_claim = 0;
        }
        loop {
            let page = store.outgoing_claims_after(chain, self.last_claim, PAGE).await?;
            let Some(last) = page.last() else { break };
            self.last_claim = last.number;
            self.claims.extend(page.into_iter().map(|row| row.claim));
        }
        loop {
            let page = store.watched_after(chain, self.last, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            self.last = last.number;
            self.addresses.extend(page.into_iter().map(|row| row.address));
        }
    }

    /// Another watcher may note claims from now on: they are fetched again.
    pub const fn forget_claims(&mut self) {
        self.has_claims = false;
    }

    /// Looks for these claims too.
    pub fn add_claims(&mut self, claims: &[Claim]) {
        self.claims.extend(claims.iter().cloned());
    }
}

impl Watch for WatchSet {
    fn has_address(&self, address: &str) -> bool {
        self.addresses.contains(address)
    }

    fn has_claim(&self, claim: &Claim) -> bool {
        self.claims.contains(claim)
    }
}
