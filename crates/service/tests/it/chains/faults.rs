//! Nodes that go away in the middle, clocks that jump, sums that do not fit: nothing is half done.

use super::{Model, Scene, catch_up, line, shop};
use aio_domain::Amount;
use aio_service::WatchError;
use aio_store::StoreError;

#[tokio::test]
async fn a_node_that_goes_away_after_any_answer_costs_time_and_nothing_else() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let mut paid = 0;
    for answers in 0..24_u64 {
        model.pay(&to, 10, &format!("coin{answers}"));
        model.mine();
        if answers % 5 == 0 {
            model.take_back(2);
            model.mine();
            model.mine_empty(2);
        }
        paid += 10;
        model.inside().answers_left = Some(u32::try_from(answers % 12).unwrap());
        let done = watcher.step().await;
        assert!(matches!(done, Ok(_) | Err(WatchError::Node(_))), "{done:?}");
        model.inside().answers_left = None;
    }
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.balances(&world, "model").await["uncollected"], paid.to_string());
}

#[tokio::test]
async fn a_clock_that_jumps_back_or_far_ahead_neither_loses_a_block_nor_reads_one_twice() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    for (n, jump) in [-3_600_000, 86_400_000, -1_000, 40_000].into_iter().enumerate() {
        world.clock.advance(jump);
        model.pay(&to, 1, &format!("coin{n}"));
        model.mine();
        catch_up(&mut watcher).await;
    }
    model.mine_empty(3);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"; 4]);
}

#[tokio::test]
async fn a_sum_that_does_not_fit_into_256_bits_is_refused_and_nothing_is_posted() {
    let world = crate::support::World::sqlite().await;
    let shop = shop(&world).await;
    let mut tx = world.store.begin().await.unwrap();
    tx.post(shop.caller.merchant, &[line(Amount::MAX)]).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = world.store.begin().await.unwrap();
    let mut second = line(Amount::from(1_u64));
    second.id = aio_domain::LedgerId::from_body("01h455vb4pex5vsknk084sn02r").unwrap();
    let refused = tx.post(shop.caller.merchant, &[second]).await;
    assert!(matches!(refused, Err(StoreError::Overflow)), "{refused:?}");
    drop(tx);
    assert_eq!(world.store.ledger_of(shop.caller.merchant, "txn").await.unwrap().len(), 1);
}
