//! The sums by hour and by day are what adding the deposits up would give, whatever becomes of a deposit.

use super::{Model, Scene, Shop, TOKEN, catch_up, deposits, flow::Flow};
use crate::support::World;
use aio_domain::{
    Amount, Span, Timestamp,
    time::{DAY, HOUR},
    volume::is_counted,
};
use std::collections::BTreeMap;

type Sums = BTreeMap<(Span, Timestamp), (i64, Amount)>;

/// The stored sums of a chain that are not nothing.
async fn sums(world: &World, shop: &Shop, chain: &str) -> Sums {
    let mut sums = Sums::new();
    for span in Span::ALL {
        let all = Timestamp::from_millis(0);
        for row in world.store.volumes(shop.caller.merchant, *span, all).await.unwrap() {
            assert_eq!(row.deposits == 0, row.amount.is_zero(), "{row:?}");
            assert_eq!((span.start(row.start_at), row.token.as_str()), (row.start_at, TOKEN));
            if row.chain == chain && row.deposits > 0 {
                sums.insert((*span, row.start_at), (row.deposits, row.amount));
            }
        }
    }
    sums
}

/// Adds the deposits up and compares.
pub async fn volumes_add_up(world: &World, shop: &Shop, chain: &str, dust: u64) {
    let mut wanted = Sums::new();
    for row in deposits(world, shop.caller.merchant, chain).await {
        let counted = row.status.is_in_volume() && is_counted(row.amount, Amount::from(dust));
        assert_eq!(row.counted, counted, "{row:?}");
        for span in Span::ALL.iter().filter(|_| counted) {
            let sum = wanted.entry((*span, span.start(row.received_at))).or_default();
            *sum = (sum.0 + 1, sum.1.checked_add(row.amount).unwrap());
        }
    }
    assert_eq!(sums(world, shop, chain).await, wanted, "{chain}");
}

/// Deposits and units of each hour of the model's chain, the oldest first.
async fn hours(world: &World, shop: &Shop) -> Vec<(i64, String)> {
    let sums = sums(world, shop, "model").await;
    let hours = sums.into_iter().filter(|((span, _), _)| *span == Span::Hour);
    hours.map(|(_, (deposits, amount))| (deposits, amount.to_string())).collect()
}

fn told(sums: &[(i64, &str)]) -> Vec<(i64, String)> {
    sums.iter().map(|(deposits, amount)| (*deposits, (*amount).to_owned())).collect()
}

async fn an_amount_leaves_the_hour_that_it_was_added_to(world: World) -> World {
    let Scene { model, world, shop, mut watcher, to } =
        Scene::begin_on(world, Model::new("model")).await;
    model.pay(&to, 5, "a");
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "5")]), "seen");
    world.clock.advance(2 * DAY);
    model.pay(&to, 7, "b");
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "5"), (1, "7")]), "in a block");
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"; 2]);
    assert_eq!(hours(&world, &shop).await, told(&[(1, "5"), (1, "7")]), "confirmed");
    world.clock.advance(DAY);
    model.take_back(3);
    model.mine_empty(1);
    watcher.step().await.unwrap();
    assert_eq!(shop.statuses(&world, "model").await, ["reversed"; 2]);
    assert_eq!(hours(&world, &shop).await, [], "taken back");
    volumes_add_up(&world, &shop, "model", 0).await;
    // What comes again is added to the hour in which it was first seen.
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "5"), (1, "7")]), "mined again");
    volumes_add_up(&world, &shop, "model", 0).await;
    world
}

#[tokio::test]
async fn an_amount_that_the_chain_takes_back_leaves_the_hour_that_it_was_added_to() {
    an_amount_leaves_the_hour_that_it_was_added_to(World::sqlite().await).await;
}

#[tokio::test]
async fn an_amount_that_the_chain_takes_back_leaves_its_hour_on_postgres_too() {
    if let Some(world) = World::postgres().await {
        an_amount_leaves_the_hour_that_it_was_added_to(world).await.drop_database().await;
    }
}

#[tokio::test]
async fn what_is_dropped_or_replaced_is_not_counted_until_it_comes_again() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let paid = model.pay(&to, 5, "a");
    catch_up(&mut watcher).await;
    model.inside().mempool.clear();
    catch_up(&mut watcher).await;
    assert_eq!(
        (shop.statuses(&world, "model").await, hours(&world, &shop).await.len()),
        (vec!["dropped"], 0)
    );
    model.inside().mempool.push(paid);
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "5")]));
    let stolen = model.pay("a thief", 5, "a");
    model.mine_only(vec![stolen]);
    catch_up(&mut watcher).await;
    assert_eq!(
        (shop.statuses(&world, "model").await, hours(&world, &shop).await.len()),
        (vec!["replaced"], 0)
    );
    volumes_add_up(&world, &shop, "model", 0).await;
}

#[tokio::test]
async fn the_amount_that_a_block_says_takes_the_place_of_the_one_that_was_told_before() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let mut paid = model.pay(&to, 5, "a");
    catch_up(&mut watcher).await;
    paid.pays = vec![(to, 9)];
    model.mine_only(vec![paid]);
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "9")]));
    volumes_add_up(&world, &shop, "model", 0).await;
}

#[tokio::test]
async fn dust_is_not_counted_and_what_was_counted_leaves_when_it_is_dust_by_then() {
    let model = Model::new("model");
    model.inside().dust = 10;
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(model).await;
    model.pay_many(&[(&to, 9), (&to, 10)], "a");
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, told(&[(1, "10")]));
    volumes_add_up(&world, &shop, "model", 10).await;
    // The operator calls more dust, and then the chain changes its mind.
    model.inside().dust = 11;
    let world = world.with_chains(vec![model.port()]).await;
    let mut watcher = super::watcher(&world, "model");
    world.clock.advance(HOUR);
    model.take_back(1);
    model.mine_empty(1);
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, []);
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(hours(&world, &shop).await, []);
    volumes_add_up(&world, &shop, "model", 11).await;
}

#[tokio::test]
async fn a_collection_changes_no_sum() {
    let mut flow = Flow::begin(Model::new("model")).await;
    flow.model.pay(&flow.to, 500, "a");
    flow.model.mine();
    flow.model.mine_empty(2);
    flow.settle().await;
    flow.model.mine();
    flow.model.mine_empty(6);
    flow.settle().await;
    assert_eq!(flow.shop.statuses(&flow.world, "model").await, ["collected"]);
    assert_eq!(hours(&flow.world, &flow.shop).await, told(&[(1, "500")]));
    volumes_add_up(&flow.world, &flow.shop, "model", 0).await;
}
