//! What blocks do to deposits. Each change moves a deposit along one of the ways of [`DepositStatus::may_become`],
//! writes the ledger when money begins or ceases to count, keeps the sums by hour and day, and tells of it in an event:
//! all in the caller's transaction.

use super::ChainPort;
use crate::{ServiceError, Services};
use aio_chain::{Claim, Payment, Place, Seen, TxId};
use aio_domain::{
    Amount, DepositStatus, EventId, LedgerId, MerchantId, Span, TransactionId,
    ledger::{LedgerAccount, LedgerReason},
    volume::is_counted,
};
use aio_store::{
    Cursor, LedgerRow, MinedIn, NewEvent, NewTransaction, TransactionRow, Tx, VolumeChange,
    VolumeKey,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};

/// The changes of one transaction on one chain. What blocks do to our own transactions is in `outgoing`.
pub struct Work<'a> {
    pub(crate) services: &'a Services,
    pub(crate) port: &'a ChainPort,
    events: Vec<(MerchantId, NewEvent)>,
    volumes: BTreeMap<VolumeKey, VolumeChange>,
}

impl<'a> Work<'a> {
    pub const fn new(services: &'a Services, port: &'a ChainPort) -> Self {
        Self { services, port, events: Vec::new(), volumes: BTreeMap::new() }
    }

    /// The payments of a transaction are in a block.
    pub async fn mined(
        &mut self,
        tx: &mut Tx,
        seen: &Seen,
        block: &Cursor,
    ) -> Result<(), ServiceError> {
        for payment in &seen.payments {
            self.payment(tx, payment, Some(block)).await?;
        }
        self.claims(tx, seen).await
    }

    /// The payments of a transaction wait to be mined.
    pub async fn pending(&mut self, tx: &mut Tx, seen: &Seen) -> Result<(), ServiceError> {
        for payment in &seen.payments {
            self.payment(tx, payment, None).await?;
        }
        self.claims(tx, seen).await
    }

    async fn claims(&self, tx: &mut Tx, seen: &Seen) -> Result<(), ServiceError> {
        let Some(id) = seen.tx() else { return Ok(()) };
        for claim in &seen.claims {
            tx.insert_claim(&self.port.id, claim, id).await?;
        }
        Ok(())
    }

    async fn payment(
        &mut self,
        tx: &mut Tx,
        paid: &Payment,
        block: Option<&Cursor>,
    ) -> Result<(), ServiceError> {
        let Some(token) = self.port.token(&paid.token) else { return Ok(()) };
        if paid.amount.is_zero() {
            return Ok(());
        }
        let needed = token.confirmations.needed(paid.amount);
        let block = block.map(|at| MinedIn {
            height: at.height,
            hash: at.hash.clone(),
            ready: at.height.saturating_add(i64::from(needed) - 1),
        });
        let place = paid.place.to_cell();
        let Some(row) = tx.transaction_at(&self.port.id, &paid.tx, &place).await? else {
            let counted = is_counted(paid.amount, token.dust);
            return self.new_payment(tx, paid, place, (needed, counted), block).await;
        };
        let now = self.services.now();
        match block {
            Some(block) if row.status.may_become(DepositStatus::Confirming) => {
                let counted = is_counted(paid.amount, token.dust);
                let said = (paid.amount, needed, paid.from.as_deref(), counted);
                tx.set_transaction_mined(&row, &block, said, now).await?;
                self.uncount(&row)?;
                let row = TransactionRow { amount: paid.amount, needed, counted, ..row };
                self.count(&row)?;
                self.tell(&row, DepositStatus::Confirming, Some(&block))
            }
            None if row.status == DepositStatus::Dropped => {
                let counted = is_counted(row.amount, token.dust);
                self.unmined(tx, &row, (DepositStatus::Detected, counted)).await
            }
            // It is where it was.
            _ => Ok(()),
        }
    }

