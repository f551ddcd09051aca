//! Words and rules of AIO: ids, secrets, time, codes, allowlists, the policy table.
//!
//! Nothing here reads a clock, a file, a socket or a database; the crate also builds for wasm, where the
//! feature `crypto` (everything that handles key material) is left out.

pub mod allowlist;
#[cfg(feature = "crypto")]
pub mod api_key;
#[cfg(feature = "crypto")]
pub mod audit;
mod base32;
pub mod cidr;
pub mod client_address;
pub mod code;
pub mod deposit;
#[cfg(feature = "crypto")]
pub mod envelope;
pub mod ids;
pub mod key;
pub mod ledger;
pub mod money;
pub mod once;
pub mod outgoing;
pub mod policy;
pub mod preferences;
pub mod problem;
pub mod rate;
#[cfg(feature = "crypto")]
pub mod recovery;
pub mod request_log;
#[cfg(feature = "crypto")]
pub mod sealing;
pub mod secret;
pub mod session;
pub mod step_up;
pub mod text;
pub mod time;
#[cfg(feature = "crypto")]
pub mod totp;
pub mod volume;

pub use allowlist::{AllowlistMode, Rule};
pub use cidr::Cidr;
pub use deposit::DepositStatus;
pub use ids::{
    ApiKeyId, AuditId, ChangeSetId, CollectionId, DataKeyId, EntryId, EventId, FlashId, LedgerId,
    MerchantId, OutgoingId, RuleId, SeedId, SessionRef, SubaddressId, TransactionId, UserId,
};
pub use key::{EncryptionMode, KeyState, Scope, ScopeSet};
pub use money::Amount;
pub use outgoing::{OutgoingKind, OutgoingStatus, Passage, Waiting};
pub use policy::{Action, Role};
pub use preferences::{Language, Network, Theme};
pub use problem::{Field, FieldCode, FieldError, Problem};
pub use request_log::RequestOutcome;
pub use secret::{Secret, SecretText};
pub use session::AuthLevel;
pub use time::{Clock, Timestamp};
pub use volume::Span;

/// A source of random bytes: the operating system's generator in the product, a seeded one in tests.
pub trait Random: Send + Sync {
    /// Fills the buffer, or says that the generator failed; a caller must then give up, never go on.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed>;
}

/// The random generator gave no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the random generator failed")]
pub struct RandomFailed;

/// `N` random bytes.
pub fn random_array<const N: usize>(random: &dyn Random) -> Result<[u8; N], RandomFailed> {
    let mut bytes = [0; N];
    random.fill(&mut bytes)?;
    Ok(bytes)
}
