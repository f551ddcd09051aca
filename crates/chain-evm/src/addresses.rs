//! Addresses: out of an account's public key, and whatever people type.

use crate::{
    Token,
    tokens::{Asset, Tokens},
};
use aio_chain::{ChainError, Derive, KeyPath};
use alloy_primitives::Address;
use bip32::{ChildNumber, XPub};

/// How much of what somebody typed goes into an error.
const SHOWN: usize = 100;

/// Depth of an account's key: purpose, coin, account.
const ACCOUNT_DEPTH: u8 = 3;

/// Bytes in front that are zero in the address of every function of the chain's own.
const PRECOMPILE_ZEROS: usize = 18;

/// Makes and reads addresses. They have the same form on all chains of this type, but each chain has its own: what
/// somebody pays to an address on the wrong chain must never look like another customer's payment.
#[derive(Debug)]
pub struct Addresses {
    chain_id: u64,
    tokens: Tokens,
}

impl Addresses {
    /// For the chain of this number, with the tokens that links can be made for.
    pub fn new(chain_id: u64, tokens: &[Token]) -> Result<Self, ChainError> {
        Ok(Self { chain_id, tokens: Tokens::new(tokens)? })
    }
}

impl Derive for Addresses {
    fn address(&self, account_key: &str, path: KeyPath) -> Result<String, ChainError> {
        let wrong = |why: &str| ChainError::Unsupported(format!("account key: {why}"));
        if !account_key.starts_with("xpub") {
            return Err(wrong("it cannot be read"));
        }
        let key: XPub = account_key.parse().map_err(|_| wrong("it cannot be read"))?;
        let account = ChildNumber::new(path.account, true);
        if key.attrs().depth != ACCOUNT_DEPTH || Ok(key.attrs().child_number) != account {
            return Err(wrong("it is not this account's"));
        }
        let [branch, index] = steps(self.chain_id, path).ok_or_else(|| wrong("no such number"))?;
        let key = key.derive_child(branch).and_then(|key| key.derive_child(index));
        let key = key.map_err(|_| wrong("no such key"))?;
        Ok(kept(Address::from_public_key(key.public_key())))
    }

    fn parse(&self, text: &str) -> Result<String, ChainError> {
        read_address(text).map(kept)
    }

    fn has_owner(&self, address: &str) -> bool {
        let Ok(address) = read_address(address) else { return false };
        // What is paid to a token's contract stays there for ever; the first numbers are the chain's own functions.
        let is_precompile = address.as_slice()[..PRECOMPILE_ZEROS].iter().all(|byte| *byte == 0);
        !is_precompile && self.tokens.of_contract(address).is_none()
    }

    fn display(&self, address: &str) -> String {
        read_address(address)
            .map_or_else(|_| address.to_owned(), |address| address.to_checksum(None))
    }

    fn payment_uri(&self, address: &str, token: &str) -> String {
        let (to, chain) = (self.display(address), self.chain_id);
        match self.tokens.asset(token) {
            Ok(Asset::Contract(contract)) => {
                let contract = contract.to_checksum(None);
                format!("ethereum:{contract}@{chain}/transfer?address={to}")
            }
            Ok(Asset::Coin) | Err(_) => format!("ethereum:{to}@{chain}"),
        }
    }
}

/// Reads an address: with capitals in their right places (EIP-55), or without any, or with nothing but them.
pub(crate) fn read_address(text: &str) -> Result<Address, ChainError> {
    let text = text.trim();
    let bad = |why: &str| {
        let shown: String = text.chars().take(SHOWN).collect();
        ChainError::NotAnAddress(format!("{shown}: {why}"))
    };
    let digits = text.strip_prefix("0x").ok_or_else(|| bad("it does not begin with 0x"))?;
    if digits.len() != 2 * Address::len_bytes() {
        return Err(bad("it has not 40 digits"));
    }
    let address: Address = digits.parse().map_err(|_| bad("not all of it are digits"))?;
    let has = |is: fn(&u8) -> bool| digits.as_bytes().iter().any(is);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    if is_mixed && address.to_checksum(None) != text {
        return Err(bad("a letter is wrong: its checksum differs"));
    }
    if address.is_zero() {
        return Err(bad("the zero address has no owner"));
    }
    Ok(address)
}

/// The form in which addresses are kept and compared: small letters.
pub(crate) fn kept(address: Address) -> String {
    format!("{address:#x}")
}

/// The steps below an account. Ethereum itself has the branches 0 and 1 that wallets know, each other chain its own two.
pub(crate) fn steps(chain_id: u64, path: KeyPath) -> Option<[ChildNumber; 2]> {
    let pair = chain_id.checked_sub(1)?.checked_mul(2)?;
    let branch = u32::try_from(pair).ok()?.checked_add(path.purpose.branch())?;
    let branch = ChildNumber::new(branch, false).ok()?;
    Some([branch, ChildNumber::new(path.index, false).ok()?])
}
