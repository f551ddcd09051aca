//! Whose address the server believes, and what allowlists make of it.

use crate::{
    harness::{House, Log, Person},
    limits::{Running, talk},
};
use aio_domain::{Action, AllowlistMode};
use aio_service::KeyInput;

const PROXIED: &str = "trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/24\"]";

/// The address that the merchant API saw.
async fn seen(house: &House, key: &str, peer: &str, forwarded: &[&str]) -> String {
    let mut call = house.get("/v1/whoami").key(key).peer(peer);
    for line in forwarded {
        call = call.add("x-forwarded-for", line);
    }
    let answer = call.send().await;
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    body["address"].as_str().or(body["code"].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn ipa_02_without_proxies_a_forwarded_address_is_not_believed() {
    let house = House::new().await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await.secret;
    assert_eq!(seen(&house, &key, "203.0.113.9", &["10.0.0.1"]).await, "203.0.113.9");
    assert_eq!(seen(&house, &key, "127.0.0.1", &["10.0.0.1", "junk"]).await, "127.0.0.1");
    let other = house.get("/v1/whoami").key(&key).peer("203.0.113.9");
    let other =
        other.header("forwarded", "for=10.0.0.1").header("x-real-ip", "10.0.0.1").send().await;
    assert!(other.body.contains("203.0.113.9"), "{}", other.body);
}

#[tokio::test]
async fn ipa_02_behind_proxies_nobody_else_is_served() {
    let house = House::with(PROXIED).await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await.secret;
    assert_eq!(seen(&house, &key, "203.0.113.9", &["198.51.100.1"]).await, "forbidden");
    for path in ["/sign-in", "/pkg/dash.css", "/nowhere"] {
        assert_eq!(house.get(path).send().await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn ipa_01_the_chain_of_proxies_is_walked_from_the_right() {
    let house = House::with(PROXIED).await;
    let owner = house.owner().await;
    let key = house.key(&owner, "Till").await.secret;
    for (lines, expected) in [
        (&["198.51.100.1"][..], "198.51.100.1"),
        (&["6.6.6.6, 198.51.100.1, 10.0.0.7"], "198.51.100.1"),
        (&["6.6.6.6", "198.51.100.1", "10.0.0.7"], "198.51.100.1"),
        (&["::ffff:198.51.100.1"], "198.51.100.1"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["unknown"], "forbidden"),
        (&["<script>alert(1)</script>"], "forbidden"),
        (&["198.51.100.1, "], "forbidden"),
        (&["10.0.0.7"], "forbidden"),
        (&[], "forbidden"),
    ] {
        assert_eq!(seen(&house, &key, "127.0.0.1", lines).await, expected, "{lines:?}");
    }
}

#[tokio::test]
async fn ipa_08_what_is_refused_is_logged_with_its_address_and_cannot_forge_a_line() {
    let log = Log::begin();
    let house = House::with(PROXIED).await;
    let owner = house.owner().await;
    let listed = KeyInput {
        label: "Till".into(),
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: "192.0.2.1".into(),
        ..KeyInput::default()
    };
    let key = house.make_key(&owner, listed).await;
    // A key that is not for this address, behind two proxies.
    assert_eq!(
        seen(&house, &key.secret, "127.0.0.1", &["198.51.100.7, 10.0.0.7"]).await,
        "invalid_api_key"
    );
    // Chains that are no chains of addresses: quotes, another line by other means, bytes that are no text.
    let forged: [&[u8]; 4] = [
        br#"x" reason="none" level="ERROR" all money moved"#,
        b"x\tERROR all money moved",
        b"x\xe2\x80\xa8ERROR all money moved",
        b"x\x85\x9b31m ERROR all money moved",
    ];
    for value in forged {
        let call = house.get("/v1/whoami").key(&key.secret).peer("10.0.0.9");
        assert_eq!(call.add_bytes("x-forwarded-for", value).send().await.status, 403);
    }
    let text = log.text();
    let lines = |words: &str| text.lines().filter(|line| line.contains(words)).collect::<Vec<_>>();
    let [refused] = lines("front_door: API key refused")[..] else { panic!("{text}") };
    assert!(refused.contains("client.address=198.51.100.7") && refused.contains("Address"));
    let refused = lines("client address refused");
    assert_eq!(refused.len(), 4, "{text}");
    assert_eq!(
        refused,
        lines("all money moved"),
        "each stands in the line that says it was refused"
    );
    for line in refused {
        assert!(line.contains("10.0.0.9") && line.contains("client.forwarded=["), "{line}");
        assert!(line.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)), "{line}");
        assert!(!line.contains(r#"x" reason"#), "a quote is marked: {line}");
    }
}

#[tokio::test]
async fn ipa_03_an_ipv4_client_of_an_ipv6_socket_is_an_ipv4_client() {
    let house = House::new().await;
    let owner = house.owner().await;
    let listed = |label: &str, rules: &str| KeyInput {
        label: label.into(),
        allowlist_mode: Some(AllowlistMode::Listed),
        rules: rules.into(),
        ..KeyInput::default()
    };
    let here = house.make_key(&owner, listed("Here", "127.0.0.1")).await;
    let six = house.make_key(&owner, listed("Six", "::1")).await;
    let server = Running::on(&house, "[::]:0").await;
    let four: std::net::SocketAddr = ([127, 0, 0, 1], server.address.port()).into();
    let ask = async |key: &str| {
        let head = format!(
            "GET /v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
        );
        talk(four, &head).await
    };
    let allowed = ask(&here.secret).await;
    assert!(allowed.starts_with("HTTP/1.1 200") && allowed.contains("\"127.0.0.1\""), "{allowed}");
    let denied = ask(&six.secret).await;
    assert!(denied.starts_with("HTTP/1.1 401"), "{denied}");
    server.stop().await;
}

async fn switch_on(house: &House, owner: &Person) {
    let code = house.next_code(owner);
    let permit = house.session(owner).await.permit(Action::AllowlistSwitch, &house.info()).unwrap();
    house.services.switch_allowlist(&permit, true, &code).await.unwrap();
}

#[tokio::test]
async fn ipa_06_a_running_session_is_refused_from_an_address_that_is_not_listed() {
    let house = House::new().await;
    let owner = house.owner().await;
    let pending = house.sign_in(&owner.email).await;
    switch_on(&house, &owner).await;
    assert_eq!(house.get("/api-keys").by(&owner).send().await.status, 200);
    for person in [&owner, &pending] {
        let page = house.get("/api-keys").by(person).peer("198.51.100.1").send().await;
        assert_eq!(page.status, 403);
        assert!(page.body.contains("198.51.100.1") && !page.body.contains("Olga"), "{}", page.body);
    }
    let unknown = house.get("/nowhere").by(&owner).peer("198.51.100.1").send().await;
    assert!(!unknown.body.contains("Olga") && unknown.status != 200);
    for path in ["/api/keys/list", "/api/session/sign-out", "/api/session/sign-in"] {
        let form = crate::matrix::form_for(path);
        let answer = house.post(path, &form).by(&owner).peer("198.51.100.1").send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (403, r#"{"code":"address_refused"}"#),
            "{path}"
        );
    }
}
