//! Encrypted bodies over HTTP: what opens, what does not, and what the answers give away.

use crate::harness::{Answer, Call, House, Key, Person};
use aio_domain::{
    Action, AllowlistMode, EncryptionMode, Random, RandomFailed, Secret,
    envelope::{BodyKey, Context, Headers},
};
use aio_service::KeyInput;
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::atomic::{AtomicU64, Ordering};

/// Other bytes each time.
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes();
            chunk.copy_from_slice(&next[..chunk.len()]);
        }
        Ok(())
    }
}

static RANDOM: Counting = Counting(AtomicU64::new(1));

/// A shop's server with a key and its AES key.
pub struct Shop {
    pub key: Key,
    pub version: i64,
    body_key: BodyKey,
}

/// One request, sealed, and everything its answer is bound to.
pub struct Sealed {
    headers: Headers,
    method: Method,
    target: String,
    body: String,
}

impl Shop {
    pub async fn new(house: &House, owner: &Person, label: &str) -> Self {
        let key = house.key(owner, label).await;
        Self::with_fresh_aes(house, owner, key, Action::AesEnable).await
    }

    /// Enables or regenerates the AES key and takes it from the page that shows it.
    pub async fn with_fresh_aes(house: &House, owner: &Person, key: Key, action: Action) -> Self {
        let code = house.next_code(owner);
        let (session, info) = (house.session(owner).await, house.info());
        let permit = session.permit(action, &info).unwrap();
        let done = match action {
            Action::AesEnable => house.services.enable_aes(&permit, key.id, &code).await,
            _ => house.services.regenerate_aes(&permit, key.id, &code).await,
        };
        done.unwrap();
        let page = session.permit(Action::KeySecretPage, &info).unwrap();
        let shown = house.services.take_reveal(&page, key.id).await.unwrap().unwrap();
        let (aes, version) = shown.aes_key.unwrap();
        let aes: [u8; 32] = STANDARD.decode(aes.expose()).unwrap().try_into().unwrap();
        Self { key, version, body_key: BodyKey::derive(&Secret::new(aes)).unwrap() }
    }

    /// Seals a request dated now, under a number of its own.
    pub fn seal(&self, house: &House, method: Method, target: &str, plain: &str) -> Sealed {
        let now = house.services.now().millis() / 1000;
        self.seal_at(now, self.version, method, target, plain)
    }

    pub fn seal_at(
        &self,
        second: i64,
        version: i64,
        method: Method,
        target: &str,
        plain: &str,
    ) -> Sealed {
        let number = RANDOM.0.fetch_add(1, Ordering::SeqCst);
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let headers =
            Headers::parse(&format!("aes-256-gcm;v={version}"), &second.to_string(), &id).unwrap();
        let context =
            Context { key: self.key.id, headers: &headers, method: method.as_str(), target };
        let body = self.body_key.seal_request(context, plain.as_bytes(), &RANDOM).unwrap();
        Sealed { headers, method, target: target.to_owned(), body }
    }

    /// The plain body of an answer to that request.
    pub fn open(&self, sealed: &Sealed, answer: &Answer) -> String {
        for (name, value) in sealed.headers.to_pairs() {
            assert_eq!(answer.header(name), value, "{name}");
        }
        assert_eq!(answer.header("content-type"), "application/json");
        let context = Context {
            key: self.key.id,
            headers: &sealed.headers,
            method: sealed.method.as_str(),
            target: &sealed.target,
        };
        let opened =
            self.body_key.open_response(context, answer.status.as_u16(), answer.body.as_bytes());
        String::from_utf8(opened.expect("the answer opens").to_vec()).unwrap()
    }
}

impl Sealed {
    pub fn call<'a>(&self, house: &'a House, key: &Key) -> Call<'a> {
        self.call_at(house, key, &self.target)
    }

    fn call_at<'a>(&self, house: &'a House, key: &Key, target: &str) -> Call<'a> {
        let mut call = house.call(self.method.clone(), target).key(&key.secret);
        if self.method == Method::POST {
            call = call.header("content-type", "application/json");
        }
        for (name, value) in self.headers.to_pairs() {
            call = call.header(name, &value);
        }
        call.body(self.body.clone())
    }
}

pub fn code(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    body["code"].as_str().unwrap_or_default().to_owned()
}

async fn encryption(house: &House, owner: &Person, key: &Key, mode: EncryptionMode) {
    let (session, info) = (house.session(owner).await, house.info());
    let permit = |action| session.permit(action, &info).unwrap();
    let (row, _) = house.services.get_key(&permit(Action::KeyGet), key.id).await.unwrap();
    let input = KeyInput {
        label: row.label.to_string(),
        allowlist_mode: Some(AllowlistMode::Any),
        encryption: Some(mode),
        ..KeyInput::default()
    };
    let begin = permit(Action::KeyEditBegin);
    let change = house.services.begin_edit_key(&begin, key.id, row.version, input).await.unwrap();
    let code = house.next_code(owner);
    let info = house.info();
    let permit = house.session(owner).await.permit(Action::KeyEdit, &info).unwrap();
    house.services.edit_key(&permit, change, &code).await.unwrap();
}

