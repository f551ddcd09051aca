//! What can go wrong with a node.

/// Why a chain gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// No connection, no answer in time, or an answer that means "not now". Trying again later may help.
    #[error("the node does not answer: {0}")]
    Unavailable(String),
    /// It answers, but not to us: a wrong name or password, or an address of ours that it does not let in.
    #[error("the node refused the password (or the name, or our address)")]
    Refused,
    /// The answer is not what the protocol says. Nothing of it was used.
    #[error("the node answers what cannot be read: {0}")]
    Garbage(String),
    /// The node serves another network than the settings say.
    #[error("the node serves {found}, the settings say {wanted}")]
    WrongNetwork {
        /// What the settings say.
        wanted: String,
        /// What the node says.
        found: String,
    },
    /// The text is no address of this chain and network.
    #[error("not an address of this network: {0}")]
    NotAnAddress(String),
    /// There is not enough to pay for it.
    #[error("not enough: {0}")]
    NotEnough(String),
    /// The chain cannot do this, on this network or with these settings.
    #[error("not possible here: {0}")]
    Unsupported(String),
}

impl ChainError {
    /// Whether the same question may be answered later.
    pub const fn may_pass(&self) -> bool {
        self.is_of_the_node() || matches!(self, Self::NotEnough(_))
    }

    /// Whether it says nothing about what was asked, only that the node gave no answer.
    pub const fn is_of_the_node(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Refused)
    }
}
