//! Collections on a real node of an Ethereum-type chain.

use super::{
    deposits,
    evm::{CHAIN, COIN, MAX_REORG, ONE, Scene, ask, hex},
    flow::{collects_to, key_is_known},
};
use crate::support::{World, refusal};
use aio_chain::ChainRead;
use aio_domain::{Action, Amount, Field, FieldCode, MerchantId, OutgoingKind, Problem};
use aio_service::{SendProgress, Sender, WatchError};
use aio_store::{AttemptRow, CollectionRow, OutgoingRow};
use serde_json::json;

/// The merchant's own address, and another one.
pub const SAFE: &str = "0x7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e7e";
pub const OTHER_SAFE: &str = "0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f";

/// A shop whose money is collected by a gas address with coins.
pub struct Till {
    pub scene: Scene,
    pub sender: Sender,
    pub gas: String,
}

impl Till {
    pub async fn begin() -> Self {
        Self::begin_on(World::sqlite().await).await
    }

    pub async fn begin_on(world: World) -> Self {
        let scene = Scene::begin_on(world).await;
        collects_to(&scene.world, scene.shop.caller.merchant, (CHAIN, SAFE), 50, 0).await;
        let sender = scene.world.services.sender(CHAIN, "one").unwrap();
        let gas = scene.world.services.gas_addresses(&scene.shop.caller).await.unwrap();
        let till = Self { scene, sender, gas: gas[0].row.address.clone() };
        till.fund(ONE).await;
        till
    }

    pub async fn prepared() -> Self {
        Self::prepared_on(World::sqlite().await).await
    }

    /// The same with the sweeper in place.
    pub async fn prepared_on(world: World) -> Self {
        let mut till = Self::begin_on(world).await;
        till.pay("the first one", "PLAIN", 1).await;
        till.mine(2).await;
        till.mine(1).await;
        till.wait().await;
        till.mine(u64::from(MAX_REORG) * 2).await;
        assert_eq!(till.told().await, ["final"]);
        till
    }

    pub const fn merchant(&self) -> MerchantId {
        self.scene.shop.caller.merchant
    }

    /// The gas address has so much.
    pub async fn fund(&self, amount: u64) {
        let set = json!([self.gas, hex(amount)]);
        ask(&self.scene.chain, "anvil_setBalance", set).await;
    }

    /// Reads and sends until there is nothing more to do.
    pub async fn settle(&mut self) {
        for _ in 0..50 {
            self.scene.catch_up().await;
            if self.sender.step().await.unwrap() == SendProgress::Done(0) {
                return;
            }
        }
        panic!("the sender does not come to an end");
    }

    /// What was refused is asked for again after a minute.
    pub async fn wait(&mut self) {
        self.scene.world.clock.advance(60_000);
        self.settle().await;
    }

    pub async fn mine(&mut self, blocks: u64) {
        self.scene.mine(blocks).await;
        self.settle().await;
    }

    /// A customer pays; it waits to be mined.
    pub async fn pay(&self, customer: &str, ticker: &str, amount: u64) -> String {
        // Ids of one instant have no order.
        self.scene.world.clock.advance(1);
        let to = self.scene.address(customer).await;
        if ticker == COIN {
            self.scene.pay(&to, amount).await
        } else {
            self.scene.pay_token(ticker, &to, amount).await
        }
    }

