//! From a payment that counts to the merchant's own address: set up in the dashboard behind codes, moved by itself.

use crate::{
    harness::{House, Person, Regtest},
    payments::read,
};
use aio_domain::Role;
use aio_service::SendProgress;
use serde_json::{Value, json};

/// A node, a server that reads it and moves money, its owner.
struct Scene {
    node: Regtest,
    house: House,
    owner: Person,
}

impl Scene {
    async fn begin() -> Self {
        Self::with("").await
    }

    /// With more settings of the chain.
    async fn with(more: &str) -> Self {
        let node = Regtest::start().await;
        let house = House::with(&format!("{}{more}", node.settings())).await;
        let owner = house.owner().await;
        read(&house).await;
        Self { node, house, owner }
    }

    /// What the server's loop does: reads, then moves.
    async fn go_on(&self) {
        read(&self.house).await;
        let mut sender = self.house.services.sender("bitcoin", "test").unwrap();
        while sender.step().await.unwrap() != SendProgress::Done(0) {}
    }

    async fn post(&self, path: &str, form: &str) -> (u16, String) {
        let answer = self.house.post(path, form).by(&self.owner).send().await;
        (answer.status.as_u16(), answer.body)
    }

    /// Posts as a page without scripts does; where it leads.
    async fn lead(&self, path: &str, form: &str, page: &str) -> String {
        let answer = self.house.form(path, form, page).by(&self.owner).send().await;
        assert_eq!(answer.status, 302, "{path}: {}", answer.body);
        answer.header("location").to_owned()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.house.get(path).by(&self.owner).send().await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// Sets the address through both steps of the dialog.
    async fn set_address(&self, address: &str) {
        let form = format!("chain=bitcoin&address={address}");
        let page = "/collection/bitcoin/address";
        let next = self.lead("/api/collection/address-begin", &form, page).await;
        let change = next.split("change=").nth(1).unwrap();
        let groups = groups(address);
        assert!(self.page(&next).await.contains(&groups), "the whole address, to compare");
        let form = format!("change={change}&code={}", self.house.next_code(&self.owner));
        assert_eq!(self.lead("/api/collection/address", &form, &next).await, "/collection");
    }

    async fn set_rules(&self, minimum: &str, minutes: &str) {
        let told = self.collection().await;
        let version = told["chains"][0]["version"].to_string();
        let form = format!(
            "chain=bitcoin&form[automatic]=true&form[batch_size]=10&form[max_age]={minutes}\
             &form[minimums][BTC]={minimum}&form[version]={version}"
        );
        let page = "/collection/bitcoin/rules";
        let next = self.lead("/api/collection/rules-begin", &form, page).await;
        let change = next.split("change=").nth(1).unwrap();
        let form = format!("change={change}&code={}", self.house.next_code(&self.owner));
        assert_eq!(self.lead("/api/collection/rules", &form, &next).await, "/collection");
    }

    async fn collection(&self) -> Value {
        let (status, body) = self.post("/api/collection/get", "").await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// An address of the merchant's own wallet.
    async fn own_address(&self) -> String {
        let made = self.node.ask("getnewaddress", json!(["", "bech32"])).await;
        made.as_str().unwrap().to_owned()
    }

    async fn subaddress(&self, customer: &str) -> String {
        let form = format!("chain=bitcoin&customer={customer}");
        let next = self.lead("/api/subaddresses/create", &form, "/subaddresses/new").await;
        let id = next.split(['/', '?']).nth(2).unwrap();
        let (_, body) = self.post("/api/subaddresses/get", &format!("subaddress={id}")).await;
        let told: Value = serde_json::from_str(&body).unwrap();
        told["row"]["address"].as_str().unwrap().to_owned()
    }
}

fn groups(address: &str) -> String {
    let groups = address.as_bytes().chunks(4);
    groups
        .map(|group| format!("<span>{}</span>", str::from_utf8(group).unwrap()))
        .collect::<Vec<_>>()
        .concat()
}

#[tokio::test]
async fn a_payment_that_counts_is_moved_to_the_collection_address_and_the_books_say_so() {
    let scene = Scene::begin().await;
    let own = scene.own_address().await;
    scene.set_address(&own).await;
    scene.set_rules("0.1", "0").await;
    let address = scene.subaddress("c1").await;
    let small = scene.subaddress("c2").await;
    scene.node.pay(&address, "0.5").await;
    scene.node.pay(&small, "0.05").await;
    scene.node.mine(2).await;
    scene.go_on().await;
    let told = scene.collection().await;
    assert_eq!(told["rows"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["rows"][0]["status"], "broadcast");
    scene.node.mine(2).await;
    scene.go_on().await;
    let told = scene.collection().await;
    let row = &told["rows"][0];
    assert_eq!((row["status"].as_str(), row["deposits"].as_u64()), (Some("final"), Some(1)));
    assert_eq!(row["destination"], own.as_str());
    // What is below the minimum stays.
    assert_eq!(told["chains"][0]["tokens"][0]["uncollected"], "0.05");
    // The wallet has it, less the fee that the page tells.
    let got = scene.node.ask("getreceivedbyaddress", json!([own])).await;
    let fee = row["fee"].as_str().unwrap().split('\u{a0}').next().unwrap().parse::<f64>().unwrap();
    assert!((got.as_f64().unwrap() + fee - 0.5).abs() < 1e-9, "{got} and {fee}");
    let page = scene.page("/transactions?q=c1").await;
    assert!(page.contains("Collected"));
    let id = row["id"].as_str().unwrap();
    let page = scene.page(&format!("/collection/history/{id}")).await;
    assert!(page.contains("/transactions/txn_") && page.contains("Done"));
}

#[tokio::test]
async fn no_more_is_paid_for_a_byte_than_the_settings_allow() {
    let scene = Scene::with("[chains.collection]\nmax_fee_rate = 2\n").await;
    let own = scene.own_address().await;
    scene.set_address(&own).await;
    scene.set_rules("0", "0").await;
    scene.node.pay(&scene.subaddress("c1").await, "0.5").await;
    scene.node.mine(2).await;
    scene.go_on().await;
    scene.node.mine(2).await;
    scene.go_on().await;
    let told = scene.collection().await;
    // One input and one output have some 110 bytes; without the setting each would cost 5 satoshis.
    let fee = told["rows"][0]["fee"].as_str().unwrap();
    assert!(fee.starts_with("0.0000022"), "{told}");
}

#[tokio::test]
async fn an_address_that_cannot_be_right_is_refused_before_any_code() {
    let scene = Scene::begin().await;
    let subaddress = scene.subaddress("c1").await;
    let own = scene.own_address().await;
    let wrong = format!("{}q", &own[..own.len() - 1]);
    for (address, code) in [
        ("", "required"),
        ("x", "not_an_address"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "not_an_address"),
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda94", "not_an_address"),
        (wrong.as_str(), "not_an_address"),
        (subaddress.as_str(), "own_address"),
    ] {
        let form = format!("chain=bitcoin&address={address}");
        let (status, body) = scene.post("/api/collection/address-begin", &form).await;
        assert_eq!(status, 422, "{address}: {body}");
        assert!(body.contains(code), "{address}: {body}");
    }
    let (status, _) = scene.post("/api/collection/address-begin", "chain=dogecoin&address=x").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn stp_01_a_changed_address_asks_for_a_code_cools_a_day_and_can_be_taken_back_without_one() {
    let scene = Scene::begin().await;
    let (first, second) = (scene.own_address().await, scene.own_address().await);
    scene.set_address(&first).await;
    let form = format!("chain=bitcoin&address={second}");
    let page = "/collection/bitcoin/address";
    let next = scene.lead("/api/collection/address-begin", &form, page).await;
    let change = next.split("change=").nth(1).unwrap();
    let (status, body) =
        scene.post("/api/collection/address", &format!("change={change}&code=000000")).await;
    assert_eq!(status, 422, "{body}");
    assert_eq!(scene.collection().await["chains"][0]["address"], first.as_str());

    scene.set_address(&second).await;
    let told = scene.collection().await;
    assert_eq!(told["chains"][0]["address"], first.as_str());
    assert_eq!(told["chains"][0]["next"][0], second.as_str());
    assert!(scene.page("/collection").await.contains("Cooling"));
    let (status, body) = scene.post("/api/collection/address-cancel", "chain=bitcoin").await;
    assert_eq!(status, 200, "{body}");
    let told = scene.collection().await;
    assert_eq!(
        (&told["chains"][0]["next"], &told["chains"][0]["address"]),
        (&Value::Null, &json!(first))
    );

    scene.set_address(&second).await;
    scene.house.wait(24 * 3600);
    // A day later the owner signs in again.
    let owner = scene.house.sign_in(&scene.owner.email).await;
    drop(owner);
    let settings = scene.house.services.chain_ports();
    assert_eq!(settings.len(), 1);
}

#[tokio::test]
async fn rules_are_checked_and_a_viewer_changes_nothing() {
    let scene = Scene::begin().await;
    scene.set_address(&scene.own_address().await).await;
    let version = scene.collection().await["chains"][0]["version"].to_string();
    let form = |batch: &str, age: &str, minimum: &str| {
        format!(
            "chain=bitcoin&form[batch_size]={batch}&form[max_age]={age}&form[minimums][BTC]={minimum}\
             &form[version]={version}"
        )
    };
    for (form, field) in [
        (form("0", "5", "0"), "batch_size"),
        (form("101", "5", "0"), "batch_size"),
        (form("10", "-1", "0"), "max_age"),
        (form("10", "99999999", "0"), "max_age"),
        (form("10", "5", "much"), "minimum"),
        (form("10", "5", "0.000000001"), "minimum"),
    ] {
        let (status, body) = scene.post("/api/collection/rules-begin", &form).await;
        assert_eq!(status, 422, "{form}: {body}");
        assert!(body.contains(field), "{form}: {body}");
    }
    let house = &scene.house;
    let shop = house.merchant(&scene.owner).await;
    for role in [Role::Viewer, Role::Developer] {
        let person =
            house.person(&format!("{}@shop.example", role.as_str()), Some(shop), role).await;
        let person = house.enrol(&person).await;
        for (path, form) in [
            ("/api/collection/address-begin", "chain=bitcoin&address=x".to_owned()),
            ("/api/collection/address-cancel", "chain=bitcoin".to_owned()),
            ("/api/collection/rules-begin", form("10", "5", "0")),
        ] {
            assert_eq!(house.post(path, &form).by(&person).send().await.status, 403, "{path}");
        }
        assert_eq!(house.get("/collection").by(&person).send().await.status, 200);
        assert_eq!(house.get("/collection/bitcoin/address").by(&person).send().await.status, 403);
    }
}
