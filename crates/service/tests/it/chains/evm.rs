//! Deposits on a real node of an Ethereum-type chain: coins and tokens, confirmations, reorganisations, restarts.

use super::{Shop, deposits, shop};
use crate::support::World;
use aio_chain_evm::{Addresses, Evm, FeeRules, SeedSigner, Settings, Token};
use aio_domain::{Amount, SecretText, deposit::Confirmations};
use aio_nodes::Anvil;
use aio_service::{ChainPort, Coin, OutgoingRules, Progress, TokenRules, WatchError, Watcher};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

pub const CHAIN: &str = "evm";
pub const COIN: &str = "ETH";
const CHAIN_ID: u64 = 31_337;

/// A coin in its smallest units.
pub const ONE: u64 = 1_000_000_000_000_000_000;

/// The deepest reorganisation that is followed.
pub const MAX_REORG: u32 = 12;

/// How often, and how long between, something is asked for: half a minute at most.
const ASKED: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// A node with tokens, an installation that reads it, and a shop.
pub struct Scene {
    pub node: Anvil,
    pub chain: Arc<Evm>,
    pub tokens: Vec<Token>,
    /// A customer with coins, for whom the node signs.
    pub customer: String,
    pub world: World,
    pub shop: Shop,
    pub watcher: Watcher,
}

/// Asks a node that was just started, without tokens.
pub async fn connected(node: &Anvil) -> Arc<Evm> {
    let chain = Arc::new(evm_at(&node.url(), &[]));
    until("the node answers", async || chain.ask("eth_chainId", json!([])).await.ok()).await;
    chain
}

/// A node somewhere.
pub fn evm_at(url: &str, tokens: &[Token]) -> Evm {
    Evm::new(&settings(url, tokens)).unwrap()
}

fn settings(url: &str, tokens: &[Token]) -> Settings {
    Settings {
        url: url.into(),
        user: String::new(),
        password: SecretText::new(String::new()),
        chain_id: CHAIN_ID,
        tokens: tokens.to_vec(),
        traces: true,
        timeout: Duration::from_mins(1),
        fees: FeeRules::default(),
    }
}

pub fn token(ticker: &str, contract: Option<String>, decimals: u8) -> Token {
    Token { ticker: ticker.into(), contract, decimals }
}

/// The chain as the services are given it: two confirmations.
pub fn port(chain: &Arc<Evm>, tokens: &[Token], bump_after_ms: i64) -> ChainPort {
    let rules = tokens.iter().map(|token| TokenRules {
        ticker: token.ticker.clone(),
        decimals: token.decimals,
        confirmations: Confirmations { least: 2, tiers: Vec::new() },
        dust: Amount::ZERO,
    });
    ChainPort {
        id: CHAIN.into(),
        network: CHAIN_ID.to_string(),
        read: chain.clone(),
        derive: Arc::new(Addresses::new(CHAIN_ID, tokens).unwrap()),
        signer: Arc::new(|seed| Ok(Arc::new(SeedSigner::new(seed.clone(), CHAIN_ID)))),
        spend: chain.clone(),
        coin: Coin { ticker: COIN.into(), decimals: 18 },
        outgoing: OutgoingRules {
            bump_after_ms,
            needs_gas: true,
            low_balance: Amount::from(ONE / 100),
            ..OutgoingRules::capped(Amount::from(ONE / 10))
        },
        tokens: rules.collect(),
        max_reorg: MAX_REORG,
        explorer: None,
    }
}

/// Puts a contract of the adapter's tests on the chain.
pub async fn deploy(chain: &Evm, name: &str) -> String {
    let artefact = include_str!("../../../../chain-evm/tests/contracts/Tokens.json");
    let artefact: Value = serde_json::from_str(artefact).unwrap();
    let code = &artefact["contracts"][name]["bytecode"];
    let from = account(chain, 0).await;
    let tx = ask(chain, "eth_sendTransaction", json!([{ "from": from, "data": code }])).await;
    mine(chain, 1).await;
    text(&ask(chain, "eth_getTransactionReceipt", json!([tx])).await["contractAddress"])
}

