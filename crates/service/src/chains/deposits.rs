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
    Cursor, LedgerRow, MinedIn, NewEvent, SubaddressRow, TransactionRow, Tx, VolumeChange,
    VolumeKey,
};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The changes of one transaction on one chain. What blocks do to our own transactions is in `outgoing`.
pub struct Work<'a> {
    pub(crate) services: &'a Services,
    pub(crate) port: &'a ChainPort,
    lines: BTreeMap<MerchantId, Vec<LedgerRow>>,
    events: BTreeMap<MerchantId, Vec<NewEvent>>,
    volumes: BTreeMap<VolumeKey, VolumeChange>,
}

/// What a payment means.
struct Said {
    /// Confirmations it needs.
    needed: u32,
    /// Whether its amount goes into the sums.
    counted: bool,
    /// Its block.
    block: Option<MinedIn>,
}

impl<'a> Work<'a> {
    pub const fn new(services: &'a Services, port: &'a ChainPort) -> Self {
        Self {
            services,
            port,
            lines: BTreeMap::new(),
            events: BTreeMap::new(),
            volumes: BTreeMap::new(),
        }
    }

    /// The payments of these transactions are in a block or, without one, wait to be mined.
    pub async fn seen(
        &mut self,
        tx: &mut Tx,
        seen: &[&Seen],
        block: Option<&Cursor>,
    ) -> Result<(), ServiceError> {
        if seen.is_empty() {
            return Ok(());
        }
        let payments = || seen.iter().flat_map(|seen| &seen.payments);
        let rows = tx.transactions_of_all(
            &self.port.id,
            seen.iter().filter_map(|seen| Some(seen.tx()?.as_str())),
        );
        let place = |row: TransactionRow| ((row.tx.clone(), row.place.clone()), row);
        let known: HashMap<_, _> = rows.await?.into_iter().map(place).collect();
        // What is watched in memory may be more than what was handed out.
        let homes = tx
            .subaddresses_by_addresses(&self.port.id, payments().map(|paid| paid.to.as_str()))
            .await?;
        let homes: HashMap<_, _> =
            homes.into_iter().map(|row| (row.address.clone(), row)).collect();
        let mut new = BTreeMap::new();
        for paid in payments() {
            let place = (paid.tx.clone(), paid.place.to_cell());
            match (known.get(&place), homes.get(&paid.to)) {
                (Some(row), _) => self.known(tx, row, paid, block).await?,
                (None, Some(home)) if !new.contains_key(&place) => {
                    new.extend(self.new_payment(home, paid, block)?.map(|row| (place, row)));
                }
                (None, _) => {}
            }
        }
        let mut by_merchant: BTreeMap<MerchantId, Vec<TransactionRow>> = BTreeMap::new();
        for row in new.into_values() {
            by_merchant.entry(row.merchant).or_default().push(row);
        }
        for (merchant, rows) in by_merchant {
            tx.insert_transactions(merchant, &rows).await?;
        }
        let claims = seen.iter().filter_map(|seen| Some((seen.tx()?, &seen.claims)));
        let claims: Vec<_> = claims
            .flat_map(|(tx, claims)| claims.iter().map(move |claim| (claim.as_str(), tx.as_str())))
            .collect();
        Ok(tx.insert_claims(&self.port.id, claims).await?)
    }

    /// A payment that was seen before.
    async fn known(
        &mut self,
        tx: &mut Tx,
        row: &TransactionRow,
        paid: &Payment,
        block: Option<&Cursor>,
    ) -> Result<(), ServiceError> {
        let Some(said) = self.said(paid, block) else { return Ok(()) };
        let now = self.services.now();
        match said.block {
            Some(block) if row.status.may_become(DepositStatus::Confirming) => {
                let Said { needed, counted, .. } = said;
                let told = (paid.amount, needed, paid.from.as_deref(), counted);
                tx.set_transaction_mined(row, &block, told, now).await?;
                self.uncount(row)?;
                let row = TransactionRow { amount: paid.amount, needed, counted, ..row.clone() };
                self.count(&row)?;
                self.tell(&row, DepositStatus::Confirming, Some(&block))
            }
            None if row.status == DepositStatus::Dropped => {
                let dust = self.port.token(&row.token).map_or(Amount::ZERO, |token| token.dust);
                let counted = is_counted(row.amount, dust);
                self.unmined(tx, row, (DepositStatus::Detected, counted)).await
            }
            // It is where it was.
            _ => Ok(()),
        }
    }

