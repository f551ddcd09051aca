//! The double-entry ledger: lines that are never changed, and their sums.

use crate::{
    Store, StoreError, Tx,
    cells::{row, values},
    statement::sql,
    tx::reads,
};
use aio_domain::{
    Amount, LedgerId, MerchantId, Timestamp,
    ledger::{LedgerAccount, LedgerReason},
};

sql! {
    INSERT = "
        INSERT INTO ledger_entries
            (merchant_id, id, chain, token, debit, credit, amount, reason, reference, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
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
    /// Moves money from one account of a merchant to another. A sum that does not fit into 256 bits
    /// is refused.
    pub async fn post(&mut self, merchant: MerchantId, line: &LedgerRow) -> Result<(), StoreError> {
        let LedgerRow { id, chain, token, debit, credit, amount, reason, reference, at } = line;
        let values =
            values![merchant, id, chain, token, debit, credit, amount, reason, reference, at];
        self.conn().one(&INSERT, values).await?;
        // In one order, whichever way the money goes: two transactions must not wait for each other.
        let mut accounts = [*debit, *credit];
        accounts.sort_unstable();
        for account in accounts {
            let zero = Amount::ZERO;
            let opened = values![merchant, chain, token, account, zero];
            let row: BalanceRow =
                self.conn().optional(&OPEN, opened).await?.ok_or(StoreError::row_count(0))?;
            let (taken, given) = if account == *debit { (*amount, zero) } else { (zero, *amount) };
            let too_much = || StoreError::Overflow;
            let debits = row.debits.checked_add(taken).ok_or_else(too_much)?;
            let credits = row.credits.checked_add(given).ok_or_else(too_much)?;
            let values = values![merchant, chain, token, account, debits, credits];
            self.conn().one(&SET, values).await?;
        }
        Ok(())
    }
}
