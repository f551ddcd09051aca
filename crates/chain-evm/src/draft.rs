//! The kept form of a transaction that is not signed: the transaction itself, who pays for it, and whose keys it needs.

use crate::{
    addresses::{kept, read_address},
    facts::claim,
    fees::Price,
    gas,
    wire::{amount, number},
};
use aio_chain::{Claim, KeyPath, Purpose, Unsigned};
use aio_domain::money::Amount;
use alloy_consensus::{TxEip1559, TxEip7702};
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, Bytes, TxKind, U256};
use serde::{Deserialize, Serialize};

/// The longest form that is made or read.
const LONGEST: usize = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    chain_id: u64,
    payer: KeyForm,
    number: u64,
    gas: u64,
    max_fee_per_gas: u64,
    tip_per_gas: u64,
    to: String,
    value: Amount,
    data: Bytes,
    what: WhatForm,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum WhatForm {
    Collect { sources: Vec<KeyForm>, authorizations: Vec<AuthorizationForm> },
    Prepare {},
    TopUp { receiver: KeyForm },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyForm {
    address: String,
    account: u32,
    branch: u32,
    index: u32,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorizationForm {
    address: String,
    chain_id: u64,
    code: String,
    number: u64,
}

/// A key, and the address that is said to be its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub path: KeyPath,
    pub address: Address,
}

/// What a deposit address is to sign: from now on this is my code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Naming {
    pub address: Address,
    pub chain_id: u64,
    pub code: Address,
    pub number: u64,
}

/// What the transaction is for, with the keys of others than the payer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Collect { sources: Vec<Key>, namings: Vec<Naming> },
    Prepare,
    TopUp { receiver: Key },
}

/// A transaction before it is signed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub chain_id: u64,
    pub payer: Key,
    pub number: u64,
    pub gas: u64,
    pub price: Price,
    pub to: Address,
    pub value: U256,
    pub data: Bytes,
    pub what: What,
}

impl Draft {
    /// Reads the kept form, which must be for this chain.
    pub fn read(payload: &str, chain_id: u64) -> Result<Self, String> {
        if payload.len() > LONGEST {
            return Err("it is too long".to_owned());
        }
        let form: Form = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        if form.chain_id != chain_id {
            return Err(format!("it is for chain {}", form.chain_id));
        }
        Ok(Self {
            chain_id,
            payer: form.payer.key()?,
            number: form.number,
            gas: form.gas,
            price: Price { max_fee: form.max_fee_per_gas, tip: form.tip_per_gas },
            to: address(&form.to)?,
            value: number(form.value),
            data: form.data,
            what: match form.what {
                WhatForm::Prepare {} => What::Prepare,
                WhatForm::TopUp { receiver } => What::TopUp { receiver: receiver.key()? },
                WhatForm::Collect { sources, authorizations } => What::Collect {
                    sources: sources.iter().map(KeyForm::key).collect::<Result<_, _>>()?,
                    namings: authorizations
                        .iter()
                        .map(AuthorizationForm::naming)
                        .collect::<Result<_, _>>()?,
                },
            },
        })
    }

    /// The kept form; `now` is what a unit of gas costs now.
    pub fn write(&self, now: u64) -> Result<Unsigned, String> {
        let form = Form {
            chain_id: self.chain_id,
            payer: KeyForm::of(&self.payer),
            number: self.number,
            gas: self.gas,
            max_fee_per_gas: self.price.max_fee,
            tip_per_gas: self.price.tip,
            to: kept(self.to),
            value: amount(self.value),
            data: self.data.clone(),
            what: match &self.what {
                What::Prepare => WhatForm::Prepare {},
                What::TopUp { receiver } => WhatForm::TopUp { receiver: KeyForm::of(receiver) },
                What::Collect { sources, namings } => WhatForm::Collect {
                    sources: sources.iter().map(KeyForm::of).collect(),
                    authorizations: namings.iter().map(AuthorizationForm::of).collect(),
                },
            },
        };
        let payload = serde_json::to_string(&form).map_err(|error| error.to_string())?;
        if payload.len() > LONGEST {
            return Err("too much at once: collect from fewer".to_owned());
        }
        let (claims, max_fee) = (self.claims(), self.max_fee());
        Ok(Unsigned { payload, claims, max_fee, likely_fee: self.likely_fee(now) })
    }

    pub fn claims(&self) -> Vec<Claim> {
        vec![claim(self.payer.address, self.number)]
    }

    /// The most that can go to the network.
    pub fn max_fee(&self) -> Amount {
        Amount::from(u128::from(self.gas) * u128::from(self.price.max_fee))
    }

    /// What would go to the network now: without what gas and price have been given to spare.
    fn likely_fee(&self, now: u64) -> Amount {
        let gas = self.gas - gas::spare(self.gas);
        Amount::from(u128::from(gas) * u128::from(now.min(self.price.max_fee)))
    }

    /// The transaction where no address names its code.
    pub fn plain(&self) -> TxEip1559 {
        TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.number,
            gas_limit: self.gas,
            max_fee_per_gas: self.price.max_fee.into(),
            max_priority_fee_per_gas: self.price.tip.into(),
            to: TxKind::Call(self.to),
            value: self.value,
            access_list: <_>::default(),
            input: self.data.clone(),
        }
    }

    /// The transaction with what addresses signed about their code.
    pub fn naming(&self, authorization_list: Vec<SignedAuthorization>) -> TxEip7702 {
        TxEip7702 {
            chain_id: self.chain_id,
            nonce: self.number,
            gas_limit: self.gas,
            max_fee_per_gas: self.price.max_fee.into(),
            max_priority_fee_per_gas: self.price.tip.into(),
            to: self.to,
            value: self.value,
            access_list: <_>::default(),
            authorization_list,
            input: self.data.clone(),
        }
    }
}

impl KeyForm {
    fn of(key: &Key) -> Self {
        Self {
            address: kept(key.address),
            account: key.path.account,
            branch: key.path.purpose.branch(),
            index: key.path.index,
        }
    }

    fn key(&self) -> Result<Key, String> {
        let purpose = [Purpose::Deposit, Purpose::Gas]
            .into_iter()
            .find(|purpose| purpose.branch() == self.branch)
            .ok_or("an unknown branch of keys")?;
        let path = KeyPath { account: self.account, purpose, index: self.index };
        Ok(Key { path, address: address(&self.address)? })
    }
}

impl AuthorizationForm {
    fn of(naming: &Naming) -> Self {
        Self {
            address: kept(naming.address),
            chain_id: naming.chain_id,
            code: kept(naming.code),
            number: naming.number,
        }
    }

    fn naming(&self) -> Result<Naming, String> {
        Ok(Naming {
            address: address(&self.address)?,
            chain_id: self.chain_id,
            code: address(&self.code)?,
            number: self.number,
        })
    }
}

fn address(text: &str) -> Result<Address, String> {
    read_address(text).map_err(|error| error.to_string())
}