    async fn new_payment(
        &mut self,
        tx: &mut Tx,
        paid: &Payment,
        place: String,
        (needed, counted): (u32, bool),
        block: Option<MinedIn>,
    ) -> Result<(), ServiceError> {
        // What is watched in memory may be more than what was handed out.
        let Some(to) = tx.subaddress_by_address(&self.port.id, &paid.to).await? else {
            return Ok(());
        };
        let now = self.services.now();
        let new = NewTransaction {
            id: TransactionId::generate(now, self.services.random())?,
            subaddress: to.id,
            customer: to.customer,
            chain: self.port.id.clone(),
            token: paid.token.clone(),
            tx: paid.tx.clone(),
            place,
            address: paid.to.clone(),
            sender: paid.from.clone(),
            amount: paid.amount,
            needed,
            block,
            at: now,
            counted,
        };
        tx.insert_transaction(to.merchant, &new).await?;
        let row = tx.transaction(to.merchant, new.id).await?;
        let row = row.ok_or(ServiceError::Broken("a new deposit is not there"))?;
        self.count(&row)?;
        self.tell(&row, row.status, new.block.as_ref())
    }

    /// Somebody took a claim in a block: the other deposits that need it can never come, and neither can transactions
    /// of ours that need it or such a deposit, unless the chain takes that block back.
    pub async fn taken(
        &mut self,
        tx: &mut Tx,
        (claim, taker): (&Claim, &TxId),
        height: i64,
        here: &HashSet<&TxId>,
    ) -> Result<(), ServiceError> {
        tx.take_outgoing_claim(&self.port.id, claim, (taker, height)).await?;
        for claimant in tx.claimants(&self.port.id, claim).await? {
            if claimant.tx == *taker || here.contains(&claimant.tx) {
                continue;
            }
            for row in tx.transactions_of(&self.port.id, &claimant.tx).await? {
                if row.status.may_become(DepositStatus::Replaced) {
                    self.given_up(tx, &row, DepositStatus::Replaced).await?;
                    let gone = Place::from_cell(&row.place).and_then(|place| place.claim(&row.tx));
                    if let Some(gone) = gone {
                        tx.take_outgoing_claim(&self.port.id, &gone, (taker, height)).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Deposits that have their confirmations at this height count from now on.
    pub async fn ready(&mut self, tx: &mut Tx, height: i64) -> Result<(), ServiceError> {
        for row in tx.transactions_ready(&self.port.id, height).await? {
            tx.set_transaction_confirmed(&row, self.services.now()).await?;
            self.post(tx, &row, [LedgerAccount::World, LedgerAccount::Uncollected]).await?;
            self.tell(&row, DepositStatus::Confirmed, None)?;
        }
        Ok(())
    }

    /// The blocks above this height are no longer part of the chain. A collection stands on its deposits, so it is
    /// undone before them.
    pub async fn taken_back(&mut self, tx: &mut Tx, height: i64) -> Result<(), ServiceError> {
        self.outgoing_taken_back(tx, height).await?;
        tx.forget_departures(&self.port.id, height).await?;
        for row in tx.transactions_above(&self.port.id, height).await? {
            let next = match row.status {
                DepositStatus::Confirming => DepositStatus::Orphaned,
                DepositStatus::Confirmed => {
                    let back = [LedgerAccount::Uncollected, LedgerAccount::World];
                    self.post(tx, &row, back).await?;
                    DepositStatus::Reversed
                }
                _ => return Err(ServiceError::Broken("a deposit in a block that is not mined")),
            };
            self.given_up(tx, &row, next).await?;
        }
        Ok(())
    }

    /// A deposit is in no block and, until one has it again, in no sum.
    pub async fn given_up(
        &mut self,
        tx: &mut Tx,
        row: &TransactionRow,
        next: DepositStatus,
    ) -> Result<(), ServiceError> {
        self.unmined(tx, row, (next, false)).await
    }

    /// A deposit goes from one status to another that is in no block.
    async fn unmined(
        &mut self,
        tx: &mut Tx,
        row: &TransactionRow,
        (next, counted): (DepositStatus, bool),
    ) -> Result<(), ServiceError> {
        if !row.status.may_become(next) {
            return Err(ServiceError::Broken("no such way for a deposit"));
        }
        tx.set_transaction_unmined(row, (next, counted), self.services.now()).await?;
        self.uncount(row)?;
        self.count(&TransactionRow { counted, ..row.clone() })?;
        self.tell(row, next, None)
    }

    /// What was added to the sums for a deposit leaves them: the hour and the day in which it was first seen.
    fn uncount(&mut self, row: &TransactionRow) -> Result<(), ServiceError> {
        self.change_volumes(row, VolumeChange::take)
    }

    /// A deposit that goes into the sums is added to them.
    fn count(&mut self, row: &TransactionRow) -> Result<(), ServiceError> {
        self.change_volumes(row, VolumeChange::add)
    }

    fn change_volumes(
        &mut self,
        row: &TransactionRow,
        change: fn(&mut VolumeChange, Amount) -> Result<(), aio_store::StoreError>,
    ) -> Result<(), ServiceError> {
        for span in Span::ALL.iter().filter(|_| row.counted) {
            let key = VolumeKey {
                merchant: row.merchant,
                span: *span,
                start_at: span.start(row.received_at),
                chain: row.chain.clone(),
                token: row.token.clone(),
            };
            change(self.volumes.entry(key).or_default(), row.amount)?;
        }
        Ok(())
    }

    async fn post(
        &self,
        tx: &mut Tx,
        row: &TransactionRow,
        way: [LedgerAccount; 2],
    ) -> Result<(), ServiceError> {
        let reason = match way {
            [_, LedgerAccount::World] => LedgerReason::Reversal,
            _ => LedgerReason::Deposit,
        };
        let about = (row.merchant, row.token.as_str(), row.id.to_string());
        self.post_line(tx, about, way, row.amount, reason).await
    }

    /// One line of a merchant's ledger, about a token and an object.
    pub(crate) async fn post_line(
        &self,
        tx: &mut Tx,
        (merchant, token, reference): (MerchantId, &str, String),
        [debit, credit]: [LedgerAccount; 2],
        amount: Amount,
        reason: LedgerReason,
    ) -> Result<(), ServiceError> {
        let line = LedgerRow {
            id: LedgerId::generate(self.services.now(), self.services.random())?,
            chain: self.port.id.clone(),
            token: token.to_owned(),
            debit,
            credit,
            amount,
            reason,
            reference,
            at: self.services.now(),
        };
        Ok(tx.post(merchant, &line).await?)
    }

    pub(crate) fn tell(
        &mut self,
        row: &TransactionRow,
        status: DepositStatus,
        block: Option<&MinedIn>,
    ) -> Result<(), ServiceError> {
        let decimals = self.port.token(&row.token).map_or(0, |token| token.decimals);
        let payload = json!({
            "chain": row.chain,
            "token": row.token,
            "hash": row.tx,
            "subaddress_id": row.subaddress,
            "customer_id": row.customer,
            "address": self.port.derive.display(&row.address),
            "from": row.sender,
            "amount": row.amount,
            "amount_decimal": Amount::decimal(row.amount, decimals),
            "status": status.as_str(),
            "confirmations_needed": row.needed,
            "block": block.map(|block| block.height).or(row.block_height),
        });
        let kind = format!("transaction.{}", status.as_str());
        self.tell_of(row.merchant, kind, row.id.to_string(), &payload)
    }

    /// An event of a merchant, written when the work is finished.
    pub(crate) fn tell_of(
        &mut self,
        merchant: MerchantId,
        kind: String,
        object: String,
        payload: &Value,
    ) -> Result<(), ServiceError> {
        let event = NewEvent {
            id: EventId::generate(self.services.now(), self.services.random())?,
            kind,
            object_id: Some(object),
            payload: payload.to_string(),
            at: self.services.now(),
        };
        self.events.push((merchant, event));
        Ok(())
    }

    /// Writes the sums, and then the events, merchant by merchant: two chains that tell the same merchants something must
    /// not wait for each other in a circle.
    pub async fn finish(mut self, tx: &mut Tx) -> Result<(), ServiceError> {
        for (key, change) in &self.volumes {
            tx.change_volume(key, change).await?;
        }
        self.events.sort_by_key(|(merchant, _)| *merchant);
        for (merchant, event) in &self.events {
            tx.append_event(*merchant, event).await?;
        }
        Ok(())
    }
}
