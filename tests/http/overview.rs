//! The first page: what came in, what waits and what to do, for each role, on a real node.

use crate::{
    harness::{House, Person, Regtest},
    payments::read,
};
use aio_domain::{
    Amount, LedgerId, Role,
    ledger::{LedgerAccount, LedgerReason},
};
use aio_store::LedgerRow;
use serde_json::Value;

/// A node, a server that reads it, and its owner.
struct Scene {
    node: Regtest,
    house: House,
    owner: Person,
}

impl Scene {
    async fn begin() -> Self {
        let node = Regtest::start().await;
        let house = House::with(&node.settings()).await;
        let owner = house.owner().await;
        read(&house).await;
        Self { node, house, owner }
    }

    async fn subaddress(&self, customer: &str) -> String {
        let form = format!("chain=bitcoin&customer={customer}");
        let call = self.house.form("/api/subaddresses/create", &form, "/subaddresses/new");
        let answer = call.by(&self.owner).send().await;
        let id = answer.header("location").split(['/', '?']).nth(2).unwrap().to_owned();
        let form = format!("subaddress={id}");
        let answer = self.house.post("/api/subaddresses/get", &form).by(&self.owner).send().await;
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        told["row"]["address"].as_str().unwrap().to_owned()
    }
}

async fn page(house: &House, person: &Person, path: &str) -> String {
    let answer = house.get(path).by(person).send().await;
    assert_eq!(answer.status, 200, "{path}");
    answer.body
}