/// One of the accounts that the node signs for.
pub async fn account(chain: &Evm, n: usize) -> String {
    text(&ask(chain, "eth_accounts", json!([])).await[n])
}

/// The usual tokens: coins, one that answers nothing and has 6 decimals, one that keeps a tenth of each payment.
pub async fn usual_tokens(chain: &Evm) -> Vec<Token> {
    vec![
        token(COIN, None, 18),
        token("USDT", Some(deploy(chain, "SilentToken").await), 6),
        token("FEE", Some(deploy(chain, "FeeToken").await), 18),
        token("PLAIN", Some(deploy(chain, "PlainToken").await), 18),
    ]
}

impl Scene {
    pub async fn begin() -> Self {
        Self::begin_on(World::sqlite().await).await
    }

    pub async fn begin_on(world: World) -> Self {
        let node = Anvil::start().unwrap();
        let first = connected(&node).await;
        let tokens = usual_tokens(&first).await;
        // So many blocks that no reorganisation here reaches the contracts.
        mine(&first, u64::from(MAX_REORG) * 2).await;
        let customer = account(&first, 0).await;
        let chain = Arc::new(evm_at(&node.url(), &tokens));
        let world = world.with_chains(vec![port(&chain, &tokens, 30 * 60_000)]).await;
        let shop = shop(&world).await;
        let watcher = world.services.watcher(CHAIN, "one").unwrap();
        let mut scene = Self { node, chain, tokens, customer, world, shop, watcher };
        scene.catch_up().await;
        scene
    }

    pub async fn catch_up(&mut self) {
        super::catch_up(&mut self.watcher).await;
    }

    pub async fn mine(&self, blocks: u64) {
        mine(&self.chain, blocks).await;
    }

    /// The newest blocks turn into as many empty ones. This node forgets what was in them.
    pub async fn reorganise(&self, blocks: u64) {
        ask(&self.chain, "anvil_reorg", json!([blocks, []])).await;
    }

    pub async fn address(&self, customer: &str) -> String {
        self.shop.address(&self.world, CHAIN, customer).await.row.address
    }

    /// The customer sends a transaction; it waits.
    pub async fn send(&self, mut tx: Value) -> String {
        if tx.get("from").is_none() {
            tx["from"] = json!(self.customer);
        }
        text(&ask(&self.chain, "eth_sendTransaction", json!([tx])).await)
    }

    /// The customer pays coins, with gas for an address that has code by then.
    pub async fn pay(&self, to: &str, amount: u64) -> String {
        self.send(json!({ "to": to, "value": hex(amount), "gas": hex(40_000) })).await
    }

    pub fn contract(&self, ticker: &str) -> String {
        let token = self.tokens.iter().find(|token| token.ticker == ticker).unwrap();
        token.contract.clone().unwrap()
    }

    /// The customer calls a contract.
    pub async fn call(&self, contract: &str, what: &str, words: &[&str]) -> String {
        call(&self.chain, (&self.customer, contract), what, words).await
    }

    /// Somebody mints tokens to the customer, who pays them on. Both wait.
    pub async fn pay_token(&self, ticker: &str, to: &str, amount: u64) -> String {
        let (contract, amount) = (self.contract(ticker), hex(amount));
        self.call(&contract, "mint(address,uint256)", &[&self.customer, &amount]).await;
        self.call(&contract, "transfer(address,uint256)", &[to, &amount]).await
    }

    /// The bytes of a transaction, to be sent again after a reorganisation.
    pub async fn bytes(&self, tx: &str) -> String {
        text(&ask(&self.chain, "eth_getRawTransactionByHash", json!([tx])).await)
    }

    pub async fn send_again(&self, bytes: &str) {
        ask(&self.chain, "eth_sendRawTransaction", json!([bytes])).await;
    }

    /// Each deposit as `amount token status`.
    pub async fn told(&self) -> BTreeSet<String> {
        let rows = deposits(&self.world, self.shop.caller.merchant, CHAIN).await;
        let told = |row: &aio_store::TransactionRow| {
            format!("{} {} {}", row.amount, row.token, row.status.as_str())
        };
        rows.iter().map(told).collect()
    }

