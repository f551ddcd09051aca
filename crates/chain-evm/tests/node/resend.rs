//! Sending again, raising the fee, and what a node says to bytes that come too late.

use crate::harness::{COIN, Net, collect, gas, hex, policy, signer, treasury};
use aio_chain::{ChainError, ChainRead, ChainSpend, Sent, Signed, Signer, TxStatus};
use aio_chain_evm::FeeRules;
use aio_domain::money::Amount;
use serde_json::{Value, json};

#[tokio::test]
async fn the_same_bytes_are_harmless_at_any_time_and_pay_once() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "SILENT", 5).await;
    let plan = net.plan(sources, "SILENT", &to).await;
    let signed = net.pass(&plan, &to).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    // Signed again, it is the same to the last byte.
    assert_eq!(signer().sign(&plan, &policy(&to)).unwrap(), signed);
    net.mine(1).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    net.mine(3).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    assert_eq!(net.balance(&to, "SILENT").await, Amount::from(10_u64));
}

#[tokio::test]
async fn a_raised_fee_replaces_the_transaction_and_takes_the_same_number() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    let first = net.plan(sources.clone(), "PLAIN", &to).await;
    let slow = net.pass(&first, &to).await;
    // Another transaction of the same number that offers no more.
    let same = collect(sources[..1].to_vec(), "PLAIN", &to);
    let number: u64 = first.claims[0].split_once('#').unwrap().1.parse().unwrap();
    let payer = aio_chain::Payer { number, ..gas() };
    let same = net.chain.plan(&same, Some(&payer)).await.unwrap();
    let same = signer().sign(&same, &policy(&to)).unwrap();
    assert_eq!(net.chain.broadcast(&same).await.unwrap(), Sent::Underpriced);

    let second = net.chain.bump(&first).await.unwrap();
    assert_eq!(second.claims, first.claims);
    assert!(second.max_fee > first.max_fee);
    let (old, new): (Value, Value) = (
        serde_json::from_str(&first.payload).unwrap(),
        serde_json::from_str(&second.payload).unwrap(),
    );
    for fee in ["max_fee_per_gas", "tip_per_gas"] {
        let [old, new] = [&old, &new].map(|form| form[fee].as_u64().unwrap());
        assert!(new * 8 >= old * 9, "{fee}: {old}, {new}");
    }
    let fast = net.pass(&second, &to).await;
    assert_ne!(fast.tx, slow.tx);
    net.mine(1).await;
    assert!(net.succeeded(&fast.tx).await);
    assert_eq!(net.status(&slow.tx).await, TxStatus::Unknown);
    // The number is used, by another one.
    assert_eq!(net.chain.broadcast(&slow).await.unwrap(), Sent::Conflict);
    assert_eq!(net.chain.broadcast(&fast).await.unwrap(), Sent::Known);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(10_u64));

    // Above what the settings allow it is not raised.
    let form: u64 = new["max_fee_per_gas"].as_u64().unwrap();
    let tight = FeeRules { max_fee_per_gas: form, min_tip_per_gas: 1 };
    let tight = net.with(|settings| settings.fees = tight.clone());
    let bumped = tight.bump(&second).await;
    assert!(matches!(bumped, Err(ChainError::NotEnough(_))), "{bumped:?}");
    let spoilt = aio_chain::Unsigned { payload: "{}".to_owned(), ..second };
    let bumped = net.chain.bump(&spoilt).await;
    assert!(matches!(bumped, Err(ChainError::Unsupported(_))), "{bumped:?}");
}

#[tokio::test]
async fn an_offer_below_the_base_fee_is_underpriced_and_mined_once_it_is_raised() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..1, "PLAIN", 5).await;
    let plan = net.plan(sources, "PLAIN", &to).await;
    let base = net.rpc("eth_gasPrice", json!([])).await;
    let base = u64::from_str_radix(&base.as_str().unwrap()[2..], 16).unwrap();
    net.rpc("anvil_setNextBlockBaseFeePerGas", json!([hex(base * 10)])).await;
    net.mine(1).await;
    let cheap = signer().sign(&plan, &policy(&to)).unwrap();
    let sent = net.chain.broadcast(&cheap).await.unwrap();
    assert_eq!(sent, Sent::Underpriced);
    let raised = net.chain.bump(&plan).await.unwrap();
    let signed = net.pass(&raised, &to).await;
    net.mine(1).await;
    assert!(net.succeeded(&signed.tx).await);
}

