//! Lists of deposits. Each walks one index, newest first, and stops when its page is full. One that also leaves out what
//! its index does not know looks at no more than the last of [`WALKS`] rows, however rare what it looks for is: a page of a million
//! deposits costs what a page of a hundred does.

use crate::{
    Store, StoreError, TransactionRow,
    cells::{Bind as _, Value, row, values},
    conn::Lease,
    many::{postgres_text, sqlite_text},
    statement::sql,
    transaction_files::TransactionsText,
    transaction_search::between,
    transactions::{columns, select},
    tx::reads,
};
use aio_domain::{
    Amount, DepositStatus, MerchantId, SubaddressId, TransactionId, text::CustomerId,
};

/// Rows that one page looks at: first a few, which mostly have a page among them, and at most the second.
const WALKS: [i64; 2] = [1_000, 20_000];

/// A list that walks one index, and leaves out what does not fit. Its place in the index is compared and sorted by as a
/// whole: no other index has that order, so that no planner takes one that must be searched, however few rows it expects.
macro_rules! list {
    ($who:literal ($($place:literal = $lead:literal),+)) => {
        concat!(
            "SELECT ",
            columns!(),
            "
            FROM transactions
            WHERE ",
            walk!($who ($($place = $lead),+)),
            "
              AND (CAST($5 AS TEXT) IS NULL OR chain = $5)
              AND (CAST($6 AS TEXT) IS NULL OR token = $6)
              AND (CAST($7 AS TEXT) IS NULL OR status = $7)
              AND (CAST($8 AS TEXT) IS NULL OR amount >= $8)
              AND (CAST($9 AS TEXT) IS NULL OR amount <= $9)
              AND (CAST($10 AS TEXT) IS NULL OR (customer_id >= $10 AND customer_id < $11)
                OR (tx >= LOWER($10) AND tx < LOWER($11)) OR (address >= $10 AND address < $11)
                OR (address >= LOWER($10) AND address < LOWER($11)))
            ORDER BY ",
            $($place, " DESC, ",)+
            "id DESC
            LIMIT $4"
        )
    };
}

/// Where such a walk ends when it is not at the end of all rows; it reads nothing but the index.
macro_rules! end {
    ($who:literal ($($place:literal = $lead:literal),+)) => {
        concat!(
            "SELECT id
            FROM transactions
            WHERE ",
            walk!($who ($($place = $lead),+)),
            "
            ORDER BY ",
            $($place, " DESC, ",)+
            "id DESC
            LIMIT 1 OFFSET $4"
        )
    };
}

