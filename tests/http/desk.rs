//! Subaddresses and transactions in the dashboard: pages, forms and the file to take along, on a real node.

use crate::{
    harness::{House, Person, Regtest},
    payments::read,
};
use aio_domain::{Amount, Role};
use aio_store::{TransactionFilter, TransactionRow};
use futures::StreamExt as _;
use serde_json::Value;

/// A node, a server that reads it, and its owner.
struct Desk {
    node: Regtest,
    house: House,
    owner: Person,
}

impl Desk {
    async fn begin() -> Self {
        let node = Regtest::start().await;
        let house = House::with(&node.settings()).await;
        let owner = house.owner().await;
        read(&house).await;
        Self { node, house, owner }
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.house.get(path).by(&self.owner).send().await;
        assert_eq!(answer.status, 200, "{path}");
        answer.body
    }

    /// Hands an address out by the form; the page that it leads to.
    async fn create(&self, customer: &str) -> String {
        let form = format!("chain=bitcoin&customer={customer}");
        let call = self.house.form("/api/subaddresses/create", &form, "/subaddresses/new");
        let answer = call.by(&self.owner).send().await;
        assert_eq!(answer.status, 302, "{}", answer.body);
        answer.header("location").to_owned()
    }

    /// Id and address of the customer's subaddress, as the page's own function tells them.
    async fn subaddress(&self, customer: &str) -> (String, String) {
        let page = self.create(customer).await;
        let id = page.split(['/', '?']).nth(2).unwrap().to_owned();
        let form = format!("subaddress={id}");
        let answer = self.house.post("/api/subaddresses/get", &form).by(&self.owner).send().await;
        let told: Value = serde_json::from_str(&answer.body).unwrap();
        (id, told["row"]["address"].as_str().unwrap().to_owned())
    }

    async fn csv(&self, query: &str) -> String {
        let path = format!("/transactions.csv{query}");
        let answer = self.house.get(&path).by(&self.owner).send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert!(answer.header("content-disposition").starts_with("attachment;"));
        answer.body
    }
}

#[tokio::test]
async fn a_refused_form_of_a_new_subaddress_is_shown_again_with_what_was_typed() {
    let desk = Desk::begin().await;
    let typed = "%E5%BC%A0%07%E4%BC%9F";
    let page = desk.create(typed).await;
    assert!(page.starts_with("/subaddresses/new"), "{page}");
    let page = desk.page(&page).await;
    assert!(page.contains("张") && page.contains("伟\""), "what was typed is gone");
    // Once: the next new one begins empty.
    assert!(!desk.page("/subaddresses/new").await.contains("张"));
}

#[tokio::test]
async fn a_person_hands_an_address_out_once_and_finds_it_again() {
    let desk = Desk::begin().await;
    let first = desk.create("%E5%BC%A0%E4%BC%9F").await;
    assert!(first.ends_with("?created=1"), "{first}");
    let again = desk.create("+%E5%BC%A0%E4%BC%9F+").await;
    assert_eq!(again, first.replace("created", "known"));
    let page = desk.page(&first).await;
    assert!(page.contains("张伟") && page.contains("<svg viewBox"), "the page of the address");
    let list = desk.page("/subaddresses").await;
    assert!(list.contains("张伟"));
    assert!(!desk.page("/subaddresses?q=%E6%9D%8E").await.contains("张伟</a>"));
    let events = desk.house.services.verify_audit().await.unwrap();
    assert!(events.iter().all(|report| report.broken_at.is_none()));
    for (form, field) in [
        ("chain=bitcoin&customer=", "customer"),
        ("chain=bitcoin&customer=a%E2%80%AEb", "customer"),
        ("chain=dogecoin&customer=a", "chain"),
    ] {
        let call = desk.house.post("/api/subaddresses/create", form).by(&desk.owner);
        let answer = call.send().await;
        assert_eq!(answer.status, 422, "{form}: {}", answer.body);
        assert!(answer.body.contains(&format!("\"field\":\"{field}\"")), "{}", answer.body);
    }
}

