//! Deposits: the list with its filters, and one of them.

use super::ApiError;
use aio_domain::{
    CollectionId, DepositStatus, OutgoingStatus, SubaddressId, Timestamp, TransactionId,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is listed, as it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TransactionsFilter {
    /// A hash, an address, a subaddress's or customer's id, or how one begins.
    pub q: String,
    /// The status.
    pub status: String,
    /// The chain.
    pub chain: String,
    /// The token.
    pub token: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub until: String,
    /// The least amount, in whole tokens.
    pub least: String,
    /// The most.
    pub most: String,
    /// `1` to see what is worth less than it costs to move.
    pub dust: String,
    /// Only deposits before this one.
    pub before: String,
}

/// A page of deposits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransactionsPage {
    /// Newest first.
    pub rows: Vec<TransactionRow>,
    /// What is listed.
    pub filter: TransactionsFilter,
    /// The filters that could not be read, by their names in the address; they were left out.
    pub ignored: Vec<String>,
    /// Where older ones begin, when there may be some.
    pub older: Option<TransactionId>,
    /// What can be chosen.
    pub chains: Vec<ChainChoice>,
    /// Whether the person's role may take the list along as a file.
    pub may_export: bool,
}

/// A chain and its tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainChoice {
    /// Its name.
    pub id: String,
    /// Tickers.
    pub tokens: Vec<String>,
    /// Why it is not read any further, when it is not.
    pub halted: bool,
}

/// One deposit in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransactionRow {
    /// Id.
    pub id: TransactionId,
    /// How far it is.
    pub status: DepositStatus,
    /// The amount, as exact as columns allow; never rounded up.
    pub short: String,
    /// The whole amount.
    pub amount: String,
    /// Ticker.
    pub token: String,
    /// Chain.
    pub chain: String,
    /// To which subaddress.
    pub subaddress: SubaddressId,
    /// The merchant's name for the customer.
    pub customer: String,
    /// The subaddress's address.
    pub address: String,
    /// The chain's id of the transaction.
    pub hash: String,
    /// Where the chain can be looked at.
    pub explorer: Option<String>,
    /// Confirmations it has.
    pub confirmations: u64,
    /// Confirmations it needs.
    pub needed: u32,
    /// Whether it is worth less than it costs to move.
    pub is_dust: bool,
    /// When it was first seen.
    pub received_at: Timestamp,
}

/// One deposit with everything that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransactionDetail {
    /// As in the list.
    pub row: TransactionRow,
    /// From where, when the chain says.
    pub sender: Option<String>,
    /// Height and hash of its block.
    pub block: Option<(i64, String)>,
    /// When it first counted.
    pub confirmed_at: Option<Timestamp>,
    /// When its status last changed.
    pub updated_at: Timestamp,
    /// The collection that carries it, and how far that is.
    pub collection: Option<(CollectionId, OutgoingStatus)>,
}

/// A page of deposits.
#[server(endpoint = "transactions/list")]
pub async fn list_transactions(
    #[server(default)] filter: TransactionsFilter,
) -> Result<TransactionsPage, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::TransactionsLoad).await?;
    views::transactions(&services, &permit, filter).await
}

/// One deposit.
#[server(endpoint = "transactions/get")]
pub async fn load_transaction(transaction: TransactionId) -> Result<TransactionDetail, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::TransactionLoad).await?;
    let found = services.transaction(&permit, transaction).await?;
    let collection = services.collection_of(&permit, transaction).await?;
    Ok(views::transaction_detail(found, collection))
}
