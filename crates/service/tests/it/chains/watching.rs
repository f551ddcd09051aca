//! The life of a deposit, block by block.

use super::{Model, Scene, catch_up, watcher, world_of};
use aio_service::{Progress, WatchError};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_payment_is_detected_confirms_block_by_block_and_counts_with_its_last_confirmation() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    model.pay(&to, 250, "a");
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["detected"]);
    for _ in 0..2 {
        model.mine();
        catch_up(&mut watcher).await;
        assert_eq!(shop.statuses(&world, "model").await, ["confirming"]);
        assert!(shop.balances(&world, "model").await.is_empty());
    }
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
    let balances = shop.balances(&world, "model").await;
    assert_eq!(
        balances.into_iter().collect::<Vec<_>>(),
        [("uncollected", "250".to_owned()), ("world", "-250".to_owned())]
    );
    let kinds = shop.kinds(&world).await;
    assert_eq!(
        kinds,
        [
            "subaddress.created",
            "transaction.detected",
            "transaction.confirming",
            "transaction.confirmed"
        ]
    );
}

#[tokio::test]
async fn two_payments_in_one_transaction_and_a_late_one_are_three_deposits_and_large_ones_wait_longer()
 {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    model.pay_many(&[(&to, 1), ("somebody else", 7), (&to, 1_000)], "a");
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    // The large one needs six confirmations.
    let rows = super::deposits(&world, shop.caller.merchant, "model").await;
    let mut rows: Vec<_> =
        rows.iter().map(|row| (row.place.as_str(), row.status.as_str())).collect();
    rows.sort_unstable();
    assert_eq!(rows, [("out:0", "confirmed"), ("out:2", "confirming")]);
    model.mine_empty(50);
    model.pay(&to, 3, "b");
    model.mine();
    model.mine_empty(5);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"; 3]);
    assert_eq!(shop.balances(&world, "model").await["uncollected"], "1004");
}

#[tokio::test]
async fn a_payment_whose_block_is_taken_back_is_orphaned_and_confirms_again_in_another_block() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    model.pay(&to, 5, "a");
    model.mine();
    catch_up(&mut watcher).await;
    model.take_back(1);
    model.mine_empty(1);
    assert_eq!(watcher.step().await.unwrap(), Progress::Rewound { blocks: 1 });
    assert_eq!(shop.statuses(&world, "model").await, ["orphaned"]);
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
}

#[tokio::test]
async fn a_confirmed_payment_that_the_chain_takes_back_is_reversed_in_the_books_too() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let paid = model.pay(&to, 5, "a");
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.balances(&world, "model").await["uncollected"], "5");
    world.clock.advance(1);
    model.take_back(3);
    model.mine_empty(1);
    watcher.step().await.unwrap();
    assert_eq!(shop.statuses(&world, "model").await, ["reversed"]);
    assert!(shop.balances(&world, "model").await.is_empty());
    let ids = shop.ids(&world, "model").await;
    let lines = world.store.ledger_of(shop.caller.merchant, &ids[0]);
    let lines: Vec<_> = lines.await.unwrap().iter().map(|line| line.reason.as_str()).collect();
    assert_eq!(lines, ["deposit", "reversal"]);
    // It comes again: the books count it again.
    assert!(model.inside().mempool.contains(&paid));
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
    assert_eq!(shop.balances(&world, "model").await["uncollected"], "5");
}

#[tokio::test]
async fn of_two_payments_with_the_same_coin_the_one_that_is_not_mined_is_replaced() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    model.pay(&to, 5, "coin");
    catch_up(&mut watcher).await;
    // The second one pays somebody else: a double spend.
    let stolen = model.pay("a thief", 5, "coin");
    model.mine_only(vec![stolen]);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["replaced"]);
    // The chain changes its mind, and the first one is mined after all.
    let first = super::model::Tx {
        id: "tx1".into(),
        pays: vec![(to, 5)],
        takes: vec!["coin".into()],
        sweeps: Vec::new(),
        fee: 0,
    };
    model.take_back(1);
    model.inside().mempool.clear();
    model.mine_only(vec![first]);
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
}

#[tokio::test]
async fn a_payment_that_no_node_knows_any_more_is_dropped_and_may_come_again() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let paid = model.pay(&to, 5, "a");
    catch_up(&mut watcher).await;
    model.inside().mempool.clear();
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["dropped"]);
    model.inside().mempool.push(paid);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["detected"]);
}

#[tokio::test]
async fn a_node_that_is_far_behind_is_waited_for_and_nothing_is_taken_back() {
    let Scene { model, world, shop, mut watcher, to } =
        Scene::begin(Model::with("model", 1, 20)).await;
    model.pay(&to, 5, "a");
    model.mine();
    model.mine_empty(220);
    catch_up(&mut watcher).await;
    // 200 blocks, further than blocks are kept, and only some.
    for visible in [20, 215] {
        model.inside().visible = Some(visible);
        assert_eq!(watcher.step().await.unwrap(), Progress::NodeBehind);
    }
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
    model.inside().visible = None;
    catch_up(&mut watcher).await;
}

