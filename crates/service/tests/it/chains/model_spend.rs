//! The model's other half: transactions are planned, signed by keys that say what they are derived from, and sent.

use super::{
    TOKEN,
    model::{Inside, Model, Tx},
};
use aio_chain::{
    ChainError, ChainSpend, Derive, Intent, KeyPath, Moved, Payer, Sent, SignError, Signed, Signer,
    SigningPolicy, Unsigned,
};
use aio_domain::{Amount, audit::sha256};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A transaction before it is signed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Form {
    takes: Vec<String>,
    sweeps: Vec<String>,
    to: String,
    total: u64,
    fee: u64,
}

fn units(amount: Amount) -> u64 {
    amount.to_string().parse().unwrap()
}

impl Form {
    fn unsigned(&self) -> Unsigned {
        let payload = serde_json::to_string(self).unwrap();
        let fee = Amount::from(self.fee);
        Unsigned { payload, claims: self.takes.clone(), max_fee: fee, likely_fee: fee }
    }

    fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap()
    }

    fn tx(&self) -> Tx {
        let hash = crate::support::hex(&sha256(self.unsigned().payload.as_bytes()));
        let rest = if self.sweeps.is_empty() { self.total.saturating_sub(self.fee) } else { 0 };
        Tx {
            id: format!("c{}", &hash[..16]),
            pays: vec![(self.to.clone(), rest)],
            takes: self.takes.clone(),
            sweeps: self.sweeps.clone(),
            fee: self.fee,
        }
    }

    fn check(self) -> Result<Unsigned, ChainError> {
        if self.sweeps.is_empty() && self.fee >= self.total {
            return Err(ChainError::NotEnough("nothing would be left".into()));
        }
        Ok(self.unsigned())
    }
}

#[async_trait]
impl ChainSpend for Model {
    async fn needs_preparation(&self, _: &str) -> Result<bool, ChainError> {
        let inside = self.answer()?;
        let mut mined = inside.blocks.iter().flat_map(|block| &block.txs);
        Ok(inside.unprepared && !mined.any(|tx| tx.pays.iter().any(|(to, _)| to == "sweeper")))
    }

    async fn plan(&self, intent: &Intent, payer: Option<&Payer>) -> Result<Unsigned, ChainError> {
        let inside = self.answer()?;
        let number = payer.map(|payer| format!("gas:{}:{}", payer.address, payer.number));
        let form = match intent {
            Intent::Collect { from, token, to } => {
                assert_eq!(token, TOKEN);
                let outputs = from.iter().flat_map(|source| &source.outputs);
                let takes: Vec<_> = outputs.map(|(claim, _)| claim.clone()).collect();
                let inputs = u64::try_from(takes.len().max(from.len())).unwrap();
                let sweeps = from.iter().filter(|source| source.outputs.is_empty());
                Form {
                    sweeps: sweeps.map(|source| source.address.clone()).collect(),
                    takes: number.map_or(takes, |number| vec![number]),
                    to: to.clone(),
                    total: from.iter().map(|source| units(source.amount)).sum(),
                    fee: inside.fee_rate * inputs,
                }
            }
            Intent::Prepare { to } => Form {
                takes: number.into_iter().collect(),
                sweeps: vec![to.clone()],
                to: "sweeper".into(),
                total: 0,
                fee: inside.fee_rate,
            },
            Intent::TopUp { .. } => panic!("nobody tops up"),
        };
        form.check()
    }

    async fn next_number(&self, address: &str) -> Result<Option<u64>, ChainError> {
        let inside = self.answer()?;
        let mine = format!("gas:{address}:");
        let mined = inside.blocks.iter().flat_map(|block| &block.txs);
        let taken = mined.flat_map(|tx| &tx.takes).filter(|take| take.starts_with(&mine));
        let taken: HashSet<_> = taken.collect();
        Ok(self.has_accounts.then(|| u64::try_from(taken.len()).unwrap()))
    }

    async fn bump(&self, unsigned: &Unsigned) -> Result<Unsigned, ChainError> {
        drop(self.answer()?);
        let form = Form::read(&unsigned.payload);
        Form { fee: form.fee + form.fee.div_ceil(4), ..form }.check()
    }

