//! What every endpoint of the merchant API shares: scopes, strict input, limits, idempotency, the request log.

use crate::{
    encrypted::{Shop, code},
    harness::{House, Key, Person},
};
use aio::server::v1::{
    endpoint::{self, Verb},
    openapi,
    problem::Code,
};
use aio_domain::{
    Action, AllowlistMode, Scope,
    policy::{Needs, Surface, TABLE},
};
use aio_service::KeyInput;
use aio_store::RequestFilter;
use axum::http::Method;
use serde_json::Value;

async fn key_with(house: &House, owner: &Person, label: &str, scopes: Vec<Scope>) -> Key {
    // Listed, because a key that moves money may not be open to any address.
    let input = KeyInput {
        label: label.into(),
        scopes,
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: "203.0.113.0/24".into(),
        ..KeyInput::default()
    };
    house.make_key(owner, input).await
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn key_05_an_endpoint_opens_to_the_scope_of_its_row_and_to_no_other() {
    let house = House::new().await;
    let owner = house.owner().await;
    let none = key_with(&house, &owner, "None", vec![]).await;
    for scope in Scope::ALL {
        let key = key_with(&house, &owner, scope.as_str(), vec![*scope]).await;
        for endpoint in endpoint::ALL {
            let row = endpoint.action.row();
            let Needs::Scope(wanted) = row.needs else { continue };
            let call = |key: &Key| {
                let path = row.path.replace("{id}", "x");
                let call = match endpoint.verb {
                    Verb::Get => house.call(Method::GET, &path),
                    Verb::Post => house.call(Method::POST, &path).body("{}"),
                };
                call.header("content-type", "application/json").key(&key.secret)
            };
            // What comes behind the scope: a list, no such id, a body that lacks everything.
            let (status, told) = match (wanted == *scope, endpoint.verb) {
                (false, _) => (403, "insufficient_scope"),
                (true, Verb::Get) if row.path.contains("{id}") => (404, "not_found"),
                (true, Verb::Get) => (200, ""),
                (true, Verb::Post) => (400, "invalid_body"),
            };
            let answer = call(&key).send().await;
            assert_eq!(answer.status, status, "{} with {scope}", row.path);
            assert!(answer.body.contains(told), "{} with {scope}: {}", row.path, answer.body);
            assert_eq!(code(&call(&none).send().await), "insufficient_scope");
        }
    }
}

#[tokio::test]
async fn the_steps_of_a_request_come_in_their_order() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    // Key before encryption: nobody learns with a bad key whether a body would open.
    let sealed = shop.seal(&house, Method::GET, "/v1/events?x=1", "");
    let stranger = Key { id: shop.key.id, secret: "aio_test_nonsense".into() };
    assert_eq!(code(&sealed.call(&house, &stranger).send().await), "invalid_api_key");
    // Encryption before scope, scope before the query.
    let broken = sealed.call(&house, &shop.key).header("aio-timestamp", "1");
    assert_eq!(code(&broken.send().await), "encryption_invalid");
    let answer = sealed.call(&house, &shop.key).send().await;
    assert!(shop.open(&sealed, &answer).contains("insufficient_scope"));
}

#[tokio::test]
async fn api_03_a_body_is_json_said_to_be_json_and_comes_back_as_it_was() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    for body in
        ["{}", " [1, 2.50, 1e3]\n", "\"你好\"", "null", r#"{"n":123456789012345678901234567890}"#]
    {
        let answer = house.echo(&key, body).send().await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body));
        assert_eq!(answer.header("content-type"), "application/json");
    }
    for (body, wanted) in [
        ("", "invalid_json"),
        ("{", "invalid_json"),
        (r#"{"a":1,"a":2}"#, "invalid_json"),
        (&"[".repeat(10_000), "invalid_json"),
    ] {
        assert_eq!(code(&house.echo(&key, body).send().await), wanted, "{body:.20}");
    }
    let bad = house.echo(&key, "").body(b"\"\xff\"".to_vec());
    assert_eq!(code(&bad.send().await), "invalid_json");
    for kind in ["", "text/plain", "application/json; charset=gbk", "application/jsonp"] {
        let answer = house.echo(&key, "{}").header("content-type", kind).send().await;
        assert_eq!(
            (answer.status.as_u16(), code(&answer).as_str()),
            (415, "unsupported_media_type")
        );
    }
    let twice = house.echo(&key, "{}").add("content-type", "application/json");
    assert_eq!(code(&twice.send().await), "unsupported_media_type");
    let utf8 = house.echo(&key, "{}").header("content-type", "application/json; charset=UTF-8");
    assert_eq!(utf8.send().await.status, 200);
    let with_body = house.get("/v1/whoami").key(&key.secret).body("{}");
    assert_eq!(code(&with_body.send().await), "bad_request");
}

