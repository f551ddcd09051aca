//! Coins that contracts send, which stand in no transaction and in no log.

use crate::harness::{
    Net, address, byCallCall, byDelegateCall, byTransferCall, deepCall, deposit, failingCall, hex,
    inHalvesCall, read, treasury, watching,
};
use aio_chain::{ChainRead, Place};
use aio_domain::money::Amount;
use alloy_primitives::{Bytes, U256};
use alloy_sol_types::SolCall;
use serde_json::json;

#[tokio::test]
async fn coins_that_a_contract_sends_arrive_also_at_an_address_that_has_the_sweepers_code() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..1, "ETH", 5).await;
    net.collected(sources, "ETH", &to).await;
    let (swept, fresh) = (address(deposit(0)), address(deposit(1)));
    let code = net.rpc("eth_getCode", json!([swept, "latest"])).await;
    assert!(code.as_str().unwrap().starts_with("0xef0100"), "{code}");

    for ours in [&swept, &fresh] {
        let watch = watching([ours]);
        let receiver = read(ours);
        for (way, value) in [("call", 100_u64), ("transfer", 101), ("delegate", 102)] {
            let tx = match way {
                "call" => net.call(&net.forwarder, &byCallCall { to: receiver }, value).await,
                "transfer" => {
                    net.call(&net.forwarder, &byTransferCall { to: receiver }, value).await
                }
                _ => net.call(&net.forwarder, &byDelegateCall { to: receiver }, value).await,
            };
            net.mine(1).await;
            assert!(net.succeeded(&tx).await, "{value}");
            let paid = net.paid(&watch).await;
            let [payment] = paid.as_slice() else { panic!("{value}: {paid:?}") };
            assert_eq!((&payment.tx, &payment.to), (&tx, ours));
            assert_eq!(payment.place, Place::Call(0), "{value}");
            assert_eq!(payment.amount, Amount::from(value));
            assert_eq!(payment.from.as_ref(), Some(&net.forwarder));
        }
        assert_eq!(net.balance(ours, "ETH").await, Amount::from(303_u64));
    }
    // A plain payment too, when its sender lets the node say how much gas it needs.
    let tx = net.pay(&swept, 7).await;
    net.mine(1).await;
    assert!(net.succeeded(&tx).await);
    assert_eq!(net.paid(&watching([&swept])).await[0].place, Place::Top);
}

#[tokio::test]
async fn a_sender_that_allows_no_gas_beyond_a_plain_payments_pays_nothing_to_an_address_with_code()
{
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..1, "ETH", 5).await;
    net.collected(sources, "ETH", &to).await;
    let swept = address(deposit(0));
    let watch = watching([&swept]);
    for (gas, arrives) in [(21_000, 0_u64), (21_100, 9)] {
        let tx = net.send(json!({ "to": swept, "value": "0x9", "gas": hex(gas) })).await;
        net.mine(1).await;
        // It is mined, it failed, and the coins are still the sender's: no payment is seen.
        assert_eq!(net.succeeded(&tx).await, arrives > 0);
        assert_eq!(net.balance(&swept, "ETH").await, Amount::from(arrives));
        assert_eq!(net.paid(&watch).await.len(), usize::from(arrives > 0));
    }
}

#[tokio::test]
async fn calls_that_failed_or_carried_nothing_do_not_count_and_each_other_has_its_place() {
    let net = Net::start().await;
    let (one, two) = (address(deposit(0)), address(deposit(1)));
    let watch = watching([&one, &two]);
    let halves = inHalvesCall { one: read(&one), two: read(&two) };
    let tx = net.call(&net.forwarder, &halves, 11).await;
    let failed = net.call(&net.forwarder, &failingCall { to: read(&one) }, 50).await;
    net.mine(1).await;
    assert!(net.succeeded(&tx).await && !net.succeeded(&failed).await);
    let paid = net.paid(&watch).await;
    let told: Vec<_> =
        paid.iter().map(|p| (&p.tx, p.place, p.to.as_str(), p.amount.to_string())).collect();
    assert_eq!(
        told,
        [
            (&tx, Place::Call(0), one.as_str(), "5".to_owned()),
            (&tx, Place::Call(1), two.as_str(), "6".to_owned()),
        ]
    );
    // Without traces nobody sees them, and the transaction itself pays the contract only.
    let blind = net.with(|settings| settings.traces = false);
    let tip = net.tip().await;
    let block = blind.scan(&tip.hash, &watch).await.unwrap().unwrap();
    assert_eq!((block.seen.len(), block.header.block), (0, tip));
    blind.check_abilities().await.unwrap();
}

#[tokio::test]
async fn a_payment_a_hundred_calls_deep_is_found() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let call = deepCall { to: read(&ours), levels: U256::from(100) };
    let data = Bytes::from(call.abi_encode());
    let tx = net
        .send(json!({ "to": net.forwarder, "data": data, "value": "0x3", "gas": hex(16_000_000) }))
        .await;
    net.mine(1).await;
    assert!(net.succeeded(&tx).await);
    let paid = net.paid(&watching([&ours])).await;
    let [payment] = paid.as_slice() else { panic!("{paid:?}") };
    assert_eq!((payment.place, payment.amount), (Place::Call(100), Amount::from(3_u64)));
}
