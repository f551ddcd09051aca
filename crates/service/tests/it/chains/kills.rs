//! A server is killed, as by a power cut, at every step of a collection, and another one goes on with nothing but the
//! database and the node: each deposit is paid to the collection address exactly once.
//!
//! The server is a child process: this test's own program, run again for one test only. `AIO_KILLS` says how often each
//! step is tried, `AIO_KILLS_ON=postgres` that it is tried there.

use super::{
    bitcoin::{CHAIN, ask, bitcoin_at, connected, port, text},
    bitcoin_collect::{KEYS, address_of},
    deposits,
    flow::{books, collects_to},
    shop,
};
use crate::support::World;
use aio_chain_bitcoin::{Bitcoin, TOKEN};
use aio_domain::{Amount, sealing::MasterKey};
use aio_nodes::Knots;
use aio_service::{OsRandom, SendProgress, Services, Start, SystemClock};
use aio_store::{Store, StoreSettings};
use serde_json::json;
use std::{
    collections::BTreeMap,
    process::{Command, ExitStatus},
    sync::Arc,
};

/// How the child is told what to do: the place, the database, the node, the master key.
const TOLD: [&str; 4] = ["AIO_KILL_AT", "AIO_KILL_DATABASE", "AIO_KILL_NODE", "AIO_KILL_KEY"];
/// Set when the fee must be raised before a block comes.
const BUMPS: &str = "AIO_KILL_BUMPS";

/// Kills this very process, without a chance to write or say anything.
pub fn die() {
    Command::new("sh").args(["-c", "kill -9 $PPID"]).status().unwrap();
    unreachable!("killed");
}

/// What the child works with.
struct Job {
    chain: Arc<Bitcoin>,
    settings: StoreSettings,
    master: MasterKey,
    bumps: bool,
}

impl Job {
    /// Reads and sends until everything that was paid is collected for good. Blocks come as it goes.
    async fn work(self) {
        let miner = address_of(&self.chain, KEYS[1]).await;
        let bump_after = if self.bumps { 0 } else { 30 * 60_000 };
        let store = Store::open(&self.settings).await.unwrap();
        let start = Start {
            store: store.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::new(OsRandom),
            master_key: self.master,
            settings: crate::support::SETTINGS,
            chains: vec![port(&self.chain, 0, bump_after)],
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
            let mut waits = false;
            for row in &open {
                let attempts = store.attempts(row.id).await.unwrap().len();
                waits |= self.bumps && attempts < 2 && row.status.is_on_its_way();
                if waits {
                    // At once, in place of after a minute.
                    let mut tx = store.begin().await.unwrap();
                    let now = services.now();
                    tx.try_outgoing_again(row, row.tries, now, None).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }
            if open.is_empty() && sent == SendProgress::Done(0) {
                return;
            }
            if !waits {
                ask(&self.chain, "generatetoaddress", json!([1, miner])).await;
            }
        }
        panic!("it does not come to an end");
    }
}

/// One installation and one node, for all kills at one step.
struct Scene {
    node: Knots,
    chain: Arc<Bitcoin>,
    world: World,
    shop: super::Shop,
    safe: String,
    miner: String,
    /// Satoshis paid so far.
    paid: u64,
}

impl Scene {
    async fn begin() -> Self {
        let node = Knots::start().unwrap();
        let chain = connected(&node).await;
        ask(&chain, "createwallet", json!(["customer"])).await;
        let (safe, miner) = (address_of(&chain, KEYS[0]).await, address_of(&chain, KEYS[1]).await);
        let wallet = text(&ask(&chain, "getnewaddress", json!(["", "bech32"])).await);
        ask(&chain, "generatetoaddress", json!([60, wallet])).await;
        ask(&chain, "generatetoaddress", json!([110, miner])).await;
        let world = world().await.with_chains(vec![port(&chain, 0, 30 * 60_000)]).await;
        let shop = shop(&world).await;
        let mut watcher = world.services.watcher(CHAIN, "parent").unwrap();
        super::catch_up(&mut watcher).await;
        watcher.release().await.unwrap();
        collects_to(&world, shop.caller.merchant, (CHAIN, &safe), 50, 0).await;
        Self { node, chain, world, shop, safe, miner, paid: 0 }
    }

    /// Two customers pay, and it counts.
    async fn deposits(&mut self, round: u32) {
        for (customer, coins, satoshis) in [("ann", "0.02", 2_000_000), ("bob", "0.03", 3_000_000)]
        {
            let customer = format!("{customer} {round}");
            let to = self.shop.address(&self.world, CHAIN, &customer).await.display;
            ask(&self.chain, "sendtoaddress", json!([to, coins])).await;
            self.paid += satoshis;
        }
        ask(&self.chain, "generatetoaddress", json!([2, self.miner])).await;
    }