    pub async fn books(&self) -> Vec<String> {
        super::flow::books(&self.world, self.shop.caller.merchant, CHAIN).await
    }
}

/// Calls a contract, with each word as a number in hexadecimal digits.
pub async fn call(
    chain: &Evm,
    (from, contract): (&str, &str),
    what: &str,
    words: &[&str],
) -> String {
    let data = call_data(chain, what, words).await;
    // Enough for each, so that the node need not try it out before what it hangs on is mined.
    let tx = json!({ "from": from, "to": contract, "data": data, "gas": hex(1_000_000) });
    text(&ask(chain, "eth_sendTransaction", json!([tx])).await)
}

/// What a contract is called with.
async fn call_data(chain: &Evm, what: &str, words: &[&str]) -> String {
    let name = format!("0x{}", crate::support::hex(what.as_bytes()));
    let hash = text(&ask(chain, "web3_sha3", json!([name])).await);
    let words = words.iter().map(|word| format!("{:0>64}", word.trim_start_matches("0x")));
    hash[..10].to_owned() + &words.collect::<Vec<_>>().concat()
}

pub async fn ask(chain: &Evm, method: &str, params: Value) -> Value {
    match chain.ask(method, params).await {
        Ok(answer) => answer,
        Err(error) => panic!("{method}: {error}"),
    }
}

pub async fn mine(chain: &Evm, blocks: u64) {
    ask(chain, "anvil_mine", json!([hex(blocks)])).await;
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn hex(number: u64) -> String {
    format!("{number:#x}")
}

pub fn set<const N: usize>(told: [&str; N]) -> BTreeSet<String> {
    told.map(str::to_owned).into()
}

async fn until<T>(what: &str, asked: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..ASKED {
        if let Some(found) = asked().await {
            return found;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("still not: {what}")
}

#[tokio::test]
async fn coins_and_tokens_have_no_confirmation_then_one_then_count_and_a_late_payment_too() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, 500).await;
    scene.pay_token("USDT", &to, 7_000_000).await;
    scene.catch_up().await;
    // The place of a token's payment is not known before its block.
    assert_eq!(scene.told().await, set(["500 ETH detected"]));
    scene.mine(1).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH confirming", "7000000 USDT confirming"]));
    assert_eq!(scene.books().await, [""; 0]);
    scene.mine(1).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH confirmed", "7000000 USDT confirmed"]));
    scene.mine(40).await;
    scene.pay(&to, 25).await;
    scene.pay(&to, 26).await;
    scene.mine(2).await;
    scene.catch_up().await;
    assert_eq!(
        scene.books().await,
        [
            "uncollected ETH 551",
            "uncollected USDT 7000000",
            "world ETH -551",
            "world USDT -7000000"
        ]
    );
}

#[tokio::test]
async fn two_payments_in_one_transaction_and_coins_that_a_contract_sends_are_deposits_of_their_own()
{
    let mut scene = Scene::begin().await;
    let (ann, bob) = (scene.address("ann").await, scene.address("bob").await);
    let plain = scene.contract("PLAIN");
    scene.call(&plain, "mint(address,uint256)", &[&scene.customer, "64"]).await;
    scene.call(&plain, "transferTwice(address,address,uint256)", &[&ann, &bob, "a"]).await;
    let forwarder = deploy(&scene.chain, "Forwarder").await;
    let data = call_data(&scene.chain, "byTransfer(address)", &[&ann]).await;
    let tx = json!({ "to": forwarder, "data": data, "value": "0x9", "gas": hex(200_000) });
    scene.send(tx).await;
    scene.mine(2).await;
    scene.catch_up().await;
    let rows = deposits(&scene.world, scene.shop.caller.merchant, CHAIN).await;
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| (row.place.clone(), format!("{} {}", row.amount, row.status.as_str())))
        .collect();
    rows.sort_unstable();
    let wanted = [("call:0", "9 confirmed"), ("log:0", "10 confirmed"), ("log:1", "10 confirmed")];
    assert_eq!(rows, wanted.map(|(place, told)| (place.to_owned(), told.to_owned())));
}

