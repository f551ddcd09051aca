//! Anybody may call the sweeper of a subaddress: what leaves it by a call that is not ours.

use super::{
    deposits,
    evm::{CHAIN, COIN, MAX_REORG, ONE, ask, call, hex},
    evm_collect::{SAFE, Till},
    flow::collects_to,
};
use aio_domain::Amount;
use serde_json::json;

/// Of coins.
const NONE: &str = "0x0";
const SWEEP: &str = "sweep(address,uint256)";

/// Ann's subaddress names the sweeper as its code, and nothing lies on it.
async fn begin() -> (Till, String) {
    let mut till = Till::prepared().await;
    till.pay("ann", "USDT", 5).await;
    till.mine(2).await;
    till.mine(u64::from(MAX_REORG) + 2).await;
    assert_eq!(till.told().await, ["final"; 2]);
    let ann = till.scene.address("ann").await;
    (till, ann)
}

/// Each collection as `amount status failure`, sorted.
async fn told(till: &Till) -> Vec<String> {
    let told = |row: &aio_store::CollectionRow| {
        let failure = row.failure.as_ref().map_or_else(String::new, |why| format!(" {why}"));
        format!("{} {}{failure}", row.amount, row.status.as_str())
    };
    let mut told: Vec<_> = till.collections().await[2..].iter().map(told).collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn tokens_and_coins_that_somebody_else_sweeps_are_booked_as_collections_without_a_fee() {
    let (mut till, ann) = begin().await;
    let fees = till.scene.books().await;
    let fees: Vec<_> = fees.iter().filter(|line| line.starts_with("fees")).collect();
    till.pay("ann", "USDT", 8).await;
    till.pay("ann", COIN, 700).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    let usdt = till.scene.contract("USDT");
    let tokens = till.scene.call(&ann, SWEEP, &[&usdt, "8"]).await;
    let coins = till.scene.call(&ann, SWEEP, &[NONE, &hex(700)]).await;
    till.mine(1).await;
    assert_eq!(till.statuses().await, ["collected"; 4]);
    till.books_match(ONE).await;
    till.mine(1).await;
    let rows = till.collections().await;
    let mut found: Vec<_> = rows[2..].iter().map(|row| row.tx.clone().unwrap()).collect();
    found.sort_unstable();
    let mut wanted = [tokens, coins];
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for row in &rows[2..] {
        assert_eq!((row.status.as_str(), row.fee, row.deposits), ("final", Some(Amount::ZERO), 1));
        assert_eq!(row.destination, SAFE);
        let kept = till.scene.world.store.attempts(row.outgoing).await.unwrap();
        assert!(kept.is_empty(), "nothing of it is ours to be sent");
    }
    let books = till.scene.books().await;
    assert_eq!(books.iter().filter(|line| line.starts_with("fees")).collect::<Vec<_>>(), fees);
    // Nobody tries to collect it again.
    till.mine(3).await;
    till.wait().await;
    assert_eq!((rows.len(), till.waiting("USDT").await), (till.collections().await.len(), None));
}

#[tokio::test]
async fn what_is_swept_in_the_block_of_its_deposit_is_booked_when_the_deposit_counts() {
    let (mut till, ann) = begin().await;
    till.pay("ann", "USDT", 8).await;
    let usdt = till.scene.contract("USDT");
    till.scene.call(&ann, SWEEP, &[&usdt, "8"]).await;
    till.mine(1).await;
    assert_eq!(till.statuses().await[2], "confirming");
    assert_eq!(told(&till).await, [""; 0]);
    till.mine(1).await;
    assert_eq!(
        (till.statuses().await[2], told(&till).await),
        ("collected", vec!["8 final".into()])
    );
    till.books_match(ONE).await;
}

#[tokio::test]
async fn parts_of_a_deposit_that_somebody_else_swept_are_booked_and_the_rest_is_collected_by_us() {
    let (mut till, ann) = begin().await;
    till.pay("ann", "USDT", 8).await;
    till.pay("bob", "USDT", 6).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    let usdt = till.scene.contract("USDT");
    for part in ["1", "2"] {
        till.scene.call(&ann, SWEEP, &[&usdt, part]).await;
        till.scene.mine(1).await;
        till.scene.catch_up().await;
        till.books_match(ONE).await;
    }
    till.settle().await;
    till.mine(2).await;
    assert_eq!(told(&till).await, ["1 final", "11 final", "2 final"]);
    assert_eq!(till.statuses().await, ["collected"; 4]);
    till.books_match(ONE).await;
    assert_eq!(till.holds(SAFE, "USDT").await, Amount::from(19_u64));
}

#[tokio::test]
async fn a_strangers_sweep_that_the_chain_takes_back_is_undone_and_booked_again_when_it_comes_again()
 {
    let (mut till, ann) = begin().await;
    till.pay("ann", "USDT", 8).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    let usdt = till.scene.contract("USDT");
    let part = till.scene.call(&ann, SWEEP, &[&usdt, "3"]).await;
    till.scene.mine(1).await;
    let rest = till.scene.call(&ann, SWEEP, &[&usdt, "5"]).await;
    till.scene.mine(1).await;
    let bytes = [till.scene.bytes(&part).await, till.scene.bytes(&rest).await];
    till.scene.catch_up().await;
    assert_eq!(told(&till).await, ["3 mined", "5 mined"]);
    assert_eq!(till.statuses().await[2], "collected");
    till.settle().await;
    till.mine(1).await;
    assert_eq!(told(&till).await, ["3 final", "5 final"]);
    // The block of the rest goes, and then that of the part.
    for (blocks, undone) in
        [(2, ["3 final", "5 failed reversed"]), (3, ["3 failed reversed", "5 failed reversed"])]
    {
        till.scene.reorganise(blocks).await;
        till.scene.catch_up().await;
        assert_eq!(
            (told(&till).await, till.statuses().await[2]),
            (undone.map(String::from).to_vec(), "confirmed")
        );
        till.books_match(ONE).await;
    }
    for bytes in bytes {
        till.scene.send_again(&bytes).await;
        till.scene.mine(1).await;
    }
    till.scene.catch_up().await;
    till.mine(1).await;
    assert_eq!(told(&till).await, ["3 failed reversed", "3 final", "5 failed reversed", "5 final"]);
    assert_eq!(till.statuses().await[2], "collected");
    till.books_match(ONE).await;
    assert_eq!(till.holds(SAFE, "USDT").await, Amount::from(13_u64));
}

#[tokio::test]
async fn a_stranger_who_is_faster_than_our_own_collection_is_booked_when_that_has_failed_for_good()
{
    let (mut till, ann) = begin().await;
    till.pay("ann", "USDT", 8).await;
    till.mine(2).await;
    assert_eq!(told(&till).await, ["8 broadcast"]);
    // He pays more, so he comes first in the block.
    let usdt = till.scene.contract("USDT");
    let waits = till.scene.call(&ann, SWEEP, &[&usdt, "8"]).await;
    let waits = ask(&till.scene.chain, "eth_getTransactionByHash", json!([waits])).await;
    let fee = hex(50_000_000_000);
    till.scene
        .send(json!({
            "to": ann, "data": waits["input"], "gas": waits["gas"], "nonce": waits["nonce"],
            "maxFeePerGas": fee, "maxPriorityFeePerGas": fee,
        }))
        .await;
    till.mine(1).await;
    assert_eq!(
        (told(&till).await, till.statuses().await[2]),
        (vec!["8 mined partly".into()], "confirmed")
    );
    till.mine(u64::from(MAX_REORG)).await;
    assert_eq!(told(&till).await, ["8 mined partly"]);
    till.mine(1).await;
    till.mine(1).await;
    assert_eq!(told(&till).await, ["8 failed partly", "8 final"]);
    assert_eq!(till.statuses().await[2], "collected");
    till.books_match(ONE).await;
    till.wait().await;
    till.mine(3).await;
    assert_eq!((told(&till).await.len(), till.waiting("USDT").await), (2, None));
}

#[tokio::test]
async fn one_call_that_sweeps_two_customers_is_booked_for_each_of_them_once() {
    let (mut till, ann) = begin().await;
    till.pay("bob", "USDT", 2).await;
    till.mine(2).await;
    till.mine(u64::from(MAX_REORG) + 2).await;
    let bob = till.scene.address("bob").await;
    till.pay("ann", "USDT", 8).await;
    till.pay("bob", "USDT", 9).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    let code = ask(&till.scene.chain, "eth_getCode", json!([ann, "latest"])).await;
    let sweeper = format!("0x{}", &code.as_str().unwrap()["0xef0100".len()..]);
    let usdt = till.scene.contract("USDT");
    // Two lists of two: where they begin, then how long each is and what is in it.
    let words = ["60", usdt.trim_start_matches("0x"), "c0", "2", &ann, &bob, "2", "8", "9"];
    till.scene.call(&sweeper, "sweepMany(address[],address,uint256[])", &words).await;
    till.mine(1).await;
    till.mine(1).await;
    assert_eq!(told(&till).await, ["2 final", "8 final", "9 final"]);
    assert_eq!(till.statuses().await, ["collected"; 5]);
    till.books_match(ONE).await;
}

#[tokio::test]
async fn what_left_to_somebody_elses_address_is_not_booked_and_stands_in_nobodys_way() {
    let (mut till, ann) = begin().await;
    // One subaddress at a time.
    collects_to(&till.scene.world, till.merchant(), (CHAIN, SAFE), 1, 0).await;
    till.pay("ann", "USDT", 8).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    // Somebody has ann's key.
    let chain = till.scene.chain.clone();
    ask(&chain, "anvil_impersonateAccount", json!([ann])).await;
    ask(&chain, "anvil_setBalance", json!([ann, hex(ONE)])).await;
    let usdt = till.scene.contract("USDT");
    let thief = "0x00000000000000000000000000000000000a1005";
    call(&chain, (&ann, &usdt), "transfer(address,uint256)", &[thief, "8"]).await;
    till.scene.mine(1).await;
    till.pay("bob", "USDT", 9).await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!(told(&till).await, ["9 final"]);
    let rows = deposits(&till.scene.world, till.merchant(), CHAIN).await;
    let open: Vec<_> = rows.iter().filter(|row| row.status.as_str() != "collected").collect();
    assert_eq!((open.len(), open[0].address.as_str()), (1, ann.as_str()));
    till.wait().await;
    assert_eq!(till.waiting("USDT").await, Some("refused".into()));
    assert!(till.scene.books().await.contains(&"uncollected USDT 8".to_owned()));
}
