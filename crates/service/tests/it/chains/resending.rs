//! What is signed and in no block: sent again, sent with a higher fee, or taken by somebody else.

use super::{
    Model,
    flow::{Flow, SAFE, collects},
    model::Tx,
};
use aio_domain::Amount;

/// Three confirmations.
async fn begin() -> Flow {
    Flow::begin(Model::new("model")).await
}

#[tokio::test]
async fn bytes_that_a_node_forgot_are_sent_again_and_wait_longer_each_time() {
    let mut flow = begin().await;
    flow.deposit(100, "a").await;
    flow.settle().await;
    for _ in 0..3 {
        flow.model.inside().mempool.clear();
        flow.settle().await;
        assert!(flow.model.inside().mempool.is_empty());
        flow.world.clock.advance(60_000);
        flow.settle().await;
        assert_eq!(flow.model.inside().mempool.len(), 1);
    }
    assert_eq!(flow.attempts().await.len(), 1);
    // A clock that was set back makes nobody wait for hours.
    flow.model.inside().mempool.clear();
    flow.world.clock.advance(-80_000_000);
    flow.settle().await;
    assert_eq!(flow.model.inside().mempool.len(), 1);
    flow.mine(3).await;
    assert_eq!(flow.told().await, ["final"]);
}

#[tokio::test]
async fn a_fee_is_raised_after_a_while_and_whichever_attempt_is_mined_counts() {
    for mined in [0, 1, 2] {
        let mut flow = begin().await;
        flow.deposit(100, "a").await;
        flow.settle().await;
        for attempts in 2..=3 {
            flow.world.clock.advance(30 * 60_000);
            flow.settle().await;
            assert_eq!(flow.attempts().await.len(), attempts);
        }
        let attempts = flow.attempts().await;
        let fees: Vec<_> = attempts.iter().map(|one| one.max_fee.to_string()).collect();
        assert_eq!(fees, ["1", "2", "3"]);
        // The node has forgotten all but the last; a miner may not have.
        let bytes = std::str::from_utf8(&attempts[mined].bytes).unwrap();
        let fee = 1 + u64::try_from(mined).unwrap();
        let form: serde_json::Value = serde_json::from_str(bytes).unwrap();
        let takes = serde_json::from_value(form["takes"].clone()).unwrap();
        let (id, pays) = (attempts[mined].tx.clone(), vec![(SAFE.into(), 100 - fee)]);
        flow.model.mine_only(vec![Tx { id, pays, takes, sweeps: Vec::new(), fee }]);
        flow.model.mine_empty(3);
        flow.settle().await;
        assert_eq!(flow.told().await, ["final"]);
        let wanted = [format!("collected COIN {}", 100 - fee), format!("fees COIN {fee}")];
        assert_eq!(flow.books().await[..2], wanted);
        assert_eq!(flow.collections().await[0].tx.as_ref(), Some(&attempts[mined].tx));
    }
}

#[tokio::test]
async fn no_fee_is_raised_above_its_share_or_to_an_address_that_is_no_longer_wanted() {
    let mut flow = begin().await;
    flow.deposit(5, "a").await;
    flow.settle().await;
    for _ in 0..5 {
        flow.world.clock.advance(30 * 60_000);
        flow.settle().await;
    }
    // Half of 5 is the most.
    assert_eq!(flow.attempts().await.last().unwrap().max_fee, Amount::from(2_u64));
    let count = flow.attempts().await.len();
    flow.world.sql("UPDATE collection_settings SET address = 'elsewhere', version = version + 1");
    flow.model.inside().fee_rate = 1;
    flow.deposit(900, "b").await;
    flow.settle().await;
    let rows = flow.collections().await;
    assert_eq!(rows[1].destination, "elsewhere");
    flow.world.clock.advance(30 * 60_000);
    flow.settle().await;
    let first = flow.world.store.attempts(rows[0].outgoing).await.unwrap();
    assert_eq!(first.len(), count);
    // What was sent stays sent: both arrive where they were signed for.
    flow.mine(3).await;
    assert_eq!(flow.told().await, ["final", "final"]);
}

#[tokio::test]
async fn what_somebody_else_took_is_given_up_deep_below_the_tip_and_the_rest_is_collected_anew() {
    let mut flow = Flow::begin(Model::with("model", 1, 6)).await;
    let bob = flow.shop.address(&flow.world, "model", "bob").await.row.address;
    let stolen = flow.model.pay(&bob, 70, "b");
    flow.deposit(50, "a").await;
    flow.settle().await;
    assert_eq!(flow.collections().await[0].deposits, 2);
    // Somebody has the key of bob's address.
    let thief = flow.model.pay("a thief", 70, &format!("{}:0", stolen.id));
    flow.model.mine_only(vec![thief.clone()]);
    flow.settle().await;
    flow.mine(6).await;
    assert_eq!(flow.told().await, ["broadcast"]);
    // Gone and back again: nothing is given up yet.
    flow.model.take_back(3);
    flow.model.mine_empty(3);
    flow.settle().await;
    assert_eq!(flow.told().await, ["broadcast"]);
    flow.world.clock.advance(1);
    flow.mine(1).await;
    assert_eq!(flow.told().await, ["overtaken", "broadcast"]);
    flow.mine(1).await;
    assert_eq!(flow.told().await, ["overtaken", "final"]);
    let mut statuses = flow.statuses().await;
    statuses.sort_unstable();
    assert_eq!((statuses, flow.arrived()), (vec!["collected", "confirmed"], 49));
    flow.mine(20).await;
    assert_eq!(flow.told().await.len(), 2, "nobody tries for ever");
}

#[tokio::test]
async fn a_deposit_that_is_replaced_after_it_was_to_be_collected_does_not_hold_the_others() {
    let mut flow = Flow::begin(Model::with("model", 1, 6)).await;
    let bob = flow.shop.address(&flow.world, "model", "bob").await.row.address;
    flow.deposit(50, "a").await;
    let block = flow.model.inside().blocks.len();
    let paid = flow.model.pay(&bob, 70, "b");
    collects(&flow.world, flow.merchant(), "model", 2, 1_000_000).await;
    flow.model.mine();
    flow.settle().await;
    assert_eq!(flow.collections().await[0].deposits, 2);
    // The customer takes the payment back in a reorganisation.
    let now = flow.model.inside().blocks.len();
    flow.model.take_back(now - block);
    flow.model.inside().mempool.retain(|tx| tx.id != paid.id);
    let rival = flow.model.pay("himself", 70, "b");
    flow.model.mine_only(vec![rival]);
    flow.model.mine_empty(2);
    flow.settle().await;
    let mut statuses = flow.statuses().await;
    statuses.sort_unstable();
    assert_eq!((statuses, flow.told().await), (vec!["confirmed", "replaced"], vec!["broadcast"]));
    flow.mine(7).await;
    assert_eq!(flow.told().await, ["overtaken"]);
    collects(&flow.world, flow.merchant(), "model", 1, 0).await;
    flow.settle().await;
    flow.mine(2).await;
    assert_eq!((flow.told().await, flow.arrived()), (vec!["overtaken", "final"], 49));
}
