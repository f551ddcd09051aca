//! What our transactions take, so that the watcher notices when somebody else takes it.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::OutgoingId;

sql! {
    /// Numbers become visible in their order: whoever claims holds the chain's row.
    INSERT = "
        INSERT INTO outgoing_claims (chain, claim, outgoing_id, number)
        SELECT $1, $2, $3, COALESCE(MAX(number) + 1, 1)
        FROM outgoing_claims
        WHERE chain = $1";
    AFTER = "
        SELECT claim, number
        FROM outgoing_claims
        WHERE chain = $1 AND number > $2
        ORDER BY number
        LIMIT $3";
    OF = "
        SELECT claim, taken_by, taken_height
        FROM outgoing_claims
        WHERE outgoing_id = $1";
    /// By one of its own attempts is no taking away.
    TAKE = "
        UPDATE outgoing_claims
        SET taken_by = $3, taken_height = $4
        WHERE chain = $1 AND claim = $2 AND taken_by IS NULL AND NOT EXISTS (
            SELECT 1
            FROM outgoing_attempts AS a
            WHERE a.outgoing_id = outgoing_claims.outgoing_id AND a.tx = $3)";
    GIVE_BACK = "
        UPDATE outgoing_claims
        SET taken_by = NULL, taken_height = NULL
        WHERE chain = $1 AND taken_height > $2";
    /// The last one stays, so that no number is given twice.
    FORGET = "
        DELETE FROM outgoing_claims
        WHERE chain = $1
          AND number < (SELECT MAX(newest.number) FROM outgoing_claims AS newest WHERE newest.chain = $1)
          AND EXISTS (
            SELECT 1
            FROM outgoing AS o
            WHERE o.id = outgoing_claims.outgoing_id
              AND (o.status IN ('failed', 'overtaken') OR (o.status = 'final' AND o.block_height < $2)))";
}

row! {
    /// A claim to be watched.
    OutgoingClaimRow of "outgoing_claims" {
        /// The claim.
        claim: String,
        /// Its number on the chain.
        number: i64,
    }
}

row! {
    /// A claim of one transaction, and who else took it.
    #[derive(PartialEq, Eq)]
    TakenRow of "outgoing_claims" {
        /// The claim.
        claim: String,
        /// Another transaction that took it.
        taken_by: Option<String>,
        /// In which block.
        taken_height: Option<i64>,
    }
}

reads! {
    /// What a transaction of ours takes. Only for who has its row.
    fn claims_of_outgoing(id: OutgoingId) -> Vec<TakenRow> = all(OF, id);
}

impl Store {
    /// Claims of a chain behind a number, in order: whoever keeps the last number never misses one.
    pub async fn outgoing_claims_after(
        &self,
        chain: &str,
        number: i64,
        limit: i64,
    ) -> Result<Vec<OutgoingClaimRow>, StoreError> {
        self.read().await?.conn().all(&AFTER, values![chain, number, limit]).await
    }
}

impl Tx {
    /// Notes what a transaction takes. Only while the chain's row is held, as after [`Tx::move_cursor`].
    pub async fn insert_outgoing_claim(
        &mut self,
        chain: &str,
        claim: &str,
        id: OutgoingId,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT, values![chain, claim, id]).await
    }

    /// A transaction took this in a block; nothing happens when it is an attempt of whoever claims it.
    pub async fn take_outgoing_claim(
        &mut self,
        chain: &str,
        claim: &str,
        (taker, height): (&str, i64),
    ) -> Result<bool, StoreError> {
        self.conn().changed(&TAKE, values![chain, claim, taker, height]).await
    }

    /// The blocks above this height are gone, and what was taken in them is free again.
    pub async fn give_outgoing_claims_back(
        &mut self,
        chain: &str,
        above: i64,
    ) -> Result<(), StoreError> {
        self.conn().count(&GIVE_BACK, values![chain, above]).await?;
        Ok(())
    }

    /// Forgets what can no longer matter: of transactions that are final below a height, or given up.
    pub async fn forget_outgoing_claims(
        &mut self,
        chain: &str,
        below: i64,
    ) -> Result<(), StoreError> {
        self.conn().count(&FORGET, values![chain, below]).await?;
        Ok(())
    }
}
