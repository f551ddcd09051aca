//! Collections: all outputs given go to one address, less the fee.

use crate::{
    Bitcoin, check_token,
    draft::{Draft, Key, REPLACEABLE, address},
};
use aio_chain::{ChainError, ChainSpend, Intent, Payer, Sent, Signed, Source, Unsigned};
use aio_domain::money::Amount;
use async_trait::async_trait;
use bitcoin::{
    OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid, Witness, absolute::LockTime,
    transaction::Version,
};
use std::collections::BTreeSet;

/// Inputs of one transaction: nodes pass on no more than some 1,470 of them.
const MOST_INPUTS: usize = 1000;

/// Spent transactions asked for at once.
const AT_ONCE: usize = 50;

#[async_trait]
impl ChainSpend for Bitcoin {
    async fn needs_preparation(&self, _to: &str) -> Result<bool, ChainError> {
        Ok(false)
    }

    async fn plan(&self, intent: &Intent, _payer: Option<&Payer>) -> Result<Unsigned, ChainError> {
        match intent {
            Intent::Collect { from, token, to } => {
                check_token(token)?;
                self.collect(from, to).await
            }
            Intent::Prepare { .. } | Intent::TopUp { .. } => {
                Err(unsupported("Bitcoin collects without preparation: inputs pay their own fee"))
            }
        }
    }

    async fn next_number(&self, _address: &str) -> Result<Option<u64>, ChainError> {
        Ok(None)
    }

    async fn bump(&self, unsigned: &Unsigned) -> Result<Unsigned, ChainError> {
        let mut draft = Draft::read(&unsigned.payload, self.network).map_err(unsupported)?;
        let old = draft.fee().ok_or_else(|| unsupported("it pays more than it has"))?;
        let size = draft.size().ok_or_else(|| unsupported("it is too large"))?;
        let fee = self.fees.raised(old, self.fee_rate().await?, size)?;
        pay(&mut draft, fee)?;
        draft.write(self.network).map_err(unsupported)
    }

    async fn broadcast(&self, signed: &Signed) -> Result<Sent, ChainError> {
        self.send(signed).await
    }
}

impl Bitcoin {
    async fn collect(&self, from: &[Source], to: &str) -> Result<Unsigned, ChainError> {
        let inputs = inputs(from)?;
        let outpoints: Vec<_> = inputs.iter().map(|(outpoint, ..)| *outpoint).collect();
        let keys = inputs.iter().map(|(_, key, _)| key.clone()).collect();
        let to = self.addresses.read(to)?.script_pubkey();
        let previous = self.previous(&outpoints).await?;
        let mut draft =
            Draft::new(transaction(&outpoints, to), keys, previous).map_err(unsupported)?;
        for (output, (outpoint, key, amount)) in draft.spent.iter().zip(&inputs) {
            if Amount::from(output.value.to_sat()) != *amount
                || address(output, self.network).as_deref() != Some(key.address.as_str())
            {
                return Err(unsupported(format!("{outpoint} is not what our books say")));
            }
            if !output.script_pubkey.is_p2wpkh() {
                return Err(unsupported(format!("{outpoint} has no key of ours")));
            }
        }
        let size = draft.size().ok_or_else(|| unsupported("it is too large"))?;
        let fee = self.fees.fee(self.fee_rate().await?, size);
        pay(&mut draft, fee)?;
        draft.write(self.network).map_err(unsupported)
    }

    /// The transactions whose outputs are spent.
    async fn previous(&self, outpoints: &[OutPoint]) -> Result<Vec<Transaction>, ChainError> {
        let ids: BTreeSet<Txid> = outpoints.iter().map(|outpoint| outpoint.txid).collect();
        let ids: Vec<_> = ids.into_iter().collect();
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(AT_ONCE) {
            found.extend(self.fetch(some).await?.into_iter().map(|(_, tx)| tx));
        }
        if found.len() < ids.len() {
            // A reorganisation may have undone one; it may come back.
            return Err(ChainError::Unavailable("it misses a transaction to spend".to_owned()));
        }
        Ok(found)
    }
}

/// Makes this the fee: the only output gets the rest.
fn pay(draft: &mut Draft, fee: u64) -> Result<(), ChainError> {
    let total = draft.total().ok_or_else(|| unsupported("more than there is"))?;
    let [output] = draft.tx.output.as_mut_slice() else {
        return Err(unsupported("a collection has one output"));
    };
    let rest = bitcoin::Amount::from_sat(total.saturating_sub(fee));
    if rest < output.script_pubkey.minimal_non_dust() {
        let why = format!("{total} satoshis with a fee of {fee} leave too little for an output");
        return Err(ChainError::NotEnough(why));
    }
    output.value = rest;
    Ok(())
}

/// Each output with its key and amount.
fn inputs(from: &[Source]) -> Result<Vec<(OutPoint, Key, Amount)>, ChainError> {
    let mut inputs = Vec::new();
    for source in from {
        let sum = Amount::sum(source.outputs.iter().map(|(_, amount)| *amount));
        if sum != Some(source.amount) {
            return Err(unsupported(format!("{}: the outputs are not its sum", source.address)));
        }
        let key = Key { path: source.path, address: source.address.clone() };
        for (claim, amount) in &source.outputs {
            let outpoint = claim.parse().map_err(|_| unsupported(format!("{claim}: no output")))?;
            inputs.push((outpoint, key.clone(), *amount));
        }
    }
    if inputs.len() > MOST_INPUTS {
        return Err(unsupported(format!("{} outputs at once", inputs.len())));
    }
    Ok(inputs)
}

fn transaction(outpoints: &[OutPoint], to: ScriptBuf) -> Transaction {
    let input = outpoints.iter().map(|outpoint| TxIn {
        previous_output: *outpoint,
        script_sig: ScriptBuf::new(),
        sequence: REPLACEABLE,
        witness: Witness::new(),
    });
    Transaction {
        version: Version::TWO,
        lock_time: LockTime::ZERO,
        input: input.collect(),
        output: vec![TxOut { value: bitcoin::Amount::ZERO, script_pubkey: to }],
    }
}

fn unsupported(why: impl Into<String>) -> ChainError {
    ChainError::Unsupported(why.into())
}
