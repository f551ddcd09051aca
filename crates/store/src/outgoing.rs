//! Transactions of ours: wanted once, signed and kept before they are sent, followed until no block can take them back.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{Amount, MerchantId, OutgoingId, OutgoingKind, OutgoingStatus, Timestamp};

/// The columns of [`OutgoingRow`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, merchant_id AS merchant, chain, kind, request_key AS key, token,
                destination, amount, status, sender, number, mined_tx, fee, kept, failure, block_height,
                block_hash, final_height, tries, next_try_at, created_at, updated_at
            FROM outgoing ",
            $rest
        )
    };
}

sql! {
    INSERT = "
        INSERT INTO outgoing
            (merchant_id, id, chain, kind, request_key, token, destination, amount, status, sender,
            number, next_try_at, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12)";
    ONE = select!("WHERE merchant_id = $1 AND id = $2");
    BY_KEY = select!("WHERE merchant_id = $1 AND request_key = $2");
    OPEN = select!(
        "WHERE chain = $1 AND status IN ('requested', 'signed', 'broadcast', 'mined') AND id > $2
        ORDER BY id LIMIT $3"
    );
    ABOVE = select!(
        "WHERE chain = $1 AND status IN ('mined', 'final') AND block_height > $2
        ORDER BY block_height DESC"
    );
    MINED = "
        UPDATE outgoing
        SET status = 'mined', mined_tx = $4, fee = $5, kept = $6, failure = $7,
            block_height = $8, block_hash = $9, final_height = $10, updated_at = $11
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    UNMINED = "
        UPDATE outgoing
        SET status = 'broadcast', mined_tx = NULL, fee = NULL, kept = NULL, failure = NULL, block_height = NULL,
            block_hash = NULL, final_height = NULL, tries = 0, next_try_at = $4, updated_at = $4
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    STATUS = "
        UPDATE outgoing
        SET status = $4, failure = COALESCE($5, failure), updated_at = $6
        WHERE merchant_id = $1 AND id = $2 AND status = $3";
    TRY_AGAIN = "
        UPDATE outgoing
        SET tries = $3, next_try_at = $4, failure = $5
        WHERE merchant_id = $1 AND id = $2 AND status IN ('requested', 'signed', 'broadcast')";
    INSERT_ATTEMPT = "
        INSERT INTO outgoing_attempts
            (outgoing_id, n, chain, tx, payload, bytes, max_fee, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    ATTEMPTS = "
        SELECT n, tx, payload, bytes, max_fee, created_at, sent_at
        FROM outgoing_attempts
        WHERE outgoing_id = $1
        ORDER BY n";
    SENT = "
        UPDATE outgoing_attempts
        SET sent_at = $3
        WHERE outgoing_id = $1 AND n = $2 AND sent_at IS NULL";
}

row! {
    /// A transaction of ours.
    #[derive(PartialEq, Eq)]
    OutgoingRow of "outgoing" {
        /// Id.
        id: OutgoingId,
        /// Whose.
        merchant: MerchantId,
        /// On which chain.
        chain: String,
        /// What for.
        kind: OutgoingKind,
        /// What it was asked for with: the same again is the same transaction.
        key: String,
        /// Of which token.
        token: String,
        /// Where the money goes.
        destination: String,
        /// How much is moved, before the fee.
        amount: Amount,
        /// How far it is.
        status: OutgoingStatus,
        /// Whose number it has, on chains whose senders count.
        sender: Option<String>,
        /// The number.
        number: Option<i64>,
        /// The attempt that is in a block.
        mined_tx: Option<String>,
        /// What that paid to the network.
        fee: Option<Amount>,
        /// What the token kept of it on the way, when it kept anything.
        kept: Option<Amount>,
        /// Why it does not go on, or what went wrong.
        failure: Option<String>,
        /// Height of its block.
        block_height: Option<i64>,
        /// Hash of its block.
        block_hash: Option<String>,
        /// The height at which it is final.
        final_height: Option<i64>,
        /// Tries in vain since the last that did something.
        tries: u32,
        /// Nothing is sent before.
        next_try_at: Timestamp,
        /// When it was wanted.
        created_at: Timestamp,
        /// When its status last changed.
        updated_at: Timestamp,
    }
}

row! {
    /// One signed form of it.
    #[derive(PartialEq, Eq)]
    AttemptRow of "outgoing_attempts" {
        /// The chain's id of the transaction.
        tx: String,
        /// Its number, from one.
        n: u32,
        /// Before it was signed, in the chain's own form.
        payload: String,
        /// The signed bytes.
        bytes: Vec<u8>,
        /// The most it can cost.
        max_fee: Amount,
        /// When it was signed.
        created_at: Timestamp,
        /// When a node first took it.
        sent_at: Option<Timestamp>,
    }
}

/// A transaction that is wanted.
#[derive(Debug, Clone)]
pub struct NewOutgoing {
    /// Id.
    pub id: OutgoingId,
    /// On which chain.
    pub chain: String,
    /// What for.
    pub kind: OutgoingKind,
    /// What it is asked for with.
    pub key: String,
    /// Of which token.
    pub token: String,
    /// Where the money goes.
    pub destination: String,
    /// How much.
    pub amount: Amount,
    /// Requested, or signed when its first attempt comes with it.
    pub status: OutgoingStatus,
    /// Whose number it has, and the number.
    pub sender: Option<(String, i64)>,
    /// When.
    pub at: Timestamp,
}

/// A signed form to be kept.
#[derive(Debug, Clone)]
pub struct NewAttempt {
    /// Its number, from one.
    pub n: u32,
    /// The chain's id of the transaction.
    pub tx: String,
    /// Before it was signed.
    pub payload: String,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// The most it can cost.
    pub max_fee: Amount,
    /// When.
    pub at: Timestamp,
}

/// The block that one of our transactions is in, and what it did there.
#[derive(Debug, Clone)]
pub struct OutgoingMined {
    /// Which attempt.
    pub tx: String,
    /// What it paid to the network.
    pub fee: Amount,
    /// What the token kept on the way, when it kept anything.
    pub kept: Option<Amount>,
    /// What went wrong, when it did not do what it should.
    pub failure: Option<String>,
    /// Height of the block.
    pub height: i64,
    /// Hash of the block.
    pub hash: String,
    /// The height at which it is final.
    pub final_height: i64,
}

reads! {
    /// A merchant's outgoing transaction.
    fn outgoing(merchant: MerchantId, id: OutgoingId) -> Option<OutgoingRow>
        = optional(ONE, merchant, id);
    /// What was asked for with this key.
    fn outgoing_by_key(merchant: MerchantId, key: &str) -> Option<OutgoingRow>
        = optional(BY_KEY, merchant, key);
    /// Every signed form of it, the first one first. Only for who has the row.
    fn attempts(id: OutgoingId) -> Vec<AttemptRow> = all(ATTEMPTS, id);
}

impl Store {
    /// What is still to be done on a chain, behind an id: only for the sender, which knows no merchant.
    pub async fn outgoing_open(
        &self,
        chain: &str,
        after: Option<OutgoingId>,
        limit: i64,
    ) -> Result<Vec<OutgoingRow>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read().await?.conn().all(&OPEN, values![chain, after, limit]).await
    }
}

