//! Who did what: chains of entries, one chain per scope, that can be added to and nothing else.

use crate::{
    Hash, StoreError, Tx,
    cells::{Cells, FromRow, Row, row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{
    MerchantId,
    audit::{AuditEntry, START},
};

sql! {
    /// Holds the head's row until the transaction ends, so that entries of one scope queue on
    /// Postgres too.
    NEXT = "
        INSERT INTO audit_heads (scope, seq, hash)
        VALUES ($1, 1, $2)
        ON CONFLICT (scope) DO UPDATE SET seq = audit_heads.seq + 1
        RETURNING scope, seq, hash";
    SET_HEAD = "
        UPDATE audit_heads
        SET hash = $3
        WHERE scope = $1 AND seq = $2";
    INSERT = "
        INSERT INTO audit_entries
            (id, scope, merchant_id, seq, at, actor_kind, actor_id, action, target, outcome,
            address, request_id, detail, prev_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    PAGE = "
        SELECT id, scope, merchant_id AS merchant, seq, at, actor_kind, actor_id, action, target,
            outcome, address, request_id, detail, prev_hash, hash
        FROM audit_entries
        WHERE scope = $1 AND seq > $2
        ORDER BY seq
        LIMIT $3";
    HEADS = "
        SELECT scope, seq, hash
        FROM audit_heads
        ORDER BY scope";
}

/// An entry in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// What the hash is made of, besides the one before.
    pub entry: AuditEntry,
    /// In which merchant; none for the installation.
    pub merchant: Option<MerchantId>,
    /// Hash of the entry before; [`aio_domain::audit::START`] for the first.
    pub prev_hash: Hash,
    /// Hash of this entry.
    pub hash: Hash,
}

impl FromRow for AuditRow {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let cells = Cells { row, table: "audit_entries", id: "id" };
        let entry = AuditEntry {
            id: cells.get("id")?,
            scope: cells.get("scope")?,
            seq: cells.get("seq")?,
            at: cells.get("at")?,
            actor_kind: cells.get("actor_kind")?,
            actor_id: cells.get("actor_id")?,
            action: cells.get("action")?,
            target: cells.get("target")?,
            outcome: cells.get("outcome")?,
            address: cells.get("address")?,
            request_id: cells.get("request_id")?,
            detail: cells.get("detail")?,
        };
        Ok(Self {
            entry,
            merchant: cells.get("merchant")?,
            prev_hash: cells.get("prev_hash")?,
            hash: cells.get("hash")?,
        })
    }
}

row! {
    /// The end of a chain.
    AuditHead of "audit_heads" {
        /// Which chain.
        scope: String,
        /// Place of its last entry.
        seq: i64,
        /// Hash of its last entry.
        hash: Hash,
    }
}

reads! {
    /// Entries of a chain behind a place, in order.
    fn audit_page(scope: &str, after_seq: i64, limit: i64) -> Vec<AuditRow>
        = all(PAGE, scope, after_seq, limit);
    /// The ends of all chains.
    fn audit_scopes() -> Vec<AuditHead> = all(HEADS);
}

impl Tx {
    /// Takes the next place of a chain and tells the hash of the entry before. Until this
    /// transaction ends nobody else gets a place, so the entry must follow in it.
    pub async fn next_audit(&mut self, scope: &str) -> Result<(i64, Hash), StoreError> {
        let head: Option<AuditHead> = self.conn().optional(&NEXT, values![scope, START]).await?;
        head.map(|head| (head.seq, head.hash)).ok_or(StoreError::row_count(0))
    }

    /// Adds the entry to the place that [`Tx::next_audit`] gave.
    pub async fn insert_audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let AuditRow { entry, merchant, prev_hash, hash } = row;
        let values = values![
            entry.id,
            entry.scope,
            merchant,
            entry.seq,
            entry.at,
            entry.actor_kind,
            entry.actor_id,
            entry.action,
            entry.target,
            entry.outcome,
            entry.address,
            entry.request_id,
            entry.detail,
            prev_hash,
            hash
        ];
        self.conn().one(&INSERT, values).await?;
        self.conn().one(&SET_HEAD, values![entry.scope, entry.seq, hash]).await
    }
}
