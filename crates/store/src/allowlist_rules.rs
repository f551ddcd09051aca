//! From where an API key works.

use crate::{
    StoreError, Tx,
    cells::{Cells, FromRow, Row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{ApiKeyId, MerchantId, Rule, RuleId};

sql! {
    OF_KEY = "
        SELECT id, cidr, label
        FROM allowlist_rules
        WHERE merchant_id = $1 AND api_key_id = $2
        ORDER BY position";
    /// Takes the key's row, so that two edits of one list queue.
    LOCK_KEY = "
        UPDATE api_keys
        SET version = version
        WHERE merchant_id = $1 AND id = $2";
    CLEAR = "
        DELETE FROM allowlist_rules
        WHERE merchant_id = $1 AND api_key_id = $2";
    INSERT = "
        INSERT INTO allowlist_rules (merchant_id, api_key_id, id, position, cidr, label)
        VALUES ($1, $2, $3, $4, $5, $6)";
}

impl FromRow for Rule {
    fn read(row: &dyn Row) -> Result<Self, StoreError> {
        let cells = Cells { row, table: "allowlist_rules", id: "id" };
        Ok(Self { cidr: cells.get("cidr")?, label: cells.get("label")? })
    }
}

reads! {
    /// The rules of a key, in order. One that cannot be read is an error, never a shorter list.
    fn rules(merchant: MerchantId, key: ApiKeyId) -> Vec<Rule> = all(OF_KEY, merchant, key);
}

impl Tx {
    /// Replaces the rules of a key; false when the merchant has no such key.
    pub async fn replace_rules(
        &mut self,
        merchant: MerchantId,
        key: ApiKeyId,
        rules: &[(RuleId, Rule)],
    ) -> Result<bool, StoreError> {
        if !self.conn().changed(&LOCK_KEY, values![merchant, key]).await? {
            return Ok(false);
        }
        self.conn().count(&CLEAR, values![merchant, key]).await?;
        for (position, (id, Rule { cidr, label })) in (0_u32..).zip(rules) {
            self.conn().one(&INSERT, values![merchant, key, id, position, cidr, label]).await?;
        }
        Ok(true)
    }
}
