//! Whether the first owner exists, and the link that may make it.

use crate::{Hash, Store, StoreError, Tx, cells::values, statement::sql};
use aio_domain::Timestamp;

sql! {
    STATE = "
        SELECT completed_at IS NOT NULL AS value
        FROM installation
        WHERE id = 1";
    PUT_TOKEN = "
        INSERT INTO installation (id, setup_token_hash, created_at)
        VALUES (1, $1, $2)
        ON CONFLICT (id) DO UPDATE SET setup_token_hash = excluded.setup_token_hash
        WHERE installation.completed_at IS NULL";
    COMPLETE = "
        UPDATE installation
        SET completed_at = $2, setup_token_hash = NULL
        WHERE id = 1 AND setup_token_hash = $1 AND completed_at IS NULL";
}

/// How far the installation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetupState {
    /// The first owner exists; nobody can set the installation up again.
    pub completed: bool,
}

impl Store {
    /// How far the installation has come.
    pub async fn setup_state(&self) -> Result<SetupState, StoreError> {
        Ok(SetupState { completed: self.read().await?.conn().number(&STATE, values![]).await? })
    }
}

impl Tx {
    /// Makes this the one token that can set the installation up; false when that is done already.
    pub async fn put_setup_token(
        &mut self,
        hash: &Hash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&PUT_TOKEN, values![hash, now]).await
    }

    /// Spends the token; false when it is another one, or spent.
    pub async fn complete_setup(
        &mut self,
        hash: &Hash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&COMPLETE, values![hash, now]).await
    }
}
