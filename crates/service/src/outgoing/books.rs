//! What blocks do to our own transactions: deposits count as collected, the network was paid, and both are undone when
//! the chain takes the block back. All in the caller's transaction, which holds the cursor.

use crate::{ServiceError, chains::Work};
use aio_chain::{BlockRef, Moved, Place};
use aio_domain::{
    Amount, DepositStatus, OutgoingKind, OutgoingStatus, Passage,
    ledger::{LedgerAccount, LedgerReason},
};
use aio_store::{CollectedRow, CollectionRow, OutgoingMined, OutgoingRow, Tx};
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// What a block says of one of our transactions.
pub struct Found {
    /// Which attempt is in it.
    pub tx: String,
    /// The block.
    pub block: BlockRef,
    /// Whether it did what it should.
    pub succeeded: bool,
    /// What it paid to the network.
    pub fee: Amount,
    /// What left each address or output.
    pub moved: Vec<Moved>,
}

/// A collection and its deposits.
struct Batch {
    row: CollectionRow,
    deposits: Vec<CollectedRow>,
}

impl Batch {
    fn with(&self, state: Passage) -> Vec<&CollectedRow> {
        self.deposits.iter().filter(|one| one.state == state).collect()
    }
}

/// The output that a deposit is, on chains that have them.
fn output(deposit: &CollectedRow) -> Option<String> {
    Place::from_cell(&deposit.place).and_then(|place| place.claim(&deposit.tx))
}

/// Where a deposit lay: its output, else its address.
fn origin(deposit: &CollectedRow) -> String {
    output(deposit).unwrap_or_else(|| deposit.address.clone())
}

fn sum(amounts: impl IntoIterator<Item = Amount>) -> Result<Amount, ServiceError> {
    Amount::sum(amounts).ok_or(ServiceError::Broken("a sum of deposits that does not fit"))
}

/// The deposits of which all that was asked for left the place where they lay; none as long as one of them does not
/// count yet. An output that was spent was there; what left an address in an earlier block than a deposit came in is not
/// that deposit.
fn carried<'a>(
    live: &[&'a CollectedRow],
    found: &Found,
    height: i64,
) -> Result<Option<Vec<&'a CollectedRow>>, ServiceError> {
    if !found.succeeded {
        return Ok(Some(Vec::new()));
    }
    let mut left: HashMap<&str, Amount> = HashMap::new();
    for moved in &found.moved {
        let before = left.entry(&moved.from).or_default();
        *before = sum([*before, moved.amount])?;
    }
    let mut asked: HashMap<String, Amount> = HashMap::new();
    for deposit in live {
        let before = asked.entry(origin(deposit)).or_default();
        *before = sum([*before, deposit.amount])?;
    }
    let all_left = |deposit: &&&CollectedRow| {
        let from = origin(deposit);
        let was_there = output(deposit).is_some()
            || deposit.block_height.is_some_and(|deposited| deposited <= height);
        let is_all = left.get(from.as_str()).zip(asked.get(&from));
        was_there && is_all.is_some_and(|(left, asked)| left >= asked)
    };
    let carried: Vec<_> = live.iter().filter(all_left).copied().collect();
    let all_count = carried.iter().all(|one| one.status == DepositStatus::Confirmed);
    Ok(all_count.then_some(carried))
}

/// What the token kept of these deposits on their way.
fn kept(
    carried: &[&CollectedRow],
    found: &Found,
    destination: &str,
) -> Result<Amount, ServiceError> {
    let from: HashSet<_> = carried.iter().map(|deposit| origin(deposit)).collect();
    let moved = found.moved.iter().filter(|moved| from.contains(&moved.from));
    sum(moved.map(|moved| moved.amount.checked_sub(moved.came_to(destination)).unwrap_or_default()))
}

/// How much a transaction moved, and what was lost of it on the way.
struct Way {
    moved: Amount,
    /// What the network was paid, in its coin.
    fee: Amount,
    /// What the token kept.
    kept: Amount,
}

