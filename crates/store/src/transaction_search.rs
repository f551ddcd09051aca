//! Deposits by how something of them begins. What begins so seldom is found by the indexes of names, however old it is;
//! only what begins so often is worth a walk of the newest.

use crate::{
    Store, StoreError, TransactionFilter, TransactionPage, TransactionRow,
    cells::{Bind as _, row, values},
    conn::Lease,
    many::{postgres_rows, sqlite_rows, texts},
    statement::sql,
    transactions::columns,
};
use aio_domain::{MerchantId, SubaddressId, TransactionId};

/// More than this is often.
const FEW: i64 = 200;

macro_rules! of_ids {
    ($($rows:tt)+) => {
        concat!(
            "SELECT ",
            columns!(),
            "
            FROM transactions
            WHERE merchant_id = $1 AND id IN (SELECT r.value ->> 0 FROM ",
            $($rows)+,
            ")"
        )
    };
}

macro_rules! of_subaddresses {
    ($($rows:tt)+) => {
        concat!(
            "SELECT id
            FROM transactions
            WHERE merchant_id = $1 AND subaddress_id IN (SELECT r.value ->> 0 FROM ",
            $($rows)+,
            ")
            LIMIT $3"
        )
    };
}

sql! {
    OF_TXS = "
        SELECT id
        FROM transactions
        WHERE merchant_id = $1 AND (tx, id) > ($2, '') AND (tx, id) < ($3, '')
        ORDER BY tx, id
        LIMIT $4";
    OF_CUSTOMERS = "
        SELECT id
        FROM transactions
        WHERE merchant_id = $1 AND (customer_id, id) > ($2, '') AND (customer_id, id) < ($3, '')
        ORDER BY customer_id, id
        LIMIT $4";
    ADDRESSES = "
        SELECT id
        FROM subaddresses
        WHERE merchant_id = $1 AND (address, id) > ($2, '') AND (address, id) < ($3, '')
        ORDER BY address, id
        LIMIT $4";
    OF_SUBADDRESSES = of_subaddresses!(sqlite_rows!("$2")),
        postgres = of_subaddresses!(postgres_rows!("$2"));
    OF_IDS = of_ids!(sqlite_rows!("$2")), postgres = of_ids!(postgres_rows!("$2"));
}

row! {
    /// A deposit that was found.
    FoundRow of "transactions" {
        /// Its id.
        id: TransactionId,
    }
}

row! {
    /// An address that was found.
    AddressRow of "subaddresses" {
        /// Its id.
        id: SubaddressId,
    }
}

/// What begins so comes in the order of texts between these two.
pub fn between(prefix: &str) -> [String; 2] {
    [prefix.to_owned(), format!("{prefix}\u{10ffff}")]
}

impl TransactionFilter {
    /// Whether a deposit that the search found is one that is asked for. The search has seen to how it begins, and it looks
    /// for nothing else.
    fn takes(&self, row: &TransactionRow) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        is(&self.chain, &row.chain)
            && is(&self.token, &row.token)
            && self.status.is_none_or(|status| status == row.status)
            && self.least.is_none_or(|least| row.amount >= least)
            && self.most.is_none_or(|most| row.amount <= most)
    }

    /// Whether a deposit with this id can be on the page.
    fn reaches(&self, id: TransactionId) -> bool {
        self.since.is_none_or(|since| id >= since) && self.before.is_none_or(|before| id < before)
    }
}

impl Store {
    /// A page of the deposits of which something begins so; none when that is so of too many.
    pub(crate) async fn search(
        &self,
        merchant: MerchantId,
        prefix: &str,
        filter: &TransactionFilter,
        limit: i64,
    ) -> Result<Option<TransactionPage>, StoreError> {
        let mut conn = self.read().await?;
        let Some(mut ids) = ids(&mut conn, merchant, prefix).await? else { return Ok(None) };
        ids.retain(|id| filter.reaches(*id));
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let given = texts(ids.iter().map(String::as_str));
        let mut rows: Vec<TransactionRow> =
            conn.conn().page(&OF_IDS, vec![merchant.bind(), given]).await?;
        rows.retain(|row| filter.takes(row));
        rows.sort_unstable_by_key(|row| std::cmp::Reverse(row.id));
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let next = rows.last().filter(|_| has_more).map(|row| row.id);
        Ok(Some(TransactionPage { rows, next }))
    }
}

/// The deposits of which something begins so, when they are few.
async fn ids(
    conn: &mut Lease,
    merchant: MerchantId,
    prefix: &str,
) -> Result<Option<Vec<TransactionId>>, StoreError> {
    let more = FEW + 1;
    let is_few = |found: usize| i64::try_from(found).is_ok_and(|found| found < more);
    let mut found = Vec::new();
    let small = prefix.to_ascii_lowercase();
    for (statement, prefix) in [(&OF_TXS, small.as_str()), (&OF_CUSTOMERS, prefix)] {
        let [first, last] = between(prefix);
        let told = values![merchant, first, last, more];
        let rows: Vec<FoundRow> = conn.conn().page(statement, told).await?;
        if !is_few(rows.len()) {
            return Ok(None);
        }
        found.extend(rows.into_iter().map(|row| row.id));
    }
    let mut addresses = Vec::new();
    for prefix in [prefix, &small] {
        let [first, last] = between(prefix);
        let told = values![merchant, first, last, more];
        let rows: Vec<AddressRow> = conn.conn().page(&ADDRESSES, told).await?;
        if !is_few(rows.len()) {
            return Ok(None);
        }
        addresses.extend(rows.into_iter().map(|row| row.id.to_string()));
    }
    let addresses = texts(addresses.iter().map(String::as_str));
    let told = vec![merchant.bind(), addresses, more.bind()];
    let rows: Vec<FoundRow> = conn.conn().page(&OF_SUBADDRESSES, told).await?;
    if !is_few(rows.len()) {
        return Ok(None);
    }
    found.extend(rows.into_iter().map(|row| row.id));
    Ok(Some(found))
}