#[tokio::test]
async fn api_03_a_million_members_and_ten_megabytes_are_refused() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let members: Vec<String> = (0..90_000).map(|n| format!("\"{n}\":0")).collect();
    let many = format!("{{{}}}", members.join(","));
    assert_eq!(code(&house.echo(&key, &many).send().await), "invalid_json");
    let large = format!("\"{}\"", "x".repeat(10 << 20));
    let answer = house.echo(&key, &large).send().await;
    assert_eq!((answer.status.as_u16(), code(&answer).as_str()), (413, "body_too_large"));
}

#[tokio::test]
async fn api_07_an_endpoint_takes_its_own_method_and_names_it() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    for (path, allowed) in [("/v1/whoami", "GET,HEAD"), ("/v1/echo", "POST")] {
        for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = house.call(method.clone(), path).key(&key.secret).send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), allowed, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_key_has_a_limit_which_every_answer_tells() {
    let house = House::new().await;
    let owner = house.owner().await;
    let input = KeyInput {
        label: "Slow".into(),
        allowlist_mode: Some(AllowlistMode::Any),
        rate: "60".into(),
        ..KeyInput::default()
    };
    let slow = house.make_key(&owner, input).await;
    let other = house.key(&owner, "Other").await;
    let ask = async |key: &Key| house.get("/v1/whoami").key(&key.secret).send().await;
    for left in (0..10).rev() {
        let answer = ask(&slow).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("ratelimit-policy"), "\"key\";q=60;w=60");
        assert!(answer.header("ratelimit").starts_with(&format!("\"key\";r={left};")));
    }
    let refused = ask(&slow).await;
    assert_eq!((refused.status.as_u16(), code(&refused).as_str()), (429, "rate_limited"));
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(ask(&other).await.status, 200, "another key has a limit of its own");
    house.wait(1);
    assert_eq!(ask(&slow).await.status, 200);
}

#[tokio::test]
async fn ipa_09_an_address_that_tries_keys_is_held_back_and_others_are_not() {
    let house = House::with("[limits]\nrefused_per_minute = 60").await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let try_from = async |secret: &str, peer: &str| {
        house.get("/v1/whoami").key(secret).peer(peer).send().await.status.as_u16()
    };
    // Each of a different address of one /64.
    for n in 0..10 {
        assert_eq!(try_from("nonsense", &format!("2001:db8:0:1::{n}")).await, 401);
    }
    assert_eq!(try_from("nonsense", "2001:db8:0:1::ffff").await, 429);
    // The right key does not open what trying has closed.
    assert_eq!(try_from(&key.secret, "2001:db8:0:1::1").await, 429);
    assert_eq!(try_from(&key.secret, "2001:db8:0:2::1").await, 200);
    assert_eq!(try_from(&key.secret, "203.0.113.9").await, 200);
    house.wait(60);
    assert_eq!(try_from(&key.secret, "2001:db8:0:1::1").await, 200);
}

#[tokio::test]
async fn api_05_a_request_sent_again_gets_the_first_answer() {
    let house = House::new().await;
    sent_again(&house).await;
    house.close().await;
}

#[tokio::test]
async fn api_05_a_request_sent_again_gets_the_first_answer_on_postgres() {
    if let Some(house) = House::postgres().await {
        sent_again(&house).await;
        house.close().await;
    }
}

async fn sent_again(house: &House) {
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let send = async |body: &str, name: &str| {
        house.echo(&key, body).header("idempotency-key", name).send().await
    };
    let first = send("{\"a\":1}", "order-17").await;
    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (200, ""));
    let again = send("{\"a\":1}", "order-17").await;
    assert_eq!((again.body.as_str(), again.header("idempotent-replayed")), ("{\"a\":1}", "true"));
    let other = send("{\"a\":2}", "order-17").await;
    assert_eq!((other.status.as_u16(), code(&other).as_str()), (422, "idempotency_mismatch"));
    assert_eq!(send("{\"a\":2}", "order-18").await.status, 200);
    for bad in ["a b", &"x".repeat(256)] {
        assert_eq!(code(&send("{}", bad).await), "invalid_idempotency_key");
    }
    // What was refused may be mended and sent again.
    assert_eq!(code(&send("{", "order-19").await), "invalid_json");
    assert_eq!(send("{}", "order-19").await.status, 200);
    // Another merchant has names of its own.
    let stranger = house.person("owner@other.example", None, aio_domain::Role::Owner).await;
    let stranger = house.enrol(&stranger).await;
    let theirs = house.key(&stranger, "Till").await;
    let answer = house.echo(&theirs, "[]").header("idempotency-key", "order-17").send().await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "[]"));
    // A day later the name is free.
    house.wait(24 * 3600);
    assert_eq!(send("{\"a\":3}", "order-17").await.body, "{\"a\":3}");
}

#[tokio::test]
async fn api_05_an_answer_is_remembered_by_a_server_that_starts_anew() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let send = async |house: &House| {
        house.echo(&key, "{}").header("idempotency-key", "order-17").send().await
    };
    assert_eq!(send(&house).await.status, 200);
    let house = house.restarted().await;
    assert_eq!(send(&house).await.header("idempotent-replayed"), "true");
}

