//! Deposits as a file takes them along. A page comes as one text that the database writes: to read a million rows column by
//! column, each value of its own type, takes longer than all else that a file needs.

use crate::{StoreError, cells::row};
use aio_domain::TransactionId;
use serde::Deserialize;
use std::borrow::Cow;

row! {
    /// A page of a file.
    #[derive(Default)]
    TransactionsText of "transactions" {
        /// How many rows it has.
        count: i64,
        /// Where the file goes on, when there may be more: rows before this id.
        last: Option<TransactionId>,
        /// The rows, as JSON.
        rows: String,
    }
}

/// A row of a file, as stored.
#[derive(Debug, Deserialize, PartialEq, Eq)]
pub struct TransactionLine<'t> {
    /// Id.
    #[serde(borrow)]
    pub id: Cow<'t, str>,
    /// How far it is.
    #[serde(borrow)]
    pub status: Cow<'t, str>,
    /// On which chain.
    #[serde(borrow)]
    pub chain: Cow<'t, str>,
    /// Of which token.
    #[serde(borrow)]
    pub token: Cow<'t, str>,
    /// How much, in the token's smallest unit; as many digits for each.
    #[serde(borrow)]
    pub amount: Cow<'t, str>,
    /// Of which customer.
    #[serde(borrow)]
    pub customer: Cow<'t, str>,
    /// The subaddress's address.
    #[serde(borrow)]
    pub address: Cow<'t, str>,
    /// The chain's id of the transaction.
    #[serde(borrow)]
    pub tx: Cow<'t, str>,
    /// From where, when the chain says.
    pub sender: Option<String>,
    /// Confirmations it needs.
    pub needed: u32,
    /// Height of its block.
    pub block_height: Option<u64>,
    /// When it was first seen, in milliseconds.
    pub received_at: i64,
    /// When it first had its confirmations, in milliseconds.
    pub confirmed_at: Option<i64>,
    /// When its status last changed, in milliseconds.
    pub updated_at: i64,
}

impl TransactionsText {
    /// The rows, newest first.
    pub fn lines(&self) -> Result<Vec<TransactionLine<'_>>, StoreError> {
        let corrupt =
            |id: String| StoreError::Corrupt { table: "transactions", column: "rows", id };
        let lines: Vec<TransactionLine<'_>> =
            serde_json::from_str(&self.rows).map_err(|error| corrupt(error.to_string()))?;
        // The database promises the order of a list, not that of a text made of one.
        match lines.windows(2).find(|pair| pair[0].id <= pair[1].id) {
            Some(pair) => Err(corrupt(pair[1].id.to_string())),
            None => Ok(lines),
        }
    }
}
