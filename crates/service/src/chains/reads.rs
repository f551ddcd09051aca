//! What shops and people read of subaddresses and transactions.

use super::{ChainPort, Subaddress};
use crate::{KeyCaller, Permit, ServiceError, Services};
use aio_domain::{
    Amount, DepositStatus, MerchantId, Problem, SubaddressId, TransactionId, deposit::confirmations,
};
use aio_store::{TransactionFilter, TransactionRow};
use std::collections::HashMap;

/// Whoever may read what is a merchant's: a key whose scope was checked, or a person with a permit.
pub trait Reader: Sync {
    /// The merchant.
    fn of_merchant(&self) -> Result<MerchantId, ServiceError>;
}

impl Reader for KeyCaller {
    fn of_merchant(&self) -> Result<MerchantId, ServiceError> {
        Ok(self.merchant)
    }
}

impl Reader for Permit {
    fn of_merchant(&self) -> Result<MerchantId, ServiceError> {
        self.merchant()
    }
}

/// A transaction as people and shops see it.
#[derive(Debug, Clone)]
pub struct Transaction {
    /// As stored.
    pub row: TransactionRow,
    /// The address with its checksum.
    pub address: String,
    /// Confirmations that it has.
    pub confirmations: u64,
    /// Decimals of its amount.
    pub decimals: u8,
    /// Whether it is worth less than it costs to move.
    pub is_dust: bool,
    /// Where the chain can be looked at.
    pub explorer: Option<String>,
}

/// Rows of a list, and where it goes on.
#[derive(Debug, Clone)]
pub struct Listed<T, Id> {
    /// Newest first.
    pub rows: Vec<T>,
    /// Rows before this id come next, when there may be more.
    pub next: Option<Id>,
}

impl Services {
    /// A merchant's subaddress.
    pub async fn subaddress(
        &self,
        reader: &impl Reader,
        id: SubaddressId,
    ) -> Result<Subaddress, ServiceError> {
        let row = self.store().subaddress(reader.of_merchant()?, id).await?;
        Ok(self.shown_subaddress(row.ok_or(Problem::NotFound)?, false))
    }

    /// A page of a merchant's subaddresses.
    pub async fn subaddresses(
        &self,
        reader: &impl Reader,
        filter: &aio_store::SubaddressFilter,
        limit: i64,
    ) -> Result<Listed<Subaddress, SubaddressId>, ServiceError> {
        let mut rows = self.store().subaddresses(reader.of_merchant()?, filter, limit + 1).await?;
        let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if has_more {
            rows.pop();
        }
        let next = rows.last().filter(|_| has_more).map(|row| row.id);
        let rows = rows.into_iter().map(|row| self.shown_subaddress(row, false)).collect();
        Ok(Listed { rows, next })
    }

    /// A merchant's transaction.
    pub async fn transaction(
        &self,
        reader: &impl Reader,
        id: TransactionId,
    ) -> Result<Transaction, ServiceError> {
        let row = self.store().transaction(reader.of_merchant()?, id).await?;
        let mut heights = HashMap::new();
        self.shown(row.ok_or(Problem::NotFound)?, &mut heights).await
    }

    /// A page of a merchant's transactions.
    pub async fn transactions(
        &self,
        reader: &impl Reader,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<Listed<Transaction, TransactionId>, ServiceError> {
        let page = self.store().transactions(reader.of_merchant()?, filter, limit).await?;
        let mut heights = HashMap::new();
        let mut rows = Vec::with_capacity(page.rows.len());
        for row in page.rows {
            rows.push(self.shown(row, &mut heights).await?);
        }
        Ok(Listed { rows, next: page.next })
    }

    /// Whether a chain stands still until a person has looked.
    pub async fn chain_halted(&self, chain: &str) -> Result<bool, ServiceError> {
        Ok(self.store().chain(chain).await?.is_some_and(|row| row.halted.is_some()))
    }

    async fn shown(
        &self,
        row: TransactionRow,
        heights: &mut HashMap<String, u64>,
    ) -> Result<Transaction, ServiceError> {
        let height = self.height_of(&row.chain, heights).await?;
        let block = row.block_height.and_then(|height| u64::try_from(height).ok());
        // Not in a block, none; a dropped chain of the settings keeps its rows.
        let port = self.chain_port(&row.chain);
        let token = port.and_then(|port| port.token(&row.token));
        Ok(Transaction {
            address: port
                .map_or_else(|| row.address.clone(), |port| port.derive.display(&row.address)),
            confirmations: block.map_or(0, |block| confirmations(block, height)),
            decimals: token.map_or(0, |token| token.decimals),
            is_dust: token.is_some_and(|token| row.amount < token.dust),
            explorer: port.and_then(|port| port.explorer_link(&row.tx)),
            row,
        })
    }

    /// How far a chain was read, asked for once.
    pub(super) async fn height_of(
        &self,
        chain: &str,
        heights: &mut HashMap<String, u64>,
    ) -> Result<u64, ServiceError> {
        if let Some(height) = heights.get(chain) {
            return Ok(*height);
        }
        let read = self.store().chain(chain).await?;
        let height = read.map_or(0, |chain| u64::try_from(chain.height).unwrap_or(0));
        heights.insert(chain.to_owned(), height);
        Ok(height)
    }

    pub(crate) fn shown_subaddress(
        &self,
        row: aio_store::SubaddressRow,
        created: bool,
    ) -> Subaddress {
        let port = self.chain_port(&row.chain);
        let display =
            port.map_or_else(|| row.address.clone(), |port| port.derive.display(&row.address));
        let uris = port.map(|port| payment_uris(port, &row.address)).unwrap_or_default();
        Subaddress { row, display, uris, created }
    }
}

fn payment_uris(port: &ChainPort, address: &str) -> Vec<(String, String)> {
    let uri = |ticker: &String| (ticker.clone(), port.derive.payment_uri(address, ticker));
    port.tokens.iter().map(|token| uri(&token.ticker)).collect()
}

impl Transaction {
    /// The amount with its decimal point.
    pub fn decimal(&self) -> String {
        Amount::decimal(self.row.amount, self.decimals)
    }

    /// Whether it is still on its way to being confirmed.
    pub fn is_open(&self) -> bool {
        matches!(
            self.row.status,
            DepositStatus::Detected | DepositStatus::Confirming | DepositStatus::Orphaned
        )
    }
}
