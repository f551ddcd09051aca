//! A whole server on a throw-away database, with a clock and a random generator that the test holds.

mod call;
mod given;
mod log;
mod regtest;

pub use call::{Answer, Call};
pub use given::{TestClock, TestRandom};
pub use log::Log;
pub use regtest::Regtest;

use aio::server::{
    chains,
    config::Config,
    layers, router,
    site::{Site, leptos_options},
};
use aio_domain::{
    AllowlistMode, ApiKeyId, Clock as _, MerchantId, Network, Role, SecretText, Timestamp, UserId,
    sealing::MasterKey,
    text::{Email, Label},
    totp::TotpSecret,
};
use aio_service::{
    AddressLimits, KeyInput, NewOwner, RequestInfo, Services, Session, Settings, Start,
};
use aio_store::{Merchant, NewUser, Store, StoreSettings};
use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use std::{
    fs,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};
use tempfile::TempDir;

pub const ORIGIN: &str = "http://127.0.0.1:3000";
pub const PASSWORD: &str = "a long walk to the sea";
pub const OWNER: &str = "owner@shop.example";
/// From where requests come unless a test says otherwise.
pub const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));
const START: i64 = 1_795_000_000_000;

/// One server.
pub struct House {
    pub router: Router,
    pub site: Site,
    pub store: Store,
    pub services: Services,
    pub folder: TempDir,
    clock: Arc<TestClock>,
    random: TestRandom,
    database: Option<String>,
    config: Config,
    master_key: MasterKey,
}

/// One signed-in person.
#[derive(Clone)]
pub struct Person {
    pub email: String,
    pub cookie: String,
    authenticator: Option<TotpSecret>,
}

/// One API key.
pub struct Key {
    pub id: ApiKeyId,
    pub secret: String,
}

/// Settings of a test server, with lines of the test's own.
pub fn config(folder: &Path, more: &str) -> Config {
    let site = folder.join("site");
    fs::create_dir_all(site.join("pkg")).unwrap();
    fs::create_dir_all(site.join("assets/v1")).unwrap();
    fs::write(site.join("pkg/dash.0123abcd.js"), "export default 1;").unwrap();
    fs::write(site.join("pkg/dash.css"), "body{}").unwrap();
    fs::write(site.join("assets/v1/enhance.js"), "1;").unwrap();
    let text = format!(
        "origin = \"{ORIGIN}\"\nnetwork = \"test\"\nmaster_key_file = \"unused\"\nsite_root = '{}'\n{more}\n\
         [database]\nurl = \"sqlite:{}\"\n",
        site.display(),
        folder.join("aio.db").display(),
    );
    Config::load(&text, []).unwrap()
}

/// The server of `AIO_TEST_POSTGRES`; a run that requires one fails without it.
fn postgres_server() -> Option<String> {
    let server = std::env::var("AIO_TEST_POSTGRES").ok();
    let required = std::env::var("AIO_REQUIRE_POSTGRES").is_ok_and(|value| value == "1");
    assert!(server.is_some() || !required, "AIO_TEST_POSTGRES is missing");
    server
}

fn settings_of(config: &Config) -> Settings {
    Settings {
        network: Network::Test,
        hash_workers: 2,
        hash_queue: 16,
        addresses: AddressLimits {
            requests: config.limits.address_per_minute,
            refused: config.limits.refused_per_minute,
        },
    }
}

fn psql(server: &str, statement: &str) {
    let done = Command::new("psql").args(["-q", "-d", server, "-c", statement]).status();
    assert!(done.expect("psql").success(), "{statement}");
}