#[tokio::test]
async fn aes_04_an_encrypted_request_is_answered_encrypted_whatever_its_method_and_outcome() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    let text = r#"{"客户":"顾客 1","amount":"100000000000000000000000001"}"#;
    let echo = shop.seal(&house, Method::POST, "/v1/echo", text);
    let answer = echo.call(&house, &shop.key).send().await;
    assert_eq!((answer.status.as_u16(), shop.open(&echo, &answer)), (200, text.to_owned()));
    let who = shop.seal(&house, Method::GET, "/v1/whoami", "");
    let answer = who.call(&house, &shop.key).send().await;
    assert!(shop.open(&who, &answer).contains(r#""encryption":"optional""#));
    // Errors behind the decryption are sealed as well.
    let refused = shop.seal(&house, Method::GET, "/v1/events", "");
    let answer = refused.call(&house, &shop.key).send().await;
    assert_eq!(answer.status, 403);
    assert!(shop.open(&refused, &answer).contains("insufficient_scope"));
}

#[tokio::test]
async fn aes_04_a_sealed_body_is_worth_nothing_elsewhere() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    let other = Shop::new(&house, &owner, "Other").await;
    let seal = || shop.seal(&house, Method::POST, "/v1/echo", "{}");
    let sealed = seal();
    let elsewhere = sealed.call_at(&house, &shop.key, "/v1/echo?x=1").send().await;
    assert_eq!(code(&elsewhere), "encryption_invalid");
    let other_key = sealed.call(&house, &other.key).send().await;
    assert_eq!(code(&other_key), "encryption_invalid");
    let later = sealed
        .call(&house, &shop.key)
        .header("aio-timestamp", &(house.services.now().millis() / 1000 + 1).to_string());
    assert_eq!(code(&later.send().await), "encryption_invalid");
    let renamed = sealed
        .call(&house, &shop.key)
        .header("aio-request-id", "00000000-0000-4000-9000-000000000001");
    assert_eq!(code(&renamed.send().await), "encryption_invalid");
    // None of those used the request up.
    let answer = sealed.call(&house, &shop.key).send().await;
    assert_eq!(answer.status, 200);
    // An answer sent back as a request.
    let mut reflected = seal();
    reflected.body = answer.body.clone();
    let answer = reflected.call(&house, &shop.key).send().await;
    assert_eq!(code(&answer), "encryption_invalid");
}

#[tokio::test]
async fn aes_05_of_fifty_copies_of_a_request_at_once_one_is_done() {
    let house = House::new().await;
    fifty_copies(&house).await;
    house.close().await;
}

#[tokio::test]
async fn aes_05_of_fifty_copies_of_a_request_at_once_one_is_done_on_postgres() {
    if let Some(house) = House::postgres().await {
        fifty_copies(&house).await;
        house.close().await;
    }
}

async fn fifty_copies(house: &House) {
    let owner = house.owner().await;
    let shop = Shop::new(house, &owner, "Till").await;
    let sealed = shop.seal(house, Method::POST, "/v1/echo", "{}");
    let calls = (0..50).map(|_| sealed.call(house, &shop.key).send());
    let answers = futures::future::join_all(calls).await;
    let done = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(done, 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(code(answer), "encryption_invalid");
    }
    // A GET is used up as well.
    let who = shop.seal(house, Method::GET, "/v1/whoami", "");
    assert_eq!(who.call(house, &shop.key).send().await.status, 200);
    assert_eq!(code(&who.call(house, &shop.key).send().await), "encryption_invalid");
}

#[tokio::test]
async fn aes_05_a_request_is_taken_for_300_seconds_before_and_after_its_date() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    house.wait(1000);
    let now = house.services.now().millis() / 1000;
    for (second, status) in
        [(now - 301, 400), (now - 300, 200), (now - 299, 200), (now + 300, 200), (now + 301, 400)]
    {
        let sealed = shop.seal_at(second, shop.version, Method::POST, "/v1/echo", "{}");
        let answer = sealed.call(&house, &shop.key).send().await;
        assert_eq!(answer.status, status, "{}", second - now);
    }
}

#[tokio::test]
async fn aes_05_what_is_dated_before_the_start_of_a_server_alone_is_refused() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    let sealed = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(sealed.call(&house, &shop.key).send().await.status, 200);
    let house = house.restarted().await;
    assert_eq!(code(&sealed.call(&house, &shop.key).send().await), "encryption_invalid");
    house.wait(1);
    let next = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(next.call(&house, &shop.key).send().await.status, 200);
}

#[tokio::test]
async fn aes_06_the_mode_of_a_key_says_whether_bodies_are_plain_or_encrypted() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    let bare = house.key(&owner, "Bare").await;
    let encrypted = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(code(&encrypted.call(&house, &bare).send().await), "encryption_off");
    assert_eq!(house.echo(&shop.key, "{}").send().await.status, 200);

    encryption(&house, &owner, &shop.key, EncryptionMode::Required).await;
    for plain in [house.echo(&shop.key, "{}"), house.get("/v1/whoami").key(&shop.key.secret)] {
        let answer = plain.send().await;
        assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (400, "encryption_required"));
    }
    let sealed = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(sealed.call(&house, &shop.key).send().await.status, 200);

    encryption(&house, &owner, &shop.key, EncryptionMode::Off).await;
    let sealed = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(code(&sealed.call(&house, &shop.key).send().await), "encryption_off");
}