async fn told(house: &House, person: &Person, form: &str) -> Value {
    let answer = house.post("/api/overview", form).by(person).send().await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// What the items of a card are about, and where they lead.
fn items(card: &Value) -> Vec<(String, String)> {
    let items = card["Ok"].as_array().unwrap().iter();
    let text = |item: &Value, name: &str| item[name].as_str().unwrap_or("-").to_owned();
    items.map(|item| (text(item, "what"), text(item, "href"))).collect()
}

/// Whether the page's entry of the navigation says that this is the page.
fn is_here(html: &str) -> bool {
    let mut links = html.split("<a ").map(|rest| rest.split('>').next().unwrap());
    links.any(|tag| tag.contains("href=\"/\"") && tag.contains("aria-current=\"page\""))
}

#[tokio::test]
async fn a_new_shop_sees_what_to_do_first_and_nothing_that_is_not_there() {
    let house = House::new().await;
    let owner = house.owner().await;
    let html = page(&house, &owner, "/").await;
    for words in [
        "First steps",
        "Make an API key",
        "Nothing waits to be confirmed.",
        "Nothing lies on subaddresses.",
        "Nothing needs attention.",
        "Payments are seen once the operator connects a node in the settings.",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(is_here(&html), "the entry");
    // With its first key a shop without a chain has done all it can.
    house.key(&owner, "Till").await;
    assert!(!page(&house, &owner, "/").await.contains("First steps"));
    assert!(!is_here(&page(&house, &owner, "/api-keys").await));
}

#[tokio::test]
async fn payments_are_told_by_the_day_and_drawn_without_scripts_or_styles() {
    let scene = Scene::begin().await;
    let Scene { node, house, owner } = &scene;
    let address = scene.subaddress("c1").await;
    node.pay(&address, "0.25").await;
    node.mine(2).await;
    node.pay(&address, "0.5").await;
    node.pay(&address, "0.000009").await;
    read(house).await;
    let data = told(house, owner, "").await;
    let received = &data["received"]["Ok"][0];
    assert_eq!((&received["amount"], &received["deposits"]), (&"0.75\u{a0}BTC".into(), &2.into()));
    assert_eq!((&received["before"], &received["change"]), (&Value::Null, &1.into()));
    let waits = &data["awaiting"]["Ok"];
    assert_eq!((&waits["detected"], &waits["confirming"]), (&1.into(), &0.into()));
    assert_eq!(data["uncollected"]["Ok"], serde_json::json!([["0.25\u{a0}BTC"], 0]));
    let volume = &data["volume"]["Ok"];
    assert_eq!((&volume["token"], &volume["total"]), (&"bitcoin:BTC".into(), &"0.75".into()));
    let bars = volume["bars"].as_array().unwrap();
    assert_eq!(
        (bars.len(), &bars[13]["height"], &bars[12]["height"]),
        (14, &100.into(), &0.into())
    );
    // Dust is in none of it.
    assert_eq!(data["latest"]["Ok"].as_array().unwrap().len(), 2);

    let html = page(house, owner, "/?days=30&token=bitcoin%3ABTC").await;
    assert_eq!(html.matches("<rect").count(), 30);
    for words in [
        "Received each day in BTC, the last 30 days",
        "<title id=\"chart-title\">",
        "<desc id=\"chart-text\">",
        "0.75\u{a0}BTC in all (2 payments)",
        "View as a table",
        "2026-11-18",
        ">0.25<",
    ] {
        assert!(html.contains(words), "{words}");
    }
    let main = html.split("<main").nth(1).unwrap().split("</main>").next().unwrap();
    assert!(!main.contains(" style="), "no style attribute");

    // A day later the same is what came in before.
    let shop = house.merchant(owner).await;
    house.wait(25 * 3_600);
    let viewer = house.person("late@shop.example", Some(shop), Role::Viewer).await;
    let viewer = house.enrol(&viewer).await;
    let data = told(house, &viewer, "").await;
    let received = &data["received"]["Ok"][0];
    assert_eq!((&received["deposits"], &received["change"]), (&0.into(), &(-1).into()));
    assert_eq!(received["before"], "0.75\u{a0}BTC");
    assert!(page(house, &viewer, "/").await.contains("Nothing now; 0.75"));
}

#[tokio::test]
async fn an_address_that_cannot_be_read_shows_the_usual_chart() {
    let scene = Scene::begin().await;
    for query in [
        "days=13",
        "days=-30",
        "days=9999999999999999999",
        "token=bitcoin%3ADOGE",
        "token=%00&days=x",
    ] {
        let html = page(&scene.house, &scene.owner, &format!("/?{query}")).await;
        assert_eq!(html.matches("<rect").count(), 14, "{query}");
    }
}

#[tokio::test]
async fn web_09_the_overview_leads_nobody_where_the_role_may_not_go() {
    let scene = Scene::begin().await;
    let Scene { node, house, owner } = &scene;
    house.key(owner, "Till").await;
    let address = scene.subaddress("c1").await;
    node.pay(&address, "0.25").await;
    node.mine(2).await;
    read(house).await;
    let shop = house.merchant(owner).await;
    let set = ("NoCollectionAddress".to_owned(), "/collection/bitcoin/address".to_owned());
    let own = items(&told(house, owner, "").await["attention"]);
    assert!(own.contains(&set), "{own:?}");
    for role in [Role::Admin, Role::Developer, Role::Finance, Role::Viewer] {
        let person = house.person(&format!("{role}@shop.example"), Some(shop), role).await;
        let person = house.enrol(&person).await;
        let data = told(house, &person, "").await;
        let money = matches!(role, Role::Admin | Role::Finance);
        assert_eq!(items(&data["attention"]).contains(&set), money, "{role}");
        let steps = items(&data["steps"]);
        let wanted = if money { &set.1 } else { "-" };
        assert!(steps.contains(&("CollectionAddress".to_owned(), wanted.to_owned())), "{steps:?}");
        let all = [items(&data["attention"]), steps].concat();
        for (what, href) in all.into_iter().filter(|(_, href)| href != "-") {
            let answer = house.get(&href).by(&person).send().await;
            assert_eq!(answer.status, 200, "{role}: {what} {href}");
        }
        let html = page(house, &person, "/").await;
        assert_eq!(html.contains("/collection/bitcoin/address"), money, "{role}");
    }
    // Nor does it tell another merchant anything.
    let stranger = house.person("owner@other.example", None, Role::Owner).await;
    let stranger = house.enrol(&stranger).await;
    let data = told(house, &stranger, "").await;
    assert_eq!(data["latest"]["Ok"], serde_json::json!([]));
    assert_eq!(
        (&data["received"]["Ok"], &data["volume"]["Ok"]["deposits"]),
        (&serde_json::json!([]), &0.into())
    );
}

#[tokio::test]
async fn a_card_that_fails_says_so_and_the_others_stand() {
    let house = House::new().await;
    let owner = house.owner().await;
    let shop = house.merchant(&owner).await;
    // Books that cannot be: less than nothing on subaddresses.
    let line = LedgerRow {
        id: LedgerId::from_body("01h455vb4pex5vsknk084sn02q").unwrap(),
        chain: "bitcoin".into(),
        token: "BTC".into(),
        debit: LedgerAccount::Uncollected,
        credit: LedgerAccount::World,
        amount: Amount::from(1_u64),
        reason: LedgerReason::Reversal,
        reference: "txn".into(),
        at: aio_domain::Timestamp::from_millis(1),
    };
    let mut tx = house.store.begin().await.unwrap();
    tx.post(shop, &[line]).await.unwrap();
    tx.commit().await.unwrap();
    let html = page(&house, &owner, "/").await;
    // The balance, and what needs attention because of it.
    assert_eq!(html.matches("This part cannot be shown.").count(), 2);
    assert!(html.contains("Nothing waits to be confirmed.") && html.contains("First steps"));
}
