//! Whatever happens in whatever order, the books end as if the chain had been read once from its beginning.

use super::{Model, Shop, State, catch_up, shop};
use crate::support::World;
use aio_service::{Progress, WatchError, Watcher};
use std::sync::Arc;

/// Histories in each of four worlds, which the test runner starts beside each other.
const HISTORIES: usize = 250;
/// Things that happen in one of them.
const LENGTH: usize = 30;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

struct Life<'a> {
    world: &'a World,
    shop: &'a Shop,
    model: Arc<Model>,
    dice: Dice,
    customers: u64,
    addresses: Vec<String>,
    coins: u64,
    watchers: [Watcher; 2],
}

impl Life<'_> {
    async fn something_happens(&mut self) {
        match self.dice.roll(16) {
            0 if self.customers < 4 => self.new_address().await,
            0..=4 => self.payment(),
            5..=8 => self.block(),
            9 => self.reorganisation(),
            10 => {
                let rest = u32::try_from(self.dice.roll(12)).unwrap();
                self.model.inside().answers_left = Some(rest);
            }
            11 => {
                // A server starts anew: it knows only what is in the database.
                let which = usize::try_from(self.dice.roll(2)).unwrap();
                let name = if which == 0 { "one" } else { "two" };
                self.watchers[which] = self.world.services.watcher(&self.model.id, name).unwrap();
            }
            12 => self.world.clock.advance(31_000), // the lease of the other one ends
            _ => self.step().await,
        }
    }

    async fn new_address(&mut self) {
        self.customers += 1;
        let customer = format!("customer {}", self.customers);
        let new = self.shop.address(self.world, &self.model.id, &customer).await;
        self.addresses.push(new.row.address);
    }

    fn payment(&mut self) {
        if self.addresses.is_empty() {
            return;
        }
        let sides = u64::try_from(self.addresses.len()).unwrap();
        let mut pays = Vec::new();
        for _ in 0..=self.dice.roll(2) {
            let to = usize::try_from(self.dice.roll(sides)).unwrap();
            pays.push((self.addresses[to].clone(), 1 + self.dice.roll(2_000)));
        }
        let pays: Vec<_> = pays.iter().map(|(to, amount)| (to.as_str(), *amount)).collect();
        // Some take what another payment took: only one of them can be mined.
        if self.coins == 0 || self.dice.roll(4) > 0 {
            self.coins += 1;
        }
        self.model.pay_many(&pays, &format!("coin{}", self.coins));
    }

    /// A block with some of what waits, never two transactions that take the same.
    fn block(&mut self) {
        let waits = self.model.inside().mempool.clone();
        let mut txs = Vec::new();
        for tx in waits {
            let taken = self.is_taken(&tx.takes)
                || txs.iter().any(|one: &super::model::Tx| one.takes == tx.takes);
            if !taken && self.dice.roll(3) > 0 {
                txs.push(tx);
            }
        }
        self.model.mine_only(txs);
    }

    fn is_taken(&self, coin: &str) -> bool {
        let inside = self.model.inside();
        inside.blocks.iter().any(|block| block.txs.iter().any(|tx| tx.takes == coin))
    }

    fn reorganisation(&mut self) {
        let depth = usize::try_from(1 + self.dice.roll(6)).unwrap();
        self.model.take_back(depth);
        // Some payments are forgotten with their block.
        if self.dice.roll(2) == 0 {
            self.model.inside().mempool.pop();
        }
        for _ in 0..self.dice.roll(u64::try_from(depth).unwrap() + 3) {
            self.block();
        }
    }

    async fn step(&mut self) {
        let which = usize::try_from(self.dice.roll(2)).unwrap();
        match self.watchers[which].step().await {
            Ok(Progress::Halted { why }) => panic!("{why}"),
            Ok(_) | Err(WatchError::Node(_) | WatchError::Overtaken) => {}
            Err(error) => panic!("{error}"),
        }
        if self.dice.roll(3) > 0 {
            self.model.inside().answers_left = None;
        }
    }
}

/// Reads the chain as it is in the end from its first block on, for the same addresses.
async fn replay(
    world: &World,
    shop: &Shop,
    live: &Model,
    again: &Arc<Model>,
    customers: u64,
) -> State {
    catch_up(&mut world.services.watcher(&again.id, "again").unwrap()).await;
    for customer in 1..=customers {
        shop.address(world, &again.id, &format!("customer {customer}")).await;
    }
    again.inside().blocks.clone_from(&live.inside().blocks);
    catch_up(&mut world.services.watcher(&again.id, "again").unwrap()).await;
    shop.state(world, &again.id).await
}

async fn every_history_ends_like_its_replay(
    world: &World,
    first: usize,
    models: &[[Arc<Model>; 2]],
) {
    let shop = shop(world).await;
    let (mut deposits, mut given_up) = (0, 0);
    for (at, [live, again]) in models.iter().enumerate() {
        let number = first + at;
        let watch = |name| world.services.watcher(&live.id, name).unwrap();
        let mut life = Life {
            world,
            shop: &shop,
            model: live.clone(),
            dice: Dice(u64::try_from(number).unwrap()),
            customers: 0,
            addresses: Vec::new(),
            coins: 0,
            watchers: [watch("one"), watch("two")],
        };
        catch_up(&mut life.watchers[0]).await;
        for _ in 0..LENGTH {
            life.something_happens().await;
        }
        let customers = life.customers;
        live.inside().answers_left = None;
        live.inside().mempool.clear();
        // A chain that became shorter looks like a node that is behind, until it grows again.
        live.mine_empty(8);
        world.clock.advance(31_000);
        catch_up(&mut world.services.watcher(&live.id, "last").unwrap()).await;
        let (was, is) =
            (shop.state(world, &live.id).await, replay(world, &shop, live, again, customers).await);
        assert_eq!(was, is, "history {number}");
        deposits += was.counted.len();
        let rest = shop.statuses(world, &live.id).await;
        assert!(
            rest.iter().all(|status| !["detected", "orphaned", "reversed"].contains(status)),
            "{number}: {rest:?}"
        );
        given_up += rest.iter().filter(|status| ["dropped", "replaced"].contains(status)).count();
    }
    // The dice did roll what this is about.
    let histories = models.len();
    assert!(deposits > 2 * histories && given_up > histories / 2, "{deposits}, {given_up}");
}

async fn tell(world: World, part: usize, histories: usize) -> World {
    let pair = |n| ["live", "again"].map(|name| Model::with(&format!("{name}{n}"), 2, 1000));
    let models: Vec<_> = (part..part + histories).map(pair).collect();
    let ports = models.iter().flatten().map(Model::port).collect();
    let world = world.with_chains(ports).await;
    every_history_ends_like_its_replay(&world, part, &models).await;
    world
}

/// A thousand random histories, in four parts.
macro_rules! parts {
    ($($name:ident $part:literal),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            tell(World::sqlite().await, $part * HISTORIES, HISTORIES).await;
        }
    )+ };
}

parts!(
    the_first_quarter_of_a_thousand_histories_ends_like_its_replays 0,
    the_second_quarter_of_a_thousand_histories_ends_like_its_replays 1,
    the_third_quarter_of_a_thousand_histories_ends_like_its_replays 2,
    the_last_quarter_of_a_thousand_histories_ends_like_its_replays 3
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_end_like_their_replays_on_postgres_too() {
    if let Some(world) = World::postgres().await {
        tell(world, 0, HISTORIES / 5).await.drop_database().await;
    }
}
