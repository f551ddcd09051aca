//! Deposits, as the watcher writes them.

use crate::{
    StoreError, Tx,
    cells::{Bind as _, row, values},
    many::{all_of, postgres_rows, rows, sqlite_rows, texts},
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

/// New deposits of one merchant.
macro_rules! insert {
    ($($rows:tt)+) => {
        concat!(
            "INSERT INTO transactions
                (merchant_id, id, subaddress_id, customer_id, chain, token, tx, place, address,
                sender, amount, status, needed, block_height, block_hash, ready_height,
                received_at, updated_at, counted)
            SELECT $1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
                r.value ->> 5, r.value ->> 6, r.value ->> 7, r.value ->> 8, r.value ->> 9,
                r.value ->> 10, CAST(r.value ->> 11 AS BIGINT), CAST(r.value ->> 12 AS BIGINT),
                r.value ->> 13, CAST(r.value ->> 14 AS BIGINT), CAST(r.value ->> 15 AS BIGINT),
                CAST(r.value ->> 15 AS BIGINT), CAST(r.value ->> 16 AS BOOLEAN)
            FROM ",
            $($rows)+
        )
    };
}

/// The deposits of some transactions.
macro_rules! of_txs {
    ($($rows:tt)+) => {
        concat!(
            "SELECT ",
            columns!(),
            "
            FROM transactions
            WHERE chain = $1 AND tx IN (SELECT r.value ->> 0 FROM ",
            $($rows)+,
            ")"
        )
    };
}

/// What some transactions take.
macro_rules! claim {
    ($($rows:tt)+) => {
        concat!(
            "INSERT INTO transaction_claims (chain, claim, tx)
            SELECT $1, r.value ->> 0, r.value ->> 1
            FROM ",
            $($rows)+,
            "
            WHERE true
            ON CONFLICT (chain, claim, tx) DO NOTHING"
        )
    };
}

sql! {
    INSERT = insert!(sqlite_rows!("$2")), postgres = insert!(postgres_rows!("$2"));
    OF_TXS = of_txs!(sqlite_rows!("$2")), postgres = of_txs!(postgres_rows!("$2"));
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
        WHERE chain = $1 AND status = 'confirming' AND ready_height <= $2";
    COLLECTED = "
        UPDATE transactions
        SET status = $4, updated_at = $5
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    CLAIM = claim!(sqlite_rows!("$2")), postgres = claim!(postgres_rows!("$2"));
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

impl Tx {
    /// Keeps new deposits of a merchant. [`StoreError::Unique`] when the place of one is taken.
    pub async fn insert_transactions(
        &mut self,
        merchant: MerchantId,
        new: &[TransactionRow],
    ) -> Result<(), StoreError> {
        let given = rows(new.iter().map(|row| {
            values![
                row.id,
                row.subaddress,
                row.customer,
                row.chain,
                row.token,
                row.tx,
                row.place,
                row.address,
                row.sender,
                row.amount,
                row.status,
                row.needed,
                row.block_height,
                row.block_hash,
                row.ready_height,
                row.received_at,
                row.counted,
            ]
        }));
        let done = self.conn().count(&INSERT, vec![merchant.bind(), given]).await?;
        all_of(new.len(), done)
    }

    /// All deposits of these transactions: only for the watcher, which knows no merchant.
    pub async fn transactions_of_all(
        &mut self,
        chain: &str,
        txs: impl IntoIterator<Item = &str>,
    ) -> Result<Vec<TransactionRow>, StoreError> {
        self.conn().all(&OF_TXS, vec![chain.bind(), texts(txs)]).await
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

    /// All deposits that have their confirmations at this height count from now on; how many. Only for the watcher,
    /// which knows no merchant.
    pub async fn set_transactions_confirmed(
        &mut self,
        chain: &str,
        height: i64,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.conn().count(&CONFIRMED, values![chain, height, at]).await
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

    /// Notes what transactions take: claim and transaction.
    pub async fn insert_claims<'a>(
        &mut self,
        chain: &str,
        claims: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), StoreError> {
        let claims = rows(claims.into_iter().map(|(claim, tx)| values![claim, tx]));
        self.conn().count(&CLAIM, vec![chain.bind(), claims]).await?;
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