impl House {
    /// On a fresh SQLite file.
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// On a fresh SQLite file, with settings of the test's own.
    pub async fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), more);
        Self::open(folder, &config, None).await
    }

    /// In a fresh database of the Postgres server, where there is one.
    pub async fn postgres() -> Option<Self> {
        let server = postgres_server()?;
        let folder = tempfile::Builder::new().prefix("http_").rand_bytes(16).tempdir().unwrap();
        let name = folder.path().file_name().unwrap().to_str().unwrap().to_owned();
        psql(&server, &format!("CREATE DATABASE \"{name}\""));
        let mut config = config(folder.path(), "");
        config.database.url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        Some(Self::open(folder, &config, Some(name)).await)
    }

    async fn open(folder: TempDir, config: &Config, database: Option<String>) -> Self {
        let settings = StoreSettings {
            url: config.database.url.clone(),
            create: true,
            readers: 4,
            busy_timeout_ms: 10_000,
        };
        let store = Store::open(&settings).await.unwrap();
        store.migrate().await.unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(START)));
        let random = Arc::new(TestRandom(AtomicU64::new(1)));
        let master_key = MasterKey::generate(&*random).unwrap();
        let start = Start {
            store: store.clone(),
            clock: clock.clone(),
            random: random.clone(),
            master_key: master_key.clone(),
            settings: settings_of(config),
            chains: chains::ports(config).unwrap(),
        };
        let services = Services::start(start).await.unwrap();
        let leptos = leptos_options(&config.site_root).unwrap();
        let site = Site::new(config, leptos, services.clone(), clock.clone(), random);
        let router = router::build(&site).expect("the policy table and the program agree");
        // For rows the test writes itself: other bytes than the server's own.
        let random = TestRandom(AtomicU64::new(1 << 63));
        let config = config.clone();
        Self { router, site, store, services, folder, clock, random, database, config, master_key }
    }

    /// The same database and clock under a server that was started anew.
    pub async fn restarted(self) -> Self {
        let random = Arc::new(TestRandom(AtomicU64::new(1 << 62)));
        let start = Start {
            store: self.store.clone(),
            clock: self.clock.clone(),
            random: random.clone(),
            master_key: self.master_key.clone(),
            settings: settings_of(&self.config),
            chains: chains::ports(&self.config).unwrap(),
        };
        let services = Services::start(start).await.unwrap();
        let leptos = leptos_options(&self.config.site_root).unwrap();
        let clock = self.clock.clone();
        let site = Site::new(&self.config, leptos, services.clone(), clock, random);
        Self { router: router::build(&site).unwrap(), site, services, ..self }
    }

    /// The same server with other routes behind the same layers.
    pub fn serving(mut self, routes: Router) -> Self {
        self.router = layers::around(routes, &self.site);
        self
    }

    /// Closes the database; on Postgres it is dropped.
    pub async fn close(self) {
        self.store.close().await;
        if let Some(name) = self.database {
            psql(&postgres_server().unwrap(), &format!("DROP DATABASE \"{name}\" WITH (FORCE)"));
        }
    }

    /// Where the database is, for a program that is to use it too.
    pub fn database_url(&self) -> &str {
        &self.config.database.url
    }

    /// The master key as an operator keeps it.
    pub fn write_master_key(&self, path: &Path) {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).unwrap();
        file.write_all(self.master_key.to_text().as_bytes()).unwrap();
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    pub fn info(&self) -> RequestInfo {
        let request_id = format!("test-{}", self.clock.now().millis()).into();
        RequestInfo { address: CLIENT, request_id, user_agent: "test".into() }
    }

    /// The first owner, enrolled and signed in.
    pub async fn owner(&self) -> Person {
        let person = self.new_owner().await;
        self.enrol(&person).await
    }

    /// The first owner, who has not enrolled yet.
    pub async fn new_owner(&self) -> Person {
        let token = self.services.issue_setup_token().await.unwrap().expect("no owner yet");
        let owner = NewOwner {
            token,
            merchant_name: "Shop".into(),
            name: "Olga".into(),
            email: OWNER.into(),
            password: SecretText::new(PASSWORD.into()),
        };
        let signed_in = self.services.create_owner(&self.info(), owner).await.unwrap();
        let cookie = signed_in.token.expose().to_owned();
        Person { email: OWNER.into(), cookie, authenticator: None }
    }

    /// A further person with the owner's password: a member of `merchant`, or of a new one. Not enrolled.
    pub async fn person(&self, email: &str, merchant: Option<MerchantId>, role: Role) -> Person {
        let random = &self.random;
        let now = self.clock.now();
        let owner = self.store.user_by_email(&Email::parse(OWNER).unwrap()).await.unwrap().unwrap();
        let id = UserId::generate(now, random).unwrap();
        let mut tx = self.store.begin().await.unwrap();
        tx.insert_user(&NewUser {
            id,
            email: Email::parse(email).unwrap(),
            name: Label::parse("Vera").unwrap(),
            password_hash: owner.password_hash,
            created_at: now,
        })
        .await
        .unwrap();
        tx.insert_step_counter(id).await.unwrap();
        let merchant = if let Some(merchant) = merchant {
            merchant
        } else {
            let id = MerchantId::generate(now, random).unwrap();
            let name = Label::parse("Other shop").unwrap();
            let row = Merchant { id, name, dashboard_allowlist_on: false, created_at: now };
            tx.insert_merchant(&row).await.unwrap();
            id
        };
        tx.insert_member(merchant, id, role, now).await.unwrap();
        tx.commit().await.unwrap();
        self.sign_in(email).await
    }

    /// A right password: a session that waits for a code, or for enrolment.
    pub async fn sign_in(&self, email: &str) -> Person {
        let password = SecretText::new(PASSWORD.into());
        let signed_in = self.services.sign_in(&self.info(), email, password).await.unwrap();
        let cookie = signed_in.token.expose().to_owned();
        Person { email: email.into(), cookie, authenticator: None }
    }

    /// The same person with an authenticator and a full session.
    pub async fn enrol(&self, person: &Person) -> Person {
        use aio_domain::Action::{EnrolConfirm, EnrolPage, EnrolStart};
        let info = self.info();
        let session = self.session(person).await;
        let permit = |action| session.permit(action, &info).unwrap();
        let page = permit(EnrolPage);
        if self.services.pending_authenticator(&page).await.unwrap().is_none() {
            self.services.start_enrolment(&permit(EnrolStart)).await.unwrap();
        }
        let pending = self.services.pending_authenticator(&page).await.unwrap().unwrap();
        let secret = base32(pending.manual_key.expose());
        let authenticator = TotpSecret::from_bytes(&secret).unwrap();
        let code = code(&authenticator, self.clock.now());
        let token = self.services.confirm_enrolment(&permit(EnrolConfirm), &code).await.unwrap();
        let cookie = token.expose().to_owned();
        Person { email: person.email.clone(), cookie, authenticator: Some(authenticator) }
    }

    pub async fn session(&self, person: &Person) -> Session {
        self.services.session(&person.cookie, &self.info()).await.unwrap().expect("signed in")
    }

    pub async fn merchant(&self, person: &Person) -> MerchantId {
        self.session(person).await.merchant.unwrap()
    }

    /// A key of the owner's merchant that works from anywhere.
    pub async fn key(&self, owner: &Person, label: &str) -> Key {
        let any = Some(AllowlistMode::Any);
        self.make_key(
            owner,
            KeyInput { label: label.into(), allowlist_mode: any, ..KeyInput::default() },
        )
        .await
    }

    pub async fn make_key(&self, owner: &Person, input: KeyInput) -> Key {
        use aio_domain::Action::{KeyCreate, KeyCreateBegin, KeySecretPage};
        let (info, code) = (self.info(), self.next_code(owner));
        let session = self.session(owner).await;
        let permit = |action| session.permit(action, &info).unwrap();
        let change = self.services.begin_create_key(&permit(KeyCreateBegin), input).await.unwrap();
        let id = self.services.create_key(&permit(KeyCreate), change, &code).await.unwrap();
        let shown = self.services.take_reveal(&permit(KeySecretPage), id).await.unwrap().unwrap();
        Key { id, secret: shown.secret.unwrap().expose().to_owned() }
    }

    /// A code that was not used yet: time passes to the next one.
    pub fn next_code(&self, person: &Person) -> String {
        self.wait(30);
        code(person.authenticator.as_ref().expect("enrolled"), self.clock.now())
    }

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path).header("accept", "text/html")
    }

    /// A server function, called as the page's own code does.
    pub fn post(&self, path: &str, form: &str) -> Call<'_> {
        self.call(Method::POST, path)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(form.to_owned())
    }

    /// A server function, called by a plain form on `page`.
    pub fn form(&self, path: &str, form: &str, page: &str) -> Call<'_> {
        self.post(path, form)
            .header("accept", "text/html")
            .header("referer", &format!("{ORIGIN}{page}"))
    }

    /// `POST /v1/echo`.
    pub fn echo(&self, key: &Key, body: &str) -> Call<'_> {
        self.call(Method::POST, "/v1/echo")
            .key(&key.secret)
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        Call { router: &self.router, request, peer: SocketAddr::new(CLIENT, 50_000) }
    }
}

fn code(authenticator: &TotpSecret, now: Timestamp) -> String {
    let code = authenticator.code_at(now).unwrap();
    String::from_utf8(code.as_bytes().to_vec()).unwrap()
}

fn base32(text: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.chars().filter(|digit| *digit != ' ') {
        buffer = buffer << 5 | u32::try_from(DIGITS.find(digit).unwrap()).unwrap();
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).unwrap());
        }
    }
    bytes
}
