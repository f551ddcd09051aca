//! Running sums of deposits by hour and by day, and how many still wait.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{Amount, DepositStatus, MerchantId, Span, Timestamp};

sql! {
    /// Holds the row until the transaction ends.
    OPEN = "
        INSERT INTO volumes (merchant_id, span, start_at, chain, token, deposits, amount)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        ON CONFLICT (merchant_id, span, start_at, chain, token) DO UPDATE
        SET deposits = volumes.deposits
        RETURNING chain, token, start_at, deposits, amount";
    SET = "
        UPDATE volumes
        SET deposits = $6, amount = $7
        WHERE merchant_id = $1 AND span = $2 AND start_at = $3 AND chain = $4 AND token = $5";
    SINCE = "
        SELECT chain, token, start_at, deposits, amount
        FROM volumes
        WHERE merchant_id = $1 AND span = $2 AND start_at >= $3
        ORDER BY start_at, chain, token";
    /// Of the oldest ones only: a shop that has more of them has enough to look at.
    WAITING = "
        SELECT COUNT(*) AS deposits, MIN(received_at) AS oldest
        FROM (
            SELECT received_at, counted
            FROM transactions
            WHERE merchant_id = $1 AND status = $2
            ORDER BY id
            LIMIT $3) AS walked
        WHERE counted";
}

row! {
    /// What came in on a chain, of a token, in an hour or a day.
    #[derive(PartialEq, Eq)]
    VolumeRow of "volumes" {
        /// On which chain.
        chain: String,
        /// Of which token.
        token: String,
        /// When the hour or day began.
        start_at: Timestamp,
        /// How many deposits.
        deposits: i64,
        /// How much in all.
        amount: Amount,
    }
}

row! {
    /// Deposits of one status.
    #[derive(PartialEq, Eq)]
    WaitingRow of "transactions" {
        /// How many, up to a limit.
        deposits: i64,
        /// When the oldest was first seen.
        oldest: Option<Timestamp>,
    }
}

/// Of what a sum is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VolumeKey {
    /// Whose.
    pub merchant: MerchantId,
    /// By the hour or by the day.
    pub span: Span,
    /// When that began.
    pub start_at: Timestamp,
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
}

/// What changes in a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VolumeChange {
    /// Deposits and amount that come to it.
    pub added: (i64, Amount),
    /// Deposits and amount that leave it.
    pub taken: (i64, Amount),
}

impl VolumeChange {
    /// One more deposit that comes to it.
    pub fn add(&mut self, amount: Amount) -> Result<(), StoreError> {
        one_more(&mut self.added, amount)
    }

    /// One more deposit that leaves it.
    pub fn take(&mut self, amount: Amount) -> Result<(), StoreError> {
        one_more(&mut self.taken, amount)
    }
}

fn one_more(sum: &mut (i64, Amount), amount: Amount) -> Result<(), StoreError> {
    *sum = (sum.0.saturating_add(1), sum.1.checked_add(amount).ok_or(StoreError::Overflow)?);
    Ok(())
}

reads! {
    /// A merchant's sums from an instant on, the oldest first.
    fn volumes(merchant: MerchantId, span: Span, since: Timestamp) -> Vec<VolumeRow>
        = all(SINCE, merchant, span, since);
}

impl Store {
    /// A merchant's oldest deposits of a status, as many as the limit at most, and how many of them are counted.
    pub async fn waiting_deposits(
        &self,
        merchant: MerchantId,
        status: DepositStatus,
        limit: i64,
    ) -> Result<WaitingRow, StoreError> {
        let values = values![merchant, status, limit];
        let row = self.read().await?.conn().optional(&WAITING, values).await?;
        row.ok_or(StoreError::row_count(0))
    }
}

impl Tx {
    /// Changes a sum. Whoever changes several goes by the order of their keys, so that two transactions never wait for
    /// each other. More cannot leave it than is in it.
    pub async fn change_volume(
        &mut self,
        key: &VolumeKey,
        change: &VolumeChange,
    ) -> Result<(), StoreError> {
        let VolumeKey { merchant, span, start_at, chain, token } = key;
        let opened = values![merchant, span, start_at, chain, token, Amount::ZERO];
        let row: Option<VolumeRow> = self.conn().optional(&OPEN, opened).await?;
        let row = row.ok_or(StoreError::row_count(0))?;
        let amount = row.amount.checked_add(change.added.1).ok_or(StoreError::Overflow)?;
        let amount = amount.checked_sub(change.taken.1).ok_or(StoreError::Overflow)?;
        let deposits = row.deposits + change.added.0 - change.taken.0;
        self.conn()
            .one(&SET, values![merchant, span, start_at, chain, token, deposits, amount])
            .await
    }
}