#[tokio::test]
async fn a_token_that_keeps_a_part_is_booked_with_what_really_arrived() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay_token("FEE", &to, 1000).await;
    scene.mine(2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["900 FEE confirmed"]));
    assert_eq!(scene.books().await, ["uncollected FEE 900", "world FEE -900"]);
}

#[tokio::test]
async fn a_reorganisation_before_and_one_after_it_counts_take_a_deposit_back_and_it_comes_again() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let tx = scene.pay(&to, 500).await;
    scene.mine(1).await;
    let bytes = scene.bytes(&tx).await;
    scene.catch_up().await;
    scene.reorganise(1).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::Rewound { blocks: 1 });
    assert_eq!(scene.told().await, set(["500 ETH orphaned"]));
    scene.catch_up().await;
    // This node forgets what it undoes.
    assert_eq!(scene.told().await, set(["500 ETH dropped"]));
    scene.send_again(&bytes).await;
    scene.mine(3).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH confirmed"]));
    assert_eq!(scene.books().await, ["uncollected ETH 500", "world ETH -500"]);
    scene.reorganise(3).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::Rewound { blocks: 3 });
    assert_eq!(scene.told().await, set(["500 ETH reversed"]));
    scene.catch_up().await;
    assert_eq!(scene.books().await, [""; 0]);
    scene.send_again(&bytes).await;
    scene.mine(2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH confirmed"]));
    assert_eq!(scene.books().await, ["uncollected ETH 500", "world ETH -500"]);
}

#[tokio::test]
async fn a_payment_that_counted_and_was_spent_otherwise_in_the_new_chain_is_taken_back_for_good() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let number = ask(&scene.chain, "eth_getTransactionCount", json!([scene.customer, "latest"]));
    let number = number.await;
    scene.pay(&to, 500).await;
    scene.mine(2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH confirmed"]));
    let fee = hex(50_000_000_000);
    let rival = json!({
        "from": scene.customer, "to": account(&scene.chain, 1).await, "value": "0x1", "nonce": number,
        "gas": "0x5208", "maxFeePerGas": fee, "maxPriorityFeePerGas": fee,
    });
    ask(&scene.chain, "anvil_reorg", json!([2, [[rival, 0]]])).await;
    scene.catch_up().await;
    assert_eq!(scene.books().await, [""; 0]);
    scene.mine(u64::from(MAX_REORG) + 2).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH replaced"]));
    assert_eq!(scene.books().await, [""; 0]);
}

#[tokio::test]
async fn a_waiting_payment_is_replaced_by_the_one_with_its_number_that_is_mined() {
    let mut scene = Scene::begin().await;
    let (ann, bob) = (scene.address("ann").await, scene.address("bob").await);
    let first = scene.pay(&ann, 500).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["500 ETH detected"]));
    let waits = ask(&scene.chain, "eth_getTransactionByHash", json!([first])).await;
    let fee = hex(50_000_000_000);
    let rival = json!({
        "to": bob, "value": hex(400), "nonce": waits["nonce"], "maxFeePerGas": fee,
        "maxPriorityFeePerGas": fee,
    });
    scene.send(rival).await;
    scene.catch_up().await;
    scene.mine(2).await;
    scene.catch_up().await;
    let told = scene.told().await;
    assert!(told.contains("400 ETH confirmed"), "{told:?}");
    // The node forgot the first one when it took the second.
    let is_gone = ["500 ETH dropped", "500 ETH replaced"].iter().any(|gone| told.contains(*gone));
    assert!(is_gone && told.len() == 2, "{told:?}");
    assert_eq!(scene.books().await, ["uncollected ETH 400", "world ETH -400"]);
}

#[tokio::test]
async fn a_node_that_is_away_in_the_middle_is_waited_for_and_nothing_is_lost() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, 300).await;
    scene.mine(1).await;
    scene.catch_up().await;
    scene.pay_token("USDT", &to, 3).await;
    scene.mine(2).await;
    // It writes its blocks when it stops in good order.
    scene.node.stop().unwrap();
    assert!(matches!(scene.watcher.step().await, Err(WatchError::Node(_))));
    scene.node.restart().unwrap();
    let chain = scene.chain.clone();
    until("the node answers", async || chain.ask("eth_chainId", json!([])).await.ok()).await;
    scene.catch_up().await;
    assert_eq!(scene.told().await, set(["3 USDT confirmed", "300 ETH confirmed"]));
}

