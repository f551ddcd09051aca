//! From a shop's first call to a payment that counts, over HTTP, on a real node; and the operator's commands for chains.

use crate::{
    encrypted::code,
    harness::{Answer, House, Key, Person, Regtest},
};
use aio_domain::{AllowlistMode, Scope};
use aio_service::{KeyInput, Progress};
use axum::http::Method;
use serde_json::{Value, json};

/// A node, a server that reads it, and a shop's key.
struct Scene {
    node: Regtest,
    house: House,
    owner: Person,
    key: Key,
}

/// What the server's loop does, until there are no more blocks.
pub async fn read(house: &House) {
    let mut watcher = house.services.watcher("bitcoin", "test").unwrap();
    loop {
        let done = watcher.step().await.unwrap();
        if matches!(done, Progress::Read { at_tip: true, .. }) {
            return;
        }
    }
}

impl Scene {
    async fn begin() -> Self {
        let node = Regtest::start().await;
        let house = House::with(&node.settings()).await;
        let owner = house.owner().await;
        let input = KeyInput {
            label: "Till".into(),
            scopes: vec![
                Scope::SubaddressesRead,
                Scope::SubaddressesWrite,
                Scope::TransactionsRead,
                Scope::EventsRead,
            ],
            allowlist_mode: Some(AllowlistMode::Any),
            ..KeyInput::default()
        };
        let key = house.make_key(&owner, input).await;
        Self { node, house, owner, key }
    }

