//! Moving money: what is wanted, what is to be signed, and what was sent.

use crate::{ChainError, Claim, KeyPath, TxId};
use aio_domain::money::Amount;
use async_trait::async_trait;

/// Money on an address of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whose key signs for it.
    pub path: KeyPath,
    /// Where it lies.
    pub address: String,
    /// The outputs, on chains that have them; empty elsewhere.
    pub outputs: Vec<(Claim, Amount)>,
    /// How much of the token.
    pub amount: Amount,
}

/// What is wanted. One intent becomes one transaction, and each retry is the same transaction again or one that claims
/// the same: never a second payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Everything on these addresses goes to the collection address.
    Collect {
        /// From where; all of one merchant.
        from: Vec<Source>,
        /// Which token.
        token: String,
        /// The merchant's own address.
        to: String,
    },
    /// What the chain needs once before it can collect to this address; nothing on most chains.
    Prepare {
        /// The merchant's own address.
        to: String,
    },
    /// Coins for the fees of a subaddress, where the chain cannot let somebody else pay them.
    TopUp {
        /// Which subaddress.
        to: KeyPath,
        /// Its address.
        address: String,
        /// How much.
        amount: Amount,
    },
}

/// Who pays the network, and with which number, on chains whose senders count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payer {
    /// The gas address's key.
    pub path: KeyPath,
    /// The gas address.
    pub address: String,
    /// Its next number, given out by the database.
    pub number: u64,
}

/// A transaction before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    /// The chain's own form, to be kept.
    pub payload: String,
    /// What it takes: a fee bump takes the same.
    pub claims: Vec<Claim>,
    /// The most it can cost.
    pub max_fee: Amount,
    /// What it would cost now. On chains where an offer leaves room for blocks to come it is far below the most; whether
    /// a transaction is worth its fee is asked of this one.
    pub likely_fee: Amount,
}

/// A transaction that is signed. It is stored before it is sent, and sent again on any doubt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Its id, known before anybody else knows it.
    pub tx: TxId,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What a node said to signed bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It took them.
    Accepted,
    /// It had them, or they are mined.
    Known,
    /// It wants a higher fee.
    Underpriced,
    /// What they take was taken by another transaction.
    Conflict,
    /// It refuses them for another reason.
    Rejected(String),
}

/// Plans and sends. Holds no secret.
#[async_trait]
pub trait ChainSpend: Send + Sync {
    /// Whether [`Intent::Prepare`] is still to be done before money can be collected to this address.
    async fn needs_preparation(&self, to: &str) -> Result<bool, ChainError>;

    /// Makes a transaction of an intent. `payer` is there on chains whose senders count.
    async fn plan(&self, intent: &Intent, payer: Option<&Payer>) -> Result<Unsigned, ChainError>;

    /// How many transactions of this address are in blocks, which is the next one's number; none on chains that do not count.
    /// What waits is not counted: it may never be mined, and what is numbered behind it neither. Compared with the
    /// database's own count before each transaction.
    async fn next_number(&self, address: &str) -> Result<Option<u64>, ChainError>;

    /// The same transaction with a higher fee: it takes the same claims.
    async fn bump(&self, unsigned: &Unsigned) -> Result<Unsigned, ChainError>;

    /// Sends signed bytes. Sending them again is harmless.
    async fn broadcast(&self, signed: &Signed) -> Result<Sent, ChainError>;
}

/// What a signer may sign. It is made of the settings, not of the transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningPolicy {
    /// Whose keys may sign: the merchant's number in the paths of its keys.
    pub account: u32,
    /// The only address that money may leave to.
    pub destination: String,
    /// The most that may go to the network.
    pub max_fee: Amount,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The transaction would pay somebody else, or too much.
    #[error("refused: {0}")]
    Refused(String),
    /// There is no such key.
    #[error("no key for this address")]
    NoKey,
    /// The transaction cannot be read.
    #[error("the transaction cannot be read: {0}")]
    Unreadable(String),
}

/// Signs, after it has read out of the transaction itself that the policy allows it.
pub trait Signer: Send + Sync {
    /// The extended public key of an account, for [`crate::Derive`].
    fn account_key(&self, account: u32) -> Result<String, SignError>;

    /// Signs with the keys that the payload names: of the sources and, where the chain has one, of the gas address.
    fn sign(&self, unsigned: &Unsigned, policy: &SigningPolicy) -> Result<Signed, SignError>;
}
