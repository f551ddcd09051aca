//! Tokens that do not behave, in collections.

use crate::harness::{Net, address, burnCall, collect, deposit, read, refuseCall, treasury};
use aio_chain::{ChainError, ChainRead, ChainSpend, TxStatus};
use aio_domain::money::Amount;

#[tokio::test]
async fn a_token_that_keeps_a_fee_leaves_whole_and_says_what_arrived() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let mut sources = net.deposits(0..1, "FEE", 1000).await;
    sources[0].amount = Amount::from(900_u64);
    let signed = net.collected(sources.clone(), "FEE", &to).await;
    let left = vec![(sources[0].address.clone(), Amount::from(900_u64))];
    assert_eq!(net.moved(&signed.tx, "FEE").await, left);
    let status = net.chain.status(&signed.tx, Some("FEE")).await.unwrap();
    let TxStatus::Mined { moved, .. } = status else { panic!("{status:?}") };
    assert_eq!(moved[0].came_to(&to), Amount::from(810_u64));
    assert_eq!(moved[0].came_to(&sources[0].address), Amount::ZERO);
    assert_eq!(net.balance(&to, "FEE").await, Amount::from(810_u64));
    assert!(net.balance(&sources[0].address, "FEE").await.is_zero());
}

#[tokio::test]
async fn a_token_that_answers_false_moved_nothing_and_is_not_planned_as_long_as_it_does() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "FALSE", 10).await;
    let token = net.contract("FALSE");
    let plan = net.plan(sources.clone(), "FALSE", &to).await;
    // It changes its mind after the plan, in the block before ours.
    net.call(&token, &refuseCall { yes: true }, 0).await;
    net.mine(1).await;
    let signed = net.pass(&plan, &to).await;
    net.mine(1).await;
    assert!(net.succeeded(&signed.tx).await);
    assert_eq!(net.moved(&signed.tx, "FALSE").await, []);
    for source in &sources {
        assert_eq!(net.balance(&source.address, "FALSE").await, Amount::from(10_u64));
    }
    let intent = collect(sources.clone(), "FALSE", &to);
    let refused = net.chain.plan(&intent, Some(&net.payer().await)).await;
    let Err(ChainError::Unsupported(why)) = &refused else { panic!("{refused:?}") };
    assert!(why.contains("refuses"), "{why}");
    net.call(&token, &refuseCall { yes: false }, 0).await;
    net.mine(1).await;
    net.collected(sources, "FALSE", &to).await;
    assert_eq!(net.balance(&to, "FALSE").await, Amount::from(20_u64));
}

#[tokio::test]
async fn one_address_that_cannot_pay_does_not_stop_the_others_even_when_it_burns_all_gas() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..5, "BURN", 10).await;
    let token = net.contract("BURN");
    for burning in [1, 3] {
        net.call(&token, &burnCall { from: read(&address(deposit(burning))) }, 0).await;
    }
    net.mine(1).await;
    let signed = net.collected(sources.clone(), "BURN", &to).await;
    let moved: Vec<_> = net.moved(&signed.tx, "BURN").await;
    let from: Vec<_> = moved.iter().map(|(from, _)| from.as_str()).collect();
    let others = [0, 2, 4].map(|n: usize| sources[n].address.as_str());
    assert_eq!(from, others);
    assert_eq!(net.balance(&to, "BURN").await, Amount::from(30_u64));
    assert_eq!(net.balance(&sources[1].address, "BURN").await, Amount::from(10_u64));

    // It begins to burn after the plan: what then is too little gas undoes all of it, and a new plan does it.
    let sources = net.deposits(5..8, "BURN", 10).await;
    let plan = net.plan(sources.clone(), "BURN", &to).await;
    net.call(&token, &burnCall { from: read(&sources[0].address) }, 0).await;
    net.mine(1).await;
    let late = net.pass(&plan, &to).await;
    net.mine(1).await;
    assert!(!net.succeeded(&late.tx).await);
    assert_eq!(net.moved(&late.tx, "BURN").await, []);
    assert_eq!(net.balance(&to, "BURN").await, Amount::from(30_u64));
    net.collected(sources, "BURN", &to).await;
    assert_eq!(net.balance(&to, "BURN").await, Amount::from(50_u64));
}
