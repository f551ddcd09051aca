//! Fresh databases, and rows to begin with.

use aio_domain::{
    AllowlistMode, ApiKeyId, AuthLevel, Cidr, EncryptionMode, EntryId, FlashId, MerchantId, Random,
    RandomFailed, Role, Rule, RuleId, Scope, ScopeSet, SecretText, SessionRef, Timestamp, UserId,
    sealing::Sealed,
    text::{Email, Label},
};
use aio_store::{
    Engine, FlashRow, Hash, Merchant, NewApiKey, NewEntry, NewSession, NewUser, Store, StoreError,
    StoreSettings,
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};
use tempfile::TempDir;

/// When the tests take place.
pub const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
/// From where.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// Runs each case on a fresh SQLite file and, where a server is told, in a fresh Postgres database.
/// A case that is left out is unused, which does not compile without a warning.
macro_rules! on_both_engines {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            use crate::support::TestDb;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$case(&TestDb::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(db) = TestDb::postgres().await {
                    super::$case(&db).await;
                    db.drop_database().await;
                }
            }
        }
    )+ };
}
pub(crate) use on_both_engines;

/// One database and the store that has it open.
pub struct TestDb {
    pub store: Store,
    pub settings: StoreSettings,
    pub folder: TempDir,
    seed: AtomicU64,
}

impl Random for TestDb {
    /// Not random at all: each call gives other bytes, each run the same ones.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for byte in bytes {
            let mut mixed = self.seed.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            *byte = (mixed ^ (mixed >> 27)).to_be_bytes()[0];
        }
        Ok(())
    }
}