    /// What a payment means by the settings; nothing when nobody asked for its token, or for nothing.
    fn said(&self, paid: &Payment, block: Option<&Cursor>) -> Option<Said> {
        let token = self.port.token(&paid.token).filter(|_| !paid.amount.is_zero())?;
        let needed = token.confirmations.needed(paid.amount);
        let block = block.map(|at| MinedIn {
            height: at.height,
            hash: at.hash.clone(),
            ready: at.height.saturating_add(i64::from(needed) - 1),
        });
        Some(Said { needed, counted: is_counted(paid.amount, token.dust), block })
    }

    /// A payment that was never seen before.
    fn new_payment(
        &mut self,
        to: &SubaddressRow,
        paid: &Payment,
        block: Option<&Cursor>,
    ) -> Result<Option<TransactionRow>, ServiceError> {
        let Some(Said { needed, counted, block }) = self.said(paid, block) else {
            return Ok(None);
        };
        let now = self.services.now();
        let is_mined = block.is_some();
        let row = TransactionRow {
            id: TransactionId::generate(now, self.services.random())?,
            merchant: to.merchant,
            subaddress: to.id,
            customer: to.customer.clone(),
            chain: self.port.id.clone(),
            token: paid.token.clone(),
            tx: paid.tx.clone(),
            place: paid.place.to_cell(),
            address: paid.to.clone(),
            sender: paid.from.clone(),
            amount: paid.amount,
            status: if is_mined { DepositStatus::Confirming } else { DepositStatus::Detected },
            needed,
            block_height: block.as_ref().map(|block| block.height),
            block_hash: block.as_ref().map(|block| block.hash.clone()),
            ready_height: block.as_ref().map(|block| block.ready),
            received_at: now,
            confirmed_at: None,
            updated_at: now,
            counted,
        };
        self.count(&row)?;
        self.tell(&row, row.status, block.as_ref())?;
        Ok(Some(row))
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
        let rows = tx.transactions_ready(&self.port.id, height).await?;
        if rows.is_empty() {
            return Ok(());
        }
        let done =
            tx.set_transactions_confirmed(&self.port.id, height, self.services.now()).await?;
        if u64::try_from(rows.len()) != Ok(done) {
            return Err(ServiceError::Broken("other deposits are confirmed than were read"));
        }
        for row in rows {
            self.post(&row, [LedgerAccount::World, LedgerAccount::Uncollected])?;
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
                    self.post(&row, back)?;
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

    fn post(&mut self, row: &TransactionRow, way: [LedgerAccount; 2]) -> Result<(), ServiceError> {
        let reason = match way {
            [_, LedgerAccount::World] => LedgerReason::Reversal,
            _ => LedgerReason::Deposit,
        };
        let about = (row.merchant, row.token.as_str(), row.id.to_string());
        self.post_line(about, way, row.amount, reason)
    }

    /// One line of a merchant's ledger, about a token and an object, written when the work is finished.
    pub(crate) fn post_line(
        &mut self,
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
        self.lines.entry(merchant).or_default().push(line);
        Ok(())
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
        self.events.entry(merchant).or_default().push(event);
        Ok(())
    }

    /// Writes the ledger, the sums, and then the events, merchant by merchant: two chains that tell the same merchants
    /// something must not wait for each other in a circle.
    pub async fn finish(self, tx: &mut Tx) -> Result<(), ServiceError> {
        for (merchant, lines) in &self.lines {
            tx.post(*merchant, lines).await?;
        }
        for (key, change) in &self.volumes {
            tx.change_volume(key, change).await?;
        }
        for (merchant, events) in &self.events {
            tx.append_events(*merchant, events).await?;
        }
        Ok(())
    }
}
