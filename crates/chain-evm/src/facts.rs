//! What of a transaction can matter to anybody: payments to and from addresses that are watched, and what
//! it takes.

use crate::{
    addresses::kept,
    tokens::Tokens,
    trace::Carried,
    wire::{Log, Transaction, amount},
};
use aio_chain::{Claim, Payment, Place, Watch};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolEvent, sol};
use std::iter::zip;

sol! {
    event Transfer(address indexed from, address indexed to, uint256 value);
}

/// Reads one transaction for those who watch.
pub(crate) struct Facts<'a> {
    pub tx: &'a Transaction,
    pub tokens: &'a Tokens,
    pub watch: &'a dyn Watch,
}

impl Facts<'_> {
    /// What it takes: its sender's number.
    pub fn claim(&self) -> Claim {
        claim(self.tx.from, self.tx.nonce.0)
    }

    /// Coins that it carries itself.
    pub fn top(&self) -> Option<Payment> {
        let to = self.tx.to?;
        self.payment(Place::Top, self.tx.from, to, self.tokens.coin()?, self.tx.value.0)
    }

    /// Tokens, as their contracts noted them. The place counts the logs of this transaction: their number in the block
    /// changes when the block does.
    pub fn logged(&self, logs: &[Log]) -> Vec<Payment> {
        let noted = zip(0_u32.., logs).filter_map(|(n, log)| {
            let token = self.tokens.of_contract(log.address)?;
            let (from, to, value) = transfer(log)?;
            self.payment(Place::Log(n), from, to, token, value)
        });
        noted.collect()
    }

    /// Coins that calls within it carried.
    pub fn called(&self, calls: &[Carried]) -> Vec<Payment> {
        let Some(coin) = self.tokens.coin() else { return Vec::new() };
        let paid = zip(0_u32.., calls).filter_map(|(n, call)| {
            self.payment(Place::Call(n), call.from, call.to, coin, call.value)
        });
        paid.collect()
    }

    fn payment(
        &self,
        place: Place,
        from: Address,
        to: Address,
        token: &str,
        value: U256,
    ) -> Option<Payment> {
        // Nothing was paid with nothing, and nobody pays himself.
        if value.is_zero() || from == to {
            return None;
        }
        let (from, to) = (kept(from), kept(to));
        let matters = self.watch.has_address(&to) || self.watch.has_address(&from);
        matters.then(|| Payment {
            tx: id(self.tx.hash),
            place,
            to,
            from: Some(from),
            token: token.to_owned(),
            amount: amount(value),
        })
    }

    /// Whether it came to an address that is watched.
    pub fn has_arrived(&self, paid: &Payment) -> bool {
        self.watch.has_address(&paid.to)
    }

    /// Whether it left one.
    pub fn has_left(&self, paid: &Payment) -> bool {
        paid.from.as_ref().is_some_and(|from| self.watch.has_address(from))
    }
}

/// A claim: whoever it is from has each number once.
pub(crate) fn claim(from: Address, number: u64) -> Claim {
    format!("{}#{number}", kept(from))
}

/// The form of a hash in which it is kept.
pub(crate) fn id(hash: B256) -> String {
    format!("{hash:#x}")
}

/// A log of the standard's form; others of the same name (with the amount among the topics) are no token's.
pub(crate) fn transfer(log: &Log) -> Option<(Address, Address, U256)> {
    let [name, from, to] = log.topics.as_slice() else { return None };
    if *name != Transfer::SIGNATURE_HASH || log.data.len() != 32 {
        return None;
    }
    Some((padded(*from)?, padded(*to)?, U256::from_be_slice(&log.data)))
}

/// An address in a word.
pub(crate) fn padded(word: B256) -> Option<Address> {
    let address = Address::from_word(word);
    (address.into_word() == word).then_some(address)
}