    async fn broadcast(&self, signed: &Signed) -> Result<Sent, ChainError> {
        let mut inside = self.answer()?;
        let tx = Form::read(std::str::from_utf8(&signed.bytes).unwrap()).tx();
        assert_eq!(tx.id, signed.tx);
        let is_mined = |one: &&Tx| one.id == tx.id;
        let known = inside.blocks.iter().flat_map(|block| &block.txs).chain(&inside.mempool);
        if known.into_iter().any(|one| is_mined(&one)) {
            return Ok(Sent::Known);
        }
        let mut mined = inside.blocks.iter().flat_map(|block| &block.txs);
        let pool = &inside.mempool;
        if mined.any(|one| one.shares(&tx.takes))
            || !tx.takes.iter().all(|take| inside.output(take, pool).is_some())
        {
            return Ok(Sent::Conflict);
        }
        let is_cheaper = |one: &Tx| one.shares(&tx.takes) && one.fee >= tx.fee;
        if inside.mempool.iter().any(is_cheaper) {
            return Ok(Sent::Underpriced);
        }
        inside.mempool.retain(|one| !one.shares(&tx.takes));
        inside.mempool.push(tx);
        Ok(Sent::Accepted)
    }
}

impl Inside {
    /// What each address holds, and what each transaction moved, from the first block on.
    fn walk(&self) -> (HashMap<&str, u64>, HashMap<&str, Vec<Moved>>) {
        let mut balances: HashMap<&str, u64> = HashMap::new();
        let mut moved: HashMap<&str, Vec<Moved>> = HashMap::new();
        for block in &self.blocks {
            for tx in &block.txs {
                for (to, amount) in &tx.pays {
                    *balances.entry(to).or_default() += amount;
                }
                if block.reverted.contains(&tx.id) {
                    continue;
                }
                for from in tx.sweeps.iter().filter(|from| !block.stuck.contains(*from)) {
                    let amount = balances.insert(from, 0).unwrap_or_default();
                    *balances.entry(&tx.pays[0].0).or_default() += amount;
                    let one = Moved {
                        from: from.clone(),
                        amount: Amount::from(amount),
                        went: Vec::new(),
                    };
                    moved.entry(&tx.id).or_default().push(one);
                }
            }
        }
        (balances, moved)
    }

    pub fn balance(&self, address: &str) -> u64 {
        self.walk().0.get(address).copied().unwrap_or_default()
    }

    /// What a mined transaction moved: its sweeps, or the outputs that it took.
    pub fn moved(&self, id: &str) -> Vec<Moved> {
        if let Some(moved) = self.walk().1.remove(id) {
            return moved;
        }
        let mut mined = self.blocks.iter().flat_map(|block| &block.txs);
        let takes = mined.find(|tx| tx.id == id).map(|tx| tx.takes.clone()).unwrap_or_default();
        let outputs =
            takes.into_iter().filter(|take| take.contains(':') && !take.starts_with("gas"));
        outputs
            .map(|take| {
                let amount = Amount::from(self.output(&take, &[]).unwrap());
                Moved { from: take, amount, went: Vec::new() }
            })
            .collect()
    }
}

/// Addresses that say what they are derived from.
pub struct ModelKeys;

impl Derive for ModelKeys {
    fn address(&self, key: &str, path: KeyPath) -> Result<String, ChainError> {
        Ok(format!("{key}/{}/{}", path.purpose.branch(), path.index))
    }

    fn parse(&self, text: &str) -> Result<String, ChainError> {
        if text.contains('!') {
            return Err(ChainError::NotAnAddress(text.to_owned()));
        }
        Ok(text.to_lowercase())
    }

    fn display(&self, address: &str) -> String {
        address.to_uppercase()
    }

    fn payment_uri(&self, address: &str, _: &str) -> String {
        format!("model:{address}")
    }
}

impl Signer for ModelKeys {
    fn account_key(&self, account: u32) -> Result<String, SignError> {
        Ok(format!("account{account}"))
    }

    fn sign(&self, unsigned: &Unsigned, policy: &SigningPolicy) -> Result<Signed, SignError> {
        let form = Form::read(&unsigned.payload);
        let is_allowed = form.to == policy.destination
            || (form.to == "sweeper" && form.sweeps == [policy.destination.clone()]);
        if !is_allowed || Amount::from(form.fee) > policy.max_fee {
            return Err(SignError::Refused(unsigned.payload.clone()));
        }
        Ok(Signed { tx: form.tx().id, bytes: unsigned.payload.clone().into_bytes() })
    }
}