/// A server for tests, if the environment names one; a run that requires one fails without it.
pub fn postgres_server() -> Option<String> {
    let server = std::env::var("AIO_TEST_POSTGRES").ok();
    let required = std::env::var("AIO_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    assert!(server.is_some() || !required, "AIO_TEST_POSTGRES is missing");
    server
}

pub fn sqlite_settings(path: &std::path::Path) -> StoreSettings {
    let url = format!("sqlite:{}", path.display());
    StoreSettings { url, create: true, readers: 4, busy_timeout_ms: 10_000 }
}

impl TestDb {
    pub async fn sqlite() -> Self {
        Self::empty_sqlite().await.migrated().await
    }

    pub async fn postgres() -> Option<Self> {
        Some(Self::empty_postgres().await?.migrated().await)
    }

    async fn migrated(self) -> Self {
        self.store.migrate().await.unwrap();
        self
    }

    /// Without a schema yet.
    pub async fn empty_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = sqlite_settings(&folder.path().join("aio.db"));
        Self::open(settings, folder).await
    }

    /// Without a schema yet.
    pub async fn empty_postgres() -> Option<Self> {
        let server = postgres_server()?;
        let folder = tempfile::Builder::new().prefix("aio_").rand_bytes(16).tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap();
        let mut admin = PgConnection::connect(&server).await.unwrap();
        let create = format!("CREATE DATABASE \"{name}\"");
        admin.execute(AssertSqlSafe(create)).await.unwrap();
        let (server, _) = server.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        let settings = StoreSettings { url, create: false, readers: 8, busy_timeout_ms: 10_000 };
        Some(Self::open(settings, folder).await)
    }

    async fn open(settings: StoreSettings, folder: TempDir) -> Self {
        let store = Store::open(&settings).await.unwrap();
        Self { store, settings, folder, seed: AtomicU64::new(1) }
    }

    pub async fn drop_database(self) {
        self.store.close().await;
        let (_, name) = self.settings.url.rsplit_once('/').unwrap();
        let mut admin = PgConnection::connect(&postgres_server().unwrap()).await.unwrap();
        let drop = format!("DROP DATABASE \"{name}\" WITH (FORCE)");
        admin.execute(AssertSqlSafe(drop)).await.unwrap();
    }

    /// The files of SQLite: database, log, index of the log.
    pub fn files(&self) -> Vec<PathBuf> {
        ["aio.db", "aio.db-wal", "aio.db-shm"].map(|name| self.folder.path().join(name)).into()
    }

    /// Runs text on a connection of its own, as another program would.
    pub async fn raw(&self, text: &str) -> Result<u64, sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        match self.settings.url.strip_prefix("sqlite:") {
            Some(_) => Ok(self.raw_sqlite().await.execute(text).await?.rows_affected()),
            None => Ok(self.raw_postgres().await.execute(text).await?.rows_affected()),
        }
    }

    pub async fn raw_sqlite(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.settings.url).await.unwrap()
    }

    pub async fn raw_postgres(&self) -> PgConnection {
        PgConnection::connect(&self.settings.url).await.unwrap()
    }

    /// Returns when the task waits for a lock, or has ended. On SQLite at once: there it queues for
    /// the one writer, which cannot be seen and makes no difference.
    pub async fn until_it_waits<T>(&self, task: &tokio::task::JoinHandle<T>) {
        if self.store.engine() == Engine::Sqlite {
            return;
        }
        let waiting = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock')";
        let mut conn = self.raw_postgres().await;
        while !task.is_finished()
            && !sqlx::query_scalar::<_, bool>(waiting).fetch_one(&mut conn).await.unwrap()
        {
            tokio::task::yield_now().await;
        }
    }

    pub fn hash(&self) -> Hash {
        aio_domain::random_array(self).unwrap()
    }

    pub async fn user(&self, email: &str) -> UserId {
        let user = NewUser {
            id: UserId::generate(NOW, self).unwrap(),
            email: Email::parse(email).unwrap(),
            name: label("Ann"),
            password_hash: SecretText::new("phc".into()),
            created_at: NOW,
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_user(&user).await.unwrap();
        tx.insert_step_counter(user.id).await.unwrap();
        tx.commit().await.unwrap();
        user.id
    }

    pub async fn merchant(&self, name: &str) -> MerchantId {
        let merchant = Merchant {
            id: MerchantId::generate(NOW, self).unwrap(),
            name: label(name),
            dashboard_allowlist_on: false,
            created_at: NOW,
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_merchant(&merchant).await.unwrap();
        tx.commit().await.unwrap();
        merchant.id
    }

    /// A merchant, its owner and the owner's session.
    pub async fn shop(&self, name: &str) -> Shop {
        let (merchant, user) =
            (self.merchant(name).await, self.user(&format!("owner@{name}.example")).await);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_member(merchant, user, Role::Owner, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let session = self.session(user, Some(merchant)).await;
        Shop { merchant, user, session: session.id_hash, handle: session.handle }
    }

    pub async fn session(&self, user: UserId, merchant: Option<MerchantId>) -> NewSession {
        let session = NewSession {
            id_hash: self.hash(),
            handle: SessionRef::generate(NOW, self).unwrap(),
            user,
            merchant,
            level: AuthLevel::Full,
            created_at: NOW,
            address: ADDRESS,
            user_agent: "a browser".into(),
        };
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_session(&session).await.unwrap();
        tx.commit().await.unwrap();
        session
    }

    pub fn new_key(&self, shop: &Shop, name: &str, created_at: Timestamp) -> NewApiKey {
        NewApiKey {
            id: ApiKeyId::generate(created_at, self).unwrap(),
            label: label(name),
            scopes: ScopeSet::from(vec![Scope::EventsRead]),
            verifier: self.hash(),
            sealed_secret: Some(sealed("secret")),
            last4: "wxyz".into(),
            allowlist_mode: AllowlistMode::Listed,
            encryption_mode: EncryptionMode::Optional,
            rate_per_minute: 3_000,
            expires_at: Some(NOW.plus(1)),
            created_by: shop.user,
            created_at,
        }
    }

    /// A key with two rules and an AES key of version 1.
    pub async fn api_key(&self, shop: &Shop, name: &str) -> ApiKeyId {
        let key = self.new_key(shop, name, NOW);
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_api_key(shop.merchant, &key).await.unwrap();
        let rules = self.rules(&["10.0.0.0/8", "2001:db8::/48"]);
        assert!(tx.replace_rules(shop.merchant, key.id, &rules).await.unwrap());
        let first = sealed("aes one");
        assert!(tx.insert_aes_key(shop.merchant, key.id, 1, &first, NOW).await.unwrap());
        assert!(tx.set_aes_version(shop.merchant, key.id, 1).await.unwrap());
        tx.commit().await.unwrap();
        key.id
    }

    pub fn rules(&self, ranges: &[&str]) -> Vec<(RuleId, Rule)> {
        let rule =
            |text: &&str| Rule { cidr: Cidr::parse(text).unwrap(), label: Some(label("office")) };
        ranges.iter().map(|text| (RuleId::generate(NOW, self).unwrap(), rule(text))).collect()
    }

    pub fn new_entry(&self, shop: &Shop, range: &str) -> NewEntry {
        NewEntry {
            id: EntryId::generate(NOW, self).unwrap(),
            cidr: Cidr::parse(range).unwrap(),
            label: None,
            enabled: true,
            created_by: shop.user,
            created_at: NOW,
        }
    }

    pub fn flash(&self, session_hash: Hash, kind: &str, content: &str) -> FlashRow {
        FlashRow {
            id: FlashId::generate(NOW, self).unwrap(),
            session_hash,
            kind: kind.into(),
            target: "key_1".into(),
            sealed: sealed(content),
            created_at: NOW,
            expires_at: NOW.plus(60_000),
        }
    }
}

/// A merchant with an owner who is signed in.
#[derive(Debug, Clone, Copy)]
pub struct Shop {
    pub merchant: MerchantId,
    pub user: UserId,
    pub session: Hash,
    pub handle: SessionRef,
}

pub fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

pub fn sealed(text: &str) -> Sealed {
    Sealed::from_stored(text.as_bytes().to_vec())
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

/// Whether the error says that a unique value is taken.
pub fn is_unique<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unique))
}