#[tokio::test]
async fn a_chain_that_has_another_history_stands_still_and_its_books_stay_as_they_were() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    scene.pay(&to, 300).await;
    scene.mine(2).await;
    scene.catch_up().await;
    scene.mine(u64::from(MAX_REORG) + 4).await;
    scene.catch_up().await;
    let books = scene.books().await;
    // All kept blocks are others now, and the deposit is below them.
    scene.reorganise(u64::from(MAX_REORG) + 2).await;
    let mut sender = scene.world.services.sender(CHAIN, "one").unwrap();
    for _ in 0..2 {
        let halted = scene.watcher.step().await.unwrap();
        assert!(matches!(halted, Progress::Halted { .. }), "{halted:?}");
        assert_eq!(sender.step().await.unwrap(), aio_service::SendProgress::Halted);
        scene.mine(1).await;
    }
    assert_eq!((scene.books().await, scene.told().await), (books, set(["300 ETH confirmed"])));
    assert!(scene.world.store.chain(CHAIN).await.unwrap().unwrap().halted.is_some());
}

#[tokio::test]
async fn a_node_that_was_killed_and_lost_its_last_blocks_is_behind_and_then_reorganised() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    // What is written to its folder now is what it has after the power cut.
    scene.node.restart().unwrap();
    let chain = scene.chain.clone();
    until("the node answers", async || chain.ask("eth_chainId", json!([])).await.ok()).await;
    scene.catch_up().await;
    scene.pay(&to, 300).await;
    scene.mine(3).await;
    scene.catch_up().await;
    assert_eq!(scene.books().await, ["uncollected ETH 300", "world ETH -300"]);
    scene.node.kill().unwrap();
    scene.node.restart().unwrap();
    until("the node answers", async || chain.ask("eth_chainId", json!([])).await.ok()).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::NodeBehind);
    assert_eq!(scene.books().await, ["uncollected ETH 300", "world ETH -300"]);
    // Other blocks than those that were lost.
    ask(&scene.chain, "evm_increaseTime", json!([1000])).await;
    scene.mine(5).await;
    assert_eq!(scene.watcher.step().await.unwrap(), Progress::Rewound { blocks: 3 });
    assert_eq!((scene.told().await, scene.books().await), (set(["300 ETH reversed"]), vec![]));
    scene.catch_up().await;
    assert_eq!((scene.told().await, scene.books().await), (set(["300 ETH dropped"]), vec![]));
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused() {
    let scene = Scene::begin().await;
    let other = Anvil::start_as(5).unwrap();
    let chain = Arc::new(evm_at(&other.url(), &[token(COIN, None, 18)]));
    let wrong = until("it answers", async || {
        let port = port(&chain, &[token(COIN, None, 18)], 0);
        match aio_service::check_node(&scene.world.store, &port).await {
            aio_service::NodeFinding::Silent(_) => None,
            found => Some(found),
        }
    });
    let wrong = wrong.await;
    assert!(matches!(wrong, aio_service::NodeFinding::Wrong(_)), "{wrong:?}");
}

#[tokio::test]
async fn two_watchers_at_once_count_a_payment_once() {
    let mut scene = Scene::begin().await;
    let to = scene.address("ann").await;
    let other = scene.world.another_server().await;
    let mut second = other.watcher(CHAIN, "two").unwrap();
    for _ in 0..6 {
        scene.pay(&to, 100).await;
        scene.mine(1).await;
        // The lease of whoever has it ends, so that both believe it is their turn.
        scene.world.clock.advance(31_000);
        let (one, two) = tokio::join!(scene.watcher.step(), second.step());
        for done in [one, two] {
            assert!(matches!(done, Ok(_) | Err(WatchError::Overtaken)), "{done:?}");
        }
    }
    scene.mine(2).await;
    scene.world.clock.advance(31_000);
    scene.catch_up().await;
    assert_eq!(scene.books().await, ["uncollected ETH 600", "world ETH -600"]);
}