/// What such a list finds, as one text: nobody handles the rows of a file one by one.
macro_rules! text {
    ($text:ident, $($list:tt)+) => {
        concat!(
            "SELECT COUNT(*) AS count, MIN(id) AS last, ",
            $text!(
                "id, status, chain, token, amount, customer, address, tx, sender, needed,
                block_height, received_at, confirmed_at, updated_at"
            ),
            " AS rows
            FROM (",
            list!($($list)+),
            ") AS walked"
        )
    };
}

/// The rows between two places of an index.
macro_rules! walk {
    ($who:literal ($($place:literal = $lead:literal),+)) => {
        concat!(
            $who,
            "(", $($place, ", ",)+ "id) < (", $($lead, ", ",)+ "$2)
              AND (", $($place, ", ",)+ "id) >= (", $($lead, ", ",)+ "$3)"
        )
    };
}

sql! {
    ALL = list!("" ("merchant_id" = "$1"));
    ALL_END = end!("" ("merchant_id" = "$1"));
    ALL_TEXT = text!(sqlite_text, "" ("merchant_id" = "$1")),
        postgres = text!(postgres_text, "" ("merchant_id" = "$1"));
    OF_STATUS = list!("merchant_id = $1 AND " ("status" = "$12"));
    OF_STATUS_END = end!("merchant_id = $1 AND " ("status" = "$5"));
    OF_STATUS_TEXT = text!(sqlite_text, "merchant_id = $1 AND " ("status" = "$12")),
        postgres = text!(postgres_text, "merchant_id = $1 AND " ("status" = "$12"));
    OF_TOKEN = list!("merchant_id = $1 AND " ("chain" = "$12", "token" = "$13"));
    OF_TOKEN_END = end!("merchant_id = $1 AND " ("chain" = "$5", "token" = "$6"));
    OF_TOKEN_TEXT = text!(sqlite_text, "merchant_id = $1 AND " ("chain" = "$12", "token" = "$13")),
        postgres = text!(postgres_text, "merchant_id = $1 AND " ("chain" = "$12", "token" = "$13"));
    OF_CUSTOMER = list!("merchant_id = $1 AND " ("customer_id" = "$12"));
    OF_CUSTOMER_END = end!("merchant_id = $1 AND " ("customer_id" = "$5"));
    OF_CUSTOMER_TEXT = text!(sqlite_text, "merchant_id = $1 AND " ("customer_id" = "$12")),
        postgres = text!(postgres_text, "merchant_id = $1 AND " ("customer_id" = "$12"));
    OF_SUBADDRESS = list!("merchant_id = $1 AND " ("subaddress_id" = "$12"));
    OF_SUBADDRESS_END = end!("merchant_id = $1 AND " ("subaddress_id" = "$5"));
    OF_SUBADDRESS_TEXT = text!(sqlite_text, "merchant_id = $1 AND " ("subaddress_id" = "$12")),
        postgres = text!(postgres_text, "merchant_id = $1 AND " ("subaddress_id" = "$12"));
    OF_TX = list!("merchant_id = $1 AND " ("tx" = "$12"));
    OF_TX_END = end!("merchant_id = $1 AND " ("tx" = "$5"));
    OF_TX_TEXT = text!(sqlite_text, "merchant_id = $1 AND " ("tx" = "$12")),
        postgres = text!(postgres_text, "merchant_id = $1 AND " ("tx" = "$12"));
    ONE = select!("WHERE merchant_id = $1 AND id = $2");
}

/// Which deposits are asked for. Everything that is told must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionFilter {
    /// What one index finds.
    pub by: By,
    /// On this chain.
    pub chain: Option<String>,
    /// Of this token.
    pub token: Option<String>,
    /// With this status.
    pub status: Option<DepositStatus>,
    /// Of at least this amount.
    pub least: Option<Amount>,
    /// Of at most this amount.
    pub most: Option<Amount>,
    /// Customer id, hash or address begin so. Hashes, and addresses of some chains, are kept in small letters.
    pub prefix: Option<String>,
    /// No older than this id.
    pub since: Option<TransactionId>,
    /// Older than this id.
    pub before: Option<TransactionId>,
}

/// What a list is looked up by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum By {
    /// Nothing but the merchant, or what else the filter says.
    #[default]
    Nothing,
    /// The customer.
    Customer(CustomerId),
    /// The subaddress.
    Subaddress(SubaddressId),
    /// The chain's id of the transaction.
    Hash(String),
}

/// A page of deposits.
#[derive(Debug, Clone)]
pub struct TransactionPage {
    /// Newest first.
    pub rows: Vec<TransactionRow>,
    /// Where to go on, when there may be more: rows before this id.
    pub next: Option<TransactionId>,
}

row! {
    /// Where a walk ended.
    EndRow of "transactions" {
        /// Id of the last row that was looked at.
        id: TransactionId,
    }
}

reads! {
    /// A merchant's deposit.
    fn transaction(merchant: MerchantId, id: TransactionId) -> Option<TransactionRow>
        = optional(ONE, merchant, id);
}

