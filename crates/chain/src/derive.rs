//! Addresses out of public keys.

use crate::ChainError;

/// Which key: the merchant's account, and the number of the address in it. The chain adds its own purpose and coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyPath {
    /// The merchant's number in this installation.
    pub account: u32,
    /// The address's number in the account.
    pub index: u32,
}

/// An address and the key it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedAddress {
    /// The key.
    pub path: KeyPath,
    /// In the form in which addresses are kept and compared.
    pub address: String,
}

/// Makes addresses. Holds public keys only: who takes it over can watch, not spend.
pub trait Derive: Send + Sync {
    /// The address of this key.
    fn address(&self, path: KeyPath) -> Result<DerivedAddress, ChainError>;

    /// Reads an address that somebody typed: checks its checksum and its network, and gives the form in which it is
    /// kept.
    fn parse(&self, text: &str) -> Result<String, ChainError>;

    /// The form in which people read it, with its checksum.
    fn display(&self, address: &str) -> String;
}
