//! Where a merchant's money goes by itself, when, and who pays for it.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{Amount, MerchantId, Timestamp};

/// The columns of [`CollectionSettingsRow`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT chain, merchant_id AS merchant, address, next_address, next_at, automatic,
                batch_size, max_age, version, updated_at
            FROM collection_settings ",
            $rest
        )
    };
}

sql! {
    ONE = select!("WHERE merchant_id = $1 AND chain = $2");
    ALL = select!("WHERE merchant_id = $1 ORDER BY chain");
    AUTOMATIC = select!(
        "WHERE chain = $1 AND automatic AND merchant_id > $2 ORDER BY merchant_id LIMIT $3"
    );
    INSERT = "
        INSERT INTO collection_settings
            (merchant_id, chain, address, next_address, next_at, automatic, batch_size, max_age,
            version, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $10)
        ON CONFLICT (merchant_id, chain) DO UPDATE
        SET address = $3, next_address = $4, next_at = $5, automatic = $6, batch_size = $7,
            max_age = $8, version = collection_settings.version + 1, updated_at = $10
        WHERE collection_settings.version = $9";
    TOKENS = "
        SELECT token, chain, minimum, waiting
        FROM collection_tokens
        WHERE merchant_id = $1
        ORDER BY chain, token";
    TOKEN = "
        SELECT token, chain, minimum, waiting
        FROM collection_tokens
        WHERE merchant_id = $1 AND chain = $2 AND token = $3";
    MINIMUM = "
        INSERT INTO collection_tokens (merchant_id, chain, token, minimum)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (merchant_id, chain, token) DO UPDATE SET minimum = $4";
    WAITING = "
        INSERT INTO collection_tokens (merchant_id, chain, token, minimum, waiting)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant_id, chain, token) DO UPDATE SET waiting = $5";
    GAS = "
        SELECT address, chain, key_index, next_number, balance, created_at
        FROM gas_addresses
        WHERE merchant_id = $1 AND chain = $2";
    GAS_OF_ANYBODY = "
        SELECT address AS value
        FROM gas_addresses
        WHERE chain = $1 AND address = $2";
    INSERT_GAS = "
        INSERT INTO gas_addresses
            (merchant_id, chain, address, key_index, created_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (merchant_id, chain) DO NOTHING";
    AT_LEAST_NUMBER = "
        UPDATE gas_addresses
        SET next_number = $3
        WHERE merchant_id = $1 AND chain = $2 AND (next_number IS NULL OR next_number < $3)";
    /// Of two that give out the same number, one changes nothing.
    TAKE_NUMBER = "
        UPDATE gas_addresses
        SET next_number = next_number + 1
        WHERE merchant_id = $1 AND chain = $2 AND next_number = $3";
    BALANCE = "
        UPDATE gas_addresses
        SET balance = $3
        WHERE merchant_id = $1 AND chain = $2";
}

row! {
    /// How a merchant's money on a chain is collected.
    #[derive(PartialEq, Eq)]
    CollectionSettingsRow of "collection_settings" {
        /// On which chain.
        chain: String,
        /// Whose.
        merchant: MerchantId,
        /// Where to, until [`Self::next_at`].
        address: String,
        /// Where to from then on.
        next_address: Option<String>,
        /// When that begins; nothing is collected before.
        next_at: Option<Timestamp>,
        /// Whether it happens by itself.
        automatic: bool,
        /// Subaddresses in one collection.
        batch_size: u32,
        /// How long a deposit waits for others, in milliseconds.
        max_age: i64,
        /// Counts the changes.
        version: i64,
        /// When it was last changed.
        updated_at: Timestamp,
    }
}

row! {
    /// How a merchant's money of one token is collected.
    #[derive(PartialEq, Eq)]
    CollectionTokenRow of "collection_tokens" {
        /// Which token.
        token: String,
        /// On which chain.
        chain: String,
        /// The least that a subaddress must hold.
        minimum: Amount,
        /// Why it is not collected although it is due.
        waiting: Option<String>,
    }
}

row! {
    /// Who pays the network, and the next number of its lane.
    #[derive(PartialEq, Eq)]
    GasAddressRow of "gas_addresses" {
        /// The address.
        address: String,
        /// On which chain.
        chain: String,
        /// The number of its key on the branch of gas addresses.
        key_index: u32,
        /// The number that the next transaction has; none before the node was asked.
        next_number: Option<i64>,
        /// What was on it when a server last looked.
        balance: Option<Amount>,
        /// When it was derived.
        created_at: Timestamp,
    }
}

