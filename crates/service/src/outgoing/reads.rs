//! What people read of collections.

use crate::{Listed, Reader, ServiceError, Services};
use aio_domain::{Amount, CollectionId, Problem, TransactionId, ledger::LedgerAccount};
use aio_store::{CollectedRow, CollectionRow, CollectionSettingsRow};

/// A collection as people see it.
#[derive(Debug, Clone)]
pub struct Collection {
    /// As stored.
    pub row: CollectionRow,
    /// The collection address with its checksum.
    pub display: String,
    /// Decimals of the amount.
    pub decimals: u8,
    /// In what the fee was paid.
    pub coin: String,
    /// Decimals of the fee.
    pub coin_decimals: u8,
    /// Where the chain can be looked at, once a block has it.
    pub explorer: Option<String>,
}

/// A collection with its deposits.
#[derive(Debug, Clone)]
pub struct Collected {
    /// The collection.
    pub collection: Collection,
    /// Its deposits.
    pub deposits: Vec<CollectedRow>,
    /// The chain's ids of all signed forms of its transaction, the newest last.
    pub attempts: Vec<String>,
}

/// How one token is collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSettings {
    /// Its ticker.
    pub ticker: String,
    /// Its decimals.
    pub decimals: u8,
    /// The least that a subaddress must hold.
    pub minimum: Amount,
    /// Why it is not collected although it is due: one of [`aio_domain::Waiting`].
    pub waiting: Option<String>,
}

/// How money on one chain is collected.
#[derive(Debug, Clone)]
pub struct CollectionSettings {
    /// Which chain.
    pub chain: String,
    /// As stored; none before an address was set.
    pub row: Option<CollectionSettingsRow>,
    /// The address with its checksum: the one that counts, or counted until a changed one began to wait.
    pub address: Option<String>,
    /// The changed one with its checksum, while it waits.
    pub next_address: Option<String>,
    /// Its tokens.
    pub tokens: Vec<TokenSettings>,
}

/// What counts and lies on subaddresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncollected {
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
    /// How much.
    pub amount: Amount,
}

impl Services {
    /// What counts and lies on a merchant's subaddresses, by the ledger.
    pub async fn uncollected(
        &self,
        reader: &impl Reader,
    ) -> Result<Vec<Uncollected>, ServiceError> {
        let rows = self.store().balances(reader.of_merchant()?).await?;
        let rows = rows.into_iter().filter(|row| row.account == LedgerAccount::Uncollected);
        let held = rows.map(|row| {
            let amount = row.credits.checked_sub(row.debits);
            let amount = amount.ok_or(ServiceError::Broken("less than nothing is uncollected"))?;
            Ok(Uncollected { chain: row.chain, token: row.token, amount })
        });
        held.collect()
    }

    /// A page of a merchant's collections, newest first.
    pub async fn collections(
        &self,
        reader: &impl Reader,
        before: Option<CollectionId>,
        limit: i64,
    ) -> Result<Listed<Collection, CollectionId>, ServiceError> {
        let merchant = reader.of_merchant()?;
        let mut rows = self.store().collections(merchant, before, limit.saturating_add(1)).await?;
        let has_more = rows.len() > usize::try_from(limit).unwrap_or(usize::MAX);
        if has_more {
            rows.pop();
        }
        let next = rows.last().filter(|_| has_more).map(|row| row.id);
        let rows = rows.into_iter().map(|row| self.shown_collection(row)).collect();
        Ok(Listed { rows, next })
    }

    /// A merchant's collection with its deposits.
    pub async fn collection(
        &self,
        reader: &impl Reader,
        id: CollectionId,
    ) -> Result<Collected, ServiceError> {
        let merchant = reader.of_merchant()?;
        let row = self.store().collection(merchant, id).await?.ok_or(Problem::NotFound)?;
        let deposits = self.store().collected(merchant, id).await?;
        let attempts = self.store().attempts(row.outgoing).await?;
        let attempts = attempts.into_iter().map(|attempt| attempt.tx).collect();
        Ok(Collected { collection: self.shown_collection(row), deposits, attempts })
    }

    /// The collection that moved a deposit, or is on its way with it.
    pub async fn collection_of(
        &self,
        reader: &impl Reader,
        id: TransactionId,
    ) -> Result<Option<Collection>, ServiceError> {
        let found = self.store().collection_of(reader.of_merchant()?, id).await?;
        Ok(found.map(|row| self.shown_collection(row)))
    }

    /// How a merchant's money is collected, chain by chain.
    pub async fn collection_settings(
        &self,
        reader: &impl Reader,
    ) -> Result<Vec<CollectionSettings>, ServiceError> {
        let (merchant, now) = (reader.of_merchant()?, self.now());
        let rows = self.store().all_collection_settings(merchant).await?;
        let tokens = self.store().collection_tokens(merchant).await?;
        let of_chain = |port: &crate::ChainPort| {
            let row = rows.iter().find(|row| row.chain == port.id).cloned();
            let show = |address: &str| port.derive.display(address);
            let (address, next_address) = match &row {
                None => (None, None),
                Some(row) => match row.address_at(now) {
                    Some(address) => (Some(show(address)), None),
                    None => (Some(show(&row.address)), row.next_address.as_deref().map(show)),
                },
            };
            let token = |rules: &crate::TokenRules| {
                let is_it = |row: &&aio_store::CollectionTokenRow| {
                    row.chain == port.id && row.token == rules.ticker
                };
                let found = tokens.iter().find(is_it);
                TokenSettings {
                    ticker: rules.ticker.clone(),
                    decimals: rules.decimals,
                    minimum: found.map_or(Amount::ZERO, |row| row.minimum),
                    waiting: found.and_then(|row| row.waiting.clone()),
                }
            };
            let tokens = port.tokens.iter().map(token).collect();
            CollectionSettings { chain: port.id.clone(), row, address, next_address, tokens }
        };
        Ok(self.chain_ports().iter().map(of_chain).collect())
    }

    fn shown_collection(&self, row: CollectionRow) -> Collection {
        // A chain that left the settings keeps its rows.
        let port = self.chain_port(&row.chain);
        let token = port.and_then(|port| port.token(&row.token));
        Collection {
            display: port.map_or_else(
                || row.destination.clone(),
                |port| port.derive.display(&row.destination),
            ),
            decimals: token.map_or(0, |token| token.decimals),
            coin: port.map_or_else(String::new, |port| port.coin.ticker.clone()),
            coin_decimals: port.map_or(0, |port| port.coin.decimals),
            explorer: row.tx.as_deref().zip(port).and_then(|(tx, port)| port.explorer_link(tx)),
            row,
        }
    }
}
