//! Money that left subaddresses by transactions that are not ours, until it is booked.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{Amount, CollectionId, DepositStatus, MerchantId, SubaddressId, TransactionId};

sql! {
    INSERT = "
        INSERT INTO departures
            (merchant_id, chain, tx, place, subaddress_id, token, destination, amount, block_height,
            block_hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    OF_CHAIN = "
        SELECT merchant_id AS merchant, chain, tx, place, subaddress_id AS subaddress, token,
            destination, amount, block_height, block_hash
        FROM departures
        WHERE chain = $1
        ORDER BY block_height, tx, place
        LIMIT $2";
    DELETE = "
        DELETE FROM departures
        WHERE chain = $1 AND tx = $2 AND place = $3";
    DELETE_ABOVE = "
        DELETE FROM departures
        WHERE chain = $1 AND block_height > $2";
    /// In blocks up to a height, not collected yet, the oldest first.
    LYING = "
        SELECT t.id, t.amount, t.status, t.address, (
            SELECT d.collection_id
            FROM collection_deposits AS d
            WHERE d.transaction_id = t.id AND d.state NOT IN ('released', 'part')) AS holder
        FROM transactions AS t
        WHERE t.merchant_id = $1 AND t.subaddress_id = $2 AND t.token = $3
          AND t.status IN ('confirming', 'confirmed') AND t.block_height <= $4
        ORDER BY t.id";
    PARTS = "
        SELECT d.transaction_id AS id, d.amount
        FROM collection_deposits AS d
        JOIN transactions AS t ON t.id = d.transaction_id
        WHERE t.merchant_id = $1 AND t.chain = $2 AND t.token = $3 AND t.status = 'confirmed'
          AND d.state = 'part'";
    DESTINATION = "
        SELECT COUNT(*) AS value
        FROM collections
        WHERE merchant_id = $1 AND chain = $2 AND destination = $3";
    OURS = "
        SELECT COUNT(*) AS value
        FROM outgoing_attempts
        WHERE chain = $1 AND tx = $2";
}

row! {
    /// Money that left a subaddress.
    #[derive(PartialEq, Eq)]
    DepartureRow of "departures" {
        /// Whose.
        merchant: MerchantId,
        /// On which chain.
        chain: String,
        /// Somebody else's transaction.
        tx: String,
        /// The payment's place in it.
        place: String,
        /// From where.
        subaddress: SubaddressId,
        /// Of which token.
        token: String,
        /// To which of the merchant's own addresses.
        destination: String,
        /// How much.
        amount: Amount,
        /// Height of the block.
        block_height: i64,
        /// Hash of the block.
        block_hash: String,
    }
}

row! {
    /// A deposit that lay on a subaddress when money left it.
    #[derive(PartialEq, Eq)]
    LyingRow of "transactions" {
        /// The deposit.
        id: TransactionId,
        /// How much it was.
        amount: Amount,
        /// How far it is.
        status: DepositStatus,
        /// The subaddress's address.
        address: String,
        /// The collection that may move it.
        holder: Option<CollectionId>,
    }
}

row! {
    /// A part of a deposit that left before the rest.
    #[derive(PartialEq, Eq)]
    PartRow of "collection_deposits" {
        /// The deposit.
        id: TransactionId,
        /// How much left.
        amount: Amount,
    }
}

reads! {
    /// Deposits of a token on a subaddress in blocks up to a height that no collection has moved.
    fn lying(merchant: MerchantId, at: SubaddressId, token: &str, height: i64) -> Vec<LyingRow>
        = all(LYING, merchant, at, token, height);
    /// What left before of deposits that count and are not collected.
    fn parts(merchant: MerchantId, chain: &str, token: &str) -> Vec<PartRow>
        = all(PARTS, merchant, chain, token);
}

impl Tx {
    /// Notes that money left a subaddress.
    pub async fn insert_departure(&mut self, row: &DepartureRow) -> Result<(), StoreError> {
        let values = values![
            row.merchant,
            row.chain,
            row.tx,
            row.place,
            row.subaddress,
            row.token,
            row.destination,
            row.amount,
            row.block_height,
            row.block_hash
        ];
        self.conn().one(&INSERT, values).await
    }

    /// What is not booked yet on a chain, the oldest first: only for the watcher, which knows no merchant.
    pub async fn departures(
        &mut self,
        chain: &str,
        limit: i64,
    ) -> Result<Vec<DepartureRow>, StoreError> {
        self.conn().all(&OF_CHAIN, values![chain, limit]).await
    }

    /// It is booked, or nothing of ours.
    pub async fn delete_departure(&mut self, row: &DepartureRow) -> Result<(), StoreError> {
        self.conn().one(&DELETE, values![row.chain, row.tx, row.place]).await
    }

    /// The blocks above this height are gone, and what left in them.
    pub async fn forget_departures(&mut self, chain: &str, above: i64) -> Result<(), StoreError> {
        self.conn().count(&DELETE_ABOVE, values![chain, above]).await?;
        Ok(())
    }

    /// Whether a merchant's money was ever to be collected to this address.
    pub async fn was_destination(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        address: &str,
    ) -> Result<bool, StoreError> {
        let times: i64 =
            self.conn().number(&DESTINATION, values![merchant, chain, address]).await?;
        Ok(times > 0)
    }

    /// Whether a transaction is one that we signed.
    pub async fn is_ours(&mut self, chain: &str, tx: &str) -> Result<bool, StoreError> {
        let times: i64 = self.conn().number(&OURS, values![chain, tx]).await?;
        Ok(times > 0)
    }
}