impl CollectionSettingsRow {
    /// The address that counts now; none while a changed one waits.
    pub fn address_at(&self, now: Timestamp) -> Option<&str> {
        match (&self.next_address, self.next_at) {
            (Some(next), Some(at)) if at <= now => Some(next),
            (Some(_), _) => None,
            (None, _) => Some(&self.address),
        }
    }
}

reads! {
    /// How a merchant's money on a chain is collected; none before an address was set.
    fn collection_settings(merchant: MerchantId, chain: &str) -> Option<CollectionSettingsRow>
        = optional(ONE, merchant, chain);
    /// The same for each chain.
    fn all_collection_settings(merchant: MerchantId) -> Vec<CollectionSettingsRow>
        = all(ALL, merchant);
    /// How a merchant's tokens are collected, where something was set or waits.
    fn collection_tokens(merchant: MerchantId) -> Vec<CollectionTokenRow> = all(TOKENS, merchant);
    /// The same for one token.
    fn collection_token(merchant: MerchantId, chain: &str, token: &str)
        -> Option<CollectionTokenRow>
        = optional(TOKEN, merchant, chain, token);
    /// Who pays the network for a merchant on a chain.
    fn gas_address(merchant: MerchantId, chain: &str) -> Option<GasAddressRow>
        = optional(GAS, merchant, chain);
    /// Whether somebody's gas address on this chain is this one.
    fn gas_address_at(chain: &str, address: &str) -> Option<String>
        = scalar(GAS_OF_ANYBODY, chain, address);
}

impl Store {
    /// Who wants to be collected automatically on a chain, behind a merchant: only for the sender.
    pub async fn automatic_settings(
        &self,
        chain: &str,
        after: Option<MerchantId>,
        limit: i64,
    ) -> Result<Vec<CollectionSettingsRow>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read().await?.conn().all(&AUTOMATIC, values![chain, after, limit]).await
    }
}

impl Tx {
    /// Keeps the settings, whose version is the one they were read with; zero when there were none. False when
    /// somebody changed them meanwhile.
    pub async fn set_collection_settings(
        &mut self,
        row: &CollectionSettingsRow,
    ) -> Result<bool, StoreError> {
        let CollectionSettingsRow {
            chain,
            merchant,
            address,
            next_address,
            next_at,
            automatic,
            batch_size,
            max_age,
            version,
            updated_at,
        } = row;
        let values = values![
            merchant,
            chain,
            address,
            next_address,
            next_at,
            automatic,
            batch_size,
            max_age,
            version,
            updated_at
        ];
        self.conn().changed(&INSERT, values).await
    }

    /// Sets the least that a subaddress must hold of a token.
    pub async fn set_collection_minimum(
        &mut self,
        merchant: MerchantId,
        (chain, token): (&str, &str),
        minimum: Amount,
    ) -> Result<(), StoreError> {
        self.conn().one(&MINIMUM, values![merchant, chain, token, minimum]).await
    }

    /// Notes why a token is not collected, or that it is.
    pub async fn set_collection_waiting(
        &mut self,
        merchant: MerchantId,
        (chain, token): (&str, &str),
        waiting: Option<&str>,
    ) -> Result<(), StoreError> {
        let values = values![merchant, chain, token, Amount::ZERO, waiting];
        self.conn().one(&WAITING, values).await
    }

    /// Keeps a gas address; nothing happens when the merchant has one.
    pub async fn insert_gas_address(
        &mut self,
        merchant: MerchantId,
        new: &GasAddressRow,
    ) -> Result<(), StoreError> {
        let GasAddressRow { address, chain, key_index, created_at, .. } = new;
        let values = values![merchant, chain, address, key_index, created_at];
        self.conn().count(&INSERT_GAS, values).await?;
        Ok(())
    }

    /// Begins the lane of a gas address, or lets it go on from this number; nothing happens when it is there or further.
    pub async fn raise_lane(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        number: i64,
    ) -> Result<(), StoreError> {
        self.conn().count(&AT_LEAST_NUMBER, values![merchant, chain, number]).await?;
        Ok(())
    }

    /// Gives out a number of a lane; false when it is not the next one.
    pub async fn take_number(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        number: i64,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&TAKE_NUMBER, values![merchant, chain, number]).await
    }

    /// Notes what is on a gas address; false when there is none.
    pub async fn set_gas_balance(
        &mut self,
        merchant: MerchantId,
        chain: &str,
        balance: Amount,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&BALANCE, values![merchant, chain, balance]).await
    }
}
