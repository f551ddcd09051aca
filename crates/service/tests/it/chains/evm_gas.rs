//! Who pays for collections on a real node of an Ethereum-type chain, and what gas may cost.

use super::{
    evm::{CHAIN, COIN, MAX_REORG, ONE, ask, hex},
    evm_collect::{OTHER_SAFE, SAFE, Till},
};
use aio_domain::{Action, Amount};
use aio_service::{Attention, WatchError};
use serde_json::json;

#[tokio::test]
async fn an_empty_gas_address_waits_and_says_so_until_somebody_pays_it() {
    let mut till = Till::prepared().await;
    let spent = till.holds(&till.gas, COIN).await;
    let spent = Amount::from(ONE).checked_sub(spent).unwrap();
    till.fund(0).await;
    till.pay("ann", "USDT", 5_000_000).await;
    till.mine(2).await;
    for _ in 0..3 {
        till.wait().await;
        assert_eq!(till.waiting("USDT").await, Some("not_enough".into()));
        assert_eq!(till.told().await, ["final"]);
    }
    let events = till.scene.world.store.events_after(till.merchant(), 0, 1000).await.unwrap();
    let told = events.iter().filter(|event| event.kind == "collection.waiting");
    assert_eq!(told.filter(|event| event.payload.contains("not_enough")).count(), 1);
    // A person pays the gas address.
    till.scene.pay(&till.gas.clone(), ONE).await;
    till.mine(1).await;
    till.wait().await;
    assert_eq!((till.told().await, till.waiting("USDT").await), (vec!["final", "broadcast"], None));
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 2]);
    // What was spent before it was emptied stands in the books as well.
    let funded: u64 = Amount::sum([Amount::from(ONE), spent]).unwrap().to_string().parse().unwrap();
    till.books_match(funded).await;
}

#[tokio::test]
async fn a_gas_address_that_runs_low_is_told_once_before_anything_waits() {
    let mut till = Till::prepared().await;
    let owner = till.scene.shop.owner.clone();
    let told = async |till: &Till| {
        let events = till.scene.world.store.events_after(till.merchant(), 0, 1000).await.unwrap();
        events.iter().filter(|event| event.kind == "gas.low").count()
    };
    let attention = async |till: &Till| {
        let permit = owner.permit(Action::OverviewLoad).await;
        let found = till.scene.world.services.attention(&permit).await.unwrap();
        found.iter().any(|one| *one == Attention::LowGas(CHAIN.into()))
    };
    // Once for the beginning, when nobody had paid anything to it.
    let before = told(&till).await;
    assert!(!attention(&till).await);
    till.fund(ONE / 100 - 1).await;
    for _ in 0..3 {
        till.scene.world.clock.advance(10 * 60_000);
        till.settle().await;
        assert_eq!((told(&till).await, attention(&till).await), (before + 1, true));
    }
    let gas = till.scene.world.services.gas_addresses(&till.scene.shop.caller).await.unwrap();
    assert!(gas[0].is_low);
    till.fund(ONE / 100).await;
    till.scene.world.clock.advance(10 * 60_000);
    till.settle().await;
    assert_eq!((told(&till).await, attention(&till).await), (before + 1, false));
}

#[tokio::test]
async fn numbers_that_somebody_else_used_are_left_out() {
    let mut till = Till::prepared().await;
    let chain = till.scene.chain.clone();
    ask(&chain, "anvil_impersonateAccount", json!([till.gas])).await;
    for _ in 0..3 {
        till.scene.send(json!({ "from": till.gas, "to": OTHER_SAFE, "value": "0x1" })).await;
    }
    till.mine(1).await;
    till.pay("ann", "USDT", 5_000_000).await;
    till.mine(2).await;
    till.mine(2).await;
    assert_eq!((till.told().await, till.waiting("USDT").await), (vec!["final"; 2], None));
    let newest = till.collections().await.pop().unwrap();
    let first = till.collections().await.remove(0);
    let between =
        till.outgoing(&newest).await.number.unwrap() - till.outgoing(&first).await.number.unwrap();
    assert_eq!(between, 4);
    // A node that counts nonsense ends no lane: it is waited for.
    let real = ask(&chain, "eth_getTransactionCount", json!([till.gas, "latest"])).await;
    ask(&chain, "anvil_setNonce", json!([till.gas, hex(1 << 40)])).await;
    till.pay("bob", "USDT", 1_000_000).await;
    till.scene.mine(2).await;
    till.scene.catch_up().await;
    let refused = till.sender.step().await;
    assert!(matches!(refused, Err(WatchError::Node(_))), "{refused:?}");
    ask(&chain, "anvil_setNonce", json!([till.gas, real])).await;
    till.mine(1).await;
    till.mine(2).await;
    assert_eq!(till.told().await, ["final"; 3]);
    // One more while a collection waits for its block takes its number.
    till.pay("ann", "USDT", 6_000_000).await;
    till.scene.mine(2).await;
    till.settle().await;
    let tx = till.attempts().await[0].tx.clone();
    ask(&chain, "anvil_dropTransaction", json!([tx])).await;
    till.scene.send(json!({ "from": till.gas, "to": OTHER_SAFE, "value": "0x1" })).await;
    till.mine(u64::from(MAX_REORG) + 2).await;
    till.wait().await;
    till.mine(2).await;
    let mut told = till.told().await;
    told.sort_unstable();
    assert_eq!(told, ["final", "final", "final", "final", "overtaken"]);
    assert_eq!(till.holds(SAFE, "USDT").await, Amount::from(12_000_000_u64));
}

