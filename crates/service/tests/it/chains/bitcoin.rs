//! Deposits on a real Bitcoin node, in regtest mode.

use super::{Shop, deposits, shop};
use crate::support::World;
use aio_chain_bitcoin::{
    Addresses, Bitcoin, DECIMALS, FeeRules, Network, SeedSigner, Settings, TOKEN,
};
use aio_domain::{Amount, SecretText, deposit::Confirmations};
use aio_nodes::Knots;
use aio_service::{
    ChainPort, Coin, NodeFinding, OutgoingRules, Progress, TokenRules, WatchError, Watcher,
    check_node,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

pub const CHAIN: &str = "bitcoin";

/// The deepest reorganisation that is followed.
const MAX_REORG: u32 = 100;

/// How often, and how long between, something is asked for: half a minute at most.
const ASKED: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// A node, an installation that reads it, and a shop.
pub struct Scene {
    pub node: Knots,
    pub chain: Arc<Bitcoin>,
    pub world: World,
    pub shop: Shop,
    pub watcher: Watcher,
}

/// Asks a node that was just started.
pub async fn connected(node: &Knots) -> Arc<Bitcoin> {
    let chain = Arc::new(bitcoin_at(&node.url(), node.auth()));
    until("the node answers", async || chain.ask("getblockcount", json!([])).await.ok()).await;
    chain
}

/// A node somewhere.
pub fn bitcoin_at(url: &str, (user, password): (&str, &str)) -> Bitcoin {
    let settings = Settings {
        url: url.into(),
        user: user.into(),
        password: SecretText::new(password.into()),
        network: Network::Regtest,
        timeout: Duration::from_secs(20),
        fees: FeeRules::default(),
    };
    Bitcoin::new(&settings).unwrap()
}

/// The chain as the services are given it: two confirmations.
pub fn port(chain: &Arc<Bitcoin>, dust: u64, bump_after_ms: i64) -> ChainPort {
    ChainPort {
        id: CHAIN.into(),
        network: Network::Regtest.word().into(),
        read: chain.clone(),
        derive: Arc::new(Addresses::new(Network::Regtest)),
        signer: Arc::new(|seed| Ok(Arc::new(SeedSigner::new(seed.clone(), Network::Regtest)))),
        spend: chain.clone(),
        coin: Coin { ticker: TOKEN.into(), decimals: DECIMALS },
        outgoing: OutgoingRules {
            bump_after_ms,
            ..OutgoingRules::capped(Amount::from(100_000_u64))
        },
        tokens: vec![TokenRules {
            ticker: TOKEN.into(),
            decimals: DECIMALS,
            confirmations: Confirmations { least: 2, tiers: Vec::new() },
            dust: Amount::from(dust),
        }],
        max_reorg: MAX_REORG,
        explorer: None,
    }
}

impl Scene {
    pub async fn begin() -> Self {
        Self::with_dust(0).await
    }

    pub async fn with_dust(dust: u64) -> Self {
        let node = Knots::start().unwrap();
        let chain = connected(&node).await;
        ask(&chain, "createwallet", json!(["customer"])).await;
        mine(&chain, 130).await;
        let port = port(&chain, dust, 30 * 60_000);
        let world = World::sqlite().await.with_chains(vec![port]).await;
        let shop = shop(&world).await;
        let watcher = world.services.watcher(CHAIN, "one").unwrap();
        let mut scene = Self { node, chain, world, shop, watcher };
        scene.catch_up().await;
        scene
    }

    pub async fn catch_up(&mut self) {
        super::catch_up(&mut self.watcher).await;
    }

    pub async fn address(&self, customer: &str) -> String {
        self.shop.address(&self.world, CHAIN, customer).await.display
    }

    pub async fn pay(&self, to: &str, coins: &str) -> String {
        text(&ask(&self.chain, "sendtoaddress", json!([to, coins])).await)
    }

    /// Each deposit as `amount status`.
    async fn told(&self) -> BTreeSet<String> {
        let rows = deposits(&self.world, self.shop.caller.merchant, CHAIN).await;
        let told = |row: &aio_store::TransactionRow| {
            format!("{} {}", row.amount.decimal(DECIMALS), row.status.as_str())
        };
        rows.iter().map(told).collect()
    }

    async fn uncollected(&self) -> String {
        let balances = self.shop.balances(&self.world, CHAIN).await;
        balances.get("uncollected").cloned().unwrap_or_default()
    }

    /// The bytes of a transaction that takes what another one took, and gives it back.
    async fn rival(&self, tx: &str) -> String {
        let spent = ask(&self.chain, "gettransaction", json!([tx, true, true])).await;
        let taken = spent["decoded"]["vin"].as_array().unwrap();
        let taken: Vec<_> = taken
            .iter()
            .map(|input| json!({ "txid": input["txid"], "vout": input["vout"] }))
            .collect();
        let back = json!([taken, [{ elsewhere(&self.chain).await: "0.5" }]]);
        let draft = ask(&self.chain, "createrawtransaction", back).await;
        let signed = ask(&self.chain, "signrawtransactionwithwallet", json!([draft])).await;
        text(&signed["hex"])
    }

    /// Takes the newest blocks back and puts as many empty ones and one more in their place.
    pub async fn reorganise(&self, blocks: u64) {
        let tip = ask(&self.chain, "getblockcount", json!([])).await.as_u64().unwrap();
        let first = ask(&self.chain, "getblockhash", json!([tip - blocks + 1])).await;
        ask(&self.chain, "invalidateblock", json!([first])).await;
        let to = elsewhere(&self.chain).await;
        for _ in 0..=blocks {
            ask(&self.chain, "generateblock", json!([to, []])).await;
        }
    }
}

pub async fn ask(chain: &Bitcoin, method: &str, params: Value) -> Value {
    match chain.ask(method, params).await {
        Ok(answer) => answer,
        Err(error) => panic!("{method}: {error}"),
    }
}

pub async fn elsewhere(chain: &Bitcoin) -> String {
    text(&ask(chain, "getnewaddress", json!(["", "bech32"])).await)
}

pub async fn mine(chain: &Bitcoin, blocks: u32) {
    let to = elsewhere(chain).await;
    ask(chain, "generatetoaddress", json!([blocks, to])).await;
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn set<const N: usize>(told: [&str; N]) -> BTreeSet<String> {
    told.map(str::to_owned).into()
}

pub async fn until<T>(what: &str, asked: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..ASKED {
        if let Some(found) = asked().await {
            return found;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("still not: {what}")
}

#[tokio::test]
async fn a_payment_has_no_confirmation_then_one_then_counts_and_a_late_one_to_the_same_address_too()
{
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, "0.5").await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["0.5 detected"]));
    mine(&scene.chain, 1).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["0.5 confirming"]));
    assert_eq!(scene.uncollected().await, "");
    mine(&scene.chain, 1).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["0.5 confirmed"]));
    mine(&scene.chain, 30).await;
    scene.pay(&to, "0.25").await;
    scene.pay(&to, "0.00001").await;
    mine(&scene.chain, 2).await;
    scene.catch_up().await;
    let told = scene.told().await;
    assert_eq!(told, set(["0.00001 confirmed", "0.25 confirmed", "0.5 confirmed"]));
    assert_eq!(scene.uncollected().await, "75001000");
}