    async fn read(&self) {
        read(&self.house).await;
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.house.call(Method::GET, path).key(&self.key.secret).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    async fn refused(&self, path: &str) -> String {
        code(&self.house.call(Method::GET, path).key(&self.key.secret).send().await)
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        let call = self.house.call(Method::POST, path).key(&self.key.secret);
        call.header("content-type", "application/json").body(body.to_string()).send().await
    }

    async fn subaddress(&self, customer: &str) -> Value {
        let wish = json!({ "chain": "bitcoin", "customer_id": customer });
        let answer = self.post("/v1/subaddresses", &wish).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }
}

#[tokio::test]
async fn chains_are_those_of_the_settings() {
    let scene = Scene::begin().await;
    let told = scene.get("/v1/chains").await;
    insta::assert_snapshot!(told, @r#"{"chains":[{"id":"bitcoin","network":"regtest","tokens":[{"confirmations":2,"decimals":8,"dust":"1000","id":"BTC","tiers":[{"confirmations":6,"from":"1000000000"}]}]}]}"#);
}

#[tokio::test]
async fn a_customer_has_one_address_on_a_chain_however_often_it_is_asked_for() {
    let scene = Scene::begin().await;
    let wish = json!({ "chain": "bitcoin", "customer_id": "张伟" });
    // Before the chain is read nobody would see what is paid.
    assert_eq!(code(&scene.post("/v1/subaddresses", &wish).await), "unavailable");
    scene.read().await;
    let first = scene.subaddress("张伟").await;
    assert_eq!(first, scene.subaddress("张伟").await);
    assert!(first["address"].as_str().unwrap().starts_with("bcrt1q"), "{first}");
    let uri = format!("bitcoin:{}", first["address"].as_str().unwrap());
    assert_eq!(first["payment_uris"], json!({ "BTC": uri }));
    let id = first["id"].as_str().unwrap();
    assert_eq!(scene.get(&format!("/v1/subaddresses/{id}")).await, first);

    // Ids of one instant have no order.
    scene.house.wait(1);
    let wishes: Vec<_> =
        (0..100).map(|n| json!({ "chain": "bitcoin", "customer_id": format!("c{n}") })).collect();
    let body = json!({ "subaddresses": wishes });
    let answer = scene.post("/v1/subaddresses/batch", &body).await;
    let made: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(made["subaddresses"].as_array().unwrap().len(), 100);
    assert_eq!(made["subaddresses"][7]["customer_id"], "c7");
    assert_eq!(scene.post("/v1/subaddresses/batch", &body).await.body, answer.body);

    // The list, page by page, and by how the customer's id begins.
    let mut seen = Vec::new();
    let mut path = "/v1/subaddresses?limit=40".to_owned();
    loop {
        let page = scene.get(&path).await;
        let rows = page["subaddresses"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["customer_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/subaddresses?limit=40&cursor={cursor}");
    }
    assert_eq!((seen.len(), seen[100].as_str()), (101, "张伟"));
    let page = scene.get("/v1/subaddresses?customer_id=c9&chain=bitcoin").await;
    assert_eq!(page["subaddresses"].as_array().unwrap().len(), 11);
    let page = scene.get("/v1/subaddresses?customer_id=%E5%BC%A0").await;
    assert_eq!(page["subaddresses"][0]["id"], first["id"]);
}

#[tokio::test]
async fn a_wish_that_cannot_be_granted_is_refused_whole() {
    let scene = Scene::begin().await;
    scene.read().await;
    let wish = |chain: &str, customer: &str| json!({ "chain": chain, "customer_id": customer });
    for (bad, told) in [
        (wish("dogecoin", "a"), "unknown_chain"),
        (wish("", "a"), "unknown_chain"),
        (wish("bitcoin", ""), "invalid_body"),
        (wish("bitcoin", " a"), "invalid_body"),
        (wish("bitcoin", "a\u{202e}b"), "invalid_body"),
        (wish("bitcoin", &"长".repeat(129)), "invalid_body"),
        (json!({ "chain": "bitcoin" }), "invalid_body"),
        (json!({ "chain": "bitcoin", "customer_id": 7 }), "invalid_body"),
        (json!({ "chain": "bitcoin", "customer_id": "a", "address": "x" }), "invalid_body"),
    ] {
        assert_eq!(code(&scene.post("/v1/subaddresses", &bad).await), told, "{bad}");
        let batch = json!({ "subaddresses": [wish("bitcoin", "good"), bad] });
        assert_eq!(code(&scene.post("/v1/subaddresses/batch", &batch).await), told, "{bad}");
    }
    let many: Vec<_> = (0..101).map(|n| wish("bitcoin", &n.to_string())).collect();
    for bad in [json!([]), json!(many)] {
        let batch = json!({ "subaddresses": bad });
        assert_eq!(code(&scene.post("/v1/subaddresses/batch", &batch).await), "invalid_body");
    }
    assert_eq!(scene.get("/v1/subaddresses").await["subaddresses"], json!([]));
    assert!(scene.subaddress(&"长".repeat(128)).await["id"].is_string());
}

#[tokio::test]
async fn a_payment_is_seen_confirms_and_is_told_of() {
    let scene = Scene::begin().await;
    scene.read().await;
    let made = scene.subaddress("c1").await;
    let id = made["id"].as_str().unwrap();
    let address = made["address"].as_str().unwrap();
    let hash = scene.node.pay(address, "0.25").await;
    scene.read().await;
    let list = scene.get("/v1/transactions").await;
    let [seen] = list["transactions"].as_array().unwrap().as_slice() else { panic!("{list}") };
    assert_eq!((seen["status"].as_str(), seen["hash"].as_str()), (Some("detected"), Some(&*hash)));
    assert_eq!((&seen["confirmations"], &seen["confirmations_needed"]), (&json!(0), &json!(2)));
    assert_eq!((&seen["amount"], &seen["amount_decimal"]), (&json!("25000000"), &json!("0.25")));
    assert_eq!(seen["explorer_url"], format!("https://explorer.example/tx/{hash}"));
    assert_eq!((&seen["block"], &seen["customer_id"]), (&Value::Null, &json!("c1")));

    scene.node.mine(1).await;
    scene.read().await;
    let one = format!("/v1/transactions/{}", seen["id"].as_str().unwrap());
    let confirming = scene.get(&one).await;
    assert_eq!(
        (confirming["status"].as_str(), &confirming["confirmations"]),
        (Some("confirming"), &json!(1))
    );
    assert_eq!(confirming["block"]["height"], json!(131));
    scene.node.mine(1).await;
    scene.read().await;
    let confirmed = scene.get(&one).await;
    assert_eq!(
        (confirmed["status"].as_str(), &confirmed["confirmations"]),
        (Some("confirmed"), &json!(2))
    );
    assert!(confirmed["confirmed_at"].is_string());
    let of = scene.get(&format!("/v1/subaddresses/{id}/transactions")).await;
    assert_eq!(of["transactions"], json!([confirmed]));

    let events = scene.get("/v1/events").await;
    let kinds: Vec<_> = events["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    let last = &kinds[kinds.len() - 4..];
    let wanted = [
        "subaddress.created",
        "transaction.detected",
        "transaction.confirming",
        "transaction.confirmed",
    ];
    assert_eq!(last, wanted.map(|kind| json!(kind)).iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn the_list_finds_what_every_filter_asks_for_and_refuses_what_it_does_not_know() {
    let scene = Scene::begin().await;
    scene.read().await;
    let (first, second) = (scene.subaddress("c1").await, scene.subaddress("c2").await);
    let dust = scene.node.pay(first["address"].as_str().unwrap(), "0.000005").await;
    scene.node.mine(1).await;
    scene.read().await;
    scene.house.wait(60);
    let hash = scene.node.pay(second["address"].as_str().unwrap(), "12").await;
    scene.read().await;
    let hashes = async |query: &str| {
        let list = scene.get(&format!("/v1/transactions?{query}")).await;
        let rows = list["transactions"].as_array().unwrap().clone();
        rows.iter().map(|row| row["hash"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let both = vec![hash.clone(), dust.clone()];
    let (large, small) = (vec![hash.clone()], vec![dust.clone()]);
    for (query, wanted) in [
        (String::new(), &both),
        ("chain=bitcoin&token=BTC".into(), &both),
        ("token=ETH".into(), &Vec::new()),
        ("status=detected".into(), &large),
        ("status=confirming".into(), &small),
        ("status=collected".into(), &Vec::new()),
        ("customer_id=c1".into(), &small),
        ("customer_id=c".into(), &Vec::new()),
        (format!("hash={hash}"), &large),
        (format!("hash={hash}&status=confirming"), &Vec::new()),
        ("received_until=1971-01-01T00:00:00Z".into(), &Vec::new()),
        ("received_from=1971-01-01T00:00:00Z&limit=1".into(), &large),
    ] {
        assert_eq!(&hashes(&query).await, wanted, "{query}");
    }
    let list = scene.get("/v1/transactions?limit=1").await;
    let newest = list["transactions"][0]["received_at"].as_str().unwrap();
    assert_eq!(hashes(&format!("received_from={newest}")).await, large);
    assert_eq!(hashes(&format!("received_until={newest}")).await, small);
    let cursor = list["next_cursor"].as_str().unwrap();
    assert_eq!(hashes(&format!("cursor={cursor}")).await, small);
    let detail = scene.get(&format!("/v1/transactions?hash={dust}")).await;
    assert_eq!(detail["transactions"][0]["is_dust"], true);
    // A large amount needs more confirmations.
    assert_eq!(list["transactions"][0]["confirmations_needed"], 6);

    for bad in [
        "status=paid",
        "cursor=sub_01h455vb4pex5vsknk084sn02q",
        "cursor=x",
        "limit=0",
        "received_from=yesterday",
        "customer_id=",
        "hash=",
        "customer_id=a&hash=b",
        "amount=1",
        "chain=",
    ] {
        assert_eq!(
            scene.refused(&format!("/v1/transactions?{bad}")).await,
            "invalid_query",
            "{bad}"
        );
    }
}

#[tokio::test]
async fn acc_01_another_merchant_sees_neither_address_nor_payment() {
    let scene = Scene::begin().await;
    scene.read().await;
    let made = scene.subaddress("c1").await;
    scene.node.pay(made["address"].as_str().unwrap(), "1").await;
    scene.read().await;
    let list = scene.get("/v1/transactions").await;
    let transaction = list["transactions"][0]["id"].as_str().unwrap();
    let subaddress = made["id"].as_str().unwrap();

    let house = &scene.house;
    let stranger = house.person("owner@other.example", None, aio_domain::Role::Owner).await;
    let stranger = house.enrol(&stranger).await;
    let input = KeyInput {
        label: "Other".into(),
        scopes: vec![Scope::SubaddressesRead, Scope::TransactionsRead],
        allowlist_mode: Some(AllowlistMode::Any),
        ..KeyInput::default()
    };
    let key = house.make_key(&stranger, input).await;
    let scene = Scene { key, ..scene };
    for path in [
        format!("/v1/subaddresses/{subaddress}"),
        format!("/v1/subaddresses/{subaddress}/transactions"),
        format!("/v1/transactions/{transaction}"),
    ] {
        assert_eq!(scene.refused(&path).await, "not_found", "{path}");
    }
    assert_eq!(scene.get("/v1/subaddresses").await["subaddresses"], json!([]));
    assert_eq!(scene.get("/v1/transactions").await["transactions"], json!([]));
    let by_place = format!("/v1/transactions?cursor={transaction}");
    assert_eq!(scene.get(&by_place).await["transactions"], json!([]));
    let by_place = format!("/v1/subaddresses?customer_id=c&cursor={subaddress}");
    assert_eq!(scene.get(&by_place).await["subaddresses"], json!([]));
    drop(scene.owner);
}