#[tokio::test]
async fn aes_07_whatever_is_wrong_with_an_encrypted_request_the_answer_has_the_same_bytes() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    let now = house.services.now().millis() / 1000;
    let used = shop.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(used.call(&house, &shop.key).send().await.status, 200);
    let seal = || shop.seal(&house, Method::POST, "/v1/echo", "{}");
    let with_body = |body: &str| {
        let mut sealed = seal();
        sealed.body = body.to_owned();
        sealed
    };
    let good = seal();
    let cut = good.body.replace("==\"}", "\"}").replace("=\"}", "\"}");
    let sealed = [
        used,
        with_body(""),
        with_body("{}"),
        with_body("nonsense"),
        with_body(&cut),
        with_body(&good.body.replace('{', "{\"x\":1,")),
        with_body(r#"{"iv":"AAAAAAAAAAAAAAA=","encrypted_data":"AAAAAAAAAAAAAAAAAAAAAA=="}"#),
        with_body(r#"{"iv":"AAAAAAAAAAAAAAAA","encrypted_data":"AAAAAAAAAAAAAAAAAAAAAA=="}"#),
        shop.seal_at(now, shop.version + 1, Method::POST, "/v1/echo", "{}"),
        shop.seal_at(now - 301, shop.version, Method::POST, "/v1/echo", "{}"),
        shop.seal_at(now + 301, shop.version, Method::POST, "/v1/echo", "{}"),
    ];
    let fixed = |answer: &Answer| answer.body.replace(answer.header("x-request-id"), "ID");
    let mut answers = Vec::new();
    for sealed in &sealed {
        answers.push(sealed.call(&house, &shop.key).send().await);
    }
    for (name, value) in [
        ("aio-encryption", "aes-256-gcm"),
        ("aio-encryption", "aes-128-gcm;v=1"),
        ("aio-encryption", ""),
        ("aio-timestamp", "1e9"),
        ("aio-request-id", "1"),
    ] {
        answers.push(seal().call(&house, &shop.key).header(name, value).send().await);
    }
    answers
        .push(seal().call(&house, &shop.key).add("aio-encryption", "aes-256-gcm;v=1").send().await);
    for answer in &answers {
        assert_eq!(fixed(answer), fixed(&answers[0]));
        assert_eq!((answer.status.as_u16(), code(answer).as_str()), (400, "encryption_invalid"));
    }
}

#[tokio::test]
async fn aes_07_a_replaced_version_is_named_before_anything_is_opened() {
    let house = House::new().await;
    let owner = house.owner().await;
    let old = Shop::new(&house, &owner, "Till").await;
    let key = Key { id: old.key.id, secret: old.key.secret.clone() };
    let new = Shop::with_fresh_aes(&house, &owner, key, Action::AesRegenerate).await;
    let sealed = old.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(code(&sealed.call(&house, &old.key).send().await), "aes_key_replaced");
    let sealed = new.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(sealed.call(&house, &new.key).send().await.status, 200);
    let code_now = house.next_code(&owner);
    let permit = house.session(&owner).await.permit(Action::AesDisable, &house.info()).unwrap();
    house.services.disable_aes(&permit, new.key.id, &code_now).await.unwrap();
    let sealed = new.seal(&house, Method::POST, "/v1/echo", "{}");
    assert_eq!(code(&sealed.call(&house, &new.key).send().await), "aes_key_replaced");
    let never = new.seal_at(
        house.services.now().millis() / 1000,
        new.version + 1,
        Method::POST,
        "/v1/echo",
        "{}",
    );
    assert_eq!(code(&never.call(&house, &new.key).send().await), "encryption_off");
}

#[tokio::test]
async fn aes_08_while_the_aes_key_is_replaced_every_request_is_done_or_told_so() {
    let house = House::new().await;
    let owner = house.owner().await;
    let old = Shop::new(&house, &owner, "Till").await;
    let calls = async {
        let mut codes = Vec::new();
        for _ in 0..200 {
            let sealed = old.seal(&house, Method::POST, "/v1/echo", "{}");
            let answer = sealed.call(&house, &old.key).send().await;
            codes.push(if answer.status == 200 { "done".to_owned() } else { code(&answer) });
            tokio::task::yield_now().await;
        }
        codes
    };
    let key = Key { id: old.key.id, secret: old.key.secret.clone() };
    let rotate = Shop::with_fresh_aes(&house, &owner, key, Action::AesRegenerate);
    let (codes, _) = futures::future::join(calls, rotate).await;
    let first_refused = codes.iter().position(|code| code != "done").unwrap_or(codes.len());
    assert!(codes[first_refused..].iter().all(|code| code == "aes_key_replaced"), "{codes:?}");
}
