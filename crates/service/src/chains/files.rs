//! Transactions as a file takes them along: many, one after the other, with nothing made for a row that its line does not say.

use super::{ChainPort, Reader};
use crate::{ServiceError, Services};
use aio_domain::{Amount, TransactionId, deposit::confirmations};
use aio_store::{StoreError, TransactionFilter, TransactionLine, TransactionsText};
use std::{borrow::Cow, collections::HashMap};

/// A page of a file.
#[derive(Debug)]
pub struct FilePage {
    /// As the database wrote it.
    text: TransactionsText,
    /// Rows before this id come next, when there may be more.
    pub next: Option<TransactionId>,
}

/// A line of it.
#[derive(Debug)]
pub struct FileLine<'t> {
    /// As stored.
    pub row: TransactionLine<'t>,
    /// The address with its checksum.
    pub address: Cow<'t, str>,
    /// The amount with its decimal point.
    pub amount: String,
    /// Confirmations that it has.
    pub confirmations: u64,
    /// Whether it is worth less than it costs to move.
    pub is_dust: bool,
}

/// What the lines of one token on one chain have in common. Neighbours mostly are such.
struct Kin<'s> {
    chain: String,
    token: String,
    port: Option<&'s ChainPort>,
    height: u64,
    decimals: u8,
    /// As amounts are stored, where text sorts as numbers do.
    dust: String,
}

impl Services {
    /// A page of a file of a merchant's transactions.
    pub async fn transactions_file(
        &self,
        reader: &impl Reader,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<FilePage, ServiceError> {
        let text = self.store().transactions_text(reader.of_merchant()?, filter, limit).await?;
        Ok(FilePage { next: text.last, text })
    }

    /// Its lines, newest first.
    pub async fn file_lines<'t>(
        &self,
        page: &'t FilePage,
    ) -> Result<Vec<FileLine<'t>>, ServiceError> {
        let mut heights = HashMap::new();
        let mut kin: Option<Kin<'_>> = None;
        let mut lines = Vec::new();
        for row in page.text.lines()? {
            let known = kin.take().filter(|kin| kin.chain == row.chain && kin.token == row.token);
            let of_row = match known {
                Some(known) => known,
                None => self.kin(&row, &mut heights).await?,
            };
            lines.push(kin.insert(of_row).line(row)?);
        }
        Ok(lines)
    }

    async fn kin(
        &self,
        row: &TransactionLine<'_>,
        heights: &mut HashMap<String, u64>,
    ) -> Result<Kin<'_>, ServiceError> {
        let port = self.chain_port(&row.chain);
        let token = port.and_then(|port| port.token(&row.token));
        Ok(Kin {
            chain: row.chain.to_string(),
            token: row.token.to_string(),
            port,
            height: self.height_of(&row.chain, heights).await?,
            decimals: token.map_or(0, |token| token.decimals),
            dust: token.map_or(Amount::ZERO, |token| token.dust).to_cell(),
        })
    }
}

impl Kin<'_> {
    fn line<'t>(&self, row: TransactionLine<'t>) -> Result<FileLine<'t>, StoreError> {
        let amount = Amount::decimal_of_cell(&row.amount, self.decimals);
        let Some(amount) = amount else {
            let (table, column) = ("transactions", "amount");
            return Err(StoreError::Corrupt { table, column, id: row.id.to_string() });
        };
        let shown = self.port.map(|port| Cow::Owned(port.derive.display(&row.address)));
        Ok(FileLine {
            address: shown.unwrap_or_else(|| row.address.clone()),
            amount,
            confirmations: row.block_height.map_or(0, |block| confirmations(block, self.height)),
            is_dust: *row.amount < *self.dust,
            row,
        })
    }
}
