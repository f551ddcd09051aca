//! What a use case answers when it does not do its work: a public kind and a private cause.

use aio_domain::{Problem, RandomFailed, sealing::SealError};
use aio_store::StoreError;

/// Why a use case did not do its work. [`ServiceError::problem`] is for the caller, the rest for the log.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// A rule said no.
    #[error("refused: {0}")]
    Refused(#[from] Problem),
    /// The database failed.
    #[error("store: {0}")]
    Store(#[from] StoreError),
    /// A sealed cell did not open or could not be sealed.
    #[error("sealing: {0}")]
    Seal(#[from] SealError),
    /// No random bytes.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// The database was sealed with another master key.
    #[error("the master key is not the one this database was sealed with")]
    WrongMasterKey,
    /// Stored or passed data contradicts itself.
    #[error("broken: {0}")]
    Broken(&'static str),
}

impl ServiceError {
    /// What the caller may know.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(problem) => problem.clone(),
            Self::Store(StoreError::Busy(_)) => Problem::Busy,
            Self::Store(StoreError::Unavailable(_)) => Problem::Unavailable,
            _ => Problem::Internal,
        }
    }

    /// Whether the log should say it: everything that is not a rule's "no".
    pub const fn is_fault(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }
}

impl From<serde_json::Error> for ServiceError {
    fn from(_: serde_json::Error) -> Self {
        Self::Broken("stored JSON")
    }
}