#[tokio::test]
async fn an_archived_address_is_out_of_sight_and_still_takes_payments() {
    let desk = Desk::begin().await;
    let (id, address) = desk.subaddress("c1").await;
    let form = format!("subaddress={id}&on=true");
    let call = desk.house.post("/api/subaddresses/archive", &form).by(&desk.owner);
    assert_eq!(call.send().await.status, 200);
    assert!(!desk.page("/subaddresses").await.contains("c1</a>"));
    assert!(desk.page("/subaddresses?archived=1").await.contains("c1</a>"));
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    assert!(desk.page("/transactions").await.contains("c1</a>"));
    let form = format!("subaddress={id}&on=false");
    let call = desk.house.post("/api/subaddresses/archive", &form).by(&desk.owner);
    assert_eq!(call.send().await.status, 200);
    assert!(desk.page("/subaddresses").await.contains("c1</a>"));
}

#[tokio::test]
async fn the_list_is_searched_by_whatever_stands_on_a_receipt() {
    let desk = Desk::begin().await;
    let (id, address) = desk.subaddress("c1").await;
    let (_, other) = desk.subaddress("c2").await;
    let hash = desk.node.pay(&address, "0.5").await;
    desk.node.pay(&other, "0.7").await;
    let dust = desk.node.pay(&address, "0.000009").await;
    desk.node.mine(2).await;
    read(&desk.house).await;
    let found = async |query: &str| {
        let page = desk.page(&format!("/transactions?{query}")).await;
        let has = |amount: &str| page.contains(&format!(">{amount}<"));
        (has("0.5"), has("0.7"), has("0.000009"))
    };
    let begin = &hash[..10];
    for (query, wanted) in [
        (String::new(), (true, true, false)),
        ("dust=1".into(), (true, true, true)),
        (format!("q={hash}"), (true, false, false)),
        (format!("q={}", hash.to_uppercase()), (true, false, false)),
        (format!("q={begin}"), (true, false, false)),
        (format!("q={address}"), (true, false, false)),
        (format!("q={id}"), (true, false, false)),
        ("q=c2".into(), (false, true, false)),
        ("q=c".into(), (true, true, false)),
        (format!("q={dust}&dust=1"), (false, false, true)),
        ("status=confirmed&token=BTC&least=0.6".into(), (false, true, false)),
        ("token=BTC&most=0.6".into(), (true, false, false)),
        ("status=detected".into(), (false, false, false)),
        ("from=2020-01-01&until=2030-01-01".into(), (true, true, false)),
        ("until=2020-01-01".into(), (false, false, false)),
    ] {
        assert_eq!(found(&query).await, wanted, "{query}");
    }
    for bad in ["status=paid", "least=1", "from=yesterday", "chain=dogecoin", "before=x"] {
        let page = desk.page(&format!("/transactions?{bad}")).await;
        assert!(page.contains("Left out because it cannot be read"), "{bad}");
    }
}

#[tokio::test]
async fn one_transaction_opens_above_the_list_with_everything_whole() {
    let desk = Desk::begin().await;
    let (_, address) = desk.subaddress("c1").await;
    let hash = desk.node.pay(&address, "0.5").await;
    desk.node.mine(1).await;
    read(&desk.house).await;
    let list = desk.page("/transactions?status=confirming").await;
    let at = list.find("/transactions/txn_").unwrap();
    let link: String = list[at..].chars().take_while(|c| *c != '"').collect();
    assert!(link.ends_with("?status=confirming"), "{link}");
    let page = desk.page(&link).await;
    assert!(page.contains("1 of 2 confirmations"), "{page}");
    let groups: Vec<_> = hash
        .as_bytes()
        .chunks(4)
        .map(|group| format!("<span>{}</span>", str::from_utf8(group).unwrap()))
        .collect();
    let plain = page.replace("<!>", "").replace("<!--", "").replace("-->", "");
    assert!(plain.contains(&groups.concat()), "the whole hash");
    assert!(page.contains(&format!("https://explorer.example/tx/{hash}")));
}