    pub async fn statuses(&self) -> Vec<&'static str> {
        let rows = deposits(&self.scene.world, self.merchant(), CHAIN).await;
        rows.iter().map(|row| row.status.as_str()).collect()
    }

    /// All collections, the oldest first.
    pub async fn collections(&self) -> Vec<CollectionRow> {
        let mut rows =
            self.scene.world.store.collections(self.merchant(), None, 100).await.unwrap();
        rows.reverse();
        rows
    }

    pub async fn told(&self) -> Vec<&'static str> {
        self.collections().await.iter().map(|row| row.status.as_str()).collect()
    }

    /// The signed forms of the newest collection.
    pub async fn attempts(&self) -> Vec<AttemptRow> {
        let newest = self.collections().await.pop().unwrap();
        self.scene.world.store.attempts(newest.outgoing).await.unwrap()
    }

    pub async fn outgoing(&self, row: &CollectionRow) -> OutgoingRow {
        self.scene.world.store.outgoing(self.merchant(), row.outgoing).await.unwrap().unwrap()
    }

    /// Why a token is not collected.
    pub async fn waiting(&self, ticker: &str) -> Option<String> {
        let store = &self.scene.world.store;
        store.collection_token(self.merchant(), CHAIN, ticker).await.unwrap()?.waiting
    }

    pub async fn holds(&self, address: &str, ticker: &str) -> Amount {
        self.scene.chain.balance(address, ticker).await.unwrap()
    }

    /// The ledger says of each token what the chain says: what lies on the safe was collected, what lies on
    /// subaddresses was not, and what the gas address lacks was paid for fees.
    pub async fn books_match(&self, funded: u64) {
        let books = self.scene.books().await;
        let held = |account: &str, ticker: &str| {
            let line = books.iter().find(|line| line.starts_with(&format!("{account} {ticker} ")));
            let amount = line.map_or("0", |line| line.rsplit(' ').next().unwrap());
            amount.trim_start_matches('-').to_owned()
        };
        let rows = deposits(&self.scene.world, self.merchant(), CHAIN).await;
        let mut addresses: Vec<_> = rows.iter().map(|row| row.address.clone()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        for token in &self.scene.tokens {
            let ticker = &token.ticker;
            let safe = self.holds(SAFE, ticker).await;
            assert_eq!(held("collected", ticker), safe.to_string(), "{ticker} of {books:?}");
            let mut lies = Vec::new();
            for address in &addresses {
                lies.push(self.holds(address, ticker).await);
            }
            let lies = Amount::sum(lies).unwrap();
            assert_eq!(held("uncollected", ticker), lies.to_string(), "{ticker} of {books:?}");
        }
        let gas = self.holds(&self.gas, COIN).await;
        let paid = Amount::from(funded).checked_sub(gas).unwrap();
        assert_eq!(held("fees", COIN), paid.to_string(), "{books:?}");
    }
}

#[tokio::test]
async fn coins_and_tokens_are_seen_confirm_and_are_collected_by_the_sweeper_into_the_collection_address()
 {
    let mut till = Till::begin().await;
    till.pay("ann", COIN, ONE).await;
    till.pay("ann", "USDT", 7_000_000).await;
    till.pay("bob", "USDT", 5_000_000).await;
    till.pay("bob", "FEE", 1_000).await;
    till.mine(2).await;
    // The sweeper comes first, once for all tokens.
    assert_eq!(
        (till.told().await.len(), till.waiting("USDT").await),
        (0, Some("preparing".into()))
    );
    till.mine(1).await;
    till.wait().await;
    assert_eq!(till.told().await, ["broadcast"; 3]);
    assert_eq!(till.waiting("USDT").await, None);
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 3]);
    assert_eq!(till.statuses().await, ["collected"; 4]);
    till.books_match(ONE).await;
    let books = till.scene.books().await;
    for line in
        ["collected ETH 1000000000000000000", "collected USDT 12000000", "world USDT -12000000"]
    {
        assert!(books.contains(&line.to_owned()), "{line} of {books:?}");
    }
    // A token that keeps a tenth of each payment keeps one on the way to the safe as well.
    for line in ["collected FEE 810", "fees FEE 90", "world FEE -900"] {
        assert!(books.contains(&line.to_owned()), "{line} of {books:?}");
    }
    let mut numbers = Vec::new();
    for row in till.collections().await {
        let row = till.outgoing(&row).await;
        assert_eq!(row.kind, OutgoingKind::Collect);
        numbers.push(row.number.unwrap());
    }
    // Made in one instant, they have no order but their numbers.
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3]);
    // A late payment to the same address goes without naming the code again.
    till.pay("ann", "USDT", 1_000_000).await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 4]);
    assert_eq!(till.attempts().await[0].bytes[0], 2);
    till.books_match(ONE).await;
}

#[tokio::test]
async fn a_reorganisation_after_the_collection_ends_with_books_that_match_the_chain() {
    let mut till = Till::prepared().await;
    till.pay("ann", COIN, ONE).await;
    till.pay("bob", "USDT", 5_000_000).await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 3]);
    till.books_match(ONE).await;
    let bytes = till.attempts().await[0].bytes.clone();
    // The collections are undone, the deposits are not.
    till.scene.reorganise(2).await;
    till.scene.catch_up().await;
    assert_eq!(till.told().await, ["final", "broadcast", "broadcast"]);
    assert_eq!(till.statuses().await, ["collected", "confirmed", "confirmed"]);
    till.books_match(ONE).await;
    // The same bytes again, on the new chain.
    till.settle().await;
    till.mine(2).await;
    assert_eq!(
        (till.told().await, till.statuses().await),
        (vec!["final"; 3], vec!["collected"; 3])
    );
    let attempts = till.attempts().await;
    assert_eq!((attempts.len(), &attempts[0].bytes), (1, &bytes));
    till.books_match(ONE).await;
}

