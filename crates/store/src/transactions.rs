//! Deposits, as the watcher writes them.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
};
use aio_domain::{
    Amount, DepositStatus, MerchantId, SubaddressId, Timestamp, TransactionId, text::CustomerId,
};

/// The columns of [`TransactionRow`].
macro_rules! columns {
    () => {
        "id, merchant_id AS merchant, subaddress_id AS subaddress, customer_id AS customer, chain,
        token, tx, place, address, sender, amount, status, needed, block_height, block_hash,
        ready_height, received_at, confirmed_at, updated_at, counted"
    };
}
pub(crate) use columns;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM transactions ", $rest)
    };
}
pub(crate) use select;

sql! {
    INSERT = "
        INSERT INTO transactions
            (merchant_id, id, subaddress_id, customer_id, chain, token, tx, place, address, sender,
            amount, status, needed, block_height, block_hash, ready_height, received_at,
            updated_at, counted)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17,
            $18)";
    BY_PLACE = select!("WHERE chain = $1 AND tx = $2 AND place = $3");
    OF_TX = select!("WHERE chain = $1 AND tx = $2 ORDER BY place");
    READY = select!(
        "WHERE chain = $1 AND status = 'confirming' AND ready_height <= $2 ORDER BY ready_height"
    );
    ABOVE = select!("WHERE chain = $1 AND block_height > $2 ORDER BY block_height DESC");
    WAITING = select!(
        "WHERE chain = $1 AND status IN ('detected', 'orphaned', 'reversed') AND id > $2
        ORDER BY id LIMIT $3"
    );
    MINED = "
        UPDATE transactions
        SET status = 'confirming', block_height = $4, block_hash = $5, ready_height = $6,
            amount = $7, needed = $8, sender = $9, updated_at = $10, counted = $11
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    UNMINED = "
        UPDATE transactions
        SET status = $4, block_height = NULL, block_hash = NULL, ready_height = NULL,
            updated_at = $5, counted = $6
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    CONFIRMED = "
        UPDATE transactions
        SET status = 'confirmed', confirmed_at = COALESCE(confirmed_at, $3), updated_at = $3
        WHERE merchant_id = $1 AND id = $2 AND status = 'confirming'";
    COLLECTED = "
        UPDATE transactions
        SET status = $4, updated_at = $5
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    CLAIM = "
        INSERT INTO transaction_claims (chain, claim, tx)
        VALUES ($1, $2, $3)
        ON CONFLICT (chain, claim, tx) DO NOTHING";
    CLAIMS = "
        SELECT claim, tx
        FROM transaction_claims
        WHERE chain = $1";
    CLAIMANTS = "
        SELECT claim, tx
        FROM transaction_claims
        WHERE chain = $1 AND claim = $2";
    /// A claim is of no use when no deposit of its transaction can be replaced any more.
    FORGET_CLAIMS = "
        DELETE FROM transaction_claims
        WHERE chain = $1 AND NOT EXISTS (
            SELECT 1
            FROM transactions AS t
            WHERE t.chain = transaction_claims.chain AND t.tx = transaction_claims.tx
              AND (t.status IN ('detected', 'orphaned', 'reversed') OR t.block_height >= $2))";
}

row! {
    /// A deposit.
    #[derive(PartialEq, Eq)]
    TransactionRow of "transactions" {
        /// Id.
        id: TransactionId,
        /// Whose.
        merchant: MerchantId,
        /// To which subaddress.
        subaddress: SubaddressId,
        /// Of which customer.
        customer: CustomerId,
        /// On which chain.
        chain: String,
        /// Of which token.
        token: String,
        /// The chain's id of the transaction.
        tx: String,
        /// The payment's place in it.
        place: String,
        /// The subaddress's address.
        address: String,
        /// From where, when the chain says.
        sender: Option<String>,
        /// How much, in the token's smallest unit.
        amount: Amount,
        /// How far it is.
        status: DepositStatus,
        /// Confirmations it needs.
        needed: u32,
        /// Height of its block.
        block_height: Option<i64>,
        /// Hash of its block.
        block_hash: Option<String>,
        /// The height at which it has its confirmations.
        ready_height: Option<i64>,
        /// When it was first seen.
        received_at: Timestamp,
        /// When it first had its confirmations.
        confirmed_at: Option<Timestamp>,
        /// When its status last changed.
        updated_at: Timestamp,
        /// Whether its amount is in the sums of the hour and the day in which it was first seen.
        counted: bool,
    }
}

row! {
    /// What a transaction takes.
    #[derive(PartialEq, Eq)]
    ClaimRow of "transaction_claims" {
        /// The claim.
        claim: String,
        /// The transaction.
        tx: String,
    }
}

/// The block that a deposit is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinedIn {
    /// Its height.
    pub height: i64,
    /// Its hash.
    pub hash: String,
    /// The height at which the deposit has its confirmations.
    pub ready: i64,
}

