//! Signing. What is signed is read out of the transaction itself, and where it sends money is computed here, from the
//! destination of the policy. Of the rest of the kept form only the numbers of keys are used, and they are checked by
//! making the keys.

use crate::{
    addresses::{read_address, steps},
    draft::{Draft, Key, Naming, What},
    facts::id,
    sweeper::{DEPLOYER, Sweeper, read_sweep_many},
    wire::amount,
};
use aio_chain::{KeyPath, Purpose, SignError, Signed, Signer, SigningPolicy, Unsigned, seed::Seed};
use alloy_consensus::SignableTransaction;
use alloy_eips::{
    eip2718::Encodable2718,
    eip7702::{Authorization, SignedAuthorization},
};
use alloy_primitives::{Address, B256, Signature, U256, keccak256};
use bip32::{ChildNumber, Prefix, XPrv};
use std::collections::BTreeSet;

/// BIP-44, and the coin's number of all chains of this type.
const STANDARD: u32 = 44;
const COIN: u32 = 60;

/// Signs with keys out of a seed.
#[derive(Debug)]
pub struct SeedSigner {
    seed: Seed,
    chain_id: u64,
}

/// An account's private key, and the merchant that may use it.
struct Account {
    number: u32,
    chain_id: u64,
    key: XPrv,
}

impl SeedSigner {
    /// For this seed and the chain of this number.
    pub const fn new(seed: Seed, chain_id: u64) -> Self {
        Self { seed, chain_id }
    }

    fn account(&self, number: u32) -> Result<Account, SignError> {
        let mut key = XPrv::new(self.seed.expose()).map_err(|_| SignError::NoKey)?;
        for step in [STANDARD, COIN, number] {
            key = ChildNumber::new(step, true)
                .and_then(|step| key.derive_child(step))
                .map_err(|_| SignError::NoKey)?;
        }
        Ok(Account { number, chain_id: self.chain_id, key })
    }

    /// Whether the transaction does nothing but what the policy allows.
    fn check(
        &self,
        draft: &Draft,
        unsigned: &Unsigned,
        policy: &SigningPolicy,
    ) -> Result<(), SignError> {
        if self.chain_id == 0 {
            return refused("what is signed for chain 0 would hold on all chains");
        }
        let fee = draft.max_fee();
        if fee > policy.max_fee || fee > unsigned.max_fee || draft.price.tip > draft.price.max_fee {
            return Err(SignError::Refused(format!("a fee of {fee}")));
        }
        if unsigned.claims != draft.claims() {
            return refused("it takes another number than it says");
        }
        let destination = read_address(&policy.destination)
            .map_err(|error| SignError::Refused(error.to_string()))?;
        let sweeper =
            Sweeper::of(destination).map_err(|error| SignError::Unreadable(error.to_string()))?;
        match &draft.what {
            What::Collect { sources, namings } => {
                check_collection(draft, sources, &sweeper)?;
                self.check_namings(namings, sources, &sweeper)
            }
            What::Prepare => {
                if draft.to != DEPLOYER || draft.data != sweeper.deployment {
                    return refused("it makes another contract");
                }
                no_coins(draft)
            }
            What::TopUp { receiver } => {
                if draft.to != receiver.address || !draft.data.is_empty() {
                    return refused("it pays another address");
                }
                // For fees, so no more than a fee.
                if draft.value.is_zero() || amount(draft.value) > policy.max_fee {
                    return refused("it pays nothing, or too much");
                }
                Ok(())
            }
        }
    }

    fn check_namings(
        &self,
        namings: &[Naming],
        sources: &[Key],
        sweeper: &Sweeper,
    ) -> Result<(), SignError> {
        let mut left: BTreeSet<_> = sources.iter().map(|key| key.address).collect();
        for naming in namings {
            if naming.chain_id != self.chain_id {
                return refused("an address would name its code on another chain");
            }
            if naming.code != sweeper.address {
                return refused("an address would name other code");
            }
            if !left.remove(&naming.address) {
                return refused("an address names its code that is no source, or does so twice");
            }
        }
        Ok(())
    }
}

