//! Collections on a real Bitcoin node, in regtest mode.

use super::{
    bitcoin::{CHAIN, Scene, ask, connected, mine, text},
    deposits,
    flow::{books, collects_to, key_is_known},
};
use crate::support::refusal;
use aio_chain::ChainRead;
use aio_chain_bitcoin::{Bitcoin, DECIMALS, TOKEN};
use aio_domain::{Action, Amount, Field, FieldCode, Problem};
use aio_service::{SendProgress, Sender, WatchError};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// Two public keys that belong to nobody here.
pub const KEYS: [&str; 2] = [
    "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5",
];

/// The address of a public key.
pub async fn address_of(chain: &Bitcoin, key: &str) -> String {
    let asked = json!([format!("wpkh({key})")]);
    let descriptor = &ask(chain, "getdescriptorinfo", asked).await["descriptor"];
    text(&ask(chain, "deriveaddresses", json!([descriptor])).await[0])
}

/// A shop whose money is collected to an address of a wallet that is not ours.
struct Till {
    scene: Scene,
    sender: Sender,
    safe: String,
}

impl Till {
    async fn begin() -> Self {
        Self::with_dust(0).await
    }

    async fn with_dust(dust: u64) -> Self {
        let scene = Scene::with_dust(dust).await;
        let safe = address_of(&scene.chain, KEYS[0]).await;
        // All coins of the customers' wallet are old: no reorganisation here makes one unripe.
        let miner = address_of(&scene.chain, KEYS[1]).await;
        ask(&scene.chain, "generatetoaddress", json!([120, miner])).await;
        collects_to(&scene.world, scene.shop.caller.merchant, (CHAIN, &safe), 50, 0).await;
        let sender = scene.world.services.sender(CHAIN, "one").unwrap();
        Self { scene, sender, safe }
    }

    /// Reads and sends until there is nothing more to do.
    async fn settle(&mut self) {
        for _ in 0..50 {
            self.scene.catch_up().await;
            if self.sender.step().await.unwrap() == SendProgress::Done(0) {
                return;
            }
        }
        panic!("the sender does not come to an end");
    }

    async fn mine(&mut self, blocks: u32) {
        mine(&self.scene.chain, blocks).await;
        self.settle().await;
    }

    async fn deposit(&self, customer: &str, coins: &str) {
        self.scene.world.clock.advance(1);
        let to = self.scene.address(customer).await;
        self.scene.pay(&to, coins).await;
    }

    async fn statuses(&self) -> Vec<&'static str> {
        let rows = deposits(&self.scene.world, self.scene.shop.caller.merchant, CHAIN).await;
        rows.iter().map(|row| row.status.as_str()).collect()
    }

    async fn collections(&self) -> Vec<aio_store::CollectionRow> {
        let merchant = self.scene.shop.caller.merchant;
        let mut rows = self.scene.world.store.collections(merchant, None, 100).await.unwrap();
        rows.reverse();
        rows
    }

    async fn told(&self) -> Vec<&'static str> {
        self.collections().await.iter().map(|row| row.status.as_str()).collect()
    }

    async fn attempts(&self) -> Vec<aio_store::AttemptRow> {
        let newest = self.collections().await.pop().unwrap();
        self.scene.world.store.attempts(newest.outgoing).await.unwrap()
    }

    /// What is on the safe, satoshi by satoshi.
    async fn arrived(&self) -> Amount {
        self.scene.chain.balance(&self.safe, TOKEN).await.unwrap()
    }

    /// The books, printed: `step: account amount`.
    #[expect(clippy::print_stdout, reason = "the books, step by step")]
    async fn books(&self, step: &str) -> Vec<String> {
        let lines = books(&self.scene.world, self.scene.shop.caller.merchant, CHAIN).await;
        println!(
            "{step}: {lines:?}, deposits {:?}, {:?}",
            self.statuses().await,
            self.told().await
        );
        lines
    }

    /// All that counts is collected, arrived, and stands so in the books.
    async fn all_arrived(&self, sum: u64) {
        let fees = self.collections().await.iter().filter_map(|row| row.fee).collect::<Vec<_>>();
        let fees = Amount::sum(fees).unwrap();
        let rest = Amount::from(sum).checked_sub(fees).unwrap();
        assert_eq!(self.arrived().await, rest);
        let books = self.books("in the end").await;
        let wanted = [
            format!("collected BTC {rest}"),
            format!("fees BTC {fees}"),
            format!("world BTC -{sum}"),
        ];
        assert_eq!(books, wanted);
    }
}

