//! The use cases of AIO: every rule and every transaction.
//!
//! Each function of [`Services`] takes a [`Permit`] (who, checked against the policy table), does its work in
//! one transaction and writes the audit entry in it. Whoever changes keys, factors or allowlists must also
//! hold a [`StepUpProof`], which only [`step_up`] makes.

mod account;
mod aes;
mod allowlist;
mod audit;
mod chains;
mod changes;
mod enrolment;
mod error;
mod flash;
mod front_door;
mod host;
mod key_actions;
mod key_form;
mod keys;
mod limits;
mod once;
mod os;
mod outgoing;
mod overview;
mod passwords;
mod replay;
mod requests;
mod session;
mod setup;
mod sign_in;
pub mod step_up;
mod throttle;
mod vault;

pub use account::{PersonSettings, SignedInBrowser};
pub use allowlist::AllowlistPage;
pub use chains::{
    ChainPort, Changes, Coin, FileLine, FilePage, Listed, MakeSigner, NodeFinding, Progress,
    Reader, Seed, SeedWords, Subaddress, SubaddressWish, TokenRules, Total, Transaction,
    WatchError, Watcher, check_node,
};
pub use changes::Pending;
pub use enrolment::PendingAuthenticator;
pub use error::ServiceError;
pub use flash::{Revealed, RevealedFor};
pub use front_door::{KeyCaller, KeyRefused, RefusalReason};
pub use host::ChainReport;
pub use key_form::{KeyInput, KeyPlan};
pub use limits::{AddressLimits, Turn};
pub use once::{Known, Once};
pub use os::{OsRandom, SystemClock};
pub use outgoing::{
    AddressPlan, Collected, Collection, CollectionRules, CollectionSettings, GasAddress,
    OutgoingRules, RulesInput, RulesPlan, SendProgress, Sender, TokenSettings, Uncollected,
};
pub use overview::{Attention, Awaiting, FirstStep, Received, TokenVolume};
pub use requests::{EventRow, RequestLine, RequestPage};
pub use session::{Permit, RequestInfo, Session, SessionToken, SignedIn};
pub use setup::NewOwner;
pub use step_up::StepUpProof;

use aio_domain::{Clock, Network, Random, Secret, Timestamp, random_array, sealing::MasterKey};
use aio_store::Store;
use std::sync::{Arc, atomic::AtomicU64};

/// What the services need to start.
pub struct Start {
    /// An open, migrated database.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives random bytes.
    pub random: Arc<dyn Random>,
    /// Wraps the data keys of this database.
    pub master_key: MasterKey,
    /// Settings.
    pub settings: Settings,
    /// The chains of this installation.
    pub chains: Vec<ChainPort>,
}

/// Settings of the services.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Real money or test networks: stands in each key.
    pub network: Network,
    /// Passwords hashed at the same time.
    pub hash_workers: usize,
    /// Passwords waiting for a worker; one more is answered "busy".
    pub hash_queue: usize,
    /// How often an address may ask the merchant API.
    pub addresses: AddressLimits,
}

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    vault: vault::Vault,
    chains: chains::Chains,
    hasher: passwords::Hasher,
    door: front_door::Door,
    running: once::Running,
    turns: limits::Turns,
    used_ids: replay::UsedIds,
    requests: requests::Requests,
    network: Network,
    codes_evaluated: AtomicU64,
}

impl Services {
    /// Opens the vault with the master key. A database that another key sealed is refused.
    pub async fn start(start: Start) -> Result<Self, ServiceError> {
        let Start { store, clock, random, master_key, settings, chains } = start;
        let vault = vault::Vault::open(&store, clock.as_ref(), random.as_ref(), master_key).await?;
        let chains =
            chains::Chains::open((&store, &vault), (clock.as_ref(), random.as_ref()), chains)
                .await?;
        let hasher =
            passwords::Hasher::new(settings.hash_workers, settings.hash_queue, random.as_ref())
                .await?;
        let (door, network) = (front_door::Door::default(), settings.network);
        let codes_evaluated = AtomicU64::new(0);
        let key = Secret::new(random_array(random.as_ref())?);
        let used_ids = replay::UsedIds::from_now_on(clock.now(), key);
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            random,
            vault,
            chains,
            hasher,
            door,
            running: once::Running::default(),
            turns: limits::Turns::new(settings.addresses),
            used_ids,
            requests: requests::Requests::default(),
            network,
            codes_evaluated,
        })))
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Real money or test networks.
    pub fn network(&self) -> Network {
        self.0.network
    }

    /// Whether the database answers.
    pub async fn ready(&self) -> bool {
        self.0.store.ping().await.is_ok()
    }

    /// Drops what has expired: sessions, pending changes, flashes, throttles.
    pub async fn purge(&self) -> Result<(), ServiceError> {
        self.0.store.purge(self.now()).await?;
        self.purge_requests().await
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn random(&self) -> &dyn Random {
        self.0.random.as_ref()
    }
}
