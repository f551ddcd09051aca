//! The double-entry ledger: lines that are never changed, and their sums.

use crate::{
    Store, StoreError, Tx,
    cells::{Bind as _, row, values},
    many::{all_of, postgres_rows, rows, sqlite_rows},
    statement::sql,
    tx::reads,
};
use aio_domain::{
    Amount, LedgerId, MerchantId, Timestamp,
    ledger::{LedgerAccount, LedgerReason},
};
use std::collections::BTreeMap;

/// Lines of one merchant.
macro_rules! insert {
    ($($rows:tt)+) => {
        concat!(
            "INSERT INTO ledger_entries
                (merchant_id, id, chain, token, debit, credit, amount, reason, reference, at)
            SELECT $1, r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4,
                r.value ->> 5, r.value ->> 6, r.value ->> 7, CAST(r.value ->> 8 AS BIGINT)
            FROM ",
            $($rows)+
        )
    };
}

sql! {
    INSERT = insert!(sqlite_rows!("$2")), postgres = insert!(postgres_rows!("$2"));
    /// Holds the row until the transaction ends.
    OPEN = "
        INSERT INTO ledger_accounts (merchant_id, chain, token, account, debits, credits)
        VALUES ($1, $2, $3, $4, $5, $5)
        ON CONFLICT (merchant_id, chain, token, account) DO UPDATE
        SET debits = ledger_accounts.debits
        RETURNING account, chain, token, debits, credits";
    SET = "
        UPDATE ledger_accounts
        SET debits = $5, credits = $6
        WHERE merchant_id = $1 AND chain = $2 AND token = $3 AND account = $4";
    BALANCES = "
        SELECT account, chain, token, debits, credits
        FROM ledger_accounts
        WHERE merchant_id = $1
        ORDER BY chain, token, account";
    OF_REFERENCE = "
        SELECT id, chain, token, debit, credit, amount, reason, reference, at
        FROM ledger_entries
        WHERE merchant_id = $1 AND reference = $2
        ORDER BY at, id";
}

row! {
    /// An account and its sums.
    #[derive(PartialEq, Eq)]
    BalanceRow of "ledger_accounts" {
        /// Which account.
        account: LedgerAccount,
        /// On which chain.
        chain: String,
        /// Of which token.
        token: String,
        /// Everything that was taken from it.
        debits: Amount,
        /// Everything that was given to it.
        credits: Amount,
    }
}

row! {
    /// A line of the ledger.
    #[derive(PartialEq, Eq)]
    LedgerRow of "ledger_entries" {
        /// Id.
        id: LedgerId,
        /// On which chain.
        chain: String,
        /// Of which token.
        token: String,
        /// From which account.
        debit: LedgerAccount,
        /// To which.
        credit: LedgerAccount,
        /// How much.
        amount: Amount,
        /// Why.
        reason: LedgerReason,
        /// What it is about: the id of a deposit.
        reference: String,
        /// When.
        at: Timestamp,
    }
}

reads! {
    /// A merchant's accounts.
    fn balances(merchant: MerchantId) -> Vec<BalanceRow> = all(BALANCES, merchant);
}

impl Store {
    /// The lines about one thing, in their order.
    pub async fn ledger_of(
        &self,
        merchant: MerchantId,
        reference: &str,
    ) -> Result<Vec<LedgerRow>, StoreError> {
        self.read().await?.conn().all(&OF_REFERENCE, values![merchant, reference]).await
    }
}

impl Tx {
    /// Moves money from some accounts of a merchant to others. A sum that does not fit into 256 bits is refused.
    pub async fn post(
        &mut self,
        merchant: MerchantId,
        lines: &[LedgerRow],
    ) -> Result<(), StoreError> {
        // In one order, whichever way the money goes: two transactions must not wait for each other.
        let mut sums: BTreeMap<(&str, &str, LedgerAccount), [Amount; 2]> = BTreeMap::new();
        for LedgerRow { chain, token, debit, credit, amount, .. } in lines {
            for (side, account) in [debit, credit].into_iter().enumerate() {
                let sum = &mut sums.entry((chain, token, *account)).or_default()[side];
                *sum = sum.checked_add(*amount).ok_or(StoreError::Overflow)?;
            }
        }
        let rows = rows(lines.iter().map(|line| {
            let LedgerRow { id, chain, token, debit, credit, amount, reason, reference, at } = line;
            values![id, chain, token, debit, credit, amount, reason, reference, at]
        }));
        let done = self.conn().count(&INSERT, vec![merchant.bind(), rows]).await?;
        all_of(lines.len(), done)?;
        for ((chain, token, account), [taken, given]) in sums {
            let opened = values![merchant, chain, token, account, Amount::ZERO];
            let row: Option<BalanceRow> = self.conn().optional(&OPEN, opened).await?;
            let row = row.ok_or(StoreError::row_count(0))?;
            let debits = row.debits.checked_add(taken).ok_or(StoreError::Overflow)?;
            let credits = row.credits.checked_add(given).ok_or(StoreError::Overflow)?;
            let values = values![merchant, chain, token, account, debits, credits];
            self.conn().one(&SET, values).await?;
        }
        Ok(())
    }
}