#[tokio::test]
async fn a_payment_of_another_wallet_that_is_never_mined_holds_nothing_up() {
    let mut till = Till::prepared().await;
    let chain = till.scene.chain.clone();
    till.pay("ann", "USDT", 5_000_000).await;
    till.scene.mine(2).await;
    ask(&chain, "anvil_impersonateAccount", json!([till.gas])).await;
    let theirs = json!({
        "from": till.gas, "to": OTHER_SAFE, "value": "0x1",
        "maxFeePerGas": hex(90_000_000_000), "maxPriorityFeePerGas": hex(80_000_000_000),
    });
    let theirs = till.scene.send(theirs).await;
    // The collection takes the same number, and waits as long as the other one offers more.
    till.settle().await;
    till.wait().await;
    assert_eq!(till.told().await, ["final", "signed"]);
    ask(&chain, "anvil_dropTransaction", json!([theirs])).await;
    till.wait().await;
    till.mine(2).await;
    assert_eq!((till.told().await, till.waiting("USDT").await), (vec!["final"; 2], None));
    assert_eq!(till.holds(SAFE, "USDT").await, Amount::from(5_000_000_u64));
}

#[tokio::test]
async fn a_price_of_gas_above_what_the_settings_allow_is_waited_out() {
    let mut till = Till::prepared().await;
    till.pay("ann", "USDT", 5_000_000).await;
    till.scene.mine(2).await;
    let set = json!([hex(200_000_000_000)]);
    ask(&till.scene.chain, "anvil_setNextBlockBaseFeePerGas", set).await;
    till.mine(1).await;
    assert_eq!(till.waiting("USDT").await, Some("not_enough".into()));
    let set = json!([hex(1_000_000_000)]);
    ask(&till.scene.chain, "anvil_setNextBlockBaseFeePerGas", set).await;
    till.mine(1).await;
    till.wait().await;
    till.mine(2).await;
    assert_eq!((till.told().await, till.waiting("USDT").await), (vec!["final"; 2], None));
}

#[tokio::test]
async fn a_share_is_asked_of_what_gas_costs_now_and_not_of_the_most_that_is_offered() {
    let mut till = Till::prepared().await;
    let base = |gwei: u64| json!([hex(gwei * 1_000_000_000)]);
    let set = "anvil_setNextBlockBaseFeePerGas";
    // Some 130,000 gas: a twentieth of it goes to the network now, and more than a tenth is offered.
    till.pay("ann", COIN, ONE / 10).await;
    till.scene.mine(1).await;
    ask(&till.scene.chain, set, base(45)).await;
    till.mine(1).await;
    let attempt = till.attempts().await.remove(0);
    assert_eq!((till.told().await, till.waiting(COIN).await), (vec!["final", "broadcast"], None));
    let tenth = Amount::from(ONE / 100);
    assert!(attempt.max_fee > tenth, "{}", attempt.max_fee);
    ask(&till.scene.chain, set, base(45)).await;
    till.mine(2).await;
    assert!(till.collections().await[1].fee.unwrap() < tenth);
    // Half of it would go: it waits until gas is cheaper.
    till.pay("ann", COIN, ONE / 100).await;
    till.scene.mine(1).await;
    ask(&till.scene.chain, set, base(45)).await;
    till.mine(1).await;
    assert_eq!(till.waiting(COIN).await, Some("fee_share".into()));
    ask(&till.scene.chain, set, base(1)).await;
    till.mine(1).await;
    till.wait().await;
    till.mine(2).await;
    assert_eq!((till.told().await, till.waiting(COIN).await), (vec!["final"; 3], None));
    till.books_match(ONE).await;
}
