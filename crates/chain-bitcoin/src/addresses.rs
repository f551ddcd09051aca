//! Addresses: native segwit out of an account's public key, and whatever people type.

use crate::Network;
use aio_chain::{ChainError, Derive, KeyPath};
use bitcoin::{
    Address, AddressType, CompressedPublicKey, NetworkKind,
    address::NetworkUnchecked,
    bip32::{ChildNumber, Xpub},
    secp256k1::{Secp256k1, VerifyOnly},
};

/// The longest text that can be an address.
const LONGEST: usize = 100;

/// Depth of an account's key: purpose, coin, account.
const ACCOUNT_DEPTH: u8 = 3;

/// Makes and reads addresses of one network.
#[derive(Debug)]
pub struct Addresses {
    network: Network,
    curve: Secp256k1<VerifyOnly>,
}

impl Addresses {
    /// For this network.
    pub fn new(network: Network) -> Self {
        Self { network, curve: Secp256k1::verification_only() }
    }

    /// Reads an address of a kind whose owner alone can spend from it. Kinds of the future and anchors are valid too,
    /// but today anybody can take what is paid to them.
    pub(crate) fn read(&self, text: &str) -> Result<Address, ChainError> {
        let text = text.trim();
        let bad = |why: String| {
            ChainError::NotAnAddress(format!(
                "{}: {why}",
                text.chars().take(LONGEST).collect::<String>()
            ))
        };
        if text.len() > LONGEST {
            return Err(bad("too long".to_owned()));
        }
        let address: Address<NetworkUnchecked> =
            text.parse().map_err(|error: bitcoin::address::ParseError| bad(error.to_string()))?;
        let address = address
            .require_network(self.network.library())
            .map_err(|_| bad(format!("not of network {}", self.network.word())))?;
        match address.address_type() {
            None | Some(AddressType::P2a) => Err(bad("of a kind without an owner".to_owned())),
            Some(_) => Ok(address),
        }
    }
}

impl Derive for Addresses {
    fn address(&self, account_key: &str, path: KeyPath) -> Result<String, ChainError> {
        let wrong = |why: &str| ChainError::Unsupported(format!("account key: {why}"));
        let key: Xpub = account_key.parse().map_err(|_| wrong("it cannot be read"))?;
        if key.network != NetworkKind::from(self.network.library()) {
            return Err(wrong("it is of another network"));
        }
        let account = ChildNumber::from_hardened_idx(path.account);
        if key.depth != ACCOUNT_DEPTH || Ok(key.child_number) != account {
            return Err(wrong("it is not this account's"));
        }
        let key = key
            .derive_pub(&self.curve, &steps(path).ok_or_else(|| wrong("no such number"))?)
            .map_err(|_| wrong("no such key"))?;
        let public = CompressedPublicKey(key.public_key);
        Ok(Address::p2wpkh(&public, self.network.library()).to_string())
    }

    fn parse(&self, text: &str) -> Result<String, ChainError> {
        self.read(text).map(|address| address.to_string())
    }

    fn display(&self, address: &str) -> String {
        address.to_owned()
    }

    fn payment_uri(&self, address: &str, _token: &str) -> String {
        format!("bitcoin:{address}")
    }
}

/// The steps below an account.
pub(crate) fn steps(path: KeyPath) -> Option<[ChildNumber; 2]> {
    let branch = ChildNumber::from_normal_idx(path.purpose.branch()).ok()?;
    Some([branch, ChildNumber::from_normal_idx(path.index).ok()?])
}
