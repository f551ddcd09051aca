//! From where a merchant's dashboard opens.

use crate::{
    StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::{alone, reads},
};
use aio_domain::{Cidr, EntryId, MerchantId, Timestamp, UserId, text::Label};

sql! {
    LIST = "
        SELECT e.id, e.cidr, e.label, e.enabled, e.created_by, u.name AS creator_name,
            e.created_at, e.last_seen_at
        FROM dashboard_allowlist_entries e
        JOIN users u ON u.id = e.created_by
        WHERE e.merchant_id = $1
        ORDER BY e.created_at, e.id";
    INSERT = "
        INSERT INTO dashboard_allowlist_entries
            (merchant_id, id, cidr, label, enabled, created_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    SET_ENABLED = "
        UPDATE dashboard_allowlist_entries
        SET enabled = $3
        WHERE merchant_id = $1 AND id = $2 AND enabled <> $3";
    DELETE = "
        DELETE FROM dashboard_allowlist_entries
        WHERE merchant_id = $1 AND id = $2";
    TOUCH = "
        UPDATE dashboard_allowlist_entries
        SET last_seen_at = $3
        WHERE merchant_id = $1 AND id = $2 AND (last_seen_at IS NULL OR last_seen_at < $3)";
}

/// An entry to be added.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Id.
    pub id: EntryId,
    /// The range, unique in the merchant.
    pub cidr: Cidr,
    /// What it is, in the merchant's words.
    pub label: Option<Label>,
    /// Whether it counts.
    pub enabled: bool,
    /// Who adds it.
    pub created_by: UserId,
    /// Now.
    pub created_at: Timestamp,
}

row! {
    /// An entry as stored.
    EntryRow of "dashboard_allowlist_entries" {
        /// Id.
        id: EntryId,
        /// The range.
        cidr: Cidr,
        /// What it is, in the merchant's words.
        label: Option<Label>,
        /// Whether it counts.
        enabled: bool,
        /// Who added it.
        created_by: UserId,
        /// That person's name.
        creator_name: Label,
        /// When it was added.
        created_at: Timestamp,
        /// When somebody last came from there.
        last_seen_at: Option<Timestamp>,
    }
}

reads! {
    /// A merchant's entries, oldest first. One that cannot be read is an error, never a shorter
    /// list.
    fn entries(merchant: MerchantId) -> Vec<EntryRow> = all(LIST, merchant);
}

impl Tx {
    /// Adds an entry; [`StoreError::Unique`] when the range is listed.
    pub async fn insert_entry(
        &mut self,
        merchant: MerchantId,
        entry: &NewEntry,
    ) -> Result<(), StoreError> {
        let NewEntry { id, cidr, label, enabled, created_by, created_at } = entry;
        self.conn()
            .one(&INSERT, values![merchant, id, cidr, label, enabled, created_by, created_at])
            .await
    }

    /// Enables or disables an entry; false when it is gone or so already.
    pub async fn set_entry_enabled(
        &mut self,
        merchant: MerchantId,
        id: EntryId,
        enabled: bool,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&SET_ENABLED, values![merchant, id, enabled]).await
    }

    /// Removes an entry.
    pub async fn delete_entry(
        &mut self,
        merchant: MerchantId,
        id: EntryId,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&DELETE, values![merchant, id]).await
    }

    /// Notes that somebody came from there; only forward.
    pub async fn touch_entry(
        &mut self,
        merchant: MerchantId,
        id: EntryId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.conn().changed(&TOUCH, values![merchant, id, now]).await
    }
}

alone! {
    /// As [`Tx::touch_entry`], made real at once.
    fn touch_entry(merchant: MerchantId, id: EntryId, now: Timestamp) -> bool;
}