#[tokio::test]
async fn a_number_that_another_transaction_took_is_a_conflict_and_spoilt_bytes_are_rejected() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    let payer = net.payer().await;
    let plan = async |from: &[aio_chain::Source]| {
        let intent = collect(from.to_vec(), "PLAIN", &to);
        let plan = net.chain.plan(&intent, Some(&payer)).await.unwrap();
        signer().sign(&plan, &policy(&to)).unwrap()
    };
    let (one, two) = (plan(&sources[..1]).await, plan(&sources[1..]).await);
    assert_eq!(net.chain.broadcast(&two).await.unwrap(), Sent::Accepted);
    assert_eq!(net.chain.next_number(&gas().address).await.unwrap(), Some(payer.number));
    net.mine(1).await;
    assert_eq!(net.chain.next_number(&gas().address).await.unwrap(), Some(payer.number + 1));
    assert_eq!(net.chain.broadcast(&one).await.unwrap(), Sent::Conflict);
    assert_eq!(net.status(&one.tx).await, TxStatus::Unknown);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(5_u64));

    let payer = net.payer().await;
    let intent = collect(sources[..1].to_vec(), "PLAIN", &to);
    let plan = net.chain.plan(&intent, Some(&payer)).await.unwrap();
    let good = signer().sign(&plan, &policy(&to)).unwrap();
    let named = |bytes: Vec<u8>| {
        let tx = format!("{:#x}", alloy_primitives::keccak256(&bytes));
        Signed { tx, bytes }
    };
    for (case, bad) in [
        ("another id", Signed { tx: two.tx.clone(), ..good.clone() }),
        ("no bytes", named(Vec::new())),
        ("a byte less", named(good.bytes[1..].to_vec())),
        ("half of it", named(good.bytes[..40].to_vec())),
    ] {
        let sent = net.chain.broadcast(&bad).await.unwrap();
        assert!(matches!(sent, Sent::Rejected(_)), "{case}: {sent:?}");
    }
    // The gas address was emptied after the plan.
    net.rpc("anvil_setBalance", json!([gas().address, "0x0"])).await;
    let sent = net.chain.broadcast(&good).await.unwrap();
    assert!(matches!(sent, Sent::Rejected(_)), "{sent:?}");
    net.rpc("anvil_setBalance", json!([gas().address, hex(COIN)])).await;
    assert_eq!(net.chain.broadcast(&good).await.unwrap(), Sent::Accepted);
}

#[tokio::test]
async fn a_node_that_goes_away_is_unavailable_and_goes_on_where_it_was() {
    let mut net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    let tip = net.tip().await;
    let plan = net.plan(sources, "PLAIN", &to).await;
    let signed = net.pass(&plan, &to).await;

    net.node.stop().unwrap();
    let dead = net.chain.tip().await;
    assert!(matches!(dead, Err(ChainError::Unavailable(_))), "{dead:?}");
    let sent = net.chain.broadcast(&signed).await;
    assert!(matches!(sent, Err(ChainError::Unavailable(_))), "{sent:?}");
    net.node.restart().unwrap();
    crate::harness::until("the node answers", async || net.chain.identity().await.ok()).await;
    assert_eq!(net.tip().await, tip);
    // What waited is forgotten; the same bytes bring it back.
    assert_eq!(net.status(&signed.tx).await, TxStatus::Unknown);
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    net.mine(1).await;
    assert!(net.succeeded(&signed.tx).await);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(10_u64));
    net.node.kill().unwrap();
    let dead = net.chain.tip().await;
    assert!(matches!(dead, Err(ChainError::Unavailable(_))), "{dead:?}");
}
