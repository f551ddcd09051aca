//! Deposits are collected, on a model with outputs: once each, whatever the chain, the node or a second sender does.

use super::{
    Model, catch_up, deposits,
    flow::{Flow, collects},
};
use aio_domain::{Action, Amount};
use aio_service::{Changes, Progress, SendProgress, WatchError};

/// Three confirmations.
async fn begin() -> Flow {
    Flow::begin(Model::new("model")).await
}

#[tokio::test]
async fn a_deposit_that_counts_is_collected_and_the_books_say_where_it_is_and_what_it_cost() {
    let mut flow = begin().await;
    flow.deposit(250, "a").await;
    assert_eq!(flow.sender.step().await.unwrap(), SendProgress::Done(1));
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["broadcast"], vec!["confirmed"]));
    assert_eq!(flow.books().await, ["uncollected COIN 250", "world COIN -250"]);
    flow.mine(1).await;
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["mined"], vec!["collected"]));
    let after = ["collected COIN 249", "fees COIN 1", "world COIN -250"];
    assert_eq!(flow.books().await, after);
    flow.mine(1).await;
    assert_eq!(flow.told().await, ["mined"]);
    flow.mine(1).await;
    assert_eq!((flow.told().await, flow.arrived()), (vec!["final"], 249));
    flow.mine(30).await;
    assert_eq!((flow.told().await.len(), flow.books().await.len()), (1, 3));
    assert_eq!(
        flow.events().await,
        [
            "collection.created",
            "collection.broadcast",
            "transaction.collected",
            "collection.mined",
            "collection.final"
        ]
    );
    let row = flow.collections().await.remove(0);
    let id = row.id;
    let found = flow.world.services.collection(&flow.shop.caller, id).await.unwrap();
    assert_eq!(found.attempts, [row.tx.unwrap()]);
    assert_eq!((found.deposits.len(), found.collection.display.as_str()), (1, "SAFE"));
    let of = flow.world.services.collection_of(&flow.shop.caller, found.deposits[0].id).await;
    assert_eq!(of.unwrap().unwrap().row.id, id);
    let page = flow.world.services.collections(&flow.shop.caller, None, 1).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
}

#[tokio::test]
async fn a_collection_that_the_chain_takes_back_is_undone_before_its_deposit_and_both_come_again() {
    let mut flow = begin().await;
    flow.deposit(250, "a").await;
    flow.settle().await;
    flow.mine(3).await;
    assert_eq!(flow.told().await, ["final"]);
    let bytes = flow.attempts().await[0].bytes.clone();

    // Only the collection's block goes; also what was final goes back.
    flow.model.take_back(3);
    flow.model.inside().mempool.clear();
    flow.model.mine_empty(1);
    assert_eq!(flow.watcher.step().await.unwrap(), Progress::Rewound { blocks: 3 });
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["broadcast"], vec!["confirmed"]));
    assert_eq!(flow.books().await, ["uncollected COIN 250", "world COIN -250"]);
    flow.settle().await;
    flow.mine(4).await;
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["final"], vec!["collected"]));

    // Now the deposit's block goes too, and both come again in one block.
    let height = flow.model.inside().blocks.len();
    flow.model.take_back(height - 1);
    flow.model.mine_empty(1);
    catch_up(&mut flow.watcher).await;
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["broadcast"], vec!["reversed"]));
    assert_eq!(flow.books().await, [""; 0]);
    flow.model.mine();
    flow.model.mine_empty(1);
    flow.settle().await;
    // In a block, but the deposit does not count yet.
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["broadcast"], vec!["confirming"]));
    assert_eq!(flow.books().await, [""; 0]);
    flow.mine(3).await;
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["final"], vec!["collected"]));
    assert_eq!(flow.books().await, ["collected COIN 249", "fees COIN 1", "world COIN -250"]);
    // The same bytes all the way.
    let attempts = flow.attempts().await;
    assert_eq!((attempts.len(), &attempts[0].bytes), (1, &bytes));
    let reversed = flow.events().await;
    assert_eq!(reversed.iter().filter(|kind| *kind == "collection.reversed").count(), 2);
    let id = flow.collections().await[0].id.to_string();
    let lines = flow.world.store.ledger_of(flow.merchant(), &id).await.unwrap();
    assert_eq!(lines.len(), 10);
}

