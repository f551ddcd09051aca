//! What became of a transaction.

use crate::{Bitcoin, TOKEN, check_token, mempool::decode, rpc::Refusal};
use aio_chain::{BlockRef, ChainError, Moved, TxStatus};
use aio_domain::money::Amount;
use bitcoin::{BlockHash, Transaction, Txid};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

const NOT_FOUND: i64 = -5;

#[derive(Deserialize)]
struct Found {
    hex: String,
    #[serde(default)]
    blockhash: Option<BlockHash>,
    vin: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    prevout: Option<Spent>,
}

#[derive(Deserialize)]
struct Spent {
    value: Box<RawValue>,
}

impl Bitcoin {
    pub(crate) async fn status_of(
        &self,
        id: Txid,
        token: Option<&str>,
    ) -> Result<TxStatus, ChainError> {
        token.map_or(Ok(()), check_token)?;
        let answer = self.rpc.call::<Found>("getrawtransaction", json!([id, 2])).await?;
        let found = match answer {
            Ok(found) => found,
            Err(refusal) => return unknown(refusal),
        };
        let tx = decode(id, &found.hex)?;
        let Some(hash) = found.blockhash else { return Ok(TxStatus::Pending) };
        let Some(about) = self.about(hash).await? else { return Ok(TxStatus::Unknown) };
        // A block beside the chain: the transaction is neither in the chain nor waiting.
        if about.confirmations < 1 {
            return Ok(TxStatus::Unknown);
        }
        let spent = spent(&tx, &found.vin)?;
        Ok(TxStatus::Mined {
            block: BlockRef { height: about.height, hash: hash.to_string() },
            succeeded: true,
            fee: fee(&tx, &spent)?,
            moved: if token == Some(TOKEN) { spent } else { Vec::new() },
        })
    }
}

/// Whether "not found" can be believed: a node without an index only knows what waits.
fn unknown(refusal: Refusal) -> Result<TxStatus, ChainError> {
    if refusal.code != NOT_FOUND {
        return Err(refusal.into_error("getrawtransaction"));
    }
    if refusal.message.contains("-txindex") {
        let why = "the node keeps no index of transactions: start it with -txindex=1";
        return Err(ChainError::Unsupported(why.to_owned()));
    }
    if refusal.message.contains("being indexed") {
        return Err(ChainError::Unavailable("it still builds its index".to_owned()));
    }
    Ok(TxStatus::Unknown)
}

/// The outputs that it spent, with their amounts. A coinbase spends none.
fn spent(tx: &Transaction, inputs: &[Input]) -> Result<Vec<Moved>, ChainError> {
    if tx.is_coinbase() {
        return Ok(Vec::new());
    }
    let garbage = || ChainError::Garbage("what a transaction spent is not said".to_owned());
    if tx.input.len() != inputs.len() {
        return Err(garbage());
    }
    let pairs = tx.input.iter().zip(inputs).map(|(input, said)| {
        let value = &said.prevout.as_ref().ok_or_else(garbage)?.value;
        let from = input.previous_output.to_string();
        Ok(Moved { from, amount: coins(value)?, went: Vec::new() })
    });
    pairs.collect()
}

fn fee(tx: &Transaction, spent: &[Moved]) -> Result<Amount, ChainError> {
    if tx.is_coinbase() {
        return Ok(Amount::ZERO);
    }
    let out = Amount::sum(tx.output.iter().map(|output| Amount::from(output.value.to_sat())));
    let fee = Amount::sum(spent.iter().map(|moved| moved.amount))
        .zip(out)
        .and_then(|(paid, out)| paid.checked_sub(out));
    fee.ok_or_else(|| ChainError::Garbage("a transaction pays more than it has".to_owned()))
}

/// Satoshis out of a number of coins, digit by digit.
pub(crate) fn coins(number: &RawValue) -> Result<Amount, ChainError> {
    Amount::parse(number.get(), crate::DECIMALS)
        .map_err(|error| ChainError::Garbage(format!("{} coins: {error}", number.get())))
}

#[cfg(test)]
mod tests {
    use super::{Refusal, unknown};
    use aio_chain::{ChainError, TxStatus};

    #[test]
    fn a_node_without_an_index_does_not_say_that_a_transaction_is_unknown() {
        let of = |code, words: &str| unknown(Refusal { code, message: words.to_owned() });
        let told = "No such mempool or blockchain transaction. Use gettransaction for wallet ones.";
        assert_eq!(of(-5, told).unwrap(), TxStatus::Unknown);
        let told = "No such mempool transaction. Use -txindex or provide a block hash to enable";
        assert!(matches!(of(-5, told), Err(ChainError::Unsupported(_))));
        let told = "No such mempool transaction. Blockchain transactions are still in the process of being indexed.";
        assert!(matches!(of(-5, told), Err(ChainError::Unavailable(_))));
        assert!(matches!(of(-28, "Loading"), Err(ChainError::Unavailable(_))));
    }
}
