//! The same bytes, sent again on any doubt.

use crate::harness::{COIN, Net, collect, policy, satoshis, signer, text};
use aio_chain::{ChainRead, ChainSpend, Sent, Signed, Signer, TxStatus};
use aio_chain_bitcoin::TOKEN;
use serde_json::json;

#[tokio::test]
async fn the_same_bytes_again_are_harmless_before_and_after_they_are_mined_and_spent() {
    let net = Net::start().await;
    let sources = net.deposits(0..2, "1").await;
    let to = net.elsewhere().await;
    let plan = net.chain.plan(&collect(sources, &to), None).await.unwrap();
    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    // Signing again gives the same bytes: a crash between signing and storing changes nothing.
    assert_eq!(signer().sign(&plan, &policy(&to)).unwrap(), signed);

    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    for _ in 0..2 {
        let again = net.chain.broadcast(&signed).await.unwrap();
        assert!(matches!(again, Sent::Accepted | Sent::Known), "{again:?}");
    }
    net.mine(1).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);

    // Spent to the last satoshi, its outputs are gone; it is still mined.
    let held = net.chain.balance(&to, TOKEN).await.unwrap();
    assert_eq!(satoshis(held), 2 * COIN - satoshis(plan.max_fee));
    let next = net.rival(&format!("{}:0", signed.tx), 1000).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    net.mine(1).await;
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    assert!(matches!(net.status(&next).await, TxStatus::Mined { .. }));
}

#[tokio::test]
async fn a_collection_that_a_reorganisation_undid_is_mined_again_with_the_same_bytes() {
    let net = Net::start().await;
    let sources = net.deposits(0..2, "1").await;
    let to = net.elsewhere().await;
    let plan = net.chain.plan(&collect(sources, &to), None).await.unwrap();
    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    net.chain.broadcast(&signed).await.unwrap();
    let block = net.mine(1).await.remove(0);
    net.mine(1).await;
    assert!(matches!(net.status(&signed.tx).await, TxStatus::Mined { .. }));

    net.rpc("invalidateblock", json!([block])).await;
    let again = net.chain.broadcast(&signed).await.unwrap();
    assert!(matches!(again, Sent::Accepted | Sent::Known), "{again:?}");
    assert_eq!(net.status(&signed.tx).await, TxStatus::Pending);
    net.mine(3).await;
    let status = net.status(&signed.tx).await;
    let TxStatus::Mined { block: new, .. } = status else { panic!("{status:?}") };
    assert_ne!(new.hash, block);
    let held = net.chain.balance(&to, TOKEN).await.unwrap();
    assert_eq!(satoshis(held), 2 * COIN - satoshis(plan.max_fee));
}

#[tokio::test]
async fn what_was_taken_by_another_is_a_conflict_and_spoilt_bytes_are_rejected() {
    let net = Net::start().await;
    let sources = net.deposits(0..2, "1").await;
    let (to, elsewhere) = (net.elsewhere().await, net.elsewhere().await);
    let one = net.chain.plan(&collect(sources.clone(), &to), None).await.unwrap();
    let two = net.chain.plan(&collect(sources[1..].to_vec(), &elsewhere), None).await.unwrap();
    let one = signer().sign(&one, &policy(&to)).unwrap();
    let two = signer().sign(&two, &policy(&elsewhere)).unwrap();
    assert_eq!(net.chain.broadcast(&two).await.unwrap(), Sent::Accepted);
    net.mine(1).await;
    assert_eq!(net.chain.broadcast(&one).await.unwrap(), Sent::Conflict);
    assert_eq!(net.status(&one.tx).await, TxStatus::Unknown);

    // A signature with one bit wrong: the id is still the same, because it does not cover signatures.
    let fresh = net.deposits(5..6, "1").await;
    let plan = net.chain.plan(&collect(fresh, &to), None).await.unwrap();
    let good = signer().sign(&plan, &policy(&to)).unwrap();
    let mut spoilt = good.clone();
    let byte = spoilt.bytes.len() - 60;
    spoilt.bytes[byte] ^= 1;
    for bad in [
        spoilt,
        Signed { bytes: Vec::new(), ..good.clone() },
        Signed { bytes: good.bytes[1..].to_vec(), ..good.clone() },
        Signed { tx: two.tx.clone(), ..good.clone() },
    ] {
        let sent = net.chain.broadcast(&bad).await.unwrap();
        assert!(matches!(sent, Sent::Rejected(_)), "{sent:?}");
    }
    assert_eq!(net.chain.broadcast(&good).await.unwrap(), Sent::Accepted);
    let waiting = net.rpc("getrawmempool", json!([])).await;
    assert_eq!(waiting.as_array().unwrap().iter().map(text).collect::<Vec<_>>(), [good.tx]);
}