#[tokio::test]
async fn what_a_token_keeps_on_the_way_is_booked_and_undone_with_the_collection() {
    let mut till = Till::prepared().await;
    till.pay("ann", "FEE", 1_000).await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 2]);
    assert_eq!(till.collections().await[1].kept, Some(Amount::from(90_u64)));
    till.books_match(ONE).await;
    till.scene.reorganise(2).await;
    till.scene.catch_up().await;
    assert_eq!(till.told().await, ["final", "broadcast"]);
    assert_eq!(till.collections().await[1].kept, None);
    till.books_match(ONE).await;
    till.settle().await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 2]);
    assert_eq!(till.collections().await[1].kept, Some(Amount::from(90_u64)));
    till.books_match(ONE).await;
}

#[tokio::test]
async fn a_reorganisation_below_the_deposit_undoes_the_collection_too_and_both_come_again() {
    let mut till = Till::prepared().await;
    let paid = till.pay("ann", COIN, ONE).await;
    till.scene.mine(1).await;
    let paid = till.scene.bytes(&paid).await;
    till.mine(1).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final", "final"]);
    till.scene.reorganise(4).await;
    till.scene.watcher.step().await.unwrap();
    assert_eq!(till.told().await, ["final", "broadcast"]);
    assert_eq!(till.statuses().await, ["collected", "reversed"]);
    till.books_match(ONE).await;
    // The customer's wallet sends its payment again, in a block before the collection's.
    till.scene.send_again(&paid).await;
    till.scene.mine(1).await;
    till.settle().await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(
        (till.told().await, till.statuses().await),
        (vec!["final"; 2], vec!["collected"; 2])
    );
    till.books_match(ONE).await;
    assert_eq!(till.holds(SAFE, COIN).await, Amount::from(ONE));
}

#[tokio::test]
async fn a_collection_that_is_mined_before_its_deposit_came_again_moves_nothing_and_is_made_anew() {
    let mut till = Till::prepared().await;
    let paid = till.pay("ann", COIN, ONE).await;
    till.scene.mine(1).await;
    let paid = till.scene.bytes(&paid).await;
    till.mine(1).await;
    till.mine(2).await;
    till.scene.reorganise(4).await;
    // The collection's bytes are sent first, and find nothing.
    till.settle().await;
    till.mine(1).await;
    till.scene.send_again(&paid).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final", "mined"]);
    till.books_match(ONE).await;
    // No reorganisation that is followed can make it move anything: then the deposit is collected by another one.
    till.mine(u64::from(MAX_REORG)).await;
    till.mine(2).await;
    let mut told = till.told().await;
    told.sort_unstable();
    assert_eq!(told, ["failed", "final", "final"]);
    assert_eq!(till.statuses().await, ["collected"; 2]);
    till.books_match(ONE).await;
}

#[tokio::test]
async fn a_fee_is_raised_after_half_an_hour_with_the_same_number_and_one_of_both_is_mined() {
    let mut till = Till::prepared().await;
    till.pay("ann", "USDT", 5_000_000).await;
    till.mine(2).await;
    let first = till.attempts().await.remove(0);
    till.scene.world.clock.advance(30 * 60_000);
    till.settle().await;
    let attempts = till.attempts().await;
    assert_eq!(attempts.len(), 2);
    assert!(attempts[1].max_fee > first.max_fee);
    till.mine(2).await;
    let row = till.collections().await.pop().unwrap();
    assert_eq!((row.status.as_str(), row.tx), ("final", Some(attempts[1].tx.clone())));
    till.books_match(ONE).await;
}

#[tokio::test]
async fn bytes_that_the_node_lost_are_sent_again_and_a_clock_that_jumps_makes_no_second_payment() {
    let mut till = Till::prepared().await;
    till.pay("ann", COIN, ONE).await;
    till.mine(2).await;
    let tx = till.attempts().await[0].tx.clone();
    for jump in [60_000, -86_400_000, 3_600_000, 40 * 86_400_000, -86_400_000] {
        ask(&till.scene.chain, "anvil_dropTransaction", json!([tx])).await;
        till.scene.world.clock.advance(jump);
        // A lease of the future ends no later than any other.
        till.settle().await;
        let there = ask(&till.scene.chain, "eth_getTransactionByHash", json!([tx])).await;
        let newest = till.attempts().await.pop().unwrap().tx;
        let newest = ask(&till.scene.chain, "eth_getTransactionByHash", json!([newest])).await;
        assert!(!there.is_null() || !newest.is_null(), "after {jump} ms nothing waits");
    }
    till.mine(2).await;
    assert_eq!(
        (till.told().await, till.statuses().await),
        (vec!["final"; 2], vec!["collected"; 2])
    );
    assert_eq!(till.holds(SAFE, COIN).await, Amount::from(ONE));
    till.books_match(ONE).await;
}

