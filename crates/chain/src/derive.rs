//! Addresses out of public keys.

use crate::ChainError;

/// What an address is for; each purpose has numbers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Customers pay to it: branch 0 of the account.
    Deposit,
    /// It pays fees: branch 1 of the account.
    Gas,
}

/// Which key. The chain adds its own purpose and coin in front: `m/84'/0'/{account}'/{branch}/{index}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyPath {
    /// The merchant's number in this installation; hardened, so that one merchant's keys say nothing about another's.
    pub account: u32,
    /// What it is for.
    pub purpose: Purpose,
    /// The address's number; below 2^31.
    pub index: u32,
}

/// Makes addresses. Holds public keys only: who takes it over can watch, not spend.
pub trait Derive: Send + Sync {
    /// The address of this key. `account_key` is the account's extended public key, as [`crate::Signer::account_key`]
    /// gave it.
    fn address(&self, account_key: &str, path: KeyPath) -> Result<String, ChainError>;

    /// Reads an address that somebody typed: checks its checksum and its network, and gives the form in which it is
    /// kept and compared.
    fn parse(&self, text: &str) -> Result<String, ChainError>;

    /// Whether somebody can own what is paid to this address, in its kept form: some have no key at all.
    fn has_owner(&self, address: &str) -> bool {
        let _ = address;
        true
    }

    /// The form in which people read it, with its checksum.
    fn display(&self, address: &str) -> String;

    /// The link behind a payment's QR code: BIP-21 or EIP-681, without an amount. `token` is the ticker.
    fn payment_uri(&self, address: &str, token: &str) -> String;
}

impl Purpose {
    /// The branch under the account.
    pub const fn branch(self) -> u32 {
        match self {
            Self::Deposit => 0,
            Self::Gas => 1,
        }
    }
}