#[tokio::test]
async fn a_reorganisation_deeper_than_allowed_stops_the_chain_until_the_node_has_its_blocks_again()
{
    let Scene { model, world, shop, mut watcher, to } =
        Scene::begin(Model::with("model", 1, 5)).await;
    model.mine_empty(20);
    model.pay(&to, 5, "a");
    model.mine();
    model.mine_empty(8);
    catch_up(&mut watcher).await;
    let before = model.inside().blocks.clone();
    model.take_back(12);
    model.mine_empty(30);
    for _ in 0..2 {
        assert!(matches!(watcher.step().await.unwrap(), Progress::Halted { .. }));
    }
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed"]);
    assert!(world.store.chain("model").await.unwrap().unwrap().halted.is_some());
    model.inside().blocks = before;
    catch_up(&mut watcher).await;
    assert_eq!(world.store.chain("model").await.unwrap().unwrap().halted, None);
}

#[tokio::test]
async fn a_chain_that_stands_still_is_resumed_with_what_was_kept_taken_back_and_read_anew() {
    let Scene { model, world, shop, mut watcher, to } =
        Scene::begin(Model::with("model", 1, 5)).await;
    model.mine_empty(20);
    model.pay(&to, 5, "a");
    model.mine();
    model.mine_empty(8);
    model.pay(&to, 7, "b");
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed", "confirmed"]);
    let resume = async || world.services.resume_chain("model").await.unwrap();
    // Nobody resumes what goes on by itself.
    assert!(!resume().await);
    model.take_back(8);
    model.mine_empty(30);
    assert!(matches!(watcher.step().await.unwrap(), Progress::Halted { .. }));
    assert!(resume().await);
    assert!(!resume().await);
    catch_up(&mut watcher).await;
    // What was kept is taken back until a block has it again.
    // Both came in one instant, so that their order in the list is no one's.
    let statuses: BTreeSet<_> = shop.statuses(&world, "model").await.into_iter().collect();
    assert_eq!(statuses, BTreeSet::from(["confirmed", "reversed"]));
    assert_eq!(shop.balances(&world, "model").await["uncollected"], "5");
    model.mine();
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["confirmed", "confirmed"]);
    assert_eq!(shop.balances(&world, "model").await["uncollected"], "12");
    let audit = world.services.verify_audit().await.unwrap();
    assert!(audit.iter().all(|report| report.broken_at.is_none()));
}

#[tokio::test]
async fn a_node_of_another_network_or_of_another_history_is_not_read() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    model.inside().network = "other".into();
    let mut watcher = watcher(&world, "model");
    assert!(matches!(watcher.step().await, Err(WatchError::Node(_))));
    assert!(world.store.chain("model").await.unwrap().is_none());
    model.inside().network = "model".into();
    catch_up(&mut watcher).await;
    model.inside().genesis = "another".into();
    let mut restarted = super::watcher(&world, "model");
    assert!(matches!(restarted.step().await, Err(WatchError::Node(_))));
}

#[tokio::test]
async fn while_one_server_reads_a_chain_another_one_waits_and_takes_over_when_it_is_gone() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let mut first = watcher(&world, "model");
    catch_up(&mut first).await;
    let other = world.another_server().await;
    let mut second = other.watcher("model", "two").unwrap();
    assert_eq!(second.step().await.unwrap(), Progress::Elsewhere);
    world.clock.advance(30_001);
    catch_up(&mut second).await;
    assert_eq!(first.step().await.unwrap(), Progress::Elsewhere);
    second.release().await.unwrap();
    catch_up(&mut first).await;
}

#[tokio::test]
async fn the_very_block_at_which_reading_began_may_be_taken_back() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    model.mine_empty(30);
    let mut watcher = watcher(&world, "model");
    catch_up(&mut watcher).await;
    model.take_back(2);
    model.mine_empty(4);
    assert_eq!(watcher.step().await.unwrap(), Progress::Rewound { blocks: 2 });
    catch_up(&mut watcher).await;
}

#[tokio::test]
async fn a_server_that_takes_over_again_knows_what_payments_need_that_another_one_noted() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    world.clock.advance(30_001);
    let other = world.another_server().await;
    let mut second = other.watcher("model", "two").unwrap();
    model.pay(&to, 5, "coin");
    catch_up(&mut second).await;
    assert_eq!(watcher.step().await.unwrap(), Progress::Elsewhere);
    second.release().await.unwrap();
    let rival = model.pay("a thief", 5, "coin");
    model.mine_only(vec![rival]);
    catch_up(&mut watcher).await;
    assert_eq!(shop.statuses(&world, "model").await, ["replaced"]);
}