#[tokio::test]
async fn reorganisations_below_a_collection_and_then_below_its_deposit_are_undone_line_by_line() {
    let mut till = Till::begin().await;
    till.deposit("ann", "1.5").await;
    till.mine(2).await;
    assert_eq!(
        till.books("collection sent").await,
        ["uncollected BTC 150000000", "world BTC -150000000"]
    );
    till.mine(2).await;
    assert_eq!((till.told().await, till.statuses().await), (vec!["final"], vec!["collected"]));
    till.all_arrived(150_000_000).await;
    let bytes = till.attempts().await[0].bytes.clone();

    // The collection's block and the one above it go.
    till.scene.reorganise(2).await;
    till.scene.catch_up().await;
    assert_eq!(
        till.books("its block is gone").await,
        ["uncollected BTC 150000000", "world BTC -150000000"]
    );
    assert_eq!((till.told().await, till.statuses().await), (vec!["broadcast"], vec!["confirmed"]));
    till.settle().await;
    till.mine(2).await;
    till.all_arrived(150_000_000).await;

    // Everything goes, the deposit too.
    till.scene.reorganise(7).await;
    till.scene.catch_up().await;
    assert_eq!(till.books("the deposit's block is gone").await, [""; 0]);
    assert_eq!((till.told().await, till.statuses().await), (vec!["broadcast"], vec!["reversed"]));
    till.settle().await;
    till.mine(1).await;
    // Both are in the one new block; the deposit counts first.
    assert_eq!(till.books("both in one block").await, [""; 0]);
    till.mine(2).await;
    assert_eq!((till.told().await, till.statuses().await), (vec!["final"], vec!["collected"]));
    till.all_arrived(150_000_000).await;
    let attempts = till.attempts().await;
    assert_eq!((attempts.len(), &attempts[0].bytes), (1, &bytes));
}

#[tokio::test]
async fn two_senders_at_once_pay_once_and_a_key_that_is_known_makes_no_second_transaction() {
    let mut till = Till::begin().await;
    let other = till.scene.world.another_server().await;
    let (mut watcher, mut sender) =
        (other.watcher(CHAIN, "two").unwrap(), other.sender(CHAIN, "two").unwrap());
    for n in 1..=4 {
        till.deposit(&format!("customer {n}"), "0.1").await;
        mine(&till.scene.chain, 2).await;
        for _ in 0..3 {
            // The lease ends, so that both believe it is their turn.
            till.scene.world.clock.advance(31_000);
            let (one, two) = tokio::join!(
                async {
                    let _ = till.scene.watcher.step().await;
                    till.sender.step().await
                },
                async {
                    let _ = watcher.step().await;
                    sender.step().await
                }
            );
            for done in [one, two] {
                assert!(matches!(done, Ok(_) | Err(WatchError::Overtaken)), "{done:?}");
            }
        }
        till.scene.world.clock.advance(31_000);
        till.settle().await;
        assert_eq!(till.collections().await.len(), n);
    }
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 4]);
    till.all_arrived(40_000_000).await;
    let rows = till.collections().await;
    key_is_known(&till.scene.world, till.scene.shop.caller.merchant, rows[0].outgoing).await;
}