#[tokio::test]
async fn two_payments_in_one_transaction_to_two_customers_are_two_deposits() {
    let mut scene = Scene::begin().await;
    let (ann, bob) = (scene.address("ann").await, scene.address("bob").await);
    ask(&scene.chain, "sendmany", json!(["", { ann: "1", bob: "2" }])).await;
    mine(&scene.chain, 2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1 confirmed", "2 confirmed"]));
    let rows = deposits(&scene.world, scene.shop.caller.merchant, CHAIN).await;
    assert_eq!(rows[0].tx, rows[1].tx);
    assert_ne!(rows[0].place, rows[1].place);
}

#[tokio::test]
async fn a_reorganisation_before_and_one_after_it_counts_take_a_deposit_back_and_it_comes_again() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, "1.5").await;
    mine(&scene.chain, 1).await;
    scene.catch_up().await;
    scene.reorganise(1).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::Rewound { blocks: 1 });
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1.5 orphaned"]));
    mine(&scene.chain, 3).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1.5 confirmed"]));
    assert_eq!(scene.uncollected().await, "150000000");
    scene.reorganise(3).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1.5 reversed"]));
    assert_eq!(scene.uncollected().await, "");
    mine(&scene.chain, 2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1.5 confirmed"]));
    assert_eq!(scene.uncollected().await, "150000000");
}

#[tokio::test]
async fn a_payment_whose_fee_is_raised_is_replaced_by_the_one_that_is_mined() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let first = scene.pay(&to, "1").await;
    scene.catch_up().await;
    let bumped = ask(&scene.chain, "bumpfee", json!([first])).await;
    scene.catch_up().await;
    mine(&scene.chain, 2).await;
    scene.catch_up().await;
    let rows = deposits(&scene.world, scene.shop.caller.merchant, CHAIN).await;
    let status = |tx: &str| rows.iter().find(|row| row.tx == tx).unwrap().status.as_str();
    // The node forgot the first one when it took the second.
    assert!(["dropped", "replaced"].contains(&status(&first)), "{}", status(&first));
    assert_eq!(status(&text(&bumped["txid"])), "confirmed");
    assert_eq!(scene.uncollected().await, "100000000");
}

