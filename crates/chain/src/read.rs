//! Looking at a chain.

use crate::{BlockRef, ChainError, Claim, Header, ScannedBlock, Seen, TxId};
use aio_domain::money::Amount;
use async_trait::async_trait;

/// Which network a node serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Its name or number, as the settings write it: a chain id, or `main`, `test`, `regtest`.
    pub network: String,
    /// Hash of its first block.
    pub genesis: String,
    /// What the node calls itself, for the log.
    pub node: String,
}

/// How far a chain is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The newest block.
    pub block: BlockRef,
    /// The height that the chain itself calls final, where it does.
    pub finalized: Option<u64>,
}

/// Money that left an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// From where: an address, or on chains with outputs the claim that was spent.
    pub from: String,
    /// How much left it.
    pub amount: Amount,
    /// What came of it to whom, where the token itself says so: some tokens keep a part of each payment. Empty where all
    /// of it goes to one place.
    pub went: Vec<(String, Amount)>,
}

impl Moved {
    /// How much of it came to an address.
    pub fn came_to(&self, address: &str) -> Amount {
        if self.went.is_empty() {
            return self.amount;
        }
        let to = self.went.iter().filter(|(to, _)| to == address).map(|(_, amount)| *amount);
        // Nobody is believed who says that more came than left.
        Amount::sum(to).unwrap_or(self.amount).min(self.amount)
    }
}

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TxStatus {
    /// The node does not know it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// It is in a block of the chain as it is now.
    Mined {
        /// Which.
        block: BlockRef,
        /// Whether it did what it should; a transaction can be mined and fail.
        succeeded: bool,
        /// What it paid to the network.
        fee: Amount,
        /// Money of the token that it moved, one for each address or output that paid.
        moved: Vec<Moved>,
    },
}

/// What is watched: asked for every address and claim of a block, so the answer comes out of memory.
pub trait Watch: Send + Sync {
    /// Whether payments to this address are wanted. In the form in which addresses are kept.
    fn has_address(&self, address: &str) -> bool;

    /// Whether it must be known who takes this.
    fn has_claim(&self, claim: &Claim) -> bool;
}

/// Looks at a chain through one node. What a node says is checked for its form, not believed for its truth: the
/// watcher compares hashes.
#[async_trait]
pub trait ChainRead: Send + Sync {
    /// Which network the node serves.
    async fn identity(&self) -> Result<Identity, ChainError>;

    /// Whether the node can answer everything that is asked here: an index or a kind of question may be switched off.
    async fn check_abilities(&self) -> Result<(), ChainError> {
        Ok(())
    }

    /// How far it is.
    async fn tip(&self) -> Result<Tip, ChainError>;

    /// The head of the block at this height in the chain as it is now; none above the tip.
    async fn header_at(&self, height: u64) -> Result<Option<Header>, ChainError>;

    /// Everything in the block of this hash that concerns what is watched; none when the node does not have it.
    async fn scan(&self, hash: &str, watch: &dyn Watch)
    -> Result<Option<ScannedBlock>, ChainError>;

    /// Transactions on their way into a block that concern what is watched.
    async fn pending(&self, watch: &dyn Watch) -> Result<Vec<Seen>, ChainError>;

    /// What became of a transaction. `token` says whose movements are wanted in [`TxStatus::Mined`].
    async fn status(&self, tx: &TxId, token: Option<&str>) -> Result<TxStatus, ChainError>;

    /// What an address holds of a token in the newest block.
    async fn balance(&self, address: &str, token: &str) -> Result<Amount, ChainError>;
}
