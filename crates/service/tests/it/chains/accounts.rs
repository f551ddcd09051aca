//! The same on a model whose addresses have balances, whose senders count, and where a gas address pays.

use super::{Model, flow::Flow};
use aio_domain::{Amount, OutgoingKind};

async fn begin() -> Flow {
    Flow::begin(Model::with_accounts("model", 2, 4)).await
}

async fn numbers(flow: &Flow) -> Vec<i64> {
    let mut numbers = Vec::new();
    for row in flow.collections().await {
        let row = flow.outgoing(row.outgoing).await;
        assert_eq!(row.kind, OutgoingKind::Collect);
        numbers.push(row.number.unwrap());
    }
    numbers
}

#[tokio::test]
async fn the_gas_address_pays_in_the_coin_and_its_numbers_have_no_gap() {
    let mut flow = begin().await;
    for n in 0..4_u64 {
        flow.deposit(100, &format!("coin{n}")).await;
        flow.settle().await;
    }
    flow.mine(3).await;
    assert_eq!(flow.told().await, ["final"; 4]);
    assert_eq!(numbers(&flow).await, [0, 1, 2, 3]);
    assert_eq!(
        flow.books().await,
        ["collected COIN 400", "fees GAS 4", "world COIN -400", "world GAS -4"]
    );
    let gas = flow.world.services.gas_addresses(&flow.shop.caller).await.unwrap();
    assert_eq!(
        (gas.len(), gas[0].row.next_number, gas[0].balance),
        (1, Some(4), Some(Amount::ZERO))
    );
    assert_eq!(gas[0].row.address, "account0/1/0");
}

#[tokio::test]
async fn what_did_not_move_is_let_go_when_no_reorganisation_can_move_it_and_is_collected_again() {
    let mut flow = begin().await;
    let bob = flow.shop.address(&flow.world, "model", "bob").await.row.address;
    flow.model.inside().stuck.insert(bob.clone());
    flow.model.pay(&bob, 70, "b");
    flow.deposit(50, "a").await;
    flow.settle().await;
    flow.mine(4).await;
    assert_eq!(flow.told().await, ["mined"]);
    let mut statuses = flow.statuses().await;
    statuses.sort_unstable();
    assert_eq!(statuses, ["collected", "confirmed"]);
    flow.model.inside().stuck.clear();
    flow.mine(2).await;
    // One block more than is followed back: bob's money goes with the next one.
    assert_eq!(flow.told().await[0], "final");
    flow.mine(4).await;
    assert_eq!((flow.told().await, flow.arrived()), (vec!["final", "final"], 120));
    assert_eq!(
        flow.books().await,
        ["collected COIN 120", "fees GAS 3", "world COIN -120", "world GAS -3"]
    );
}

#[tokio::test]
async fn a_collection_that_the_chain_refuses_in_a_block_fails_late_and_is_made_again() {
    let mut flow = begin().await;
    flow.model.inside().reverts = true;
    flow.deposit(50, "a").await;
    flow.settle().await;
    flow.mine(1).await;
    assert_eq!(flow.told().await, ["mined"]);
    // The chain thinks again, and this time it works.
    flow.model.take_back(1);
    flow.model.inside().reverts = false;
    flow.mine(2).await;
    assert_eq!((flow.told().await, flow.arrived()), (vec!["final"], 50));
    flow.model.inside().reverts = true;
    flow.deposit(60, "b").await;
    flow.settle().await;
    flow.mine(4).await;
    assert_eq!(flow.told().await[1], "mined");
    flow.model.inside().reverts = false;
    flow.mine(2).await;
    flow.mine(3).await;
    // Made in one instant, they have no order.
    let mut told = flow.told().await;
    told.sort_unstable();
    assert_eq!((told, flow.arrived()), (vec!["failed", "final", "final"], 110));
    assert_eq!(
        flow.books().await,
        ["collected COIN 110", "fees GAS 3", "world COIN -110", "world GAS -3"]
    );
}

#[tokio::test]
async fn a_chain_that_must_be_prepared_is_prepared_once_and_then_collects() {
    let mut flow = begin().await;
    flow.model.inside().unprepared = true;
    flow.deposit(50, "a").await;
    for _ in 0..3 {
        flow.settle().await;
        flow.world.clock.advance(60_000);
    }
    assert_eq!((flow.told().await.len(), flow.model.inside().mempool.len()), (0, 1));
    assert_eq!(flow.events().await, ["collection.waiting"]);
    flow.mine(1).await;
    flow.world.clock.advance(60_000);
    flow.settle().await;
    flow.mine(4).await;
    assert_eq!((flow.told().await, numbers(&flow).await), (vec!["final"], vec![1]));
    assert_eq!(
        flow.books().await,
        ["collected COIN 50", "fees GAS 2", "world COIN -50", "world GAS -2"]
    );
}

#[tokio::test]
async fn an_address_that_holds_less_than_our_books_say_is_left_alone() {
    let mut flow = begin().await;
    flow.deposit(50, "a").await;
    flow.model.inside().blocks[1].txs[0].pays[0].1 = 49;
    flow.settle().await;
    assert_eq!(flow.told().await, [""; 0]);
    assert_eq!(flow.events().await, ["collection.waiting"]);
}
