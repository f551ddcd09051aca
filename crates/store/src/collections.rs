//! Movements of deposits to the collection address: what may be moved, and which movement has which deposit.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{
    Amount, CollectionId, DepositStatus, MerchantId, OutgoingId, OutgoingStatus, Passage,
    SubaddressId, Timestamp, TransactionId, text::CustomerId,
};

/// The columns of [`CollectionRow`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.outgoing_id AS outgoing, c.merchant_id AS merchant, c.chain, c.token,
                c.destination, c.amount, c.deposits, o.status, o.mined_tx AS tx, o.fee, o.kept, o.failure,
                o.block_height, c.created_at, o.updated_at
            FROM collections AS c
            JOIN outgoing AS o ON o.id = c.outgoing_id ",
            $rest
        )
    };
}

sql! {
    INSERT = "
        INSERT INTO collections
            (merchant_id, id, outgoing_id, chain, token, destination, amount, deposits, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ONE = select!("WHERE c.merchant_id = $1 AND c.id = $2");
    OF_OUTGOING = select!("WHERE c.merchant_id = $1 AND c.outgoing_id = $2");
    OF_DEPOSIT = select!(
        "WHERE c.merchant_id = $1 AND c.id = (
            SELECT d.collection_id
            FROM collection_deposits AS d
            WHERE d.transaction_id = $2 AND d.state NOT IN ('released', 'part'))"
    );
    PAGE = select!(
        "WHERE (c.merchant_id, c.id) < ($1, $2) AND (c.merchant_id, c.id) >= ($1, '')
        ORDER BY c.merchant_id DESC, c.id DESC LIMIT $3"
    );
    /// The join is written so that SQLite walks the collection, in the order of its key.
    DEPOSITS = "
        SELECT d.transaction_id AS id, d.subaddress_id AS subaddress, d.amount, d.state, t.status,
            t.customer_id AS customer, t.tx, t.place, t.address, t.block_height
        FROM collection_deposits AS d
        CROSS JOIN transactions AS t
        WHERE d.collection_id = $2 AND t.id = d.transaction_id AND t.merchant_id = $1
        ORDER BY d.transaction_id";
    INSERT_DEPOSIT = "
        INSERT INTO collection_deposits
            (collection_id, transaction_id, subaddress_id, amount, state)
        VALUES ($1, $2, $3, $4, 'live')";
    STATE = "
        UPDATE collection_deposits
        SET state = $4
        WHERE collection_id = $1 AND transaction_id = $2 AND state = $3";
    /// How often a deposit was in a collection, whatever became of it.
    TIMES = "
        SELECT COUNT(*) AS value
        FROM collection_deposits
        WHERE transaction_id = $1";
    /// Deposits that count and are in no collection that may still move them, the oldest first.
    TO_COLLECT = "
        SELECT t.id, t.subaddress_id AS subaddress, s.address, s.address_index, t.tx, t.place,
            t.amount, t.confirmed_at
        FROM transactions AS t
        JOIN subaddresses AS s ON s.id = t.subaddress_id
        WHERE t.merchant_id = $1 AND t.chain = $2 AND t.token = $3 AND t.status = 'confirmed'
          AND t.amount >= $4 AND t.id > $5 AND NOT EXISTS (
            SELECT 1
            FROM collection_deposits AS d
            WHERE d.transaction_id = t.id AND d.state NOT IN ('released', 'part'))
        ORDER BY t.id
        LIMIT $6";
}

row! {
    /// A collection and how far its transaction is.
    #[derive(PartialEq, Eq)]
    CollectionRow of "collections" {
        /// Id.
        id: CollectionId,
        /// Its transaction.
        outgoing: OutgoingId,
        /// Whose.
        merchant: MerchantId,
        /// On which chain.
        chain: String,
        /// Of which token.
        token: String,
        /// The collection address.
        destination: String,
        /// The deposits' sum.
        amount: Amount,
        /// How many deposits.
        deposits: u32,
        /// How far it is.
        status: OutgoingStatus,
        /// The chain's id of the transaction, once it is in a block.
        tx: Option<String>,
        /// What it paid to the network.
        fee: Option<Amount>,
        /// What the token kept of it on the way, when it kept anything.
        kept: Option<Amount>,
        /// What went wrong, or why it waits.
        failure: Option<String>,
        /// Height of its block.
        block_height: Option<i64>,
        /// When it was made.
        created_at: Timestamp,
        /// When its status last changed.
        updated_at: Timestamp,
    }
}

