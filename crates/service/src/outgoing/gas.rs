//! Who pays the network on chains whose subaddresses cannot: one address for each merchant and chain, with one lane of
//! numbers.

use super::sender::Sender;
use crate::{ChainPort, Reader, ServiceError, Services, WatchError, chains::Work};
use aio_chain::{ChainError, KeyPath, Payer, Purpose};
use aio_domain::{Amount, MerchantId, Timestamp, time::MINUTE};
use aio_store::{GasAddressRow, Tx};
use serde_json::json;

/// The only gas address of a merchant on a chain.
const INDEX: u32 = 0;

/// A gas address as people see it.
#[derive(Debug, Clone)]
pub struct GasAddress {
    /// As stored.
    pub row: GasAddressRow,
    /// With its checksum.
    pub display: String,
    /// The link behind its QR code.
    pub uri: String,
    /// In what it holds: the coin's ticker and its decimals.
    pub coin: crate::Coin,
    /// What is on it, unless the node does not answer.
    pub balance: Option<Amount>,
    /// Whether that is less than people want to be told of.
    pub is_low: bool,
}

/// Numbers that may have been used elsewhere since the last transaction.
const MOST_ELSEWHERE: i64 = 10_000;

/// Between two looks at what is on a gas address.
const LOOK: i64 = 10 * MINUTE;

impl Services {
    /// The merchant's gas addresses, on chains that need one, with what is on them.
    pub async fn gas_addresses(
        &self,
        reader: &impl Reader,
    ) -> Result<Vec<GasAddress>, ServiceError> {
        let merchant = reader.of_merchant()?;
        let mut found = Vec::new();
        for port in self.chain_ports().iter().filter(|port| port.outgoing.needs_gas) {
            let row = self.gas_address(merchant, port).await?;
            let balance = port.read.balance(&row.address, &port.coin.ticker).await.ok();
            found.push(GasAddress {
                display: port.derive.display(&row.address),
                uri: port.derive.payment_uri(&row.address, &port.coin.ticker),
                coin: port.coin.clone(),
                is_low: balance.is_some_and(|balance| port.outgoing.is_low(balance)),
                balance,
                row,
            });
        }
        Ok(found)
    }

    /// A merchant's gas address on a chain, derived when there is none yet.
    pub(crate) async fn gas_address(
        &self,
        merchant: MerchantId,
        port: &ChainPort,
    ) -> Result<GasAddressRow, ServiceError> {
        if let Some(row) = self.store().gas_address(merchant, &port.id).await? {
            return Ok(row);
        }
        self.ensure_account(merchant, port).await?;
        let mut tx = self.store().begin().await?;
        let row = GasAddressRow {
            address: self.derived_gas_address(&mut tx, merchant, port).await?,
            chain: port.id.clone(),
            key_index: INDEX,
            next_number: None,
            balance: None,
            created_at: self.now(),
        };
        tx.insert_gas_address(merchant, &row).await?;
        tx.commit().await?;
        let row = self.store().gas_address(merchant, &port.id).await?;
        row.ok_or(ServiceError::Broken("a new gas address is not there"))
    }

    /// The address that it is or would be.
    pub(crate) async fn derived_gas_address(
        &self,
        tx: &mut Tx,
        merchant: MerchantId,
        port: &ChainPort,
    ) -> Result<String, ServiceError> {
        let account = tx.merchant_account(merchant).await?;
        let key = tx.account_key(merchant, &port.id).await?;
        let (Some(account), Some(key)) = (account, key) else {
            return Err(ServiceError::Broken("a merchant without an account key"));
        };
        let path = KeyPath { account, purpose: Purpose::Gas, index: INDEX };
        let address = port.derive.address(&key, path);
        address.map_err(|_| ServiceError::Broken("no address from the key"))
    }
}

impl Sender {
    /// Looks now and then at what is on a merchant's gas address, and tells once that it became little.
    pub(super) async fn watch_gas(&mut self, merchant: MerchantId) -> Result<(), WatchError> {
        let now = self.services.now();
        let is_early = |last: &Timestamp| now >= *last && now.since(*last) < LOOK;
        if !self.port.outgoing.needs_gas || self.gas_seen.get(&merchant).is_some_and(is_early) {
            return Ok(());
        }
        let row = self.services.gas_address(merchant, &self.port).await?;
        let coin = &self.port.coin;
        let balance = self.port.read.balance(&row.address, &coin.ticker).await?;
        self.gas_seen.insert(merchant, now);
        if row.balance == Some(balance) {
            return Ok(());
        }
        let mut tx = self.services.store().begin().await?;
        tx.set_gas_balance(merchant, &self.port.id, balance).await?;
        let is_low = |balance| self.port.outgoing.is_low(balance);
        if is_low(balance) && !row.balance.is_some_and(is_low) {
            let mut work = Work::new(&self.services, &self.port);
            let payload = json!({
                "chain": self.port.id,
                "address": self.port.derive.display(&row.address),
                "token": coin.ticker,
                "balance": balance,
                "balance_decimal": balance.decimal(coin.decimals),
            });
            work.tell_of(merchant, "gas.low".into(), self.port.id.clone(), &payload)?;
            work.finish(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Who pays for a merchant's next transaction, and with which number; none where what is moved pays for itself.
    pub(super) async fn payer(&self, merchant: MerchantId) -> Result<Option<Payer>, WatchError> {
        if !self.port.outgoing.needs_gas {
            return Ok(None);
        }
        let mut row = self.services.gas_address(merchant, &self.port).await?;
        // More than was given out here: somebody else used the key, or the database is an older copy.
        let used = self.port.spend.next_number(&row.address).await?;
        let used = used.ok_or(ServiceError::Broken("a chain whose senders do not count"))?;
        let used = i64::try_from(used).unwrap_or(i64::MAX);
        if row.next_number.is_none_or(|next| next < used) {
            if let Some(next) = row.next_number {
                let (chain, address) = (&self.port.id, &row.address);
                // A lane goes never back: a node that counts nonsense must not end it.
                if used - next > MOST_ELSEWHERE {
                    let why = format!("it counts {used} transactions of {address}, not {next}");
                    return Err(ChainError::Garbage(why).into());
                }
                tracing::warn!(chain, %merchant, address, next, used, "numbers used elsewhere");
            }
            let mut tx = self.services.store().begin().await?;
            tx.raise_lane(merchant, &self.port.id, used).await?;
            tx.commit().await?;
            row = self.services.gas_address(merchant, &self.port).await?;
        }
        let number = row.next_number.and_then(|number| u64::try_from(number).ok());
        let number = number.ok_or(ServiceError::Broken("a lane without a number"))?;
        let account = self.services.store().merchant_account(merchant).await?;
        let account = account.ok_or(ServiceError::Broken("a merchant without an account"))?;
        let path = KeyPath { account, purpose: Purpose::Gas, index: row.key_index };
        Ok(Some(Payer { path, address: row.address, number }))
    }
}
