//! Keys that seal cells, wrapped by the master key.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{DataKeyId, MerchantId, Timestamp, sealing::Sealed};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, purpose, merchant_id AS merchant, kek_id, wrapped, messages,
                created_at, retired_at
            FROM data_keys ",
            $rest
        )
    };
}

sql! {
    ALL = select!("ORDER BY created_at, id");
    FIND = select!("WHERE id = $1");
    ACTIVE = select!("
        WHERE purpose = $1
          AND COALESCE(merchant_id, '') = $2
          AND retired_at IS NULL");
    INSERT = "
        INSERT INTO data_keys
            (id, purpose, merchant_id, kek_id, wrapped, messages, created_at, retired_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    COUNT_MESSAGE = "
        UPDATE data_keys
        SET messages = messages + 1
        WHERE id = $1 AND messages < $2 AND retired_at IS NULL";
    RETIRE = "
        UPDATE data_keys
        SET retired_at = $2
        WHERE id = $1 AND retired_at IS NULL";
    REWRAP = "
        UPDATE data_keys
        SET kek_id = $3, wrapped = $4
        WHERE id = $1 AND kek_id = $2";
}

row! {
    /// A data key as stored.
    DataKeyRow of "data_keys" {
        /// Its id, which stands in every cell it sealed.
        id: DataKeyId,
        /// What it is for.
        purpose: String,
        /// Whose data it seals; none for data of people.
        merchant: Option<MerchantId>,
        /// Which master key wraps it.
        kek_id: String,
        /// The wrapped key.
        wrapped: Sealed,
        /// How many cells it has sealed.
        messages: i64,
        /// When it was made.
        created_at: Timestamp,
        /// Since when it only opens.
        retired_at: Option<Timestamp>,
    }
}

reads! {
    /// Every data key, oldest first.
    fn data_keys() -> Vec<DataKeyRow> = all(ALL);
    /// The data key of this id.
    fn data_key(id: DataKeyId) -> Option<DataKeyRow> = optional(FIND, id);
}

impl Tx {
    /// The key that seals now, for a purpose and a merchant.
    pub async fn active_data_key(
        &mut self,
        purpose: &str,
        merchant: Option<MerchantId>,
    ) -> Result<Option<DataKeyRow>, StoreError> {
        let owner = merchant.map(String::from).unwrap_or_default();
        self.conn().optional(&ACTIVE, values![purpose, owner]).await
    }

    /// Adds a key; [`StoreError::Unique`] when its purpose and merchant have an active one.
    pub async fn insert_data_key(&mut self, key: &DataKeyRow) -> Result<(), StoreError> {
        let DataKeyRow { id, purpose, merchant, kek_id, wrapped, messages, created_at, retired_at } =
            key;
        let values =
            values![id, purpose, merchant, kek_id, wrapped, messages, created_at, retired_at];
        self.conn().one(&INSERT, values).await
    }

    /// Counts one more sealed cell; false when the key has reached the limit or is retired.
    pub async fn count_message(&mut self, id: DataKeyId, limit: i64) -> Result<bool, StoreError> {
        self.conn().changed(&COUNT_MESSAGE, values![id, limit]).await
    }

    /// From now on the key only opens; false when that was so already.
    pub async fn retire_data_key(
        &mut self,
        id: DataKeyId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&RETIRE, values![id, now]).await
    }

    /// Replaces the wrapping; false when it is no longer the old master key's.
    pub async fn rewrap_data_key(
        &mut self,
        id: DataKeyId,
        old_kek: &str,
        new_kek: &str,
        wrapped: &Sealed,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&REWRAP, values![id, old_kek, new_kek, wrapped]).await
    }
}
