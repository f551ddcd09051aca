//! A collection that waits too long pays more, out of the same money.

use crate::harness::{COIN, Net, collect, policy, satoshis, signer, with_fees};
use aio_chain::{ChainError, ChainRead, ChainSpend, Sent, SignError, Signer, TxStatus, Unsigned};
use aio_chain_bitcoin::{FeeRules, TOKEN};
use aio_domain::money::Amount;

#[tokio::test]
async fn a_higher_fee_replaces_the_first_and_only_one_of_both_is_mined() {
    let net = Net::start().await;
    let sources = net.deposits(0..3, "0.1").await;
    let to = net.elsewhere().await;
    let plan = net.chain.plan(&collect(sources, &to), None).await.unwrap();
    let first = signer().sign(&plan, &policy(&to)).unwrap();
    assert_eq!(net.chain.broadcast(&first).await.unwrap(), Sent::Accepted);

    let dearer = net.chain.bump(&plan).await.unwrap();
    assert_eq!(dearer.claims, plan.claims);
    assert!(satoshis(dearer.max_fee) * 4 >= satoshis(plan.max_fee) * 5);
    let second = signer().sign(&dearer, &policy(&to)).unwrap();
    assert_ne!(first.tx, second.tx);
    assert_eq!(net.chain.broadcast(&second).await.unwrap(), Sent::Accepted);
    assert_eq!(net.status(&first.tx).await, TxStatus::Unknown);
    assert_eq!(net.status(&second.tx).await, TxStatus::Pending);
    // The first one again: it is too cheap now, and nothing changes.
    assert_eq!(net.chain.broadcast(&first).await.unwrap(), Sent::Underpriced);
    net.mine(1).await;
    assert_eq!(net.chain.broadcast(&first).await.unwrap(), Sent::Conflict);
    let TxStatus::Mined { fee, .. } = net.status(&second.tx).await else { panic!("not mined") };
    assert_eq!(fee, dearer.max_fee);
    let arrived = net.chain.balance(&to, TOKEN).await.unwrap();
    assert_eq!(satoshis(arrived), 3 * COIN / 10 - satoshis(fee));
}

#[tokio::test]
async fn a_fee_is_raised_until_the_highest_rate_and_never_over_it() {
    let net = Net::start().await;
    let sources = net.deposits(0..1, "0.1").await;
    let to = net.elsewhere().await;
    let rules = FeeRules { fallback_rate: 2, max_fee_rate: 5, ..FeeRules::default() };
    let chain = with_fees(&net.node, rules);
    let mut plan = chain.plan(&collect(sources, &to), None).await.unwrap();
    // One input and one output have some 110 bytes.
    let most = Amount::from(560_u64);
    let mut tries = 0;
    let refused = loop {
        let signed = signer().sign(&plan, &policy(&to)).unwrap();
        assert_eq!(chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
        match chain.bump(&plan).await {
            Ok(dearer) => {
                assert!(dearer.max_fee > plan.max_fee && dearer.max_fee <= most);
                assert_eq!(dearer.claims, plan.claims);
                plan = dearer;
            }
            Err(error) => break error,
        }
        tries += 1;
        assert!(tries < 10);
    };
    assert!(matches!(refused, ChainError::NotEnough(_)), "{refused:?}");
    assert_eq!(tries, 3);

    let bent = Unsigned { payload: "{}".to_owned(), ..plan.clone() };
    let refused = chain.bump(&bent).await;
    assert!(matches!(refused, Err(ChainError::Unsupported(_))), "{refused:?}");

    // And the signer's own limit is not the plan's.
    let mut strict = policy(&to);
    strict.max_fee = Amount::from(satoshis(plan.max_fee) - 1);
    let refused = signer().sign(&plan, &strict);
    assert!(matches!(refused, Err(SignError::Refused(_))), "{refused:?}");
}