#[tokio::test]
async fn a_payment_that_counted_and_was_spent_otherwise_in_the_new_chain_is_taken_back_for_good() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let paid = scene.pay(&to, "1").await;
    mine(&scene.chain, 2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["1 confirmed"]));
    // What it took goes back to the customer, in the new chain's first block.
    let tip = ask(&scene.chain, "getblockcount", json!([])).await.as_u64().unwrap();
    let first = ask(&scene.chain, "getblockhash", json!([tip - 1])).await;
    ask(&scene.chain, "invalidateblock", json!([first])).await;
    let rival = scene.rival(&paid).await;
    let miner = elsewhere(&scene.chain).await;
    ask(&scene.chain, "generateblock", json!([miner, [rival]])).await;
    mine(&scene.chain, 2).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::Rewound { blocks: 2 });
    assert_eq!(
        (scene.told().await, scene.uncollected().await),
        (set(["1 reversed"]), String::new())
    );
    scene.catch_up().await;
    assert_eq!(
        (scene.told().await, scene.uncollected().await),
        (set(["1 replaced"]), String::new())
    );
}

#[tokio::test]
async fn a_node_that_has_another_history_stands_still_and_its_books_stay_as_they_were() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, "1").await;
    mine(&scene.chain, 2 + MAX_REORG).await;
    scene.catch_up().await;
    assert_eq!(scene.uncollected().await, "100000000");
    // All kept blocks are others now, and the deposit is below them.
    scene.reorganise(u64::from(MAX_REORG) + 1).await;
    let mut sender = scene.world.services.sender(CHAIN, "one").unwrap();
    for _ in 0..2 {
        let halted = scene.watcher.step().await.unwrap();
        assert!(matches!(halted, Progress::Halted { .. }), "{halted:?}");
        assert_eq!(sender.step().await.unwrap(), aio_service::SendProgress::Halted);
        mine(&scene.chain, 1).await;
    }
    let now = (scene.told().await, scene.uncollected().await);
    assert_eq!(now, (set(["1 confirmed"]), "100000000".into()));
    assert!(scene.world.store.chain(CHAIN).await.unwrap().unwrap().halted.is_some());
}

#[tokio::test]
async fn a_node_that_is_killed_is_waited_for_and_nothing_is_lost() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, "3").await;
    mine(&scene.chain, 2).await;
    // Writes what it has to the disk.
    ask(&scene.chain, "gettxoutsetinfo", json!([])).await;
    scene.node.kill().unwrap();
    assert!(matches!(scene.watcher.step().await, Err(WatchError::Node(_))));
    scene.node.restart().unwrap();
    let chain = scene.chain.clone();
    until("the node answers", async || chain.ask("getblockcount", json!([])).await.ok()).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["3 confirmed"]));
}

#[tokio::test]
async fn a_node_that_refuses_the_password_is_told_from_one_that_is_away() {
    let mut scene = Scene::begin().await;
    let store = scene.world.store.clone();
    let (url, user) = (scene.node.url(), scene.node.auth().0);
    let wrong = Arc::new(bitcoin_at(&url, (user, "another one")));
    let finding = check_node(&store, &port(&wrong, 0, 0)).await;
    let NodeFinding::Refused(why) = &finding else { panic!("{finding:?}") };
    assert!(why.contains("refused the password"), "{why}");
    scene.node.kill().unwrap();
    let finding = check_node(&store, &port(&wrong, 0, 0)).await;
    assert!(matches!(finding, NodeFinding::Silent(_)), "{finding:?}");
}

#[tokio::test]
async fn two_watchers_at_once_count_a_payment_once() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let other = scene.world.another_server().await;
    let mut second = other.watcher(CHAIN, "two").unwrap();
    for _ in 0..6 {
        scene.pay(&to, "0.1").await;
        mine(&scene.chain, 1).await;
        // The lease of whoever has it ends, so that both believe it is their turn.
        scene.world.clock.advance(31_000);
        let (one, two) = tokio::join!(scene.watcher.step(), second.step());
        for done in [one, two] {
            assert!(matches!(done, Ok(_) | Err(WatchError::Overtaken)), "{done:?}");
        }
    }
    mine(&scene.chain, 2).await;
    scene.world.clock.advance(31_000);
    scene.catch_up().await;
    assert_eq!(scene.uncollected().await, "60000000");
}
