//! Whatever happens in whatever order, the books end as if the chain had been read once from its beginning.

use super::{
    Model, Shop, State, catch_up, deposits,
    flow::{SAFE, books, collects},
    shop,
    volumes::volumes_add_up,
};
use crate::support::World;
use aio_domain::DepositStatus;
use aio_service::{Progress, Sender, WatchError, Watcher};
use std::sync::Arc;

/// Histories in each of eight worlds, which the test runner starts beside each other.
const HISTORIES: usize = 125;
/// Things that happen in one of them.
const LENGTH: usize = 45;

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
    senders: [Sender; 2],
}

impl Life<'_> {
    async fn something_happens(&mut self) {
        match self.dice.roll(20) {
            0 if self.customers < 4 => self.new_address().await,
            0..=4 => self.payment(),
            5..=8 => self.block(),
            9 | 13 => self.reorganisation(),
            10 => {
                let rest = u32::try_from(self.dice.roll(12)).unwrap();
                self.model.inside().answers_left = Some(rest);
            }
            11 => {
                // A server starts anew: it knows only what is in the database.
                let which = usize::try_from(self.dice.roll(2)).unwrap();
                let name = if which == 0 { "one" } else { "two" };
                self.watchers[which] = self.world.services.watcher(&self.model.id, name).unwrap();
                self.senders[which] = self.world.services.sender(&self.model.id, name).unwrap();
            }
            // The lease of the other one ends, and sometimes the hour.
            12 => self.world.clock.advance(25 * 60_000),
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
        let txs = self.model.inside().minable(|_| true);
        let txs = txs.into_iter().filter(|_| self.dice.roll(3) > 0).collect::<Vec<_>>();
        // What stands on one that was left out must wait too.
        let mut kept: Vec<super::model::Tx> = Vec::new();
        for tx in txs {
            let inside = self.model.inside();
            if tx.takes.iter().all(|take| inside.output(take, &kept).is_some()) {
                drop(inside);
                kept.push(tx);
            }
        }
        self.model.mine_only(kept);
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
        match self.senders[which].step().await {
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

/// Goes on until whatever can still be collected is, and says which part of what counts that is. The books and the chain
/// must agree on it.
async fn collect_the_rest(world: &World, shop: &Shop, live: &Arc<Model>, number: usize) -> usize {
    let mut watcher = world.services.watcher(&live.id, "last").unwrap();
    let mut sender = world.services.sender(&live.id, "last").unwrap();
    for _ in 0..8 {
        catch_up(&mut watcher).await;
        sender.step().await.unwrap();
        live.mine();
        world.clock.advance(1_000);
    }
    catch_up(&mut watcher).await;
    let rows = deposits(world, shop.caller.merchant, &live.id).await;
    let sum = |status| {
        let rows = rows.iter().filter(|row| row.status == status);
        rows.map(|row| row.amount.to_string().parse::<u64>().unwrap()).sum::<u64>()
    };
    let held = shop.balances(world, &live.id).await;
    let held = |account| held.get(account).map_or(0, |held| held.parse::<u64>().unwrap());
    let safe = live.inside().balance(SAFE);
    assert_eq!(held("uncollected"), sum(DepositStatus::Confirmed), "{number}");
    assert_eq!(held("collected") + held("fees"), sum(DepositStatus::Collected), "{number}");
    assert_eq!(held("collected"), safe, "what arrived in history {number}");
    books(world, shop.caller.merchant, &live.id).await;
    rows.iter().filter(|row| row.status == DepositStatus::Collected).count()
}

/// The same state as if nothing had been collected.
fn uncollected(mut state: State) -> State {
    for (status, ..) in state.counted.values_mut() {
        if *status == DepositStatus::Collected {
            *status = DepositStatus::Confirmed;
        }
    }
    let mut sum = 0;
    for account in ["uncollected", "collected", "fees"] {
        let held = state.balances.remove(account);
        sum += held.map_or(0, |held| held.parse::<u64>().unwrap());
    }
    if sum > 0 {
        state.balances.insert("uncollected", sum.to_string());
    }
    state
}

#[expect(clippy::print_stdout, reason = "says what the dice did")]
async fn every_history_ends_like_its_replay(
    world: &World,
    first: usize,
    models: &[[Arc<Model>; 2]],
) {
    let shop = shop(world).await;
    let (mut deposits, mut given_up, mut collected) = (0, 0, 0);
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
            senders: ["one", "two"].map(|name| world.services.sender(&live.id, name).unwrap()),
        };
        catch_up(&mut life.watchers[0]).await;
        let batch = u32::try_from(1 + life.dice.roll(3)).unwrap();
        collects(world, shop.caller.merchant, &live.id, batch, 0).await;
        for _ in 0..LENGTH {
            life.something_happens().await;
        }
        volumes_add_up(world, &shop, &live.id, 0).await;
        let customers = life.customers;
        live.inside().answers_left = None;
        live.inside().mempool.clear();
        // A chain that became shorter looks like a node that is behind, until it grows again.
        live.mine_empty(8);
        world.clock.advance(31_000);
        catch_up(&mut world.services.watcher(&live.id, "last").unwrap()).await;
        collected += collect_the_rest(world, &shop, live, number).await;
        volumes_add_up(world, &shop, &live.id, 0).await;
        let was = uncollected(shop.state(world, &live.id).await);
        let is = replay(world, &shop, live, again, customers).await;
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
    let told = |kind| world.count(&format!("SELECT COUNT(*) FROM events WHERE kind = '{kind}'"));
    let reversed = told("collection.reversed");
    let raised = world.count("SELECT COUNT(*) FROM outgoing_attempts WHERE n > 1");
    println!(
        "{histories} histories: {deposits} deposits, {collected} collected, {given_up} given up, \
        {reversed} collections taken back, {raised} fees raised"
    );
    let least = i64::try_from(histories / 25).unwrap();
    assert!(reversed >= least && raised >= least, "{reversed}, {raised}");
    assert!(deposits > 2 * histories && given_up > histories / 2, "{deposits}, {given_up}");
    assert!(collected * 4 > deposits * 3, "{collected} of {deposits}");
}

async fn tell(world: World, part: usize, histories: usize) -> World {
    let pair = |n| ["live", "again"].map(|name| Model::with(&format!("{name}{n}"), 2, 1000));
    let models: Vec<_> = (part..part + histories).map(pair).collect();
    for [live, _] in &models {
        live.inside().patience = Some((20_000, 30_000));
    }
    let ports = models.iter().flatten().map(Model::port).collect();
    let world = world.with_chains(ports).await;
    every_history_ends_like_its_replay(&world, part, &models).await;
    world
}

/// A thousand random histories, in eight parts.
macro_rules! parts {
    ($($name:ident $part:literal),+) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            tell(World::sqlite().await, $part * HISTORIES, HISTORIES).await;
        }
    )+ };
}

parts!(
    the_first_eighth_of_a_thousand_histories_ends_like_its_replays 0,
    the_second_eighth_of_a_thousand_histories_ends_like_its_replays 1,
    the_third_eighth_of_a_thousand_histories_ends_like_its_replays 2,
    the_fourth_eighth_of_a_thousand_histories_ends_like_its_replays 3,
    the_fifth_eighth_of_a_thousand_histories_ends_like_its_replays 4,
    the_sixth_eighth_of_a_thousand_histories_ends_like_its_replays 5,
    the_seventh_eighth_of_a_thousand_histories_ends_like_its_replays 6,
    the_last_eighth_of_a_thousand_histories_ends_like_its_replays 7
);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_histories_end_like_their_replays_on_postgres_too() {
    if let Some(world) = World::postgres().await {
        tell(world, 0, 50).await.drop_database().await;
    }
}
