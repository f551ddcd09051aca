//! What became of a transaction, and what a collection moved.

use crate::{
    Evm,
    addresses::kept,
    facts::{id, padded, transfer},
    sweeper::Swept,
    tokens::Asset,
    wire::{Log, Receipt, Whereabouts, amount},
};
use aio_chain::{BlockRef, ChainError, Moved, TxStatus};
use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use serde_json::json;

impl Evm {
    pub(crate) async fn status_of(
        &self,
        tx: B256,
        asset: Option<Asset>,
    ) -> Result<TxStatus, ChainError> {
        let found: Option<Receipt> = self.rpc.ask("eth_getTransactionReceipt", json!([tx])).await?;
        let Some(receipt) = found else { return self.without_receipt(tx).await };
        if receipt.transaction_hash != tx {
            return Err(ChainError::Garbage(format!("asked for transaction {tx}, got another")));
        }
        let height = receipt.block_number.0;
        let block = BlockRef { height, hash: id(receipt.block_hash) };
        let head = self.head_at(height).await?;
        // A receipt of a block beside the chain says what was, not what is.
        if head.is_none_or(|head| head.block != block) {
            return self.without_receipt(tx).await;
        }
        let fee = U256::from(receipt.gas_used.0).checked_mul(receipt.effective_gas_price.0);
        let fee = fee.ok_or_else(|| ChainError::Garbage(format!("{tx}: its fee")))?;
        let moved = asset.map(|asset| moved(&receipt, asset)).unwrap_or_default();
        Ok(TxStatus::Mined { block, succeeded: receipt.status.0 == 1, fee: amount(fee), moved })
    }

    async fn without_receipt(&self, tx: B256) -> Result<TxStatus, ChainError> {
        let found: Option<Whereabouts> =
            self.rpc.ask("eth_getTransactionByHash", json!([tx])).await?;
        match found {
            None => Ok(TxStatus::Unknown),
            Some(found) if found.hash != tx => {
                Err(ChainError::Garbage(format!("asked for transaction {tx}, got another")))
            }
            Some(Whereabouts { block_hash: None, .. }) => Ok(TxStatus::Pending),
            // In a block that just came or just went: the next look will tell.
            Some(Whereabouts { block_hash: Some(hash), .. }) => {
                let found: Option<crate::block::Head> =
                    self.rpc.ask("eth_getBlockByHash", json!([hash, false])).await?;
                let Some(head) = found else { return Ok(TxStatus::Unknown) };
                let block = head.header()?.block;
                let now = self.head_at(block.height).await?;
                if now.is_some_and(|now| now.block == block) {
                    return Err(ChainError::Unavailable(format!("{tx} has no receipt yet")));
                }
                Ok(TxStatus::Unknown)
            }
        }
    }
}

/// What the sweeper that was called says it moved. Its events only: any contract can write the same words. Where a token
/// says what came to whom, that too.
fn moved(receipt: &Receipt, asset: Asset) -> Vec<Moved> {
    let ours = receipt.logs.iter().filter(|log| Some(log.address) == receipt.to);
    let mut all: Vec<_> = ours.filter_map(|log| swept(log, asset)).collect();
    let Asset::Contract(contract) = asset else { return all };
    for log in receipt.logs.iter().filter(|log| log.address == contract) {
        let Some((from, to, value)) = transfer(log) else { continue };
        let from = kept(from);
        if let Some(one) = all.iter_mut().find(|one| one.from == from) {
            one.went.push((kept(to), amount(value)));
        }
    }
    all
}

fn swept(log: &Log, asset: Asset) -> Option<Moved> {
    let [name, from, token] = log.topics.as_slice() else { return None };
    let is_ours = *name == Swept::SIGNATURE_HASH
        && padded(*token)? == asset.to_argument()
        && log.data.len() == 32;
    is_ours.then_some(())?;
    let amount = amount(U256::from_be_slice(&log.data));
    Some(Moved { from: kept(padded(*from)?), amount, went: Vec::new() })
}
