//! How far each chain was read, and who reads it.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::Timestamp;

sql! {
    ONE = "
        SELECT id, network, genesis, height, hash, tip, handed_out, halted, read_at, lease_holder,
            lease_until
        FROM chains
        WHERE id = $1";
    BEGIN = "
        INSERT INTO chains (id, network, genesis, height, hash, tip, read_at)
        VALUES ($1, $2, $3, $4, $5, $4, $6)
        ON CONFLICT (id) DO NOTHING";
    LEASE = "
        UPDATE chains
        SET lease_holder = $2, lease_until = $4
        WHERE id = $1 AND (lease_holder = $2 OR lease_holder IS NULL OR lease_until < $3)";
    RELEASE = "
        UPDATE chains
        SET lease_holder = NULL, lease_until = 0
        WHERE id = $1 AND lease_holder = $2";
    /// Names where the cursor stood and who holds the lease: of two that come at once, one changes
    /// nothing.
    MOVE = "
        UPDATE chains
        SET height = $5, hash = $6, tip = CASE WHEN tip < $5 THEN $5 ELSE tip END, read_at = $7
        WHERE id = $1 AND lease_holder = $2 AND height = $3 AND hash = $4";
    TIP = "
        UPDATE chains
        SET tip = $2, read_at = $3
        WHERE id = $1";
    HALT = "
        UPDATE chains
        SET halted = $2
        WHERE id = $1";
    /// Only a chain that stands still, and only from where it stood.
    RESUME = "
        UPDATE chains
        SET height = $4, hash = $5, halted = NULL
        WHERE id = $1 AND height = $2 AND hash = $3 AND halted IS NOT NULL";
    LOWEST = "
        SELECT height AS value
        FROM chain_blocks
        WHERE chain = $1
        ORDER BY height
        LIMIT 1";
    BLOCK = "
        SELECT hash AS value
        FROM chain_blocks
        WHERE chain = $1 AND height = $2";
    INSERT_BLOCK = "
        INSERT INTO chain_blocks (chain, height, hash)
        VALUES ($1, $2, $3)";
    DELETE_ABOVE = "
        DELETE FROM chain_blocks
        WHERE chain = $1 AND height > $2";
    DELETE_BELOW = "
        DELETE FROM chain_blocks
        WHERE chain = $1 AND height < $2";
    TAKE_NUMBERS = "
        UPDATE chains
        SET handed_out = handed_out + $2
        WHERE id = $1
        RETURNING handed_out AS value";
}

row! {
    /// A chain and how far it was read.
    ChainRow of "chains" {
        /// Its id in the settings.
        id: String,
        /// The network that it was begun on.
        network: String,
        /// That network's first block.
        genesis: String,
        /// The last block that was read: its height.
        height: i64,
        /// And its hash.
        hash: String,
        /// The newest block that the node told of.
        tip: i64,
        /// Addresses handed out on it.
        handed_out: i64,
        /// Why it is not read any further, when it is not.
        halted: Option<String>,
        /// When the node last answered.
        read_at: Timestamp,
        /// Who reads it.
        lease_holder: Option<String>,
        /// Until when, unless renewed.
        lease_until: Timestamp,
    }
}

/// Where a chain's cursor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Height of the last block that was read.
    pub height: i64,
    /// Its hash.
    pub hash: String,
}

/// A chain whose reading begins.
#[derive(Debug, Clone)]
pub struct NewChain {
    /// Its id in the settings.
    pub id: String,
    /// Its network.
    pub network: String,
    /// The network's first block.
    pub genesis: String,
    /// Where reading begins: behind this block.
    pub cursor: Cursor,
    /// When.
    pub at: Timestamp,
}

reads! {
    /// A chain by its id.
    fn chain(id: &str) -> Option<ChainRow> = optional(ONE, id);
    /// The hash of a block that was read, as long as it is kept.
    fn chain_block(chain: &str, height: i64) -> Option<String> = scalar(BLOCK, chain, height);
    /// Height of the oldest block that is kept of a chain.
    fn lowest_chain_block(chain: &str) -> Option<i64> = scalar(LOWEST, chain);
}

impl Store {
    /// Takes the lease of a chain or renews it; false while somebody else holds it.
    pub async fn take_lease(
        &self,
        chain: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let taken = tx.conn().changed(&LEASE, values![chain, holder, now, until]).await?;
        tx.commit().await?;
        Ok(taken)
    }

    /// Gives the lease back.
    pub async fn release_lease(&self, chain: &str, holder: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.conn().count(&RELEASE, values![chain, holder]).await?;
        tx.commit().await
    }

    /// Notes the newest block that the node told of.
    pub async fn note_tip(&self, chain: &str, tip: i64, at: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.conn().count(&TIP, values![chain, tip, at]).await?;
        tx.commit().await
    }

    /// Stops a chain, saying why, or lets it go on.
    pub async fn halt_chain(&self, chain: &str, why: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        tx.conn().count(&HALT, values![chain, why]).await?;
        tx.commit().await
    }
}

impl Tx {
    /// Begins to read a chain; nothing happens when that was done before.
    pub async fn begin_chain(&mut self, chain: &NewChain) -> Result<(), StoreError> {
        let NewChain { id, network, genesis, cursor: Cursor { height, hash }, at } = chain;
        let values = values![id, network, genesis, height, hash, at];
        if self.conn().changed(&BEGIN, values).await? {
            self.conn().one(&INSERT_BLOCK, values![id, height, hash]).await?;
        }
        Ok(())
    }

    /// Moves the cursor; false when it does not stand where the caller thinks, or the lease is
    /// another one's.
    pub async fn move_cursor(
        &mut self,
        chain: &str,
        holder: &str,
        (from, to): (&Cursor, &Cursor),
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let values = values![chain, holder, from.height, from.hash, to.height, to.hash, at];
        self.conn().changed(&MOVE, values).await
    }

    /// Lets a chain that stands still go on behind another block; false when it does not stand still
    /// there any more.
    pub async fn resume_chain(
        &mut self,
        chain: &str,
        (from, to): (&Cursor, &Cursor),
    ) -> Result<bool, StoreError> {
        let values = values![chain, from.height, from.hash, to.height, to.hash];
        if !self.conn().changed(&RESUME, values).await? {
            return Ok(false);
        }
        self.conn().count(&DELETE_ABOVE, values![chain, to.height - 1]).await?;
        self.conn().one(&INSERT_BLOCK, values![chain, to.height, to.hash]).await?;
        Ok(true)
    }

    /// Keeps a block's hash, and forgets those below a height.
    pub async fn keep_block(
        &mut self,
        chain: &str,
        block: &Cursor,
        oldest: i64,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT_BLOCK, values![chain, block.height, block.hash]).await?;
        self.conn().count(&DELETE_BELOW, values![chain, oldest]).await?;
        Ok(())
    }

    /// Forgets the blocks above a height.
    pub async fn forget_blocks(&mut self, chain: &str, above: i64) -> Result<(), StoreError> {
        self.conn().count(&DELETE_ABOVE, values![chain, above]).await?;
        Ok(())
    }

    /// Gives out so many numbers for addresses of a chain, and tells the first; none when the chain was never read. Holds
    /// the chain's row until the transaction ends, so that numbers become visible in their order.
    pub async fn take_watch_numbers(
        &mut self,
        chain: &str,
        count: u32,
    ) -> Result<Option<i64>, StoreError> {
        let last: Option<i64> = self.conn().scalar(&TAKE_NUMBERS, values![chain, count]).await?;
        Ok(last.map(|last| last - i64::from(count) + 1))
    }
}
