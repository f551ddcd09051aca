//! Blocks: asked for by their hashes, with the receipts of their transactions and, where wanted, the calls within them.

use crate::{
    Evm,
    facts::{Facts, id},
    trace::Carried,
    wire::{Block, Receipt, Transaction, time},
};
use aio_chain::{BlockRef, ChainError, Header, ScannedBlock, Seen, Watch};
use alloy_primitives::B256;
use serde::de::IgnoredAny;
use serde_json::json;

/// A block of which only the head is of interest.
pub(crate) type Head = Block<IgnoredAny>;

impl Evm {
    /// The head of a block by its number or by a word for it.
    pub(crate) async fn head(&self, which: &str) -> Result<Option<Header>, ChainError> {
        let found: Option<Head> =
            self.rpc.ask("eth_getBlockByNumber", json!([which, false])).await?;
        found.map(|head| head.header()).transpose()
    }

    /// The head of the block at this height.
    pub(crate) async fn head_at(&self, height: u64) -> Result<Option<Header>, ChainError> {
        let found = self.head(&format!("{height:#x}")).await?;
        if let Some(head) = &found
            && head.block.height != height
        {
            let why = format!("asked for block {height}, got {}", head.block.height);
            return Err(ChainError::Garbage(why));
        }
        Ok(found)
    }

    pub(crate) async fn scan_block(
        &self,
        hash: B256,
        watch: &dyn Watch,
    ) -> Result<Option<ScannedBlock>, ChainError> {
        let found: Option<Block<Transaction>> =
            self.rpc.ask("eth_getBlockByHash", json!([hash, true])).await?;
        let Some(block) = found else { return Ok(None) };
        if block.hash != Some(hash) {
            return Err(other(hash));
        }
        let header = block.header()?;
        let txs = block.transactions;
        if txs.is_empty() {
            let (seen, left, taken) = <_>::default();
            return Ok(Some(ScannedBlock { header, seen, left, taken }));
        }
        let found: Option<Vec<Receipt>> =
            self.rpc.ask("eth_getBlockReceipts", json!([hash])).await?;
        let Some(receipts) = found else { return Ok(None) };
        check(hash, &txs, &receipts)?;
        let calls = if self.traces { self.calls(hash, &receipts).await? } else { Vec::new() };
        let mut scanned = ScannedBlock { header, seen: vec![], left: vec![], taken: vec![] };
        self.read_all(&txs, &receipts, &calls, (watch, &mut scanned));
        Ok(Some(scanned))
    }

    fn read_all(
        &self,
        txs: &[Transaction],
        receipts: &[Receipt],
        calls: &[Vec<Carried>],
        (watch, scanned): (&dyn Watch, &mut ScannedBlock),
    ) {
        for (n, (tx, receipt)) in txs.iter().zip(receipts).enumerate() {
            let facts = Facts { tx, tokens: &self.tokens, watch };
            let claim = facts.claim();
            if watch.has_claim(&claim) {
                scanned.taken.push((claim.clone(), id(tx.hash)));
            }
            // One that failed moved nothing, whatever it carries.
            if receipt.status.0 != 1 {
                continue;
            }
            let mut payments = Vec::from_iter(facts.top());
            payments.extend(facts.logged(&receipt.logs));
            payments.extend(calls.get(n).map(|calls| facts.called(calls)).unwrap_or_default());
            scanned.left.extend(payments.iter().filter(|paid| facts.has_left(paid)).cloned());
            payments.retain(|paid| facts.has_arrived(paid));
            if !payments.is_empty() {
                scanned.seen.push(Seen { payments, claims: vec![claim] });
            }
        }
    }
}

impl<T> Block<T> {
    /// The head of a block that is mined.
    pub fn header(&self) -> Result<Header, ChainError> {
        let (Some(hash), Some(number)) = (self.hash, self.number) else {
            return Err(ChainError::Garbage("a block without a hash or a number".to_owned()));
        };
        Ok(Header {
            block: BlockRef { height: number.0, hash: id(hash) },
            parent: id(self.parent_hash),
            time: time(self.timestamp)?,
        })
    }
}

/// Whether the receipts are those of the block's transactions, with logs in their order.
fn check(hash: B256, txs: &[Transaction], receipts: &[Receipt]) -> Result<(), ChainError> {
    let belong = txs.len() == receipts.len()
        && txs
            .iter()
            .zip(receipts)
            .all(|(tx, receipt)| receipt.transaction_hash == tx.hash && receipt.block_hash == hash);
    if !belong {
        return Err(ChainError::Garbage(format!("block {hash}: receipts of other transactions")));
    }
    let mut logs = receipts.iter().flat_map(|receipt| &receipt.logs).map(|log| log.index.0);
    let mut last = None;
    if logs.any(|index| last.replace(index).is_some_and(|last| last >= index)) {
        return Err(ChainError::Garbage(format!("block {hash}: logs out of their order")));
    }
    Ok(())
}

fn other(hash: B256) -> ChainError {
    ChainError::Garbage(format!("asked for block {hash}, got another"))
}