impl TransactionFilter {
    /// The list's statements: for rows, for where a walk ends, for a text; and the values of its index.
    fn lead(&self) -> ([&'static crate::Statement; 3], Vec<Value>) {
        match (&self.by, &self.status, &self.chain, &self.token) {
            (By::Customer(id), ..) => {
                ([&OF_CUSTOMER, &OF_CUSTOMER_END, &OF_CUSTOMER_TEXT], values![id])
            }
            (By::Subaddress(id), ..) => {
                ([&OF_SUBADDRESS, &OF_SUBADDRESS_END, &OF_SUBADDRESS_TEXT], values![id])
            }
            (By::Hash(hash), ..) => ([&OF_TX, &OF_TX_END, &OF_TX_TEXT], values![hash]),
            (By::Nothing, Some(status), ..) => {
                ([&OF_STATUS, &OF_STATUS_END, &OF_STATUS_TEXT], values![status])
            }
            (By::Nothing, None, Some(chain), Some(token)) => {
                ([&OF_TOKEN, &OF_TOKEN_END, &OF_TOKEN_TEXT], values![chain, token])
            }
            (By::Nothing, None, ..) => ([&ALL, &ALL_END, &ALL_TEXT], values![]),
        }
    }

    /// Whether some rows that the index finds do not fit.
    fn leaves_out(&self) -> bool {
        let has_place = self.chain.is_some() || self.token.is_some();
        let knows_place = self.chain.is_some() && self.token.is_some();
        let told = match (&self.by, &self.status) {
            (By::Nothing, None) => has_place && !knows_place,
            (By::Nothing, Some(_)) => has_place,
            (_, status) => has_place || status.is_some(),
        };
        told || self.least.is_some() || self.most.is_some() || self.prefix.is_some()
    }

    /// Whose, and between which ids.
    fn bounds(&self, merchant: MerchantId, since: Option<TransactionId>) -> Vec<Value> {
        // Behind every id, and before every id.
        let before = self.before.map_or_else(|| "txn`".to_owned(), |id| id.to_string());
        let since = since.map_or_else(|| "txn".to_owned(), |id| id.to_string());
        values![merchant, before, since]
    }
}

impl Store {
    /// A page of a merchant's deposits, newest first.
    pub async fn transactions(
        &self,
        merchant: MerchantId,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<TransactionPage, StoreError> {
        if let (By::Nothing, Some(prefix)) = (&filter.by, &filter.prefix)
            && let Some(page) = self.search(merchant, prefix, filter, limit).await?
        {
            return Ok(page);
        }
        if filter.leaves_out() {
            let [short, long] = WALKS;
            let page = self.page_of(merchant, filter, limit, Some(short)).await?;
            let is_full = i64::try_from(page.rows.len()).unwrap_or(limit) >= limit;
            if is_full || page.next.is_none() {
                return Ok(page);
            }
            return self.page_of(merchant, filter, limit, Some(long)).await;
        }
        self.page_of(merchant, filter, limit, None).await
    }

    /// A page of a file of a merchant's deposits, newest first. It has fewer rows than asked for, or none, when what it looks
    /// for is rare.
    pub async fn transactions_text(
        &self,
        merchant: MerchantId,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<TransactionsText, StoreError> {
        let walk = filter.leaves_out().then_some(WALKS[1]);
        let ([.., text], _) = filter.lead();
        let mut conn = self.read().await?;
        let (end_of_walk, told) = walk_of(&mut conn, merchant, filter, limit, walk).await?;
        let found: Vec<TransactionsText> = conn.conn().page(text, told).await?;
        let mut found = found.into_iter().next().unwrap_or_default();
        if found.count < limit {
            found.last = end_of_walk;
        }
        Ok(found)
    }

    /// What a walk of so many rows finds, or one to the end of all rows.
    async fn page_of(
        &self,
        merchant: MerchantId,
        filter: &TransactionFilter,
        limit: i64,
        walk: Option<i64>,
    ) -> Result<TransactionPage, StoreError> {
        let ([list, ..], _) = filter.lead();
        let mut conn = self.read().await?;
        let (end_of_walk, told) = walk_of(&mut conn, merchant, filter, limit + 1, walk).await?;
        let mut rows: Vec<TransactionRow> = conn.conn().page(list, told).await?;
        if rows.len() > usize::try_from(limit).unwrap_or(usize::MAX) {
            rows.pop();
            let next = rows.last().map(|row| row.id);
            return Ok(TransactionPage { rows, next });
        }
        Ok(TransactionPage { rows, next: end_of_walk })
    }
}

/// Where a walk of so many rows ends, unless it is at the end of all rows, and what its list must be told.
async fn walk_of(
    conn: &mut Lease,
    merchant: MerchantId,
    filter: &TransactionFilter,
    limit: i64,
    walk: Option<i64>,
) -> Result<(Option<TransactionId>, Vec<Value>), StoreError> {
    let ([_, end, _], lead) = filter.lead();
    let mut end_of_walk = None;
    if let Some(walk) = walk {
        let mut told = filter.bounds(merchant, filter.since);
        told.push((walk - 1).bind());
        told.extend(lead.clone());
        let end: Option<EndRow> = conn.conn().page(end, told).await?.pop();
        end_of_walk = end.map(|row| row.id);
    }
    let TransactionFilter { chain, token, status, least, most, prefix, .. } = filter;
    let [prefix, last] = match prefix {
        Some(prefix) => between(prefix).map(Some),
        None => [None, None],
    };
    let mut told = filter.bounds(merchant, end_of_walk.or(filter.since));
    told.extend(values![limit, chain, token, status, least, most, prefix, last]);
    told.extend(lead);
    Ok((end_of_walk, told))
}