impl Work<'_> {
    /// One of our transactions is in a block. False while a deposit that it moved does not count yet: deposits are
    /// confirmed before they are collected, also when a reorganisation puts both into one block.
    pub async fn outgoing_mined(
        &mut self,
        tx: &mut Tx,
        row: &OutgoingRow,
        found: &Found,
    ) -> Result<bool, ServiceError> {
        let height = i64::try_from(found.block.height)
            .map_err(|_| ServiceError::Broken("a height beyond all heights"))?;
        let batch = self.batch(tx, row).await?;
        let live = batch.as_ref().map(|batch| batch.with(Passage::Live)).unwrap_or_default();
        let Some(carried) = carried(&live, found, height)? else { return Ok(false) };
        let failure = match () {
            () if !found.succeeded => Some("reverted".to_owned()),
            () if carried.len() < live.len() => Some("partly".to_owned()),
            () => None,
        };
        let parts = batch.as_ref().map(|batch| batch.with(Passage::Part)).unwrap_or_default();
        let way = Way {
            moved: sum(carried.iter().chain(&parts).map(|one| one.amount))?,
            fee: found.fee,
            kept: kept(&carried, found, &row.destination)?,
        };
        let mined = OutgoingMined {
            tx: found.tx.clone(),
            fee: found.fee,
            kept: Some(way.kept).filter(|kept| !kept.is_zero()),
            height,
            hash: found.block.hash.clone(),
            final_height: self.final_height(row, height, failure.is_some()),
            failure,
        };
        let now = self.services.now();
        tx.set_outgoing_mined(row, &mined, now).await?;
        self.post_outgoing(row, batch.as_ref(), &way, true)?;
        let Some(batch) = batch.as_ref() else { return Ok(true) };
        for deposit in carried {
            tx.set_passage(batch.row.id, deposit, Passage::Carried).await?;
            if !tx.set_transaction_collected(row.merchant, deposit.id, true, now).await? {
                return Err(ServiceError::Broken("a deposit that is collected but does not count"));
            }
            let deposit = tx.transaction(row.merchant, deposit.id).await?;
            let deposit =
                deposit.ok_or(ServiceError::Broken("a collected deposit is not there"))?;
            self.tell(&deposit, DepositStatus::Collected, None)?;
        }
        self.tell_batch(tx, row, "mined").await?;
        Ok(true)
    }

    /// What failed is told only when no reorganisation that is followed can make it happen after all.
    fn final_height(&self, row: &OutgoingRow, height: i64, has_failed: bool) -> i64 {
        if has_failed {
            return height.saturating_add(i64::from(self.port.max_reorg) + 1);
        }
        let token = self.port.token(&row.token);
        let needed = token.map_or(1, |token| token.confirmations.needed(row.amount));
        height.saturating_add(i64::from(needed) - 1)
    }

    /// It has its confirmations: what it did not move may be moved by another one.
    pub async fn outgoing_final(
        &mut self,
        tx: &mut Tx,
        row: &OutgoingRow,
    ) -> Result<(), ServiceError> {
        let batch = self.batch(tx, row).await?;
        let mut next = OutgoingStatus::Final;
        if row.failure.is_some() {
            if batch.as_ref().is_none_or(|batch| batch.with(Passage::Carried).is_empty()) {
                next = OutgoingStatus::Failed;
            }
            if let Some(batch) = &batch {
                for deposit in batch.with(Passage::Live) {
                    tx.set_passage(batch.row.id, deposit, Passage::Released).await?;
                }
            }
        }
        tx.set_outgoing_status(row, next, None, self.services.now()).await?;
        self.tell_batch(tx, row, next.as_str()).await
    }

    /// Somebody took what it needs, in a block that no reorganisation that is followed can reach. Deposits that he did
    /// not take may be moved by another one; those that he did stay with this one, so that nobody tries for ever.
    pub async fn outgoing_overtaken(
        &mut self,
        tx: &mut Tx,
        row: &OutgoingRow,
    ) -> Result<(), ServiceError> {
        let claims = tx.claims_of_outgoing(row.id).await?;
        let is_gone = |deposit: &CollectedRow| {
            let from = origin(deposit);
            claims.iter().any(|claim| claim.claim == from && claim.taken_by.is_some())
        };
        if let Some(batch) = self.batch(tx, row).await? {
            for deposit in batch.with(Passage::Live) {
                if !is_gone(deposit) {
                    tx.set_passage(batch.row.id, deposit, Passage::Released).await?;
                }
            }
        }
        let (next, now) = (OutgoingStatus::Overtaken, self.services.now());
        tx.set_outgoing_status(row, next, Some("taken"), now).await?;
        self.tell_batch(tx, row, "overtaken").await
    }

    /// The blocks above this height are gone, and what our transactions did in them.
    pub async fn outgoing_taken_back(
        &mut self,
        tx: &mut Tx,
        height: i64,
    ) -> Result<(), ServiceError> {
        let now = self.services.now();
        for row in tx.outgoing_above(&self.port.id, height).await? {
            let batch = self.batch(tx, &row).await?;
            let with = |state| batch.as_ref().map(|batch| batch.with(state)).unwrap_or_default();
            let (carried, parts) = (with(Passage::Carried), with(Passage::Part));
            let way = Way {
                moved: sum(carried.iter().chain(&parts).map(|one| one.amount))?,
                fee: row.fee.ok_or(ServiceError::Broken("a fee is missing"))?,
                kept: row.kept.unwrap_or_default(),
            };
            self.post_outgoing(&row, batch.as_ref(), &way, false)?;
            // What we did not send we cannot send again; in the next block that has it it is found anew.
            let is_strangers = self.is_strangers(tx, &row).await?;
            let next = if is_strangers { Passage::Released } else { Passage::Live };
            if is_strangers {
                tx.set_outgoing_status(&row, OutgoingStatus::Failed, Some("reversed"), now).await?;
            } else {
                tx.set_outgoing_unmined(&row, now).await?;
            }
            let Some(batch) = batch.as_ref() else { continue };
            for deposit in carried {
                tx.set_passage(batch.row.id, deposit, next).await?;
                if !tx.set_transaction_collected(row.merchant, deposit.id, false, now).await? {
                    return Err(ServiceError::Broken("a deposit that was moved is not collected"));
                }
            }
            for part in parts {
                tx.set_passage(batch.row.id, part, Passage::Released).await?;
            }
            self.tell_batch(tx, &row, "reversed").await?;
        }
        Ok(tx.give_outgoing_claims_back(&self.port.id, height).await?)
    }

    /// The lines of what a transaction moved and paid, or those that undo them.
    fn post_outgoing(
        &mut self,
        row: &OutgoingRow,
        batch: Option<&Batch>,
        &Way { moved, fee, kept }: &Way,
        happened: bool,
    ) -> Result<(), ServiceError> {
        use LedgerAccount::{Collected, Fees, Uncollected, World};
        let about = batch.map_or_else(|| row.id.to_string(), |batch| batch.row.id.to_string());
        let coin = &self.port.coin.ticker;
        // Whoever has no sender pays out of what it moves.
        let (arrived, payer) = if row.sender.is_some() {
            (moved, World)
        } else {
            let rest = moved.checked_sub(fee);
            (rest.ok_or(ServiceError::Broken("a fee above what was moved"))?, Uncollected)
        };
        let reasons = if happened {
            [LedgerReason::Collection, LedgerReason::Fee]
        } else {
            [LedgerReason::CollectionReversal, LedgerReason::FeeReversal]
        };
        let arrived = arrived.checked_sub(kept);
        let arrived = arrived.ok_or(ServiceError::Broken("more was kept than was moved"))?;
        let token = row.token.as_str();
        let lines = [
            (token, [Uncollected, Collected], arrived, reasons[0]),
            (token, [Uncollected, Fees], kept, reasons[1]),
            (coin, [payer, Fees], fee, reasons[1]),
        ];
        for (token, mut way, amount, reason) in lines {
            if amount.is_zero() {
                continue;
            }
            if !happened {
                way.reverse();
            }
            self.post_line((row.merchant, token, about.clone()), way, amount, reason)?;
        }
        Ok(())
    }

    async fn batch(&self, tx: &mut Tx, row: &OutgoingRow) -> Result<Option<Batch>, ServiceError> {
        if row.kind != OutgoingKind::Collect {
            return Ok(None);
        }
        let found = tx.collection_of_outgoing(row.merchant, row.id).await?;
        let found = found.ok_or(ServiceError::Broken("a collection is not there"))?;
        let deposits = tx.collected(row.merchant, found.id).await?;
        Ok(Some(Batch { row: found, deposits }))
    }

    /// Tells what became of a collection, with its deposits as they are now.
    pub async fn tell_batch(
        &mut self,
        tx: &mut Tx,
        row: &OutgoingRow,
        what: &str,
    ) -> Result<(), ServiceError> {
        let Some(batch) = self.batch(tx, row).await? else { return Ok(()) };
        let decimals = self.port.token(&row.token).map_or(0, |token| token.decimals);
        let deposits = batch.deposits.iter().map(|one| {
            let decimal = one.amount.decimal(decimals);
            json!({
                "transaction_id": one.id,
                "amount": one.amount,
                "amount_decimal": decimal,
                "state": one.state,
            })
        });
        let fee = batch.row.fee.map(|fee| fee.decimal(self.port.coin.decimals));
        let kept = batch.row.kept.map(|kept| kept.decimal(decimals));
        let payload = json!({
            "chain": row.chain,
            "token": row.token,
            "address": self.port.derive.display(&row.destination),
            "amount": row.amount,
            "amount_decimal": row.amount.decimal(decimals),
            "status": batch.row.status,
            "hash": batch.row.tx,
            "fee": batch.row.fee,
            "fee_decimal": fee,
            "kept": batch.row.kept,
            "kept_decimal": kept,
            "block": batch.row.block_height,
            "failure": batch.row.failure,
            "transactions": deposits.collect::<Vec<_>>(),
        });
        let kind = format!("collection.{what}");
        self.tell_of(row.merchant, kind, batch.row.id.to_string(), &payload)
    }
}
