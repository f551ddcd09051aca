//! The merchant API's front door.

use crate::harness::{Answer, House, Key, Log};
use aio_domain::{
    Action, AllowlistMode, ApiKeyId, Network, Random, RandomFailed, Timestamp,
    api_key::ApiKeySecret,
};
use aio_service::KeyInput;

/// An answer without what differs each time.
fn fixed(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy").to_owned();
    let mut lines: Vec<String> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .map(|line| line.replace(&policy, "POLICY"))
        .collect();
    lines.sort();
    format!("{}\n{}\n{}", answer.status, lines.join("\n"), answer.body)
        .replace(answer.header("x-request-id"), "ID")
}

/// A key of the right form that was never made.
fn made_up(network: Network, id: ApiKeyId) -> String {
    struct Sevens;
    impl Random for Sevens {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
            bytes.fill(7);
            Ok(())
        }
    }
    ApiKeySecret::generate(network, id, &Sevens).unwrap().expose().to_owned()
}

async fn freeze(house: &House, owner: &crate::harness::Person, key: &Key) {
    let permit = house.session(owner).await.permit(Action::KeyFreeze, &house.info()).unwrap();
    house.services.freeze_key(&permit, key.id).await.unwrap();
}

async fn delete(house: &House, owner: &crate::harness::Person, key: &Key) {
    let code = house.next_code(owner);
    let permit = house.session(owner).await.permit(Action::KeyDelete, &house.info()).unwrap();
    house.services.delete_key(&permit, key.id, &code).await.unwrap();
}

async fn status(house: &House, key: &Key) -> u16 {
    house.get("/v1/whoami").key(&key.secret).send().await.status.as_u16()
}

#[tokio::test]
async fn whoami_says_what_the_server_knows_of_the_caller() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await;
    let answer = house.get("/v1/whoami").key(&key.secret).send().await;
    assert_eq!(answer.header("content-type"), "application/json");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    insta::assert_json_snapshot!(body, { ".merchant.id" => "[merchant]", ".key.id" => "[key]" }, @r#"
    {
      "address": "203.0.113.7",
      "aes_key_version": null,
      "encryption": "off",
      "key": {
        "id": "[key]",
        "label": "Till",
        "scopes": []
      },
      "merchant": {
        "id": "[merchant]",
        "name": "Shop"
      },
      "network": "test",
      "server_time": "2026-11-18T11:07:10Z"
    }
    "#);
}

#[tokio::test]
async fn key_09_every_bad_key_gets_the_same_bytes() {
    let house = House::new().await;
    bad_keys_look_alike(&house).await;
    house.close().await;
}

#[tokio::test]
async fn key_09_every_bad_key_gets_the_same_bytes_on_postgres() {
    if let Some(house) = House::postgres().await {
        bad_keys_look_alike(&house).await;
        house.close().await;
    }
}

async fn bad_keys_look_alike(house: &House) {
    let owner = house.owner().await;
    let good = house.key(&owner, "Good").await;
    let listed = Some(AllowlistMode::Listed);
    let elsewhere = KeyInput {
        label: "Elsewhere".into(),
        allowlist_mode: listed,
        rules: "198.51.100.0/24".into(),
        ..KeyInput::default()
    };
    let elsewhere = house.make_key(&owner, elsewhere).await;
    let nobody = KeyInput {
        label: "Nobody".into(),
        allowlist_mode: Some(AllowlistMode::Nobody),
        ..KeyInput::default()
    };
    let nobody = house.make_key(&owner, nobody).await;
    let tomorrow = Timestamp::from_millis(house.services.now().millis()).date();
    let expiring = KeyInput {
        label: "Expiring".into(),
        allowlist_mode: Some(AllowlistMode::Any),
        expires_on: tomorrow,
        ..KeyInput::default()
    };
    let expiring = house.make_key(&owner, expiring).await;
    assert_eq!(status(house, &expiring).await, 200);
    let frozen = house.key(&owner, "Frozen").await;
    freeze(house, &owner, &frozen).await;
    let deleted = house.key(&owner, "Deleted").await;
    delete(house, &owner, &deleted).await;
    house.wait(24 * 3600);

    let unknown = "key_01h455vb4pex5vsknk084sn02q".parse().unwrap();
    let mut cut = good.secret.clone();
    cut.pop();
    let presented = [
        good.secret.replace("aio_test_", "aio_live_"),
        made_up(Network::Test, good.id),
        made_up(Network::Live, good.id),
        made_up(Network::Test, unknown),
        elsewhere.secret,
        nobody.secret,
        expiring.secret,
        frozen.secret,
        deleted.secret,
        cut,
        good.secret.to_uppercase(),
        format!(" {}", good.secret),
        "x".into(),
        String::new(),
    ];
    let no_key = fixed(&house.get("/v1/whoami").send().await);
    for key in &presented {
        let answer = house.get("/v1/whoami").key(key).send().await;
        assert_eq!(fixed(&answer), no_key, "{key}");
    }
    let twice = house
        .get("/v1/whoami")
        .key(&good.secret)
        .add("authorization", &format!("Bearer {}", good.secret));
    assert_eq!(fixed(&twice.send().await), no_key);
    assert_eq!(status(house, &good).await, 200);
    insta::allow_duplicates! {
        insta::assert_snapshot!(no_key.lines().last().unwrap(), @r#"{"type":"urn:aio:problem:invalid_api_key","title":"The API key is missing or not valid here.","status":401,"code":"invalid_api_key","request_id":"ID"}"#);
    }
}

#[tokio::test]
async fn key_07_a_frozen_or_deleted_key_fails_from_the_next_request_on() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (first, second) = (house.key(&owner, "First").await, house.key(&owner, "Second").await);
    assert_eq!((status(&house, &first).await, status(&house, &second).await), (200, 200));
    freeze(&house, &owner, &first).await;
    delete(&house, &owner, &second).await;
    assert_eq!((status(&house, &first).await, status(&house, &second).await), (401, 401));
}

#[tokio::test]
async fn key_08_a_key_outside_its_header_is_refused_and_not_logged() {
    let log = Log::begin();
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await.secret;
    let escaped = key.replace('_', "%5F");
    let in_cookie = house.get("/v1/whoami").header("cookie", &format!("key={key}"));
    for (call, code) in [
        (house.get(&format!("/v1/whoami?api_key={key}")), "key_in_url"),
        (house.get(&format!("/v1/whoami?api_key={escaped}")), "key_in_url"),
        (house.get(&format!("/v1/{key}")), "key_in_url"),
        (house.get(&format!("/v1/whoami?x={key}")).key(&key), "key_in_url"),
        (house.get("/v1/whoami").body(format!("{{\"api_key\":\"{key}\"}}")), "key_in_body"),
        (in_cookie, "key_in_cookie"),
    ] {
        let answer = call.send().await;
        assert_eq!(answer.status, 400, "{code}");
        assert!(answer.body.contains(&format!(r#""code":"{code}""#)), "{}", answer.body);
        assert!(!answer.body.contains(&key));
    }
    house.get("/v1/whoami").key(&key).send().await;
    house.get("/v1/whoami").key(&format!("{key}x")).send().await;
    let text = log.text();
    assert!(text.contains("/v1/whoami") && text.contains("http.status=400"), "{text}");
    let body = key.rsplit('_').next().unwrap();
    assert!(!text.contains(body) && !text.contains(&owner.cookie), "{text}");
}
