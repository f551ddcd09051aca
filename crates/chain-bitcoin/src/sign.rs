//! Signing collections. What is signed is read out of the transaction and of those that it spends; of the rest of the
//! kept form only the numbers of keys are used, and they are checked by making the keys.

use crate::{
    Addresses, Network,
    addresses::steps,
    draft::{Draft, REPLACEABLE},
};
use aio_chain::{SignError, Signed, Signer, SigningPolicy, Unsigned, seed::Seed};
use aio_domain::money::Amount;
use bitcoin::{
    CompressedPublicKey, EcdsaSighashType, ScriptBuf, Transaction, Witness,
    absolute::LockTime,
    bip32::{ChildNumber, Xpriv, Xpub},
    consensus::encode::serialize,
    ecdsa::Signature,
    secp256k1::{All, Message, Secp256k1},
    sighash::SighashCache,
};

/// BIP-84: native segwit.
const STANDARD: u32 = 84;

/// Signs with keys out of a seed.
#[derive(Debug)]
pub struct SeedSigner {
    seed: Seed,
    network: Network,
    addresses: Addresses,
    curve: Secp256k1<All>,
}

/// A private key that is overwritten when it is dropped.
struct Key(Xpriv);

impl Drop for Key {
    fn drop(&mut self) {
        self.0.private_key.non_secure_erase();
    }
}

impl SeedSigner {
    /// For this seed and network.
    pub fn new(seed: Seed, network: Network) -> Self {
        Self { seed, network, addresses: Addresses::new(network), curve: Secp256k1::new() }
    }

    fn account(&self, account: u32) -> Result<Key, SignError> {
        let hardened = |n| ChildNumber::from_hardened_idx(n).map_err(|_| SignError::NoKey);
        let path = [hardened(STANDARD)?, hardened(self.network.coin())?, hardened(account)?];
        let master = Xpriv::new_master(self.network.library(), self.seed.expose());
        let master = Key(master.map_err(|_| SignError::NoKey)?);
        self.below(&master, &path)
    }

    fn below(&self, key: &Key, path: &[ChildNumber]) -> Result<Key, SignError> {
        key.0.derive_priv(&self.curve, &path).map(Key).map_err(|_| SignError::NoKey)
    }

    fn public(&self, key: &Key) -> CompressedPublicKey {
        CompressedPublicKey(key.0.private_key.public_key(&self.curve))
    }

    /// The key of each input. Each must be the owner of the output that is spent, and all of the one account.
    fn keys(&self, draft: &Draft, number: u32) -> Result<Vec<Key>, SignError> {
        let account = self.account(number)?;
        let owners = draft.keys.iter().zip(&draft.spent).map(|(key, output)| {
            if key.path.account != number {
                return refused("an input of another account");
            }
            let path = steps(key.path).ok_or(SignError::NoKey)?;
            let private = self.below(&account, &path)?;
            let script = ScriptBuf::new_p2wpkh(&self.public(&private).wpubkey_hash());
            if output.script_pubkey != script {
                return refused("an input is not of the key that it names");
            }
            Ok(private)
        });
        owners.collect()
    }

    /// Whether the transaction does nothing but what the policy allows.
    fn check(
        &self,
        draft: &Draft,
        unsigned: &Unsigned,
        policy: &SigningPolicy,
    ) -> Result<(), SignError> {
        let tx = &draft.tx;
        let destination = self
            .addresses
            .read(&policy.destination)
            .map_err(|error| SignError::Refused(error.to_string()))?;
        match tx.output.as_slice() {
            [output] if output.script_pubkey == destination.script_pubkey() => {}
            [_] => return refused("it pays another address"),
            _ => return refused("it has more outputs than one"),
        }
        let fee = Amount::from(draft.fee().ok_or_else(|| no("it pays more than it has"))?);
        if fee > policy.max_fee || fee > unsigned.max_fee {
            return Err(SignError::Refused(format!("a fee of {fee} satoshis")));
        }
        if unsigned.claims != draft.claims() {
            return refused("it takes other outputs than it says");
        }
        let plain = tx.input.iter().all(|input| {
            input.script_sig.is_empty() && input.witness.is_empty() && input.sequence == REPLACEABLE
        });
        if !plain || tx.lock_time != LockTime::ZERO {
            return refused("it is signed already, or it waits for a time");
        }
        Ok(())
    }

    fn witnesses(&self, draft: &Draft, keys: &[Key]) -> Result<Vec<Witness>, SignError> {
        let mut cache = SighashCache::new(&draft.tx);
        let kind = EcdsaSighashType::All;
        let signed = keys.iter().zip(&draft.spent).enumerate().map(|(n, (key, output))| {
            let hash = cache
                .p2wpkh_signature_hash(n, &output.script_pubkey, output.value, kind)
                .map_err(|error| SignError::Unreadable(error.to_string()))?;
            let signature = self.curve.sign_ecdsa_low_r(&Message::from(hash), &key.0.private_key);
            let signature = Signature { signature, sighash_type: kind };
            Ok(Witness::p2wpkh(&signature, &self.public(key).0))
        });
        signed.collect()
    }
}

impl Signer for SeedSigner {
    fn account_key(&self, account: u32) -> Result<String, SignError> {
        let key = self.account(account)?;
        Ok(Xpub::from_priv(&self.curve, &key.0).to_string())
    }

    fn sign(&self, unsigned: &Unsigned, policy: &SigningPolicy) -> Result<Signed, SignError> {
        let draft = Draft::read(&unsigned.payload, self.network).map_err(SignError::Unreadable)?;
        self.check(&draft, unsigned, policy)?;
        let keys = self.keys(&draft, policy.account)?;
        let witnesses = self.witnesses(&draft, &keys)?;
        let mut tx: Transaction = draft.tx;
        for (input, witness) in tx.input.iter_mut().zip(witnesses) {
            input.witness = witness;
        }
        Ok(Signed { tx: tx.compute_txid().to_string(), bytes: serialize(&tx) })
    }
}

fn no(why: &str) -> SignError {
    SignError::Refused(why.to_owned())
}

fn refused<T>(why: &str) -> Result<T, SignError> {
    Err(no(why))
}
