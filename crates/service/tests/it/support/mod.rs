//! A whole installation per test: a fresh database, a clock that stands still until it is told, bytes that
//! come from a counter.

mod given;
mod person;
mod raw;

pub use given::{Counter, TestClock};
pub use person::{PASSWORD, Person, key_input, listed};
pub use raw::hex;

use aio_domain::{
    AuthLevel, Clock, MerchantId, Network, Problem, Role, SecretText, SessionRef, Timestamp,
    UserId,
    audit::sha256,
    sealing::MasterKey,
    text::{Email, Label},
};
use aio_service::{AddressLimits, ChainPort, RequestInfo, ServiceError, Services, Settings, Start};
use aio_store::{Merchant, NewSession, NewUser, Store, StoreSettings};
use std::{net::IpAddr, sync::Arc};
use tempfile::TempDir;

/// Runs each case on a fresh SQLite file and, where a server is told, in a fresh Postgres database.
macro_rules! on_both_engines {
    ($($(#[$doc:meta])* async fn $case:ident($world:ident) $body:block)+) => { $(
        $(#[$doc])*
        async fn $case($world: &crate::support::World) $body

        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let world = crate::support::World::sqlite().await;
                super::$case(&world).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = crate::support::World::postgres().await {
                    super::$case(&world).await;
                    world.drop_database().await;
                }
            }
        }
    )+ };
}
pub(crate) use on_both_engines;

/// When the tests begin: at the first millisecond of a step.
pub const START: Timestamp = Timestamp::from_millis(1_795_000_020_000);
/// The hash of [`PASSWORD`], made once with the settings of the product.
pub const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdC1mb3ItdGVzdHMtMQ$91kEN0xt4e3/lpXeY4myEPn55smQn/+iFdPzfnpscoM";

/// One installation.
pub struct World {
    pub services: Services,
    pub store: Store,
    pub clock: Arc<TestClock>,
    pub random: Arc<Counter>,
    pub settings: StoreSettings,
    pub folder: TempDir,
    master: MasterKey,
    chains: Vec<ChainPort>,
}