impl Tx {
    /// Keeps what is wanted; [`StoreError::Unique`] when its key is known, or its number given out.
    pub async fn insert_outgoing(
        &mut self,
        merchant: MerchantId,
        new: &NewOutgoing,
    ) -> Result<(), StoreError> {
        let NewOutgoing { id, chain, kind, key, token, destination, amount, status, sender, at } =
            new;
        let (sender, number) = sender.clone().unzip();
        let values = values![
            merchant,
            id,
            chain,
            kind,
            key,
            token,
            destination,
            amount,
            status,
            sender,
            number,
            at
        ];
        self.conn().one(&INSERT, values).await
    }

    /// Those in blocks above this height, the highest first: only for the watcher, which knows no merchant.
    pub async fn outgoing_above(
        &mut self,
        chain: &str,
        height: i64,
    ) -> Result<Vec<OutgoingRow>, StoreError> {
        self.conn().all(&ABOVE, values![chain, height]).await
    }

    /// Puts it into a block; a fault when its status is not that of the row any more.
    pub async fn set_outgoing_mined(
        &mut self,
        row: &OutgoingRow,
        mined: &OutgoingMined,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let OutgoingMined { tx, fee, kept, failure, height, hash, final_height } = mined;
        let values = values![
            row.merchant,
            row.id,
            row.status,
            tx,
            fee,
            kept,
            failure,
            height,
            hash,
            final_height,
            at
        ];
        self.conn().one(&MINED, values).await
    }

    /// Takes it out of its block: its bytes are sent again at once.
    pub async fn set_outgoing_unmined(
        &mut self,
        row: &OutgoingRow,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().one(&UNMINED, values![row.merchant, row.id, row.status, at]).await
    }

    /// Moves it on; a fault when its status is not that of the row any more.
    pub async fn set_outgoing_status(
        &mut self,
        row: &OutgoingRow,
        status: OutgoingStatus,
        failure: Option<&str>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let values = values![row.merchant, row.id, row.status, status, failure, at];
        self.conn().one(&STATUS, values).await
    }

    /// Says when it is tried again, and why not yet.
    pub async fn try_outgoing_again(
        &mut self,
        row: &OutgoingRow,
        tries: u32,
        at: Timestamp,
        failure: Option<&str>,
    ) -> Result<(), StoreError> {
        let values = values![row.merchant, row.id, tries, at, failure];
        self.conn().one(&TRY_AGAIN, values).await
    }

    /// Keeps signed bytes; [`StoreError::Unique`] when there is an attempt of that number, or these bytes are kept.
    pub async fn insert_attempt(
        &mut self,
        outgoing: OutgoingId,
        chain: &str,
        new: &NewAttempt,
    ) -> Result<(), StoreError> {
        let NewAttempt { n, tx, payload, bytes, max_fee, at } = new;
        let values = values![outgoing, n, chain, tx, payload, bytes, max_fee, at];
        self.conn().one(&INSERT_ATTEMPT, values).await
    }

    /// Notes that a node took it.
    pub async fn set_attempt_sent(
        &mut self,
        outgoing: OutgoingId,
        n: u32,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().count(&SENT, values![outgoing, n, at]).await?;
        Ok(())
    }
}
