//! Tenants and their members.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{MerchantId, Role, Timestamp, UserId, text::Label};

sql! {
    FIND = "
        SELECT id, name, dashboard_allowlist_on, created_at
        FROM merchants
        WHERE id = $1";
    ALL = "
        SELECT id, name, dashboard_allowlist_on, created_at
        FROM merchants
        ORDER BY created_at, id";
    INSERT = "
        INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
        VALUES ($1, $2, $3, $4)";
    INSERT_MEMBER = "
        INSERT INTO members (merchant_id, user_id, role, created_at)
        VALUES ($1, $2, $3, $4)";
    MEMBERSHIPS = "
        SELECT merchants.id AS merchant, merchants.name AS merchant_name, members.role,
            merchants.dashboard_allowlist_on
        FROM members
        JOIN merchants ON merchants.id = members.merchant_id
        WHERE members.user_id = $1
        ORDER BY members.created_at, members.merchant_id";
    ROLE = "
        SELECT role AS value
        FROM members
        WHERE merchant_id = $1 AND user_id = $2";
    SET_ALLOWLIST = "
        UPDATE merchants
        SET dashboard_allowlist_on = $2
        WHERE id = $1";
}

row! {
    /// A merchant as stored.
    Merchant of "merchants" {
        /// Id.
        id: MerchantId,
        /// Name.
        name: Label,
        /// Whether the dashboard opens from listed addresses only.
        dashboard_allowlist_on: bool,
        /// When it was added.
        created_at: Timestamp,
    }
}

row! {
    /// A merchant as seen by one of its members.
    Membership of "members" {
        /// The merchant.
        merchant: MerchantId,
        /// Its name.
        merchant_name: Label,
        /// What the person may do there.
        role: Role,
        /// Whether the dashboard opens from listed addresses only.
        dashboard_allowlist_on: bool,
    }
}

reads! {
    /// The merchant of this id.
    fn merchant(id: MerchantId) -> Option<Merchant> = optional(FIND, id);
    /// What the person may do in the merchant; none when not a member.
    fn member_role(merchant: MerchantId, user: UserId) -> Option<Role>
        = scalar(ROLE, merchant, user);
    /// The merchants a person is a member of, longest first.
    fn memberships(user: UserId) -> Vec<Membership> = all(MEMBERSHIPS, user);
}

impl Store {
    /// Every merchant, oldest first: for the operator.
    pub async fn merchants(&self) -> Result<Vec<Merchant>, StoreError> {
        self.read().await?.conn().all(&ALL, values![]).await
    }
}

impl Tx {
    /// Adds a merchant.
    pub async fn insert_merchant(&mut self, merchant: &Merchant) -> Result<(), StoreError> {
        let Merchant { id, name, dashboard_allowlist_on, created_at } = merchant;
        self.conn().one(&INSERT, values![id, name, dashboard_allowlist_on, created_at]).await
    }

    /// Makes a person a member; [`StoreError::Unique`] when the person is one.
    pub async fn insert_member(
        &mut self,
        merchant: MerchantId,
        user: UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.conn().one(&INSERT_MEMBER, values![merchant, user, role, now]).await
    }

    /// Switches the dashboard allowlist.
    pub async fn set_dashboard_allowlist(
        &mut self,
        merchant: MerchantId,
        on: bool,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_ALLOWLIST, values![merchant, on]).await
    }
}
