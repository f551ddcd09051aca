//! The kept form of a transaction that is not signed: the transaction, whose key signs for each input, and the
//! transactions that are spent, out of which every amount is read again.

use crate::Network;
use aio_chain::{Claim, KeyPath, Purpose, Unsigned};
use aio_domain::money::Amount;
use bitcoin::{
    Address, Sequence, Transaction, TxOut, Txid, Witness,
    consensus::encode::{deserialize_hex, serialize_hex},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The longest form that is made or read: a spent transaction can be large without ours being.
const LONGEST: usize = 16 << 20;

/// A signature of at most 72 bytes and a public key: what an input will carry.
const SIGNATURE: [u8; 72] = [0; 72];
const PUBLIC_KEY: [u8; 33] = [0; 33];

/// Inputs of ours say that they can be replaced by a higher fee, and never wait for a time.
pub(crate) const REPLACEABLE: Sequence = Sequence::ENABLE_RBF_NO_LOCKTIME;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    network: String,
    tx: String,
    inputs: Vec<InputForm>,
    /// Without their signatures, which their ids do not cover.
    previous: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct InputForm {
    address: String,
    /// Satoshis.
    amount: u64,
    account: u32,
    branch: u32,
    index: u32,
}

/// Whose key signs for an input.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub path: KeyPath,
    pub address: String,
}

/// A transaction before it is signed. What it spends is known to hang on the ids of its inputs.
#[derive(Debug)]
pub(crate) struct Draft {
    pub tx: Transaction,
    /// One for each input.
    pub keys: Vec<Key>,
    /// One for each input.
    pub spent: Vec<TxOut>,
    previous: Vec<Transaction>,
}

impl Draft {
    /// Puts it together, and refuses what does not fit together.
    pub fn new(
        tx: Transaction,
        keys: Vec<Key>,
        previous: Vec<Transaction>,
    ) -> Result<Self, String> {
        let outpoints: BTreeSet<_> = tx.input.iter().map(|input| input.previous_output).collect();
        if outpoints.is_empty() || outpoints.len() != tx.input.len() || keys.len() != tx.input.len()
        {
            return Err("inputs are missing or there twice".to_owned());
        }
        let by_id: BTreeMap<Txid, &Transaction> =
            previous.iter().map(|tx| (tx.compute_txid(), tx)).collect();
        let spent = tx.input.iter().map(|input| {
            let from = input.previous_output;
            let output = usize::try_from(from.vout).ok().zip(by_id.get(&from.txid));
            let output = output.and_then(|(n, tx)| tx.output.get(n)).cloned();
            output.ok_or_else(|| format!("there is no output {from}"))
        });
        let spent = spent.collect::<Result<_, _>>()?;
        Ok(Self { tx, keys, spent, previous })
    }

    /// Reads the kept form. Amounts and addresses in it must be those of the outputs that are spent.
    pub fn read(payload: &str, network: Network) -> Result<Self, String> {
        if payload.len() > LONGEST {
            return Err("it is too long".to_owned());
        }
        let form: Form = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        if form.network != network.word() {
            return Err(format!("it is for network {}", form.network));
        }
        let keys = form.inputs.iter().map(|input| input.key().ok_or("an unknown branch of keys"));
        let keys = keys.collect::<Result<_, _>>()?;
        let previous = form.previous.iter().map(|hex| decode(hex)).collect::<Result<_, _>>()?;
        let draft = Self::new(decode(&form.tx)?, keys, previous)?;
        for (output, said) in draft.spent.iter().zip(&form.inputs) {
            if output.value.to_sat() != said.amount
                || address(output, network).as_deref() != Some(said.address.as_str())
            {
                return Err(format!("{} is not what is spent for it", said.address));
            }
        }
        Ok(draft)
    }

    /// The kept form.
    pub fn write(&self, network: Network) -> Result<Unsigned, String> {
        let inputs = self.keys.iter().zip(&self.spent).map(|(key, output)| InputForm {
            address: key.address.clone(),
            amount: output.value.to_sat(),
            account: key.path.account,
            branch: key.path.purpose.branch(),
            index: key.path.index,
        });
        let form = Form {
            network: network.word().to_owned(),
            tx: serialize_hex(&self.tx),
            inputs: inputs.collect(),
            previous: self.previous.iter().map(bare).collect(),
        };
        let payload = serde_json::to_string(&form).map_err(|error| error.to_string())?;
        if payload.len() > LONGEST {
            return Err("too much at once: collect fewer outputs".to_owned());
        }
        let fee = self.fee().ok_or("it pays more than it has")?;
        let fee = Amount::from(fee);
        Ok(Unsigned { payload, claims: self.claims(), max_fee: fee, likely_fee: fee })
    }

    pub fn claims(&self) -> Vec<Claim> {
        self.tx.input.iter().map(|input| input.previous_output.to_string()).collect()
    }

    /// Satoshis that it takes.
    pub fn total(&self) -> Option<u64> {
        self.spent.iter().try_fold(0_u64, |sum, output| sum.checked_add(output.value.to_sat()))
    }

    /// Satoshis that go to the network.
    pub fn fee(&self) -> Option<u64> {
        let out = self.tx.output.iter().map(|output| output.value.to_sat());
        out.into_iter().try_fold(self.total()?, u64::checked_sub)
    }

    /// Its virtual size once it is signed, or a little more.
    pub fn size(&self) -> Option<u64> {
        let mut signed = self.tx.clone();
        for input in &mut signed.input {
            input.witness = Witness::from_slice(&[&SIGNATURE[..], &PUBLIC_KEY[..]]);
        }
        u64::try_from(signed.vsize()).ok()
    }
}

impl InputForm {
    fn key(&self) -> Option<Key> {
        let purpose = [Purpose::Deposit, Purpose::Gas]
            .into_iter()
            .find(|purpose| purpose.branch() == self.branch)?;
        let path = KeyPath { account: self.account, purpose, index: self.index };
        Some(Key { path, address: self.address.clone() })
    }
}

/// The address that an output pays.
pub(crate) fn address(output: &TxOut, network: Network) -> Option<String> {
    Address::from_script(&output.script_pubkey, network.library())
        .ok()
        .map(|address| address.to_string())
}

fn decode(hex: &str) -> Result<Transaction, String> {
    deserialize_hex(hex).map_err(|error| error.to_string())
}

fn bare(tx: &Transaction) -> String {
    let mut bare = tx.clone();
    for input in &mut bare.input {
        input.witness.clear();
    }
    serialize_hex(&bare)
}
