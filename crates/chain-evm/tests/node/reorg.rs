//! The chain turns into another one.

use crate::harness::{Net, address, deposit, hex, treasury, watching};
use aio_chain::{ChainRead, ChainSpend, Sent, TxStatus};
use aio_domain::money::Amount;
use serde_json::json;

#[tokio::test]
async fn a_payment_in_a_block_that_is_left_is_nowhere_until_it_is_mined_again() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    let tx = net.pay(&ours, 5).await;
    net.mine(3).await;
    let height = net.tip().await.height - 2;
    let old = net.chain.header_at(height).await.unwrap().unwrap();
    let scanned = net.chain.scan(&old.block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(scanned.seen[0].payments[0].tx, tx);
    let bytes = net.rpc("eth_getRawTransactionByHash", json!([tx])).await;

    net.rpc("anvil_reorg", json!([3, []])).await;
    let new = net.chain.header_at(height).await.unwrap().unwrap();
    assert_ne!(new.block.hash, old.block.hash);
    assert_eq!(new.parent, old.parent);
    // This node forgets what it undoes; others let it wait again.
    assert_eq!(net.status(&tx).await, TxStatus::Unknown);
    assert_eq!(net.balance(&ours, "ETH").await, Amount::ZERO);
    // A block that is left is the same as ever, or gone; never another.
    let left = net.chain.scan(&old.block.hash, &watch).await.unwrap();
    assert!(left.is_none_or(|left| left == scanned));

    // The sender's wallet sends it once more.
    net.rpc("eth_sendRawTransaction", json!([bytes])).await;
    assert_eq!(net.status(&tx).await, TxStatus::Pending);
    net.mine(1).await;
    let TxStatus::Mined { block, .. } = net.status(&tx).await else { panic!("not mined") };
    let again = net.chain.scan(&block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(again.seen, scanned.seen);
    assert_eq!(net.balance(&ours, "ETH").await, Amount::from(5_u64));
}

#[tokio::test]
async fn a_waiting_payment_that_is_replaced_is_found_by_its_senders_number() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    let tx = net.pay(&ours, 5).await;
    let waiting = net.chain.pending(&watch).await.unwrap();
    let claim = waiting[0].claims[0].clone();
    watch.claims.insert(claim.clone());
    let number: u64 = claim.split_once('#').unwrap().1.parse().unwrap();

    let fee = hex(50_000_000_000);
    let rival = net
        .send(json!({
            "to": net.customer, "value": "0x1", "nonce": hex(number),
            "maxFeePerGas": fee, "maxPriorityFeePerGas": fee,
        }))
        .await;
    assert_ne!(tx, rival);
    assert_eq!(net.status(&tx).await, TxStatus::Unknown);
    // It pays nobody who is watched, but takes what is watched.
    let waiting = net.chain.pending(&watch).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].payments.len()), (1, 0));
    net.mine(1).await;
    let tip = net.tip().await;
    let block = net.chain.scan(&tip.hash, &watch).await.unwrap().unwrap();
    assert_eq!(block.taken, [(claim, rival)]);
    assert!(block.seen.is_empty());
}

#[tokio::test]
async fn a_rival_that_fails_takes_the_number_all_the_same() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    net.pay(&ours, 5).await;
    let claim = net.chain.pending(&watch).await.unwrap()[0].claims[0].clone();
    watch.claims.insert(claim.clone());
    let number: u64 = claim.split_once('#').unwrap().1.parse().unwrap();
    let fee = hex(50_000_000_000);
    // A token's contract takes no coins.
    let rival = net
        .send(json!({
            "to": net.contract("PLAIN"), "value": "0x1", "nonce": hex(number), "gas": hex(100_000),
            "maxFeePerGas": fee, "maxPriorityFeePerGas": fee,
        }))
        .await;
    net.mine(1).await;
    assert!(!net.succeeded(&rival).await);
    let tip = net.tip().await;
    let block = net.chain.scan(&tip.hash, &watch).await.unwrap().unwrap();
    assert_eq!(block.taken, [(claim, rival)]);
}

#[tokio::test]
async fn a_confirmed_payment_whose_number_another_took_in_the_new_chain_is_gone_and_its_rival_named()
 {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    let tx = net.pay(&ours, 5).await;
    net.mine(2).await;
    let height = net.tip().await.height - 1;
    let old = net.chain.header_at(height).await.unwrap().unwrap();
    let scanned = net.chain.scan(&old.block.hash, &watch).await.unwrap().unwrap();
    let claim = scanned.seen[0].claims[0].clone();
    watch.claims.insert(claim.clone());
    let number: u64 = claim.split_once('#').unwrap().1.parse().unwrap();

    let fee = hex(50_000_000_000);
    let rival = json!({
        "from": net.customer, "to": net.other, "value": "0x1", "nonce": hex(number), "gas": "0x5208",
        "maxFeePerGas": fee, "maxPriorityFeePerGas": fee,
    });
    net.rpc("anvil_reorg", json!([2, [[rival, 0]]])).await;
    let new = net.chain.header_at(height).await.unwrap().unwrap();
    assert_ne!(new.block.hash, old.block.hash);
    let block = net.chain.scan(&new.block.hash, &watch).await.unwrap().unwrap();
    let [(taken, by)] = block.taken.as_slice() else { panic!("{block:?}") };
    assert_eq!(taken, &claim);
    assert_ne!(by, &tx);
    assert!(block.seen.is_empty());
    assert_eq!(net.status(&tx).await, TxStatus::Unknown);
    assert!(net.succeeded(by).await);
    assert_eq!(net.balance(&ours, "ETH").await, Amount::ZERO);
}

#[tokio::test]
async fn a_mined_collection_that_was_undone_is_mined_again_with_the_same_bytes_and_pays_once() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    let signed = net.collected(sources.clone(), "PLAIN", &to).await;
    net.mine(1).await;
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(10_u64));

    // The collection is undone, the payments that it collects are not.
    net.rpc("anvil_reorg", json!([2, []])).await;
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::ZERO);
    assert_eq!(net.status(&signed.tx).await, TxStatus::Unknown);
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
    net.mine(1).await;
    assert!(net.succeeded(&signed.tx).await);
    assert_eq!(net.moved(&signed.tx, "PLAIN").await.len(), 2);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(10_u64));
    for _ in 0..2 {
        assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Known);
        net.mine(1).await;
    }
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(10_u64));
}

#[tokio::test]
async fn a_collection_undone_together_with_its_payments_moves_nothing_that_is_not_there() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let ours = address(deposit(0));
    let early = net.tip().await.height;
    let sources = net.deposits(0..1, "ETH", 1000).await;
    let signed = net.collected(sources.clone(), "ETH", &to).await;
    let depth = net.tip().await.height - early;
    net.rpc("anvil_reorg", json!([depth, []])).await;
    assert_eq!(net.balance(&ours, "ETH").await, Amount::ZERO);
    // The same bytes come first: they are mined, and there is nothing to move.
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    net.mine(1).await;
    assert!(net.succeeded(&signed.tx).await);
    assert_eq!(net.moved(&signed.tx, "ETH").await, []);
    assert_eq!(net.balance(&to, "ETH").await, Amount::ZERO);
    // Paid again and planned again, it arrives once.
    let sources = net.deposits(0..1, "ETH", 1000).await;
    net.collected(sources, "ETH", &to).await;
    assert_eq!(net.balance(&to, "ETH").await, Amount::from(1000_u64));
}