#[tokio::test]
async fn a_changed_collection_address_gets_a_sweeper_of_its_own_and_the_money_from_then_on() {
    let mut till = Till::prepared().await;
    till.pay("ann", "USDT", 5).await;
    till.mine(2).await;
    till.mine(2).await;
    collects_to(&till.scene.world, till.merchant(), (CHAIN, OTHER_SAFE), 50, 0).await;
    till.pay("ann", "USDT", 6).await;
    till.mine(2).await;
    assert_eq!(till.waiting("USDT").await, Some("preparing".into()));
    till.mine(1).await;
    till.wait().await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 3]);
    let held = (till.holds(SAFE, "USDT").await, till.holds(OTHER_SAFE, "USDT").await);
    assert_eq!(held, (Amount::from(5_u64), Amount::from(6_u64)));
}

#[tokio::test]
async fn a_key_that_is_known_makes_no_second_transaction() {
    let mut till = Till::prepared().await;
    till.pay("ann", COIN, ONE).await;
    till.mine(2).await;
    let rows = till.collections().await;
    key_is_known(&till.scene.world, till.merchant(), rows[1].outgoing).await;
    till.settle().await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 2]);
    assert_eq!(till.holds(SAFE, COIN).await, Amount::from(ONE));
}

#[tokio::test]
async fn the_collection_address_is_of_this_kind_of_chain_and_somebody_owns_it() {
    let till = Till::begin().await;
    let ours = till.scene.address("ann").await;
    let owner = &till.scene.shop.owner;
    let permit = owner.permit(Action::CollectionAddressBegin).await;
    let services = &owner.services;
    let usdt = till.scene.contract("USDT");
    for (address, code) in [
        (ours.as_str(), FieldCode::OwnAddress),
        (till.gas.as_str(), FieldCode::OwnAddress),
        (usdt.as_str(), FieldCode::NoOwner),
        ("0x0000000000000000000000000000000000000004", FieldCode::NoOwner),
        ("0x9858EfFD232B4033E47d90003D41EC34EcaEda95", FieldCode::NotAnAddress),
        ("bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx", FieldCode::NotAnAddress),
        ("TNPeeaaFB7K9cmo4uQpcU32zGK8G1NYqeL", FieldCode::NotAnAddress),
    ] {
        let refused = refusal(services.begin_collection_address(&permit, CHAIN, address).await);
        assert_eq!(refused, Problem::field(Field::CollectionAddress, code), "{address}");
    }
    services.begin_collection_address(&permit, CHAIN, OTHER_SAFE).await.unwrap();
}

/// Two servers at once, each of which believes that it is its turn.
async fn two_at_once(mut till: Till) -> Till {
    let other = till.scene.world.another_server().await;
    let (mut watcher, mut sender) =
        (other.watcher(CHAIN, "two").unwrap(), other.sender(CHAIN, "two").unwrap());
    for n in 1..=4 {
        till.pay(&format!("customer {n}"), "USDT", 1_000).await;
        till.scene.mine(2).await;
        for _ in 0..3 {
            // The lease ends.
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
        assert_eq!(till.collections().await.len(), n + 1);
    }
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 5]);
    assert_eq!(till.holds(SAFE, "USDT").await, Amount::from(4_000_u64));
    till.books_match(ONE).await;
    let mut numbers = Vec::new();
    for row in till.collections().await {
        numbers.push(till.outgoing(&row).await.number.unwrap());
    }
    // No gap and no twin; the first one put the sweeper there.
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    till
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_watchers_and_two_senders_on_one_database_pay_once() {
    Box::pin(two_at_once(Till::prepared().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_watchers_and_two_senders_on_one_postgres_database_pay_once() {
    if let Some(world) = World::postgres().await {
        let till = Box::pin(two_at_once(Till::prepared_on(world).await)).await;
        till.scene.world.drop_database().await;
    }
}
