//! What waits for a block. Each transaction is fetched once; what it says is kept while it waits.

use crate::{Bitcoin, facts::Facts};
use aio_chain::{ChainError, Seen, Watch};
use bitcoin::{Transaction, Txid, consensus::encode::deserialize_hex};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use tokio::sync::Mutex;

/// Fetched in one request: fifty of the largest that nodes pass on still fit into an answer.
const AT_ONCE: usize = 50;

/// Fetched in one call; the rest waits for the next call.
const IN_A_CALL: usize = 20_000;

/// Kept with what they say. Of any more only the id is kept, unless they concern what is watched.
const KEPT: usize = 100_000;

/// Transactions that were looked at. None: it concerned nobody, and there was no room.
#[derive(Debug, Default)]
pub(crate) struct Looked(Mutex<HashMap<Txid, Option<Facts>>>);

impl Bitcoin {
    pub(crate) async fn walk_mempool(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError> {
        let waiting: Vec<Txid> = self.rpc.ask("getrawmempool", json!([])).await?;
        let mut looked = self.mempool.0.lock().await;
        let there: HashSet<_> = waiting.iter().collect();
        looked.retain(|tx, _| there.contains(tx));
        let new = waiting.iter().copied().filter(|tx| !looked.contains_key(tx));
        let new: Vec<_> = new.take(IN_A_CALL).collect();
        for some in new.chunks(AT_ONCE) {
            for (id, tx) in self.fetch(some).await? {
                let facts = Facts::of(&tx, self.network);
                let keep = looked.len() < KEPT || concerning(&facts, watch).is_some();
                looked.insert(id, keep.then_some(facts));
            }
        }
        let facts = waiting.iter().filter_map(|tx| looked.get(tx)?.as_ref());
        Ok(facts.filter_map(|facts| concerning(facts, watch)).collect())
    }

    /// Transactions by their ids; those that the node no longer has are left out.
    pub(crate) async fn fetch(&self, ids: &[Txid]) -> Result<Vec<(Txid, Transaction)>, ChainError> {
        let params: Vec<Value> = ids.iter().map(|id| json!([id, false])).collect();
        let answers = self.rpc.batch::<String>("getrawtransaction", &params).await?;
        let mut found = Vec::with_capacity(ids.len());
        for (id, answer) in ids.iter().zip(answers) {
            match answer {
                Ok(hex) => found.push((*id, decode(*id, &hex)?)),
                Err(refusal) if refusal.code == -5 => {}
                Err(refusal) => return Err(refusal.into_error("getrawtransaction")),
            }
        }
        Ok(found)
    }
}

/// A transaction whose id is the one that was asked for.
pub(crate) fn decode(id: Txid, hex: &str) -> Result<Transaction, ChainError> {
    let tx: Transaction = deserialize_hex(hex)
        .map_err(|error| ChainError::Garbage(format!("transaction {id}: {error}")))?;
    if tx.compute_txid() != id {
        return Err(ChainError::Garbage(format!("asked for transaction {id}, got another")));
    }
    Ok(tx)
}

/// What somebody watches: a payment to him, or something that takes what he has a claim to.
fn concerning(facts: &Facts, watch: &dyn Watch) -> Option<Seen> {
    let seen = facts.seen(|address| watch.has_address(address));
    let concerns =
        !seen.payments.is_empty() || seen.claims.iter().any(|claim| watch.has_claim(claim));
    concerns.then_some(seen)
}
