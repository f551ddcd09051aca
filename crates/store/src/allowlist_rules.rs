//! From where an API key works, and how often each rule let a request in.

use crate::{
    Store, StoreError, Tx,
    cells::{Cells, FromRow, Row, row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{ApiKeyId, Cidr, MerchantId, Rule, RuleId, Timestamp, text::Label};
use std::collections::HashMap;

sql! {
    OF_KEY = "
        SELECT id, cidr, label
        FROM allowlist_rules
        WHERE merchant_id = $1 AND api_key_id = $2
        ORDER BY position";
    STATS = "
        SELECT id, cidr, label, hits, last_match_at
        FROM allowlist_rules
        WHERE merchant_id = $1 AND api_key_id = $2
        ORDER BY position";
    /// Takes the key's row, so that two edits of one list queue, and edits and counts as well.
    LOCK_KEY = "
        UPDATE api_keys
        SET version = version
        WHERE merchant_id = $1 AND id = $2";
    CLEAR = "
        DELETE FROM allowlist_rules
        WHERE merchant_id = $1 AND api_key_id = $2
        RETURNING cidr AS range, hits, last_match_at";
    INSERT = "
        INSERT INTO allowlist_rules
            (merchant_id, api_key_id, id, position, cidr, label, hits, last_match_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    TOUCH = "
        UPDATE allowlist_rules
        SET hits = hits + $4,
            last_match_at = CASE
                WHEN last_match_at IS NULL OR last_match_at < $5 THEN $5 ELSE last_match_at END
        WHERE merchant_id = $1 AND api_key_id = $2 AND cidr = $3";
}

impl FromRow for Rule {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let cells = Cells { row, table: "allowlist_rules", id: "id" };
        Ok(Self { cidr: cells.get("cidr")?, label: cells.get("label")? })
    }
}

row! {
    /// A rule and what it did.
    #[derive(PartialEq, Eq)]
    RuleStats of "allowlist_rules" {
        /// Id.
        id: RuleId,
        /// The range.
        cidr: Cidr,
        /// What it is, in the merchant's words.
        label: Option<Label>,
        /// How many requests it let in since the range is in the list.
        hits: i64,
        /// When it let one in last.
        last_match_at: Option<Timestamp>,
    }
}

row! {
    /// What stays when a rule is replaced by another one of the same range, which need not be
    /// readable: a list with a broken rule can be replaced.
    Counted of "allowlist_rules" {
        range: String,
        hits: i64,
        last_match_at: Option<Timestamp>,
    }
}

/// Requests that a rule let in, to be noted.
#[derive(Debug, Clone, Copy)]
pub struct RuleUse {
    /// The merchant.
    pub merchant: MerchantId,
    /// The key.
    pub key: ApiKeyId,
    /// The range of the rule: ids change with every edit.
    pub cidr: Cidr,
    /// How many more requests.
    pub hits: u32,
    /// When the last of them came.
    pub last_match_at: Timestamp,
}

reads! {
    /// The rules of a key, in order. One that cannot be read is an error, never a shorter list.
    fn rules(merchant: MerchantId, key: ApiKeyId) -> Vec<Rule> = all(OF_KEY, merchant, key);
    /// The rules of a key and what they did, in order.
    fn rule_stats(merchant: MerchantId, key: ApiKeyId) -> Vec<RuleStats>
        = all(STATS, merchant, key);
}

impl Store {
    /// Notes what rules let in, in one transaction; a rule that is no longer in its list is passed
    /// over.
    pub async fn touch_rules(&self, uses: &[RuleUse]) -> Result<(), StoreError> {
        let mut uses = uses.to_vec();
        uses.sort_by_key(|one| (one.key, one.merchant)); // two writers take rows in the same order
        let mut tx = self.begin().await?;
        for of_key in
            uses.chunk_by(|one, next| (one.key, one.merchant) == (next.key, next.merchant))
        {
            tx.touch_rules_of_key(of_key).await?;
        }
        tx.commit().await
    }
}

impl Tx {
    /// Replaces the rules of a key; false when the merchant has no such key. A range that stays in
    /// the list keeps what was counted of it.
    pub async fn replace_rules(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        rules: &[(RuleId, Rule)],
    ) -> Result<bool, StoreError> {
        if !self.conn().changed(&LOCK_KEY, values![merchant, key]).await? {
            return Ok(false);
        }
        let counted: Vec<Counted> = self.conn().all(&CLEAR, values![merchant, key]).await?;
        let counted: HashMap<_, _> =
            counted.into_iter().map(|old| (old.range, (old.hits, old.last_match_at))).collect();
        for (position, (id, Rule { cidr, label })) in (0_u32..).zip(rules) {
            let (hits, last) = counted.get(&cidr.to_string()).copied().unwrap_or_default();
            let values = values![merchant, key, id, position, cidr, label, hits, last];
            self.conn().one(&INSERT, values).await?;
        }
        Ok(true)
    }

    async fn touch_rules_of_key(&mut self, uses: &[RuleUse]) -> Result<(), StoreError> {
        let [RuleUse { merchant, key, .. }, ..] = uses else { return Ok(()) };
        if !self.conn().changed(&LOCK_KEY, values![merchant, key]).await? {
            return Ok(());
        }
        for RuleUse { cidr, hits, last_match_at, .. } in uses {
            let values = values![merchant, key, cidr, hits, last_match_at];
            self.conn().count(&TOUCH, values).await?;
        }
        Ok(())
    }
}