    /// A server that is killed at a place, or one that works until everything is done.
    fn child(&self, place: Option<&str>, bumps: bool) -> ExitStatus {
        let values = [
            place.unwrap_or_default().to_owned(),
            self.world.settings.url.clone(),
            self.node.url(),
            self.world.master_key_words(),
        ];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "chains::kills::a_server_collects_everything_that_was_paid"]);
        command.args(["--nocapture", "--test-threads=1"]).envs(TOLD.into_iter().zip(values));
        if bumps {
            command.env(BUMPS, "1");
        }
        let out = command.output().unwrap();
        if place.is_none() {
            let told = [out.stdout, out.stderr].concat();
            assert!(out.status.success(), "{}", String::from_utf8_lossy(&told));
        }
        out.status
    }

    /// Everything that was ever paid lies on the safe, less the fees, in one payment for each deposit.
    async fn check(&self, place: &str) {
        let merchant = self.shop.caller.merchant;
        let rows = deposits(&self.world, merchant, CHAIN).await;
        assert!(rows.iter().all(|row| row.status.as_str() == "collected"), "{place}: {rows:?}");
        let store = &self.world.store;
        let collections = store.collections(merchant, None, 1000).await.unwrap();
        let fees = Amount::sum(collections.iter().map(|row| row.fee.unwrap())).unwrap();
        let rest = Amount::from(self.paid).checked_sub(fees).unwrap();
        let books = books(&self.world, merchant, CHAIN).await;
        let wanted = [
            format!("collected BTC {rest}"),
            format!("fees BTC {fees}"),
            format!("world BTC -{}", self.paid),
        ];
        assert_eq!(books, wanted, "{place}");
        // On the node: each transaction that pays the safe, and what it spends.
        let scan = json!(["start", [format!("addr({})", self.safe)]]);
        let found = ask(&self.chain, "scantxoutset", scan).await;
        let unspents = found["unspents"].as_array().unwrap();
        assert_eq!(unspents.len(), collections.len(), "{place}");
        let mut spent: BTreeMap<String, u32> = BTreeMap::new();
        for one in unspents {
            let tx = ask(&self.chain, "getrawtransaction", json!([one["txid"], true])).await;
            for input in tx["vin"].as_array().unwrap() {
                *spent.entry(format!("{}:{}", text(&input["txid"]), input["vout"])).or_default() +=
                    1;
            }
        }
        let wanted: BTreeMap<_, _> = rows
            .iter()
            .map(|row| (format!("{}:{}", row.tx, row.place.trim_start_matches("out:")), 1))
            .collect();
        assert_eq!(spent, wanted, "{place}");
        let arrived = aio_chain::ChainRead::balance(self.chain.as_ref(), &self.safe, TOKEN).await;
        assert_eq!(arrived.unwrap(), rest, "{place}");
    }
}

/// On SQLite, or on Postgres where `AIO_KILLS_ON` says so.
pub async fn world() -> World {
    if std::env::var("AIO_KILLS_ON").is_ok_and(|on| on == "postgres") {
        return World::postgres().await.unwrap();
    }
    World::sqlite().await
}

/// How often each step is tried.
pub fn kills() -> u32 {
    std::env::var("AIO_KILLS").ok().map_or(2, |text| text.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "says how often it was killed")]
async fn killed_at(place: &str, bumps: bool) {
    let mut scene = Scene::begin().await;
    let (mut died, mut runs) = (0, 0);
    for round in 0..kills() {
        scene.deposits(round).await;
        let status = scene.child(Some(place), bumps);
        // Without a code: a signal ended it.
        died += u32::from(status.code().is_none());
        assert!(!status.success(), "{place}: nobody came by");
        runs += 1;
        // Every other time the next one is killed there too, as far as it comes by.
        if round % 2 == 1 {
            died += u32::from(scene.child(Some(place), bumps).code().is_none());
            runs += 1;
        }
        scene.child(None, bumps);
        runs += 1;
        scene.check(place).await;
    }
    println!("{place}: {died} kills, {runs} runs, {} deposits, each paid once", kills() * 2);
    assert!(died >= kills());
}

macro_rules! killed {
    ($($name:ident $place:literal $bumps:literal;)+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            killed_at($place, $bumps).await;
        }
    )+ };
}

killed! {
    a_server_killed_before_it_plans "outgoing-before-plan" false;
    a_server_killed_after_it_planned "outgoing-after-plan" false;
    a_server_killed_after_it_signed "outgoing-after-sign" false;
    a_server_killed_after_it_kept_the_bytes "outgoing-after-store" false;
    a_server_killed_after_it_sent_and_before_it_noted_so "outgoing-after-send" false;
    a_server_killed_after_it_noted_what_it_sent "outgoing-after-noted" false;
    a_server_killed_before_it_notes_the_block "outgoing-before-mined" false;
    a_server_killed_after_it_noted_the_block "outgoing-after-mined" false;
    a_server_killed_after_the_last_confirmation "outgoing-after-final" false;
    a_server_killed_with_a_raised_fee_kept_and_not_sent "outgoing-bump-stored" true;
}

/// The child of the tests above. Alone it is a server that nobody kills.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_collects_everything_that_was_paid() {
    let told = TOLD.map(|name| std::env::var(name).ok());
    let [Some(place), Some(url), Some(node), Some(key)] = told else {
        let mut scene = Scene::begin().await;
        scene.deposits(0).await;
        let job = Job {
            chain: scene.chain.clone(),
            settings: scene.world.settings.clone(),
            master: MasterKey::from_text(&scene.world.master_key_words()).unwrap(),
            bumps: false,
        };
        job.work().await;
        return scene.check("nowhere").await;
    };
    if !place.is_empty() {
        fail::cfg_callback(place.as_str(), die).unwrap();
    }
    let settings = StoreSettings { url, create: false, readers: 4, busy_timeout_ms: 10_000 };
    let chain = Arc::new(bitcoin_at(&node, ("aio", "regtest")));
    let master = MasterKey::from_text(&key).unwrap();
    let bumps = std::env::var_os(BUMPS).is_some();
    Job { chain, settings, master, bumps }.work().await;
}