#[tokio::test]
async fn web_08_the_file_has_the_rows_of_the_list_and_no_formula() {
    let desk = Desk::begin().await;
    let (_, address) = desk.subaddress("%3DHYPERLINK(%22http%3A%2F%2Fevil%22)").await;
    let (_, other) = desk.subaddress("c%2C%22two%22").await;
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    desk.house.wait(1);
    desk.node.pay(&other, "0.7").await;
    read(&desk.house).await;
    let file = desk.csv("").await;
    assert!(file.starts_with("\u{feff}id,status,chain,token,amount,customer_id,"), "{file}");
    let lines: Vec<_> = file.split("\r\n").filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 3, "{file}");
    assert!(lines[1].contains(",detected,bitcoin,BTC,0.7,\"c,\"\"two\"\"\","), "{file}");
    assert!(lines[2].contains(",\"'=HYPERLINK(\"\"http://evil\"\")\","), "{file}");
    assert_eq!(desk.csv("?status=confirmed").await.lines().count(), 1);
    assert_eq!(desk.csv("?token=BTC&least=0.6").await.lines().count(), 2);
}

#[tokio::test]
async fn a_payment_is_found_by_whatever_somebody_pastes() {
    let desk = Desk::begin().await;
    // The customer's name looks like a hash.
    let name = "Ab".repeat(32);
    let (id, address) = desk.subaddress(&name).await;
    let (_, other) = desk.subaddress("c2").await;
    desk.node.pay(&address, "0.5").await;
    let hash = desk.node.pay(&other, "0.7").await;
    read(&desk.house).await;
    let capitals = hash.to_ascii_uppercase();
    for (text, wanted) in [
        (&name[..], &address),
        (&name[..5], &address),
        (&id[..], &address),
        (&address[..], &address),
        (&hash[..], &other),
        (&capitals[..], &other),
        (&format!("0x{hash}")[..], &other),
        (&hash[..12], &other),
        (&capitals[..12], &other),
        (&other[..other.len() - 4], &other),
        (&other.to_ascii_uppercase()[..other.len() - 4], &other),
    ] {
        let file = desk.csv(&format!("?q={text}")).await;
        let lines: Vec<_> = file.lines().skip(1).collect();
        assert!(lines.len() == 1 && lines[0].contains(wanted), "{text}: {file}");
        let page = desk.page(&format!("/transactions?q={text}")).await;
        assert_eq!(page.matches("href=\"/transactions/txn_").count(), 1, "{text}");
    }
    assert_eq!(desk.csv(&format!("?q={}", "ef".repeat(32))).await.lines().count(), 1);
}

