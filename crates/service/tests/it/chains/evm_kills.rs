//! The same as `kills` on an Ethereum-type chain, where a transaction that is made twice would have two numbers and both
//! could be mined: a server is killed around the moment in which bytes are kept and sent, and another one goes on.

use super::{
    deposits,
    evm::{CHAIN, COIN, ONE, Scene as Chain, ask, evm_at, mine, port, token},
    evm_collect::{SAFE, Till},
    kills::{die, kills, world},
};
use aio_chain::ChainRead;
use aio_chain_evm::Token;
use aio_domain::{Amount, sealing::MasterKey};
use aio_service::{OsRandom, SendProgress, Services, Start, SystemClock};
use aio_store::{Store, StoreSettings};
use serde_json::json;
use std::{
    process::{Command, ExitStatus},
    sync::Arc,
};

/// How the child is told what to do: the place, the database, the node, a token's contract, the master key.
const TOLD: [&str; 5] =
    ["AIO_KILL_AT", "AIO_KILL_DATABASE", "AIO_KILL_NODE", "AIO_KILL_TOKEN", "AIO_KILL_KEY"];

fn tokens(contract: &str) -> Vec<Token> {
    vec![token(COIN, None, 18), token("USDT", Some(contract.to_owned()), 6)]
}

/// Reads and sends until everything that was paid is collected for good. Blocks come as it goes.
async fn work(url: &str, node: &str, contract: &str, master_key: MasterKey) {
    let settings =
        StoreSettings { url: url.to_owned(), create: false, readers: 4, busy_timeout_ms: 10_000 };
    let tokens = tokens(contract);
    let chain = Arc::new(evm_at(node, &tokens));
    let store = Store::open(&settings).await.unwrap();
    let start = Start {
        store: store.clone(),
        clock: Arc::new(SystemClock),
        random: Arc::new(OsRandom),
        master_key,
        settings: crate::support::SETTINGS,
        chains: vec![port(&chain, &tokens, 30 * 60_000)],
    };
    let services = Services::start(start).await.unwrap();
    // Whoever held the lease is dead; in life one waits until it ends.
    let dead = store.chain(CHAIN).await.unwrap().and_then(|row| row.lease_holder);
    if let Some(dead) = dead {
        store.release_lease(CHAIN, &dead).await.unwrap();
    }
    let mut watcher = services.watcher(CHAIN, "child").unwrap();
    let mut sender = services.sender(CHAIN, "child").unwrap();
    for _ in 0..200 {
        super::catch_up(&mut watcher).await;
        let sent = sender.step().await.unwrap();
        let open = store.outgoing_open(CHAIN, None, 100).await.unwrap();
        if open.is_empty() && sent == SendProgress::Done(0) {
            return;
        }
        mine(&chain, 1).await;
    }
    panic!("it does not come to an end");
}

/// One installation and one node, for all kills at one step.
struct Scene {
    till: Till,
    contract: String,
    before: usize,
    rounds: u64,
}

impl Scene {
    async fn begin() -> Self {
        let till = Till::prepared_on(world().await).await;
        till.scene.watcher.release().await.unwrap();
        let contract = till.scene.contract("USDT");
        let before = till.collections().await.len();
        Self { till, contract, before, rounds: 0 }
    }

    /// Two customers pay, one of them in coins, and it counts.
    async fn deposits(&mut self) {
        let round = self.rounds;
        self.till.pay(&format!("ann {round}"), COIN, ONE / 10).await;
        self.till.pay(&format!("bob {round}"), "USDT", 3_000_000).await;
        self.till.scene.mine(2).await;
        self.rounds += 1;
    }

    /// A server that is killed at a place, or one that works until everything is done.
    fn child(&self, place: Option<&str>) -> ExitStatus {
        let Chain { node, world, .. } = &self.till.scene;
        let values = [
            place.unwrap_or_default().to_owned(),
            world.settings.url.clone(),
            node.url(),
            self.contract.clone(),
            world.master_key_words(),
        ];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "chains::evm_kills::a_server_collects_coins_and_tokens"]);
        command.args(["--nocapture", "--test-threads=1"]).envs(TOLD.into_iter().zip(values));
        let out = command.output().unwrap();
        if place.is_none() {
            let told = [out.stdout, out.stderr].concat();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&told));
        }
        out.status
    }

    /// Everything that was ever paid lies on the safe, in one transaction for each round and token, and the gas address
    /// has used no number besides.
    async fn check(&self, place: &str) {
        let (till, chain) = (&self.till, &self.till.scene.chain);
        let rows = deposits(&till.scene.world, till.merchant(), CHAIN).await;
        assert!(rows.iter().all(|row| row.status.as_str() == "collected"), "{place}: {rows:?}");
        let collections = till.collections().await;
        assert!(collections.iter().all(|row| row.status.as_str() == "final"), "{collections:?}");
        let rounds = usize::try_from(self.rounds).unwrap();
        assert_eq!(collections.len() - self.before, 2 * rounds, "{place}");
        let numbers = json!([till.gas, "latest"]);
        let used = ask(chain, "eth_getTransactionCount", numbers).await;
        // The first one put the sweeper there.
        assert_eq!(used, json!(format!("{:#x}", collections.len() + 1)), "{place}");
        for (ticker, each) in [(COIN, ONE / 10), ("USDT", 3_000_000)] {
            let arrived = chain.balance(SAFE, ticker).await.unwrap();
            let paid = Amount::sum(std::iter::repeat_n(Amount::from(each), rounds)).unwrap();
            assert_eq!(arrived, paid, "{place}: {ticker}");
        }
        till.books_match(ONE).await;
    }
}

#[expect(clippy::print_stdout, reason = "says how often it was killed")]
async fn killed_at(place: &str) {
    let mut scene = Scene::begin().await;
    let (mut died, mut runs) = (0, 0);
    for round in 0..kills() {
        scene.deposits().await;
        let status = scene.child(Some(place));
        // Without a code: a signal ended it.
        died += u32::from(status.code().is_none());
        assert!(!status.success(), "{place}: nobody came by");
        runs += 1;
        // Every other time the next one is killed there too, as far as it comes by.
        if round % 2 == 1 {
            died += u32::from(scene.child(Some(place)).code().is_none());
            runs += 1;
        }
        scene.child(None);
        runs += 1;
        scene.check(place).await;
    }
    println!("evm {place}: {died} kills, {runs} runs, {} deposits, each paid once", kills() * 2);
    assert!(died >= kills());
}

macro_rules! killed {
    ($($name:ident $place:literal;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            killed_at($place).await;
        }
    )+ };
}

killed! {
    a_server_killed_after_it_signed "outgoing-after-sign";
    a_server_killed_between_keeping_and_sending_sends_the_bytes_exactly_once "outgoing-after-store";
    a_server_killed_after_it_sent_and_before_it_noted_so "outgoing-after-send";
    a_server_killed_before_it_notes_the_block "outgoing-before-mined";
    a_server_killed_after_it_noted_the_block "outgoing-after-mined";
}

/// The child of the tests above. Alone it is a server that nobody kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_collects_coins_and_tokens() {
    let told = TOLD.map(|name| std::env::var(name).ok());
    let [Some(place), Some(url), Some(node), Some(contract), Some(key)] = told else {
        let mut scene = Scene::begin().await;
        scene.deposits().await;
        scene.child(None);
        return scene.check("nowhere").await;
    };
    if !place.is_empty() {
        fail::cfg_callback(place.as_str(), die).unwrap();
    }
    work(&url, &node, &contract, MasterKey::from_text(&key).unwrap()).await;
}