impl Account {
    /// The key of this path, which must be for this purpose and own this address.
    fn key(&self, key: &Key, purpose: Purpose) -> Result<XPrv, SignError> {
        let KeyPath { account, purpose: found, .. } = key.path;
        if account != self.number {
            return refused("a key of another account");
        }
        if found != purpose {
            return refused("a key of the other branch");
        }
        let [branch, index] = steps(self.chain_id, key.path).ok_or(SignError::NoKey)?;
        let private = self.key.derive_child(branch).and_then(|key| key.derive_child(index));
        let private = private.map_err(|_| SignError::NoKey)?;
        if Address::from_public_key(private.public_key().public_key()) != key.address {
            return refused("an address is not of the key that it names");
        }
        Ok(private)
    }

    fn authorization(
        &self,
        naming: &Naming,
        sources: &[Key],
    ) -> Result<SignedAuthorization, SignError> {
        let source = sources.iter().find(|source| source.address == naming.address);
        let key = self.key(source.ok_or(SignError::NoKey)?, Purpose::Deposit)?;
        let authorization = Authorization {
            chain_id: U256::from(naming.chain_id),
            address: naming.code,
            nonce: naming.number,
        };
        let signature = signature(&key, authorization.signature_hash())?;
        Ok(authorization.into_signed(signature))
    }
}

impl Signer for SeedSigner {
    fn account_key(&self, account: u32) -> Result<String, SignError> {
        Ok(self.account(account)?.key.public_key().to_string(Prefix::XPUB))
    }

    fn sign(&self, unsigned: &Unsigned, policy: &SigningPolicy) -> Result<Signed, SignError> {
        let draft = Draft::read(&unsigned.payload, self.chain_id).map_err(SignError::Unreadable)?;
        self.check(&draft, unsigned, policy)?;
        let account = self.account(policy.account)?;
        let payer = account.key(&draft.payer, Purpose::Gas)?;
        let mut signed = Vec::new();
        match &draft.what {
            What::Collect { sources, namings } => {
                for source in sources {
                    account.key(source, Purpose::Deposit)?;
                }
                let each = namings.iter().map(|naming| account.authorization(naming, sources));
                signed = each.collect::<Result<_, _>>()?;
            }
            What::TopUp { receiver } => {
                account.key(receiver, Purpose::Deposit)?;
            }
            What::Prepare => {}
        }
        let bytes = if signed.is_empty() {
            let tx = draft.plain();
            let signature = signature(&payer, tx.signature_hash())?;
            tx.into_signed(signature).encoded_2718()
        } else {
            let tx = draft.naming(signed);
            let signature = signature(&payer, tx.signature_hash())?;
            tx.into_signed(signature).encoded_2718()
        };
        Ok(Signed { tx: id(keccak256(&bytes)), bytes })
    }
}

/// Whether it calls the destination's sweeper for these addresses and nothing else.
fn check_collection(draft: &Draft, sources: &[Key], sweeper: &Sweeper) -> Result<(), SignError> {
    if draft.to != sweeper.address {
        return refused("it calls another contract than the destination's");
    }
    let Some((_, from)) = read_sweep_many(&draft.data) else {
        return refused("it calls the contract for something else");
    };
    let named: BTreeSet<_> = sources.iter().map(|key| key.address).collect();
    let same = from.iter().map(|(address, _)| *address).eq(sources.iter().map(|key| key.address));
    if !same || named.is_empty() || named.len() != sources.len() {
        return refused("it collects from other addresses than it says");
    }
    no_coins(draft)
}

fn no_coins(draft: &Draft) -> Result<(), SignError> {
    if draft.value.is_zero() { Ok(()) } else { refused("it carries coins of the gas address") }
}

fn signature(key: &XPrv, hash: B256) -> Result<Signature, SignError> {
    let signed = key.private_key().sign_prehash_recoverable(hash.as_slice());
    signed.map(Signature::from).map_err(|error| SignError::Unreadable(error.to_string()))
}

fn refused<T>(why: &str) -> Result<T, SignError> {
    Err(SignError::Refused(why.to_owned()))
}