#[tokio::test]
async fn a_node_that_is_killed_between_keeping_and_sending_gets_the_same_bytes_when_it_is_back() {
    let mut till = Till::begin().await;
    till.deposit("ann", "1").await;
    mine(&till.scene.chain, 2).await;
    ask(&till.scene.chain, "gettxoutsetinfo", json!([])).await;
    till.scene.catch_up().await;
    // The node goes at the very moment when the bytes are kept.
    let node = Arc::new(Mutex::new(till.scene.node));
    let killed = node.clone();
    fail::cfg_callback("outgoing-after-store", move || killed.lock().unwrap().kill().unwrap())
        .unwrap();
    let sent = till.sender.step().await;
    assert!(matches!(sent, Err(WatchError::Node(_))), "{sent:?}");
    fail::remove("outgoing-after-store");
    let merchant = till.scene.shop.caller.merchant;
    let rows = till.scene.world.store.collections(merchant, None, 9).await.unwrap();
    assert_eq!((rows.len(), rows[0].status.as_str()), (1, "signed"));
    let bytes = till.scene.world.store.attempts(rows[0].outgoing).await.unwrap();
    let mut node = Arc::into_inner(node).unwrap_or_else(|| panic!("the failpoint keeps the node"));
    node.get_mut().unwrap().restart().unwrap();
    till.scene.node = node.into_inner().unwrap();
    connected(&till.scene.node).await;
    ask(&till.scene.chain, "loadwallet", json!(["customer"])).await;
    till.settle().await;
    till.mine(2).await;
    assert_eq!((till.told().await, till.statuses().await), (vec!["final"], vec!["collected"]));
    let after = till.attempts().await;
    assert_eq!((after.len(), &after[0].bytes), (1, &bytes[0].bytes));
    till.all_arrived(100_000_000).await;
}

#[tokio::test]
async fn a_fee_is_raised_after_half_an_hour_and_the_node_keeps_the_dearer_one() {
    let mut till = Till::begin().await;
    till.deposit("ann", "1").await;
    till.mine(2).await;
    let first = till.attempts().await.remove(0);
    till.scene.world.clock.advance(30 * 60_000);
    till.settle().await;
    let attempts = till.attempts().await;
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1].max_fee > first.max_fee);
    let waits = ask(&till.scene.chain, "getrawmempool", json!([])).await;
    assert_eq!(
        waits.as_array().unwrap().iter().map(text).collect::<Vec<_>>(),
        [attempts[1].tx.clone()]
    );
    till.mine(2).await;
    let row = till.collections().await.remove(0);
    assert_eq!((row.tx, row.fee), (Some(attempts[1].tx.clone()), Some(attempts[1].max_fee)));
    till.all_arrived(100_000_000).await;
}

#[tokio::test]
async fn dust_and_what_is_below_the_minimum_stay_and_an_archived_subaddress_does_not() {
    let mut till = Till::with_dust(1_000).await;
    let merchant = till.scene.shop.caller.merchant;
    let minimum = Amount::parse("0.01", DECIMALS).unwrap();
    let ann = till.scene.address("ann").await;
    let mut tx = till.scene.world.store.begin().await.unwrap();
    tx.set_collection_minimum(merchant, (CHAIN, TOKEN), minimum).await.unwrap();
    let row = tx.subaddress_at(merchant, CHAIN, &ann).await.unwrap().unwrap();
    assert!(tx.archive_subaddress(merchant, row.id, Some(till.scene.world.now())).await.unwrap());
    tx.commit().await.unwrap();
    till.scene.pay(&ann, "0.0000099").await;
    till.scene.pay(&ann, "0.02").await;
    till.deposit("bob", "0.009").await;
    till.mine(2).await;
    till.mine(2).await;
    let rows = till.collections().await;
    assert_eq!((rows.len(), rows[0].amount.decimal(DECIMALS)), (1, "0.02".to_owned()));
    let mut statuses = till.statuses().await;
    statuses.sort_unstable();
    assert_eq!(statuses, ["collected", "confirmed", "confirmed"]);
    // A little more, and bob's counts.
    till.deposit("bob", "0.001").await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final", "final"]);
    assert_eq!(till.collections().await[1].amount, minimum);
}

#[tokio::test]
async fn the_collection_address_is_no_subaddress_of_ours_and_of_this_network() {
    let till = Till::begin().await;
    let ours = till.scene.address("ann").await;
    let owner = &till.scene.shop.owner;
    let permit = owner.permit(Action::CollectionAddressBegin).await;
    let services = &owner.services;
    for (address, code) in [
        (ours.as_str(), FieldCode::OwnAddress),
        (ours.to_uppercase().as_str(), FieldCode::OwnAddress),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", FieldCode::NotAnAddress),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", FieldCode::NotAnAddress),
    ] {
        let refused = refusal(services.begin_collection_address(&permit, CHAIN, address).await);
        assert_eq!(refused, Problem::field(Field::CollectionAddress, code), "{address}");
    }
    let other = address_of(&till.scene.chain, KEYS[1]).await;
    services.begin_collection_address(&permit, CHAIN, &other).await.unwrap();
}