/// So many transactions like the one there is, before it, every second of them dust.
async fn many(desk: &Desk, count: u32) {
    let merchant = desk.house.merchant(&desk.owner).await;
    let all = TransactionFilter::default();
    let model = desk.house.store.transactions(merchant, &all, 1).await.unwrap().rows.remove(0);
    let rows = (0..count).map(|n| TransactionRow {
        id: format!("txn_{n:026}").parse().unwrap(),
        tx: format!("{n:064x}"),
        amount: Amount::from(if n % 2 == 0 { 1_u64 } else { 100_000_000 }),
        ..model.clone()
    });
    let mut tx = desk.house.store.begin().await.unwrap();
    tx.insert_transactions(merchant, &rows.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_file_has_every_transaction_once_however_many_there_are() {
    let desk = Desk::begin().await;
    let (_, address) = desk.subaddress("c1").await;
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    many(&desk, 4_100).await;
    let file = desk.csv("?dust=1").await;
    let ids: Vec<_> = file.lines().skip(1).map(|line| &line[..30]).collect();
    assert_eq!(ids.len(), 4_101);
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    assert_eq!(desk.csv("").await.lines().count(), 1 + 2_051);
    let rare = format!("?dust=1&q={:063x}", 4_000 / 16);
    assert_eq!(desk.csv(&rare).await.lines().count(), 1 + 16);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_does_not_look_whole() {
    let desk = Desk::begin().await;
    let (_, address) = desk.subaddress("c1").await;
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    many(&desk, 12_000).await;
    let call = desk.house.get("/transactions.csv?dust=1").by(&desk.owner);
    let mut file = call.response().await.into_body().into_data_stream();
    assert!(!file.next().await.unwrap().unwrap().is_empty());
    desk.house.store.close().await;
    let mut rest = file.collect::<Vec<_>>().await;
    assert!(rest.pop().unwrap().is_err(), "the connection breaks");
}

#[tokio::test]
async fn acc_01_a_viewer_takes_nothing_along_and_another_merchant_sees_nothing() {
    let desk = Desk::begin().await;
    let (id, address) = desk.subaddress("c1").await;
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    let house = &desk.house;
    let shop = house.merchant(&desk.owner).await;
    let viewer = house.person("viewer@shop.example", Some(shop), Role::Viewer).await;
    let viewer = house.enrol(&viewer).await;
    assert_eq!(house.get("/transactions").by(&viewer).send().await.status, 200);
    assert_eq!(house.get("/transactions.csv").by(&viewer).send().await.status, 403);
    assert_eq!(
        house.get("/transactions.csv").send().await.brief(),
        "303 /sign-in?next=/transactions.csv"
    );
    let form = format!("subaddress={id}&on=true");
    let answer = house.post("/api/subaddresses/archive", &form).by(&viewer).send().await;
    assert_eq!(answer.status, 403);

    let stranger = house.person("owner@other.example", None, Role::Owner).await;
    let stranger = house.enrol(&stranger).await;
    for path in ["/transactions", "/subaddresses", "/transactions?q=c1"] {
        let answer = house.get(path).by(&stranger).send().await;
        assert!(!answer.body.contains("c1</a>") && !answer.body.contains(&address), "{path}");
    }
    assert_eq!(house.get(&format!("/subaddresses/{id}")).by(&stranger).send().await.status, 404);
    let answer = house.post("/api/subaddresses/archive", &form).by(&stranger).send().await;
    assert_eq!(answer.status, 404);
    let answer = house.get("/transactions.csv").by(&stranger).send().await;
    assert_eq!(answer.body.lines().count(), 1);
}

#[tokio::test]
async fn an_open_page_is_told_what_changed_and_goes_on_where_it_was() {
    let desk = Desk::begin().await;
    let (_, address) = desk.subaddress("c1").await;
    let mut stream = Stream::open(&desk, "").await;
    let (first, told) = stream.next().await;
    assert_eq!(told, "");
    desk.node.pay(&address, "0.5").await;
    read(&desk.house).await;
    let (second, id) = stream.next().await;
    assert!(id.starts_with("txn_") && second > first, "{id} {first} {second}");
    drop(stream);

    // While nobody listened it confirmed; whoever comes back is told.
    desk.node.mine(2).await;
    read(&desk.house).await;
    let mut stream = Stream::open(&desk, &second.to_string()).await;
    let (third, again) = stream.next().await;
    assert_eq!(again, id);
    assert!(third > second);

    // Who is signed out hears nothing more.
    let ended = desk.house.post("/api/session/sign-out", "").by(&desk.owner).send().await;
    assert_eq!(ended.status, 200, "{}", ended.body);
    assert!(stream.ends().await);
    let refused = desk.house.get("/live").by(&desk.owner).send().await;
    assert_eq!(refused.status, 403);
}

/// Server-sent events as they come.
struct Stream(axum::body::BodyDataStream);

impl Stream {
    async fn open(desk: &Desk, last: &str) -> Self {
        let call = desk.house.get("/live").by(&desk.owner).header("last-event-id", last);
        let response = call.response().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body().into_data_stream())
    }

    /// Number and text of the next event; signs of life are passed over.
    async fn next(&mut self) -> (i64, String) {
        loop {
            let piece = self.0.next().await.unwrap().unwrap();
            let text = String::from_utf8(piece.to_vec()).unwrap();
            let line = |name: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(name))
                    .map(|rest| rest.trim().to_owned())
            };
            if let Some(id) = line("id:") {
                return (id.parse().unwrap(), line("data:").unwrap_or_default());
            }
        }
    }

    /// Whether it ends, sooner or later.
    async fn ends(&mut self) -> bool {
        while let Some(piece) = self.0.next().await {
            assert!(!String::from_utf8(piece.unwrap().to_vec()).unwrap().contains("id:"));
        }
        true
    }
}