#[tokio::test]
async fn an_open_list_is_told_of_payments_whose_collection_was_taken_back() {
    let mut flow = Flow::begin(Model::new("model")).await;
    flow.deposit(250, "a").await;
    flow.settle().await;
    flow.mine(3).await;
    assert_eq!(flow.statuses().await, ["collected"]);
    let permit = flow.shop.owner.permit(Action::Live).await;
    let services = flow.world.services.clone();
    let Changes::Of(none, last) = services.transaction_changes(&permit, None).await.unwrap() else {
        panic!("nothing happened yet");
    };
    assert!(none.is_empty());
    flow.model.take_back(3);
    flow.model.mine_empty(1);
    assert_eq!(flow.watcher.step().await.unwrap(), Progress::Rewound { blocks: 3 });
    assert_eq!(flow.statuses().await, ["confirmed"]);
    let id = deposits(&flow.world, flow.merchant(), "model").await[0].id;
    let changes = services.transaction_changes(&permit, Some(last)).await.unwrap();
    assert_eq!(changes, Changes::Of(vec![id.to_string()], last + 1));
}

#[tokio::test]
async fn a_chain_that_is_resumed_takes_collections_back_too_and_counts_them_again() {
    let mut flow = Flow::begin(Model::with("model", 1, 5)).await;
    flow.model.mine_empty(10);
    flow.deposit(250, "a").await;
    flow.settle().await;
    flow.mine(1).await;
    assert_eq!(flow.told().await, ["final"]);
    flow.model.take_back(8);
    flow.model.mine_empty(20);
    assert!(matches!(flow.watcher.step().await.unwrap(), Progress::Halted { .. }));
    // Nothing is moved on a chain that a person has to look at.
    assert_eq!(flow.sender.step().await.unwrap(), SendProgress::Halted);
    assert!(flow.world.services.resume_chain("model").await.unwrap());
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["broadcast"], vec!["reversed"]));
    assert_eq!(flow.books().await, [""; 0]);
    flow.settle().await;
    flow.mine(3).await;
    assert_eq!((flow.told().await, flow.statuses().await), (vec!["final"], vec!["collected"]));
    assert_eq!(flow.arrived(), 249);
}

#[tokio::test]
async fn a_batch_waits_until_it_is_full_or_old_and_leaves_out_what_holds_too_little() {
    let mut flow = begin().await;
    let minute = 60_000;
    collects(&flow.world, flow.merchant(), "model", 2, 10 * minute).await;
    let mut tx = flow.world.store.begin().await.unwrap();
    let minimum = Amount::from(100_u64);
    tx.set_collection_minimum(flow.merchant(), ("model", "COIN"), minimum).await.unwrap();
    tx.commit().await.unwrap();
    let bob = flow.shop.address(&flow.world, "model", "bob").await.row.address;
    flow.deposit(60, "a").await;
    flow.world.clock.advance(20 * minute);
    flow.settle().await;
    assert_eq!(flow.told().await, [""; 0]);
    // The subaddress holds enough now, and the older deposit has waited long.
    flow.deposit(40, "b").await;
    flow.settle().await;
    assert_eq!(flow.told().await, ["broadcast"]);
    assert_eq!(flow.collections().await[0].amount, minimum);
    flow.mine(1).await;
    // One waits for others; two do not.
    flow.deposit(100, "c").await;
    flow.settle().await;
    assert_eq!(flow.told().await.len(), 1);
    flow.model.pay(&bob, 500, "d");
    flow.model.mine();
    flow.mine(3).await;
    assert_eq!(flow.told().await.len(), 2);
    assert_eq!(flow.collections().await[1].deposits, 2);
    // Ten minutes on the clock are as good as a full batch.
    flow.deposit(150, "e").await;
    flow.world.clock.advance(10 * minute - 1);
    flow.settle().await;
    assert_eq!(flow.told().await.len(), 2);
    flow.world.clock.advance(1);
    flow.settle().await;
    assert_eq!(flow.told().await.len(), 3);
}

#[tokio::test]
async fn dust_is_left_where_it_is_and_an_archived_subaddress_is_collected_all_the_same() {
    let model = Model::new("model");
    model.inside().dust = 10;
    let mut flow = Flow::begin(model).await;
    let row = flow.world.store.subaddress_at(flow.merchant(), "model", &flow.to).await.unwrap();
    let mut tx = flow.world.store.begin().await.unwrap();
    let now = Some(flow.world.now());
    assert!(tx.archive_subaddress(flow.merchant(), row.unwrap().id, now).await.unwrap());
    tx.commit().await.unwrap();
    flow.model.pay(&flow.to, 9, "dust");
    flow.deposit(10, "a").await;
    flow.settle().await;
    flow.mine(3).await;
    assert_eq!(flow.collections().await[0].amount, Amount::from(10_u64));
    let mut statuses = flow.statuses().await;
    statuses.sort_unstable();
    assert_eq!(statuses, ["collected", "confirmed"]);
}

