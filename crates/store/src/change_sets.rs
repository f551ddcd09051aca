//! Changes shown to a person and waiting for a code: bound to merchant, person and session, and
//! taken once.

use crate::{
    Hash, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{ChangeSetId, MerchantId, Timestamp, UserId};

macro_rules! columns {
    () => {
        "id, merchant_id AS merchant, user_id AS user, session_hash, action, target, params, digest,
            created_at, expires_at"
    };
}

sql! {
    FIND = concat!("SELECT ", columns!(), "
        FROM change_sets
        WHERE merchant_id = $1 AND user_id = $2 AND session_hash = $3
          AND id = $4 AND expires_at > $5");
    TAKE = concat!("
        DELETE FROM change_sets
        WHERE merchant_id = $1 AND user_id = $2 AND session_hash = $3
          AND id = $4 AND expires_at > $5
        RETURNING ", columns!());
    INSERT = "
        INSERT INTO change_sets
            (id, merchant_id, user_id, session_hash, action, target, params, digest,
            created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CANCEL = "DELETE FROM change_sets WHERE user_id = $1";
}

row! {
    /// A change as stored.
    ChangeSetRow of "change_sets" {
        /// Id.
        id: ChangeSetId,
        /// In which merchant.
        merchant: MerchantId,
        /// Whose change.
        user: UserId,
        /// In which session.
        session_hash: Hash,
        /// Name of the action in the policy table.
        action: String,
        /// Id of what is changed, if it exists.
        target: Option<String>,
        /// Exact parameters, as JSON.
        params: String,
        /// Hash of all of the above.
        digest: Hash,
        /// When it was shown.
        created_at: Timestamp,
        /// From when on it cannot be confirmed.
        expires_at: Timestamp,
    }
}

reads! {
    /// A change that can still be confirmed by this person in this session.
    fn change_set(
        merchant: MerchantId, user: UserId, session_hash: &Hash, id: ChangeSetId, now: Timestamp
    ) -> Option<ChangeSetRow>
        = optional(FIND, merchant, user, session_hash, id, now);
}

impl Tx {
    /// Adds a change; its session must be alive.
    pub async fn insert_change_set(&mut self, change: &ChangeSetRow) -> Result<(), StoreError> {
        let ChangeSetRow {
            id,
            merchant,
            user,
            session_hash,
            action,
            target,
            params,
            digest,
            created_at,
            expires_at,
        } = change;
        let values = values![
            id,
            merchant,
            user,
            session_hash,
            action,
            target,
            params,
            digest,
            created_at,
            expires_at
        ];
        self.conn().one(&INSERT, values).await
    }

    /// Takes a change: exactly one caller gets it.
    pub async fn take_change_set(
        &mut self,
        merchant: MerchantId,
        user: UserId,
        session_hash: &Hash,
        id: ChangeSetId,
        now: Timestamp,
    ) -> Result<Option<ChangeSetRow>, StoreError> {
        self.conn().optional(&TAKE, values![merchant, user, session_hash, id, now]).await
    }

    /// Cancels every change of a person and tells how many.
    pub async fn cancel_change_sets(&mut self, user: UserId) -> Result<u64, StoreError> {
        self.conn().count(&CANCEL, values![user]).await
    }
}
