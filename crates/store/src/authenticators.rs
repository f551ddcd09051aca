//! Authenticators and recovery codes.

use crate::{
    Hash, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{Timestamp, UserId, sealing::Sealed};

sql! {
    FIND = "
        SELECT user_id AS user, slot, sealed, created_at, expires_at
        FROM authenticators
        WHERE user_id = $1 AND slot = $2";
    PUT_PENDING = "
        INSERT INTO authenticators (user_id, slot, sealed, created_at, expires_at)
        VALUES ($1, 'pending', $2, $3, $4)
        ON CONFLICT (user_id, slot) DO UPDATE SET
            sealed = excluded.sealed,
            created_at = excluded.created_at,
            expires_at = excluded.expires_at";
    MAKE_ROOM = "
        DELETE FROM authenticators
        WHERE user_id = $1
          AND slot = 'active'
          AND EXISTS (
            SELECT 1 FROM authenticators p
            WHERE p.user_id = $1 AND p.slot = 'pending' AND p.expires_at > $2)";
    PROMOTE = "
        UPDATE authenticators
        SET slot = 'active', created_at = $2, expires_at = NULL
        WHERE user_id = $1 AND slot = 'pending' AND expires_at > $2";
    DELETE = "DELETE FROM authenticators WHERE user_id = $1";
    ADD_CODE = "
        INSERT INTO recovery_codes (user_id, hash, created_at)
        VALUES ($1, $2, $3)";
    USE_CODE = "
        UPDATE recovery_codes
        SET used_at = $3
        WHERE user_id = $1 AND hash = $2 AND used_at IS NULL";
    CODES_LEFT = "
        SELECT COUNT(*) AS value
        FROM recovery_codes
        WHERE user_id = $1 AND used_at IS NULL";
    DELETE_CODES = "DELETE FROM recovery_codes WHERE user_id = $1";
}

/// The authenticator in use, or the one being enrolled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// In use.
    Active,
    /// Being enrolled.
    Pending,
}

impl Slot {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Active, Self::Pending].into_iter().find(|slot| slot.as_str() == name)
    }
}

row! {
    /// An authenticator as stored.
    AuthenticatorRow of "authenticators" {
        /// Whose.
        user: UserId,
        /// In use or being enrolled.
        slot: Slot,
        /// The sealed secret.
        sealed: Sealed,
        /// Since when.
        created_at: Timestamp,
        /// Until when it can be confirmed, while being enrolled.
        expires_at: Option<Timestamp>,
    }
}

reads! {
    /// The authenticator of a person in a slot. Whether a pending one has expired is for the caller
    /// to see.
    fn authenticator(user: UserId, slot: Slot) -> Option<AuthenticatorRow>
        = optional(FIND, user, slot);
    /// How many recovery codes are unused.
    fn recovery_codes_left(user: UserId) -> u32 = number(CODES_LEFT, user);
}

impl Tx {
    /// Begins an enrolment, instead of an earlier one.
    pub async fn put_pending(
        &mut self,
        user: UserId,
        sealed: &Sealed,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().one(&PUT_PENDING, values![user, sealed, now, expires_at]).await
    }

    /// Puts the pending authenticator in the place of the active one; false, and nothing changed,
    /// when there is none or it has expired.
    pub async fn promote_pending(
        &mut self,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().count(&MAKE_ROOM, values![user, now]).await?;
        self.conn().changed(&PROMOTE, values![user, now]).await
    }

    /// Removes both authenticators of a person.
    pub async fn delete_authenticators(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE, values![user]).await
    }

    /// Replaces all recovery codes of a person by new ones.
    pub async fn replace_recovery_codes(
        &mut self,
        user: UserId,
        hashes: &[Hash],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.delete_recovery_codes(user).await?;
        for hash in hashes {
            self.conn().one(&ADD_CODE, values![user, hash, now]).await?;
        }
        Ok(())
    }

    /// Uses a recovery code; false when there is none like it, or it was used.
    pub async fn use_recovery_code(
        &mut self,
        user: UserId,
        hash: &Hash,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&USE_CODE, values![user, hash, now]).await
    }

    /// Removes all recovery codes of a person.
    pub async fn delete_recovery_codes(&mut self, user: UserId) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE_CODES, values![user]).await
    }
}