/// A deposit seen for the first time.
#[derive(Debug, Clone)]
pub struct NewTransaction {
    /// Id.
    pub id: TransactionId,
    /// To which subaddress.
    pub subaddress: SubaddressId,
    /// Of which customer.
    pub customer: CustomerId,
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
    /// The chain's id of the transaction.
    pub tx: String,
    /// The payment's place in it.
    pub place: String,
    /// The subaddress's address.
    pub address: String,
    /// From where.
    pub sender: Option<String>,
    /// How much.
    pub amount: Amount,
    /// Confirmations it needs.
    pub needed: u32,
    /// Its block, when it is in one.
    pub block: Option<MinedIn>,
    /// When.
    pub at: Timestamp,
    /// Whether its amount goes into the sums.
    pub counted: bool,
}

impl Tx {
    /// Keeps a new deposit: confirming when it is in a block, else detected. [`StoreError::Unique`]
    /// when its place is taken.
    pub async fn insert_transaction(
        &mut self,
        merchant: MerchantId,
        new: &NewTransaction,
    ) -> Result<(), StoreError> {
        let (status, block) = match &new.block {
            Some(block) => (DepositStatus::Confirming, Some(block)),
            None => (DepositStatus::Detected, None),
        };
        let values = values![
            merchant,
            new.id,
            new.subaddress,
            new.customer,
            new.chain,
            new.token,
            new.tx,
            new.place,
            new.address,
            new.sender,
            new.amount,
            status,
            new.needed,
            block.map(|block| block.height),
            block.map(|block| block.hash.clone()),
            block.map(|block| block.ready),
            new.at,
            new.counted,
        ];
        self.conn().one(&INSERT, values).await
    }

    /// The deposit at a place: only for the watcher, which knows no merchant.
    pub async fn transaction_at(
        &mut self,
        chain: &str,
        tx: &str,
        place: &str,
    ) -> Result<Option<TransactionRow>, StoreError> {
        self.conn().optional(&BY_PLACE, values![chain, tx, place]).await
    }

    /// All deposits of a transaction.
    pub async fn transactions_of(
        &mut self,
        chain: &str,
        tx: &str,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        self.conn().all(&OF_TX, values![chain, tx]).await
    }

    /// Deposits that have their confirmations at this height and are not confirmed yet.
    pub async fn transactions_ready(
        &mut self,
        chain: &str,
        height: i64,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        self.conn().all(&READY, values![chain, height]).await
    }

    /// Deposits in blocks above this height, the highest first.
    pub async fn transactions_above(
        &mut self,
        chain: &str,
        height: i64,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        self.conn().all(&ABOVE, values![chain, height]).await
    }

    /// Puts a deposit into a block, with what the block says of it, and whether that goes into the sums.
    pub async fn set_transaction_mined(
        &mut self,
        row: &TransactionRow,
        block: &MinedIn,
        (amount, needed, sender, counted): (Amount, u32, Option<&str>, bool),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let MinedIn { height, hash, ready } = block;
        let values = values![
            row.merchant,
            row.id,
            row.status,
            height,
            hash,
            ready,
            amount,
            needed,
            sender,
            at,
            counted,
        ];
        self.conn().one(&MINED, values).await
    }

    /// Takes a deposit out of its block, or from one unmined status into another, and says whether it is in the sums
    /// then.
    pub async fn set_transaction_unmined(
        &mut self,
        row: &TransactionRow,
        (status, counted): (DepositStatus, bool),
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values = values![row.merchant, row.id, row.status, status, at, counted];
        self.conn().one(&UNMINED, values).await
    }

    /// A deposit has its confirmations.
    pub async fn set_transaction_confirmed(
        &mut self,
        row: &TransactionRow,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().one(&CONFIRMED, values![row.merchant, row.id, at]).await
    }

    /// A deposit was collected, or its collection was taken back. False when it was not what it must be before.
    pub async fn set_transaction_collected(
        &mut self,
        merchant: MerchantId,
        id: TransactionId,
        is_collected: bool,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut ways = [DepositStatus::Collected, DepositStatus::Confirmed];
        if is_collected {
            ways.reverse();
        }
        self.conn().changed(&COLLECTED, values![merchant, id, ways[0], ways[1], at]).await
    }

    /// Notes what a transaction takes.
    pub async fn insert_claim(
        &mut self,
        chain: &str,
        claim: &str,
        tx: &str,
    ) -> Result<(), StoreError> {
        self.conn().count(&CLAIM, values![chain, claim, tx]).await?;
        Ok(())
    }

    /// Who takes this.
    pub async fn claimants(
        &mut self,
        chain: &str,
        claim: &str,
    ) -> Result<Vec<ClaimRow>, StoreError> {
        self.conn().all(&CLAIMANTS, values![chain, claim]).await
    }

    /// Forgets what can no longer matter: transactions whose deposits are all below a height, or
    /// given up.
    pub async fn forget_claims(&mut self, chain: &str, below: i64) -> Result<(), StoreError> {
        self.conn().count(&FORGET_CLAIMS, values![chain, below]).await?;
        Ok(())
    }
}

impl crate::Store {
    /// All claims of a chain that are kept.
    pub async fn claims(&self, chain: &str) -> Result<Vec<ClaimRow>, StoreError> {
        self.read().await?.conn().all(&CLAIMS, values![chain]).await
    }

    /// Deposits that are in no block and were not given up, behind an id.
    pub async fn transactions_waiting(
        &self,
        chain: &str,
        after: Option<TransactionId>,
        limit: i64,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read().await?.conn().all(&WAITING, values![chain, after, limit]).await
    }
}
