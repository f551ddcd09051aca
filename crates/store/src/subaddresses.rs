//! Deposit addresses of customers.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{MerchantId, SubaddressId, Timestamp, text::CustomerId};

/// The columns of [`SubaddressRow`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, merchant_id AS merchant, chain, customer_id AS customer, address,
                address_index, created_at, archived_at
            FROM subaddresses ",
            $rest
        )
    };
}

sql! {
    INSERT = "
        INSERT INTO subaddresses
            (merchant_id, id, chain, customer_id, address, address_index, number, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ONE = select!("WHERE merchant_id = $1 AND id = $2");
    OF_CUSTOMER = select!("WHERE merchant_id = $1 AND chain = $2 AND customer_id = $3");
    BY_ADDRESS = select!("WHERE chain = $1 AND address = $2");
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
    PAGE = select!("WHERE merchant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    PAGE_OF_CUSTOMERS = select!(
        "WHERE merchant_id = $1 AND id < $2 AND customer_id >= $4 AND customer_id < $5
        ORDER BY id DESC LIMIT $3"
    );
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

reads! {
    /// A merchant's subaddress.
    fn subaddress(merchant: MerchantId, id: SubaddressId) -> Option<SubaddressRow>
        = optional(ONE, merchant, id);
    /// The subaddress of a customer on a chain.
    fn subaddress_of(merchant: MerchantId, chain: &str, customer: &CustomerId)
        -> Option<SubaddressRow>
        = optional(OF_CUSTOMER, merchant, chain, customer);
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

    /// A page of a merchant's subaddresses, newest first, behind `before`; of customers whose id
    /// begins so, when that is told.
    pub async fn subaddresses(
        &self,
        merchant: MerchantId,
        before: Option<SubaddressId>,
        prefix: Option<&str>,
        limit: i64,
    ) -> Result<Vec<SubaddressRow>, StoreError> {
        // Behind every id.
        let before = before.map_or_else(|| "sub`".to_owned(), |id| id.to_string());
        let mut values = values![merchant, before, limit];
        let statement = match prefix {
            None => &PAGE,
            Some(prefix) => {
                values.extend(values![prefix, format!("{prefix}\u{10ffff}")]);
                &PAGE_OF_CUSTOMERS
            }
        };
        self.read().await?.conn().all(statement, values).await
    }
}

impl Tx {
    /// Hands a subaddress out; [`StoreError::Unique`] when the customer has one, or the address is
    /// another one's.
    pub async fn insert_subaddress(
        &mut self,
        merchant: MerchantId,
        new: &NewSubaddress,
    ) -> Result<(), StoreError> {
        let NewSubaddress { id, chain, customer, address, address_index, number, at } = new;
        let values = values![merchant, id, chain, customer, address, address_index, number, at];
        self.conn().one(&INSERT, values).await
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
