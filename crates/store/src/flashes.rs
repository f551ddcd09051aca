//! Things a page shows once: sealed, bound to a session, gone when read.

use crate::{
    Hash, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{FlashId, Timestamp, sealing::Sealed};

sql! {
    PUT = "
        INSERT INTO flashes (id, session_hash, kind, target, sealed, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (session_hash, kind, target) DO UPDATE SET
            id = excluded.id,
            sealed = excluded.sealed,
            created_at = excluded.created_at,
            expires_at = excluded.expires_at";
    PEEK = "
        SELECT id, session_hash, kind, target, sealed, created_at, expires_at
        FROM flashes
        WHERE session_hash = $1 AND kind = $2 AND target = $3 AND expires_at > $4";
    TAKE = "
        DELETE FROM flashes
        WHERE session_hash = $1 AND kind = $2 AND target = $3 AND expires_at > $4
        RETURNING id, session_hash, kind, target, sealed, created_at, expires_at";
}

row! {
    /// A flash as stored.
    FlashRow of "flashes" {
        /// Id.
        id: FlashId,
        /// In which session it can be read.
        session_hash: Hash,
        /// What it is.
        kind: String,
        /// What it is about.
        target: String,
        /// The sealed content.
        sealed: Sealed,
        /// When it was put.
        created_at: Timestamp,
        /// From when on it cannot be read.
        expires_at: Timestamp,
    }
}

reads! {
    /// Looks at a flash without taking it.
    fn peek_flash(session_hash: &Hash, kind: &str, target: &str, now: Timestamp) -> Option<FlashRow>
        = optional(PEEK, session_hash, kind, target, now);
}

impl Tx {
    /// Puts a flash in the place of the one for the same session, kind and target; the session must
    /// be alive.
    pub async fn put_flash(&mut self, flash: &FlashRow) -> Result<(), StoreError> {
        let FlashRow { id, session_hash, kind, target, sealed, created_at, expires_at } = flash;
        self.conn()
            .one(&PUT, values![id, session_hash, kind, target, sealed, created_at, expires_at])
            .await
    }

    /// Takes a flash: exactly one caller gets it.
    pub async fn take_flash(
        &mut self,
        session_hash: &Hash,
        kind: &str,
        target: &str,
        now: Timestamp,
    ) -> Result<Option<FlashRow>, StoreError> {
        self.conn().optional(&TAKE, values![session_hash, kind, target, now]).await
    }
}

alone! {
    /// As [`Tx::put_flash`], made real at once.
    fn put_flash(flash: &FlashRow) -> ();
    /// As [`Tx::take_flash`], made real at once.
    fn take_flash(
        session_hash: &Hash, kind: &str, target: &str, now: Timestamp
    ) -> Option<FlashRow>;
}