#[tokio::test]
async fn api_05_an_encrypted_request_sent_again_is_sealed_anew_with_the_first_answer() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = Shop::new(&house, &owner, "Till").await;
    for replayed in ["", "true"] {
        let sealed = shop.seal(&house, Method::POST, "/v1/echo", "{\"a\":1}");
        let call = sealed.call(&house, &shop.key).header("idempotency-key", "order-17");
        let answer = call.send().await;
        assert_eq!(answer.header("idempotent-replayed"), replayed);
        assert_eq!(shop.open(&sealed, &answer), "{\"a\":1}");
    }
}

#[tokio::test]
async fn events_are_read_in_order_and_without_gaps() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = key_with(&house, &owner, "Reader", vec![Scope::EventsRead]).await;
    house.key(&owner, "Second").await;
    let read = async |query: &str| {
        let answer = house.get(&format!("/v1/events{query}")).key(&key.secret).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        json(&answer.body)
    };
    let all = read("").await;
    let kinds: Vec<&str> =
        all["events"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["authenticator.enrolled", "api_key.created", "api_key.created"]);
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = read(&format!("?after={after}&limit=1")).await;
        seen.extend(
            page["events"].as_array().unwrap().iter().map(|e| e["number"].as_i64().unwrap()),
        );
        after = page["next_after"].as_i64().unwrap();
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!(seen, (1..=i64::try_from(kinds.len()).unwrap()).collect::<Vec<_>>());
    for bad in ["?limit=0", "?limit=201", "?after=-1", "?after=x", "?cursor=1", "?after=1&after=2"]
    {
        let answer = house.get(&format!("/v1/events{bad}")).key(&key.secret).send().await;
        assert_eq!(code(&answer), "invalid_query", "{bad}");
    }
}

#[tokio::test]
async fn key_09_the_merchant_alone_learns_why_a_key_was_refused() {
    let house = House::new().await;
    let owner = house.owner().await;
    let elsewhere = KeyInput {
        label: "Elsewhere".into(),
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: "198.51.100.0/24".into(),
        ..KeyInput::default()
    };
    let key = house.make_key(&owner, elsewhere).await;
    let closed = KeyInput {
        label: "Closed".into(),
        allowlist_mode: Some(AllowlistMode::Nobody),
        ..KeyInput::default()
    };
    let closed = house.make_key(&owner, closed).await;
    assert_eq!(house.get("/v1/whoami").key(&closed.secret).send().await.status, 401);
    let wrong = house.key(&owner, "Other").await;
    assert_eq!(house.get("/v1/whoami").key(&key.secret).send().await.status, 401);
    house.wait(1);
    let from_there = house.get("/v1/whoami?x=1").key(&key.secret).peer("198.51.100.9");
    assert_eq!(from_there.send().await.status, 400);
    house.get("/v1/whoami").key(&wrong.secret).send().await;
    house.services.flush_requests().await.unwrap();
    let permit = house.session(&owner).await.permit(Action::RequestsList, &house.info()).unwrap();
    let filter = RequestFilter::default();
    let page = house.services.request_page(&permit, key.id, &filter).await.unwrap();
    let told: Vec<_> = page
        .lines
        .iter()
        .map(|line| {
            let reason = line.reason.as_deref().unwrap_or("-");
            let code = line.code.as_deref().unwrap_or("-");
            format!(
                "{} {} {} {code} {reason} {}",
                line.method, line.path, line.status, line.address
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "GET /v1/whoami 400 invalid_query - 198.51.100.9",
            "GET /v1/whoami 401 invalid_api_key address 203.0.113.7",
        ]
    );
    let page = house.services.request_page(&permit, closed.id, &filter).await.unwrap();
    assert_eq!(page.lines[0].reason.as_deref(), Some("nobody"));
}

#[tokio::test]
async fn api_01_the_openapi_document_and_the_policy_table_name_the_same_endpoints() {
    let house = House::new().await;
    let answer = house.get("/v1/openapi.json").send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
    let document = json(&answer.body);
    let mut told: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        told.extend(item.as_object().unwrap().keys().map(|verb| format!("{verb} {path}")));
    }
    let mut served: Vec<String> = endpoint::ALL
        .iter()
        .map(|endpoint| {
            let verb = format!("{:?}", endpoint.verb).to_lowercase();
            format!("{verb} {}", endpoint.action.row().path)
        })
        .collect();
    told.sort();
    served.sort();
    assert_eq!(told, served);
    let rows = TABLE.iter().filter(|row| row.surface == Surface::Api).count();
    assert_eq!(rows, served.len(), "a row of the merchant API has no endpoint");
}

#[tokio::test]
async fn api_01_every_code_is_documented_and_stands_once() {
    let mut codes: Vec<&str> = Code::ALL.iter().map(|code| code.code()).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    let page = include_str!("../../docs/api.md");
    for code in codes {
        assert!(page.contains(&format!("`{code}`")), "docs/api.md does not name {code}");
    }
    for endpoint in endpoint::ALL {
        let mut errors = openapi::errors(endpoint);
        let count = errors.len();
        errors.sort_by_key(|code| code.code());
        errors.dedup();
        assert_eq!(errors.len(), count, "{}", endpoint.summary);
    }
}
