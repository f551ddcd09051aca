//! Signed-in browsers, found by the hash of the id in their cookie. Nothing but
//! [`Tx::insert_session`] makes one.

use crate::{
    Hash, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{
    AuthLevel, Language, MerchantId, Role, SessionRef, Theme, Timestamp, UserId,
    text::{Email, Label},
};
use std::net::IpAddr;

sql! {
    FIND = "
        SELECT s.handle, s.user_id AS user, s.merchant_id AS merchant, s.auth_level AS level,
            s.created_at, s.seen_at, s.address, s.user_agent,
            u.name AS user_name, u.email, u.disabled_at, u.hold_until, u.language, u.theme,
            members.role, merchants.name AS merchant_name, merchants.dashboard_allowlist_on,
            EXISTS (
                SELECT 1
                FROM authenticators a
                WHERE a.user_id = s.user_id AND a.slot = 'active') AS enrolled
        FROM sessions s
        JOIN users u ON u.id = s.user_id
        LEFT JOIN members ON members.merchant_id = s.merchant_id AND members.user_id = s.user_id
        LEFT JOIN merchants ON merchants.id = members.merchant_id
        WHERE s.id_hash = $1";
    OF_USER = "
        SELECT handle, auth_level AS level, created_at, seen_at, address, user_agent
        FROM sessions
        WHERE user_id = $1
        ORDER BY created_at DESC, handle DESC";
    ALIVE = "
        SELECT auth_level AS value
        FROM sessions
        WHERE id_hash = $1";
    INSERT = "
        INSERT INTO sessions
            (id_hash, handle, user_id, merchant_id, auth_level,
            created_at, seen_at, address, user_agent)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)";
    TOUCH = "
        UPDATE sessions
        SET seen_at = $2, address = $3
        WHERE id_hash = $1 AND seen_at < $2";
    DELETE = "DELETE FROM sessions WHERE id_hash = $1";
    DELETE_BY_HANDLE = "DELETE FROM sessions WHERE user_id = $1 AND handle = $2";
    DELETE_OTHERS = "DELETE FROM sessions WHERE user_id = $1 AND id_hash <> $2";
    DELETE_ALL = "DELETE FROM sessions WHERE user_id = $1";
}

/// A session to be made.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// SHA-256 of the id in the cookie.
    pub id_hash: Hash,
    /// Its public handle.
    pub handle: SessionRef,
    /// Who signed in.
    pub user: UserId,
    /// In which merchant.
    pub merchant: Option<MerchantId>,
    /// How far.
    pub level: AuthLevel,
    /// Now.
    pub created_at: Timestamp,
    /// From where.
    pub address: IpAddr,
    /// With which browser, by its own account.
    pub user_agent: String,
}

row! {
    /// A session, with the person and the person's membership as they are now.
    SessionRow of "sessions" {
        /// Public handle.
        handle: SessionRef,
        /// Who signed in.
        user: UserId,
        /// In which merchant.
        merchant: Option<MerchantId>,
        /// How far.
        level: AuthLevel,
        /// When.
        created_at: Timestamp,
        /// Last use, to the minute.
        seen_at: Timestamp,
        /// Last address.
        address: IpAddr,
        /// Browser, by its own account.
        user_agent: String,
        /// Name shown.
        user_name: Label,
        /// E-mail address.
        email: Email,
        /// Since when the person is shut out.
        disabled_at: Option<Timestamp>,
        /// Until when secrets are not copied and money is not moved.
        hold_until: Option<Timestamp>,
        /// Language chosen.
        language: Option<Language>,
        /// Theme chosen.
        theme: Option<Theme>,
        /// What the person may do in the merchant; none when no longer a member.
        role: Option<Role>,
        /// The merchant's name; none when no longer a member.
        merchant_name: Option<Label>,
        /// Whether the merchant's dashboard opens from listed addresses only; none when no longer a
        /// member.
        dashboard_allowlist_on: Option<bool>,
        /// Whether the person has an authenticator.
        enrolled: bool,
    }
}

row! {
    /// A session as its owner sees it in a list.
    SessionSummary of "sessions" {
        /// Public handle.
        handle: SessionRef,
        /// How far.
        level: AuthLevel,
        /// When.
        created_at: Timestamp,
        /// Last use, to the minute.
        seen_at: Timestamp,
        /// Last address.
        address: IpAddr,
        /// Browser, by its own account.
        user_agent: String,
    }
}

reads! {
    /// The session of this id's hash.
    fn session(id_hash: &Hash) -> Option<SessionRow> = optional(FIND, id_hash);
    /// Every session of a person, newest first.
    fn sessions_of(user: UserId) -> Vec<SessionSummary> = all(OF_USER, user);
    /// How far a session has come; none when it was ended.
    fn session_alive(id_hash: &Hash) -> Option<AuthLevel> = scalar(ALIVE, id_hash);
}

impl Tx {
    /// Makes a session.
    pub async fn insert_session(&mut self, session: &NewSession) -> Result<(), StoreError> {
        let NewSession { id_hash, handle, user, merchant, level, created_at, address, user_agent } =
            session;
        let values =
            values![id_hash, handle, user, merchant, level, created_at, address, user_agent];
        self.conn().one(&INSERT, values).await
    }

    /// Notes a use; false when the session is gone or was used later already. Never makes a
    /// session.
    pub async fn touch_session(
        &mut self,
        id_hash: &Hash,
        now: Timestamp,
        address: IpAddr,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&TOUCH, values![id_hash, now, address]).await
    }

    /// Ends a session; false when it was ended already.
    pub async fn delete_session(&mut self, id_hash: &Hash) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE, values![id_hash]).await
    }

    /// Ends one of a person's sessions.
    pub async fn delete_session_by_handle(
        &mut self,
        user: UserId,
        handle: SessionRef,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE_BY_HANDLE, values![user, handle]).await
    }

    /// Ends all of a person's sessions but one and tells how many.
    pub async fn delete_other_sessions(
        &mut self,
        user: UserId,
        keep: &Hash,
    ) -> Result<u64, StoreError> {
        self.conn().count(&DELETE_OTHERS, values![user, keep]).await
    }

    /// Ends all of a person's sessions and tells how many.
    pub async fn delete_sessions(&mut self, user: UserId) -> Result<u64, StoreError> {
        self.conn().count(&DELETE_ALL, values![user]).await
    }
}

alone! {
    /// As [`Tx::touch_session`], made real at once.
    fn touch_session(id_hash: &Hash, now: Timestamp, address: IpAddr) -> bool;
    /// As [`Tx::delete_session`], made real at once.
    fn delete_session(id_hash: &Hash) -> bool;
}