row! {
    /// A deposit of a collection.
    #[derive(PartialEq, Eq)]
    CollectedRow of "collection_deposits" {
        /// The deposit.
        id: TransactionId,
        /// Where it lay.
        subaddress: SubaddressId,
        /// How much.
        amount: Amount,
        /// Whether the collection has it.
        state: Passage,
        /// How far the deposit is.
        status: DepositStatus,
        /// Of which customer.
        customer: CustomerId,
        /// The chain's id of the deposit's transaction.
        tx: String,
        /// The payment's place in it.
        place: String,
        /// The subaddress's address.
        address: String,
        /// Height of the deposit's block.
        block_height: Option<i64>,
    }
}

row! {
    /// A deposit that may be collected.
    #[derive(PartialEq, Eq)]
    CollectableRow of "transactions" {
        /// The deposit.
        id: TransactionId,
        /// Where it lies.
        subaddress: SubaddressId,
        /// Its address.
        address: String,
        /// The number of the address's key.
        address_index: u32,
        /// The chain's id of the transaction.
        tx: String,
        /// The payment's place in it.
        place: String,
        /// How much.
        amount: Amount,
        /// Since when it counts.
        confirmed_at: Option<Timestamp>,
    }
}

/// A collection whose transaction is signed.
#[derive(Debug, Clone)]
pub struct NewCollection {
    /// Id.
    pub id: CollectionId,
    /// Its transaction.
    pub outgoing: OutgoingId,
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
    /// The collection address.
    pub destination: String,
    /// The deposits' sum.
    pub amount: Amount,
    /// The deposits.
    pub deposits: Vec<(TransactionId, SubaddressId, Amount)>,
    /// When.
    pub at: Timestamp,
}

reads! {
    /// A merchant's collection.
    fn collection(merchant: MerchantId, id: CollectionId) -> Option<CollectionRow>
        = optional(ONE, merchant, id);
    /// The collection that moved a deposit, or may.
    fn collection_of(merchant: MerchantId, id: TransactionId) -> Option<CollectionRow>
        = optional(OF_DEPOSIT, merchant, id);
    /// The collection of a transaction of ours, when it is one.
    fn collection_of_outgoing(merchant: MerchantId, id: OutgoingId) -> Option<CollectionRow>
        = optional(OF_OUTGOING, merchant, id);
    /// The deposits of a collection.
    fn collected(merchant: MerchantId, id: CollectionId) -> Vec<CollectedRow>
        = all(DEPOSITS, merchant, id);
}

impl Store {
    /// A page of a merchant's collections, newest first.
    pub async fn collections(
        &self,
        merchant: MerchantId,
        before: Option<CollectionId>,
        limit: i64,
    ) -> Result<Vec<CollectionRow>, StoreError> {
        // Behind every id.
        let before = before.map_or_else(|| "col`".to_owned(), |id| id.to_string());
        self.read().await?.conn().page(&PAGE, values![merchant, before, limit]).await
    }

    /// Deposits of at least `dust` that may be collected, behind an id, the oldest first.
    pub async fn to_collect(
        &self,
        merchant: MerchantId,
        (chain, token): (&str, &str),
        dust: Amount,
        after: Option<TransactionId>,
        limit: i64,
    ) -> Result<Vec<CollectableRow>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let values = values![merchant, chain, token, dust, after, limit];
        self.read().await?.conn().all(&TO_COLLECT, values).await
    }

    /// How often a deposit was in a collection. Only for who has the deposit.
    pub async fn times_collected(&self, id: TransactionId) -> Result<i64, StoreError> {
        self.read().await?.conn().number(&TIMES, values![id]).await
    }
}

impl Tx {
    /// Keeps a collection with its deposits; [`StoreError::Unique`] when one of them is in another.
    pub async fn insert_collection(
        &mut self,
        merchant: MerchantId,
        new: &NewCollection,
    ) -> Result<(), StoreError> {
        let NewCollection { id, outgoing, chain, token, destination, amount, deposits, at } = new;
        let count = i64::try_from(deposits.len()).map_err(|_| StoreError::Overflow)?;
        let values = values![merchant, id, outgoing, chain, token, destination, amount, count, at];
        self.conn().one(&INSERT, values).await?;
        for (deposit, subaddress, amount) in deposits {
            self.conn().one(&INSERT_DEPOSIT, values![id, deposit, subaddress, amount]).await?;
        }
        Ok(())
    }

    /// Changes a deposit's part in a collection; a fault when it is not what the row says any more.
    pub async fn set_passage(
        &mut self,
        collection: CollectionId,
        row: &CollectedRow,
        state: Passage,
    ) -> Result<(), StoreError> {
        self.conn().one(&STATE, values![collection, row.id, row.state, state]).await
    }
}
