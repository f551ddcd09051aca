//! The sealed seed, and which of its keys belong to whom.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{MerchantId, SeedId, Timestamp, sealing::Sealed};

sql! {
    SEED = "
        SELECT id, sealed
        FROM seeds
        WHERE only_one = 1";
    INSERT_SEED = "
        INSERT INTO seeds (id, only_one, sealed, first_account, created_at)
        VALUES ($1, 1, $2, $3, $4)";
    ACCOUNT = "
        SELECT number AS value
        FROM merchant_accounts
        WHERE merchant_id = $1";
    INSERT_ACCOUNT = "
        INSERT INTO merchant_accounts (merchant_id, number)
        SELECT $1, COALESCE(
          MAX(number) + 1, (SELECT first_account FROM seeds WHERE only_one = 1), 0)
        FROM merchant_accounts";
    KEY = "
        SELECT public_key AS value
        FROM account_keys
        WHERE merchant_id = $1 AND chain = $2";
    INSERT_KEY = "
        INSERT INTO account_keys (merchant_id, chain, public_key)
        VALUES ($1, $2, $3)";
    TAKE_INDEXES = "
        UPDATE account_keys
        SET addresses = addresses + $3
        WHERE merchant_id = $1 AND chain = $2
        RETURNING addresses - $3 AS value";
}

row! {
    /// The seed of all addresses.
    SeedRow of "seeds" {
        /// Id.
        id: SeedId,
        /// Sealed.
        sealed: Sealed,
    }
}

reads! {
    /// A merchant's number in its keys' paths.
    fn merchant_account(merchant: MerchantId) -> Option<u32> = scalar(ACCOUNT, merchant);
    /// What a merchant's addresses on a chain are derived from.
    fn account_key(merchant: MerchantId, chain: &str) -> Option<String>
        = scalar(KEY, merchant, chain);
}

impl Store {
    /// The seed, when there is one.
    pub async fn seed(&self) -> Result<Option<SeedRow>, StoreError> {
        self.read().await?.conn().optional(&SEED, values![]).await
    }
}

impl Tx {
    /// Keeps the seed, and which number the first merchant gets; [`StoreError::Unique`] when there is one already.
    pub async fn insert_seed(
        &mut self,
        id: SeedId,
        sealed: &Sealed,
        first_account: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT_SEED, values![id, sealed, first_account, now]).await
    }

    /// Gives a merchant its number; [`StoreError::Unique`] when somebody was faster.
    pub async fn insert_merchant_account(
        &mut self,
        merchant: MerchantId,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT_ACCOUNT, values![merchant]).await
    }

    /// Keeps the public key of a merchant's account; [`StoreError::Unique`] when it is there.
    pub async fn insert_account_key(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        public_key: &str,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT_KEY, values![merchant, chain, public_key]).await
    }

    /// Gives out so many numbers for addresses of a merchant on a chain, and tells the first; none before its key is
    /// kept. Holds the row until the transaction ends.
    pub async fn take_address_indexes(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        count: u32,
    ) -> Result<Option<u32>, StoreError> {
        self.conn().scalar(&TAKE_INDEXES, values![merchant, chain, count]).await
    }
}