fn server() -> Option<String> {
    let server = std::env::var("AIO_TEST_POSTGRES").ok();
    let required = std::env::var("AIO_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    assert!(server.is_some() || !required, "AIO_TEST_POSTGRES is missing");
    server
}

impl World {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("aio.db").display());
        Self::open(url, folder).await
    }

    pub async fn postgres() -> Option<Self> {
        let server = server()?;
        let folder = tempfile::Builder::new().prefix("aio_").rand_bytes(16).tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        raw::psql(&server, &format!("CREATE DATABASE \"{name}\""));
        let (base, _) = server.rsplit_once('/').unwrap();
        Some(Self::open(format!("{base}/{name}"), folder).await)
    }

    async fn open(url: String, folder: TempDir) -> Self {
        let settings = StoreSettings {
            create: url.starts_with("sqlite:"),
            url,
            readers: 8,
            busy_timeout_ms: 10_000,
        };
        let store = Store::open(&settings).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(TestClock::at(START));
        let random = Arc::new(Counter::default());
        let master = MasterKey::generate(random.as_ref()).unwrap();
        let start = Start {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            master_key: master.clone(),
            settings: SETTINGS,
            chains: Vec::new(),
        };
        let services = Services::start(start).await.unwrap();
        let chains = Vec::new();
        Self { services, store, clock, random, settings, folder, master, chains }
    }

    /// The same installation with chains.
    pub async fn with_chains(mut self, chains: Vec<ChainPort>) -> Self {
        self.chains = chains;
        self.services = self.another_server().await;
        self
    }

    pub async fn drop_database(self) {
        self.store.close().await;
        let (_, name) = self.settings.url.rsplit_once('/').unwrap();
        let drop = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
        raw::psql(&server().unwrap(), &drop);
    }

    pub fn is_sqlite(&self) -> bool {
        self.settings.url.starts_with("sqlite:")
    }

    /// Another server on the same database, as after a restart or behind a proxy.
    pub async fn another_server(&self) -> Services {
        self.server_with(self.master.clone(), 10_000).await.unwrap()
    }

    /// Another server that does not wait long for a lock.
    pub async fn impatient_server(&self) -> Services {
        self.server_with(self.master.clone(), 300).await.unwrap()
    }

    /// Another server with a key of its own.
    pub async fn server_with(
        &self,
        master_key: MasterKey,
        busy_timeout_ms: u32,
    ) -> Result<Services, ServiceError> {
        let settings = StoreSettings { busy_timeout_ms, ..self.settings.clone() };
        Services::start(Start {
            store: Store::open(&settings).await.unwrap(),
            clock: self.clock.clone(),
            random: self.random.clone(),
            master_key,
            settings: SETTINGS,
            chains: self.chains.clone(),
        })
        .await
    }

    /// The owner of a new merchant, signed in with an authenticator.
    pub async fn owner(&self) -> Person {
        self.owner_of("Corner Shop", "ann@shop.example").await
    }

    /// The owner of another merchant on the same installation.
    pub async fn other_owner(&self) -> Person {
        self.owner_of("Other Market", "olga@market.example").await
    }

    async fn owner_of(&self, name: &str, email: &str) -> Person {
        let merchant = MerchantId::generate(self.now(), self.random.as_ref()).unwrap();
        let row = Merchant {
            id: merchant,
            name: Label::parse(name).unwrap(),
            dashboard_allowlist_on: false,
            created_at: self.now(),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_merchant(&row).await.unwrap();
        tx.commit().await.unwrap();
        self.person(merchant, Role::Owner, email).await
    }

    /// A colleague with a role, signed in with an authenticator.
    pub async fn member(&self, of: &Person, role: Role) -> Person {
        let email = format!("{role}@shop.example");
        self.person(of.merchant, role, &email).await
    }

    async fn person(&self, merchant: MerchantId, role: Role, email: &str) -> Person {
        let user = self.user(email).await;
        self.join(merchant, user, role).await;
        let mut person = self.visitor(merchant, user, email, AuthLevel::Enrolling).await;
        person.enrol().await;
        person
    }

    /// A person with the password [`PASSWORD`].
    pub async fn user(&self, email: &str) -> UserId {
        let user = NewUser {
            id: UserId::generate(self.now(), self.random.as_ref()).unwrap(),
            email: Email::parse(email).unwrap(),
            name: Label::parse("Ann").unwrap(),
            password_hash: SecretText::new(PHC.to_owned()),
            created_at: self.now(),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_user(&user).await.unwrap();
        tx.insert_step_counter(user.id).await.unwrap();
        tx.commit().await.unwrap();
        user.id
    }

    pub async fn join(&self, merchant: MerchantId, user: UserId, role: Role) {
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_member(merchant, user, role, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A browser at some point of the sign-in, without the work of hashing a password.
    pub async fn visitor(
        &self,
        merchant: MerchantId,
        user: UserId,
        email: &str,
        level: AuthLevel,
    ) -> Person {
        let cookie = self.session(merchant, user, level).await;
        Person {
            services: self.services.clone(),
            clock: self.clock.clone(),
            cookie,
            totp: None,
            recovery_codes: Vec::new(),
            user,
            merchant,
            email: email.to_owned(),
            info: info("203.0.113.7"),
        }
    }

    /// The cookie of a new session, made in the database.
    pub async fn session(&self, merchant: MerchantId, user: UserId, level: AuthLevel) -> String {
        let bytes: [u8; 22] = aio_domain::random_array(self.random.as_ref()).unwrap();
        let mut cookie = hex(&bytes);
        cookie.truncate(43);
        let row = NewSession {
            id_hash: sha256(cookie.as_bytes()),
            handle: SessionRef::generate(self.now(), self.random.as_ref()).unwrap(),
            user,
            merchant: Some(merchant),
            level,
            created_at: self.now(),
            address: address("203.0.113.7"),
            user_agent: "a browser".into(),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_session(&row).await.unwrap();
        tx.commit().await.unwrap();
        cookie
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Another master key than that of this installation.
    pub fn another_master_key(&self) -> MasterKey {
        MasterKey::generate(self.random.as_ref()).unwrap()
    }

    /// The digits of this installation's master key.
    pub fn master_key_text(&self) -> String {
        let text = self.master.to_text();
        text.trim().rsplit(':').next().unwrap().to_owned()
    }

    /// This installation's master key, as its file has it.
    pub fn master_key_words(&self) -> String {
        self.master.to_text().to_string()
    }

    /// How many audit entries an action has.
    pub fn audited(&self, action: &str) -> i64 {
        self.count(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = '{action}'"))
    }
}

pub const SETTINGS: Settings = Settings {
    network: Network::Live,
    hash_workers: 2,
    hash_queue: 200,
    addresses: AddressLimits { requests: 6000, refused: 120 },
};

pub fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn info(from: &str) -> RequestInfo {
    RequestInfo {
        address: address(from),
        request_id: "req-1".into(),
        user_agent: "a browser".into(),
    }
}

pub fn password(text: &str) -> SecretText {
    SecretText::new(text.to_owned())
}

/// Why it was refused; panics when it was not.
pub fn refusal<T>(answer: Result<T, ServiceError>) -> Problem {
    match answer {
        Ok(_) => panic!("it was done"),
        Err(error) => error.problem(),
    }
}

/// Runs so many callers at once and gives their answers.
pub async fn in_parallel<T, F>(callers: usize, call: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..callers).map(|caller| tokio::spawn(call(caller))).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

/// How many callers got through; the others were refused by a rule and not by a fault.
pub fn winners<T>(answers: &[Result<T, Problem>]) -> usize {
    for answer in answers {
        assert!(
            !matches!(answer, Err(Problem::Internal | Problem::Unavailable)),
            "a fault in place of a refusal"
        );
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}
