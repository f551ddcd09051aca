//! What people do with subaddresses and transactions in the dashboard.

use super::{Listed, Reader, Subaddress, SubaddressWish, Transaction};
use crate::{Permit, ServiceError, Services};
use aio_domain::{
    Action, Amount, DepositStatus, Field, FieldCode, Problem, SubaddressId, TransactionId,
    text::CustomerId,
};
use aio_store::{By, EventRow, TransactionFilter};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rows that are added up for the totals of a subaddress.
const ADDED: i64 = 2000;

/// What a subaddress received of a token and still counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The token.
    pub token: String,
    /// How much.
    pub amount: Amount,
    /// Decimals of the amount.
    pub decimals: u8,
    /// How many deposits.
    pub deposits: usize,
}

/// The most events between two looks; whoever is further behind looks at everything anew.
const MOST_BEHIND: i64 = 1000;

/// What changed since somebody looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// These transactions, up to this number of the merchant's events.
    Of(Vec<String>, i64),
    /// Too much to tell, or a number that never was.
    Everything(i64),
}

/// The transactions that an event is about. One of them stands for all payments of a collection that was taken back.
fn changed_by(event: EventRow) -> Vec<String> {
    if event.kind.starts_with("transaction.") {
        return event.object_id.into_iter().collect();
    }
    if event.kind != "collection.reversed" {
        return Vec::new();
    }
    let payload: Value = serde_json::from_str(&event.payload).unwrap_or_default();
    let about = payload["transactions"].as_array().into_iter().flatten();
    about.filter_map(|one| one["transaction_id"].as_str().map(str::to_owned)).collect()
}

impl Services {
    /// The transactions that changed behind a number of the merchant's events; from now on when there is none.
    pub async fn transaction_changes(
        &self,
        permit: &Permit,
        after: Option<i64>,
    ) -> Result<Changes, ServiceError> {
        permit.is(Action::Live)?;
        let merchant = permit.merchant()?;
        let last = self.store().last_event(merchant).await?.unwrap_or_default();
        let Some(after) = after else { return Ok(Changes::Of(Vec::new(), last)) };
        if after > last || last - after > MOST_BEHIND {
            return Ok(Changes::Everything(last));
        }
        if after == last {
            return Ok(Changes::Of(Vec::new(), last));
        }
        let events = self.store().events_after(merchant, after, MOST_BEHIND).await?;
        let last = events.last().map_or(after, |event| event.seq);
        let mut changed: Vec<String> = Vec::new();
        for id in events.into_iter().flat_map(changed_by) {
            if !changed.contains(&id) {
                changed.push(id);
            }
        }
        Ok(Changes::Of(changed, last))
    }

    /// What a text may mean that somebody looks for: a subaddress, a hash or a customer as it is, else how one of them
    /// begins.
    pub async fn search(
        &self,
        reader: &impl Reader,
        text: &str,
    ) -> Result<TransactionFilter, ServiceError> {
        let merchant = reader.of_merchant()?;
        let found = |by| TransactionFilter { by, ..TransactionFilter::default() };
        if let Ok(id) = text.parse::<SubaddressId>() {
            return Ok(found(By::Subaddress(id)));
        }
        for port in self.chain_ports() {
            let Ok(address) = port.derive.parse(text) else { continue };
            let row = self.store().subaddress_at(merchant, &port.id, &address).await?;
            if let Some(row) = row {
                return Ok(found(By::Subaddress(row.id)));
            }
        }
        for hash in hashes(text) {
            let filter = found(By::Hash(hash));
            if !self.store().transactions(merchant, &filter, 1).await?.rows.is_empty() {
                return Ok(filter);
            }
        }
        if let Ok(customer) = CustomerId::parse(text) {
            for port in self.chain_ports() {
                if self.store().subaddress_of(merchant, &port.id, &customer).await?.is_some() {
                    return Ok(found(By::Customer(customer)));
                }
            }
        }
        Ok(TransactionFilter { prefix: Some(text.to_owned()), ..TransactionFilter::default() })
    }

    /// A page of transactions without those that are worth less than they cost to move.
    pub async fn transactions_without_dust(
        &self,
        reader: &impl Reader,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<Listed<Transaction, TransactionId>, ServiceError> {
        let mut page = self.transactions(reader, filter, limit).await?;
        page.rows.retain(|row| !row.is_dust);
        Ok(page)
    }

    /// Hands an address out to a customer.
    pub async fn create_subaddress(
        &self,
        permit: &Permit,
        chain: &str,
        customer: &str,
    ) -> Result<Subaddress, ServiceError> {
        permit.is(Action::SubaddressNew)?;
        let customer = CustomerId::parse(customer.trim())
            .map_err(|code| Problem::field(Field::Customer, code))?;
        if self.chain_port(chain).is_none() {
            return Err(Problem::field(Field::Chain, FieldCode::Wrong).into());
        }
        let wish = SubaddressWish { chain: chain.to_owned(), customer };
        let made = self.hand_out_for(permit.merchant()?, &[wish]).await?.pop();
        let made = made.ok_or(ServiceError::Broken("no subaddress"))?;
        if made.created {
            let mut tx = self.store().begin().await?;
            let detail = json!({ "chain": made.row.chain, "customer_id": made.row.customer });
            self.note(&mut tx, permit, Some(made.row.id.to_string()), &detail).await?;
            tx.commit().await?;
        }
        Ok(made)
    }

    /// Puts a subaddress out of sight, or back. It is watched for ever.
    pub async fn archive_subaddress(
        &self,
        permit: &Permit,
        id: SubaddressId,
        on: bool,
    ) -> Result<(), ServiceError> {
        permit.is(Action::SubaddressArchive)?;
        let mut tx = self.store().begin().await?;
        let at = on.then(|| self.now());
        if !tx.archive_subaddress(permit.merchant()?, id, at).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(&mut tx, permit, Some(id.to_string()), &json!({ "archived": on })).await?;
        Ok(tx.commit().await?)
    }

    /// What a subaddress received and still counts, by token; of its newest deposits when it has very many.
    pub async fn subaddress_totals(
        &self,
        reader: &impl Reader,
        id: SubaddressId,
    ) -> Result<Vec<Total>, ServiceError> {
        let merchant = reader.of_merchant()?;
        let mut totals: BTreeMap<String, (Amount, usize)> = BTreeMap::new();
        let mut chain = None;
        for status in [DepositStatus::Confirmed, DepositStatus::Collected] {
            let filter = TransactionFilter {
                by: By::Subaddress(id),
                status: Some(status),
                ..TransactionFilter::default()
            };
            for row in self.store().transactions(merchant, &filter, ADDED).await?.rows {
                let total = totals.entry(row.token).or_default();
                total.0 = total.0.checked_add(row.amount).unwrap_or(Amount::MAX);
                total.1 += 1;
                chain = Some(row.chain);
            }
        }
        let port = chain.and_then(|chain| self.chain_port(&chain));
        let total = |(token, (amount, deposits)): (String, (Amount, usize))| {
            let rules = port.and_then(|port| port.token(&token));
            Total { decimals: rules.map_or(0, |rules| rules.decimals), token, amount, deposits }
        };
        Ok(totals.into_iter().map(total).collect())
    }
}

/// The hash that a text may be, as chains write it: some with `0x` before it, which people leave out or add.
fn hashes(text: &str) -> Vec<String> {
    let bare = text.strip_prefix("0x").unwrap_or(text);
    if bare.len() != 64 || !bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Vec::new();
    }
    let bare = bare.to_ascii_lowercase();
    vec![format!("0x{bare}"), bare]
}
