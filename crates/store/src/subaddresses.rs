//! Deposit addresses of customers.

use crate::{
    Store, StoreError, Tx,
    cells::{Bind as _, row, values},
    many::{postgres_rows, sqlite_rows, texts},
    statement::sql,
    tx::reads,
};
use aio_domain::{MerchantId, SubaddressId, Timestamp, text::CustomerId};

/// The columns of [`SubaddressRow`].
macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, merchant_id AS merchant, chain, customer_id AS customer, address,
                address_index, created_at, archived_at
            FROM subaddresses ",
            $($rest)+
        )
    };
}

/// Those of some customers of a merchant.
macro_rules! of_customers {
    ($($rows:tt)+) => {
        select!(
            "WHERE merchant_id = $1 AND chain = $2
              AND customer_id IN (SELECT r.value ->> 0 FROM ",
            $($rows)+,
            ")"
        )
    };
}

/// Those with some addresses.
macro_rules! by_addresses {
    ($($rows:tt)+) => {
        select!(
            "WHERE chain = $1 AND address IN (SELECT r.value ->> 0 FROM ",
            $($rows)+,
            ")"
        )
    };
}

sql! {
    /// One row: with several, SQLite would look for each whether a row of another table has waited for it.
    INSERT = "
        INSERT INTO subaddresses
            (merchant_id, id, chain, customer_id, address, address_index, number, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ONE = select!("WHERE merchant_id = $1 AND id = $2");
    OF_CUSTOMER = select!("WHERE merchant_id = $1 AND chain = $2 AND customer_id = $3");
    OF_CUSTOMERS = of_customers!(sqlite_rows!("$3")), postgres = of_customers!(postgres_rows!("$3"));
    BY_ADDRESS = select!("WHERE chain = $1 AND address = $2");
    BY_ADDRESSES = by_addresses!(sqlite_rows!("$2")), postgres = by_addresses!(postgres_rows!("$2"));
    WATCHED = "
        SELECT address, number
        FROM subaddresses
        WHERE chain = $1 AND number > $2
        ORDER BY number
        LIMIT $3";
    ARCHIVE = "
        UPDATE subaddresses
        SET archived_at = $3
        WHERE merchant_id = $1 AND id = $2";
    PAGE = select!(
        "WHERE (merchant_id, id) < ($1, $2) AND (merchant_id, id) >= ($1, '')
          AND (CAST($4 AS BIGINT) = 1 OR archived_at IS NULL)
        ORDER BY merchant_id DESC, id DESC LIMIT $3"
    );
    PAGE_OF_CHAIN = select!(
        "WHERE merchant_id = $1 AND (chain, id) < ($5, $2) AND (chain, id) >= ($5, '')
          AND (CAST($4 AS BIGINT) = 1 OR archived_at IS NULL)
        ORDER BY chain DESC, id DESC LIMIT $3"
    );
    /// In the order of their names: a search in a million customers walks only what it finds.
    PAGE_OF_CUSTOMERS = select!(
        "WHERE merchant_id = $1 AND (customer_id, id) > ($5, $2) AND (customer_id, id) < ($6, '')
          AND (CAST($4 AS BIGINT) = 1 OR archived_at IS NULL)
          AND (CAST($7 AS TEXT) IS NULL OR chain = $7)
        ORDER BY customer_id, id LIMIT $3"
    );
    OF_ADDRESS = select!("WHERE merchant_id = $1 AND chain = $2 AND address = $3");
}

row! {
    /// A deposit address.
    #[derive(PartialEq, Eq)]
    SubaddressRow of "subaddresses" {
        /// Id.
        id: SubaddressId,
        /// Whose.
        merchant: MerchantId,
        /// On which chain.
        chain: String,
        /// The merchant's name for the customer.
        customer: CustomerId,
        /// In the form in which addresses are kept.
        address: String,
        /// Its number among the merchant's on this chain.
        address_index: u32,
        /// When it was handed out.
        created_at: Timestamp,
        /// When it was put out of sight; it is still watched.
        archived_at: Option<Timestamp>,
    }
}

row! {
    /// An address to be watched.
    WatchedRow of "subaddresses" {
        /// In the form in which addresses are kept.
        address: String,
        /// Its number on the chain.
        number: i64,
    }
}

/// Which subaddresses are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubaddressFilter {
    /// Of customers whose id begins so.
    pub customers: Option<String>,
    /// On this chain.
    pub chain: Option<String>,
    /// Also those that were put out of sight.
    pub archived: bool,
    /// Behind this one.
    pub after: Option<SubaddressId>,
}

/// A deposit address to be handed out.
#[derive(Debug, Clone)]
pub struct NewSubaddress {
    /// Id.
    pub id: SubaddressId,
    /// On which chain.
    pub chain: String,
    /// For whom.
    pub customer: CustomerId,
    /// The address.
    pub address: String,
    /// Its number among the merchant's on this chain.
    pub address_index: u32,
    /// Its number on the chain.
    pub number: i64,
    /// When.
    pub at: Timestamp,
}

impl NewSubaddress {
    /// How it is read once it is handed out.
    pub fn of(self, merchant: MerchantId) -> SubaddressRow {
        SubaddressRow {
            id: self.id,
            merchant,
            chain: self.chain,
            customer: self.customer,
            address: self.address,
            address_index: self.address_index,
            created_at: self.at,
            archived_at: None,
        }
    }
}

reads! {
    /// A merchant's subaddress.
    fn subaddress(merchant: MerchantId, id: SubaddressId) -> Option<SubaddressRow>
        = optional(ONE, merchant, id);
    /// The subaddress of a customer on a chain.
    fn subaddress_of(merchant: MerchantId, chain: &str, customer: &CustomerId)
        -> Option<SubaddressRow>
        = optional(OF_CUSTOMER, merchant, chain, customer);
    /// The merchant's subaddress that has this address.
    fn subaddress_at(merchant: MerchantId, chain: &str, address: &str) -> Option<SubaddressRow>
        = optional(OF_ADDRESS, merchant, chain, address);
}

impl Store {
    /// Addresses of a chain behind a number, in order: whoever keeps the last number never misses
    /// one.
    pub async fn watched_after(
        &self,
        chain: &str,
        number: i64,
        limit: i64,
    ) -> Result<Vec<WatchedRow>, StoreError> {
        self.read().await?.conn().all(&WATCHED, values![chain, number, limit]).await
    }

    /// The subaddresses of these customers on a chain, as far as they have one.
    pub async fn subaddresses_of(
        &self,
        merchant: MerchantId,
        chain: &str,
        customers: impl IntoIterator<Item = &CustomerId>,
    ) -> Result<Vec<SubaddressRow>, StoreError> {
        let customers = texts(customers.into_iter().map(CustomerId::as_str));
        let values = vec![merchant.bind(), chain.bind(), customers];
        self.read().await?.conn().all(&OF_CUSTOMERS, values).await
    }

    /// A page of a merchant's subaddresses: newest first, or in the order of the customers when they
    /// are looked for by what they begin with.
    pub async fn subaddresses(
        &self,
        merchant: MerchantId,
        filter: &SubaddressFilter,
        limit: i64,
    ) -> Result<Vec<SubaddressRow>, StoreError> {
        let SubaddressFilter { customers, chain, archived, after } = filter;
        let archived = i64::from(*archived);
        let mut conn = self.read().await?;
        let Some(prefix) = customers else {
            // Behind every id.
            let before = after.map_or_else(|| "sub`".to_owned(), |id| id.to_string());
            let mut values = values![merchant, before, limit, archived];
            if chain.is_some() {
                values.extend(values![chain]);
                return conn.conn().page(&PAGE_OF_CHAIN, values).await;
            }
            return conn.conn().page(&PAGE, values).await;
        };
        let place: Option<SubaddressRow> = match after {
            None => None,
            Some(id) => conn.conn().optional(&ONE, values![merchant, id]).await?,
        };
        let last = format!("{prefix}\u{10ffff}");
        // A place before the first one that is looked for is of another search.
        let place = place.map(|row| (row.customer.to_string(), row.id.to_string()));
        let begin = (prefix.clone(), String::new());
        let (customer, id) = place.into_iter().fold(begin, std::cmp::max);
        let values = values![merchant, id, limit, archived, customer, last, chain];
        conn.conn().page(&PAGE_OF_CUSTOMERS, values).await
    }
}

impl Tx {
    /// Hands subaddresses out; [`StoreError::Unique`] when a customer has one, or an address is another one's.
    pub async fn insert_subaddresses(
        &mut self,
        merchant: MerchantId,
        new: &[NewSubaddress],
    ) -> Result<(), StoreError> {
        for one in new {
            let NewSubaddress { id, chain, customer, address, address_index, number, at } = one;
            let values = values![merchant, id, chain, customer, address, address_index, number, at];
            self.conn().one(&INSERT, values).await?;
        }
        Ok(())
    }

    /// Whose addresses these are: only for the watcher, which knows no merchant.
    pub async fn subaddresses_by_addresses(
        &mut self,
        chain: &str,
        addresses: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<SubaddressRow>, StoreError> {
        self.conn().all(&BY_ADDRESSES, vec![chain.bind(), texts(addresses)]).await
    }

    /// Whose address this is: only for the watcher, which knows no merchant.
    pub async fn subaddress_by_address(
        &mut self,
        chain: &str,
        address: &str,
    ) -> Result<Option<SubaddressRow>, StoreError> {
        self.conn().optional(&BY_ADDRESS, values![chain, address]).await
    }

    /// Puts a subaddress out of sight, or back; false when there is none.
    pub async fn archive_subaddress(
        &mut self,
        merchant: MerchantId,
        id: SubaddressId,
        at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&ARCHIVE, values![merchant, id, at]).await
    }
}