#[tokio::test]
async fn two_senders_at_once_make_one_collection() {
    let mut flow = begin().await;
    let other = flow.world.another_server().await;
    let mut watcher = other.watcher("model", "two").unwrap();
    let mut sender = other.sender("model", "two").unwrap();
    for n in 0..8_u64 {
        flow.deposit(100, &format!("coin{n}")).await;
        // The lease ends, so that both believe it is their turn.
        flow.world.clock.advance(31_000);
        let (one, two) = tokio::join!(
            async {
                let _ = flow.watcher.step().await;
                flow.sender.step().await
            },
            async {
                let _ = watcher.step().await;
                sender.step().await
            }
        );
        for done in [one, two] {
            assert!(matches!(done, Ok(_) | Err(WatchError::Overtaken)), "{done:?}");
        }
        flow.world.clock.advance(31_000);
        flow.settle().await;
        flow.mine(1).await;
        assert_eq!(flow.told().await.len(), usize::try_from(n).unwrap() + 1);
    }
    flow.mine(3).await;
    assert_eq!(flow.told().await, ["final"; 8]);
    assert_eq!(flow.arrived(), 8 * 99);
}

#[tokio::test]
async fn a_node_that_goes_away_after_any_answer_costs_no_payment_and_makes_no_second_one() {
    let mut flow = begin().await;
    for answers in 0..14_u32 {
        flow.deposit(100, &format!("coin{answers}")).await;
        flow.model.inside().answers_left = Some(answers);
        for _ in 0..3 {
            let read = flow.watcher.step().await;
            assert!(matches!(read, Ok(_) | Err(WatchError::Node(_))), "{read:?}");
            let sent = flow.sender.step().await;
            assert!(matches!(sent, Ok(_) | Err(WatchError::Node(_))), "{sent:?}");
        }
        flow.model.inside().answers_left = None;
        // A server that knows nothing but the database goes on.
        flow.sender = flow.world.services.sender("model", "one").unwrap();
        flow.settle().await;
        flow.mine(1).await;
    }
    flow.mine(3).await;
    assert_eq!(flow.statuses().await, ["collected"; 14]);
    assert_eq!(flow.arrived(), 14 * 99);
}

#[tokio::test]
async fn a_fee_that_is_too_much_is_waited_out_and_told_once() {
    let mut flow = begin().await;
    flow.model.inside().fee_rate = 60;
    flow.deposit(100, "a").await;
    for _ in 0..3 {
        flow.settle().await;
        flow.world.clock.advance(60_000);
        flow.mine(1).await;
    }
    let waiting = async |flow: &Flow| {
        let row =
            flow.world.store.collection_token(flow.merchant(), "model", "COIN").await.unwrap();
        row.unwrap().waiting
    };
    assert_eq!(waiting(&flow).await.as_deref(), Some("fee_share"));
    flow.model.inside().fee_rate = 100;
    flow.mine(1).await;
    assert_eq!(waiting(&flow).await.as_deref(), Some("not_enough"));
    assert_eq!(flow.events().await, ["collection.waiting", "collection.waiting"]);
    flow.deposit(9_000, "b").await;
    flow.model.inside().fee_rate = 1_001;
    flow.mine(3).await;
    assert_eq!(waiting(&flow).await.as_deref(), Some("fee_cap"));
    flow.model.inside().fee_rate = 2;
    flow.mine(1).await;
    assert_eq!((flow.told().await, waiting(&flow).await), (vec!["broadcast"], None));
}

#[tokio::test]
async fn a_collection_that_was_mined_long_before_anybody_looked_is_noted() {
    let mut flow = Flow::begin(Model::with("model", 1, 6)).await;
    flow.deposit(50, "a").await;
    flow.settle().await;
    // Nobody looks for thirty blocks: its block is not among those that are kept.
    flow.model.mine();
    flow.model.mine_empty(30);
    flow.settle().await;
    assert_eq!((flow.told().await, flow.arrived()), (vec!["final"], 49));
}

#[tokio::test]
async fn a_block_above_what_was_read_and_a_sender_without_the_lease_change_nothing() {
    let mut flow = begin().await;
    flow.deposit(50, "a").await;
    flow.settle().await;
    flow.model.mine();
    // The node has the block; the watcher has not read it.
    flow.world.clock.advance(60_000);
    flow.sender.step().await.unwrap();
    assert_eq!(flow.told().await, ["broadcast"]);
    let mut other = flow.world.services.sender("model", "two").unwrap();
    assert_eq!(other.step().await.unwrap(), SendProgress::Elsewhere);
    flow.settle().await;
    assert_eq!(flow.told().await, ["mined"]);
}
