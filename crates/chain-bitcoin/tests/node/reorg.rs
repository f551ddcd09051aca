//! The chain turns into another one. Each test has a node of its own.

use crate::harness::{Net, address, deposit, text, watching};
use aio_chain::{ChainRead, TxStatus};
use serde_json::json;

#[tokio::test]
async fn another_chain_has_other_heads_and_the_left_block_can_still_be_read() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    let tx = net.pay(&ours, "1").await;
    net.mine(3).await;
    let height = net.tip().await.height - 2;
    let old = net.chain.header_at(height).await.unwrap().unwrap();
    let scanned = net.chain.scan(&old.block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(scanned.seen[0].payments[0].tx, tx);

    net.rpc("invalidateblock", json!([old.block.hash])).await;
    assert_eq!(net.tip().await.height, height - 1);
    assert_eq!(net.chain.header_at(height).await.unwrap(), None);
    // Undone, it waits again.
    assert_eq!(net.status(&tx).await, TxStatus::Pending);
    assert_eq!(net.chain.pending(&watch).await.unwrap(), scanned.seen);

    // The new chain is longer and has the payment two blocks later.
    let empty = net.elsewhere().await;
    for _ in 0..2 {
        net.rpc("generateblock", json!([empty, []])).await;
    }
    net.mine(2).await;
    let new = net.chain.header_at(height).await.unwrap().unwrap();
    assert_ne!(new.block.hash, old.block.hash);
    assert_eq!(new.parent, old.parent);
    let status = net.status(&tx).await;
    let TxStatus::Mined { block, .. } = status else { panic!("{status:?}") };
    assert_eq!(block.height, height + 2);
    let again = net.chain.scan(&block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(again.seen, scanned.seen);

    // What was scanned beside the chain is the same as ever; only the chain left it.
    let left = net.chain.scan(&old.block.hash, &watch).await.unwrap();
    assert_eq!(left, Some(scanned));

    // And the longer chain stays when the old one counts again.
    net.rpc("reconsiderblock", json!([old.block.hash])).await;
    let stays = net.chain.header_at(height).await.unwrap().unwrap();
    assert_eq!(stays, new);
}

#[tokio::test]
async fn a_confirmed_payment_that_is_spent_twice_in_another_chain_is_gone_and_its_rival_is_named() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    let tx = net.pay(&ours, "2").await;
    let block = net.mine(1).await.remove(0);
    net.mine(1).await;
    let scanned = net.chain.scan(&block, &watch).await.unwrap().unwrap();
    let claims = scanned.seen[0].claims.clone();
    watch.claims.extend(claims.clone());

    net.rpc("invalidateblock", json!([block])).await;
    let rival = net.rival(&claims[0], 1_000_000).await;
    // In the mempool it pays nobody who is watched, but takes what is watched.
    let waiting = net.chain.pending(&watch).await.unwrap();
    let [seen] = waiting.as_slice() else { panic!("{waiting:?}") };
    assert_eq!((seen.payments.len(), &seen.claims), (0, &vec![claims[0].clone()]));
    let height = net.tip().await.height;
    net.mine(3).await;

    let new = net.chain.header_at(height + 1).await.unwrap().unwrap();
    let scanned = net.chain.scan(&new.block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(scanned.taken, [(claims[0].clone(), rival.clone())]);
    assert!(scanned.seen.is_empty());
    // The index still knows the block beside the chain; that is no place to be.
    assert_eq!(net.status(&tx).await, TxStatus::Unknown);
    assert!(matches!(net.status(&rival).await, TxStatus::Mined { .. }));
    assert_eq!(net.chain.balance(&ours, "BTC").await.unwrap(), aio_domain::money::Amount::ZERO);
}

#[tokio::test]
async fn a_waiting_payment_that_is_replaced_is_found_by_what_was_taken() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    let tx = net.pay(&ours, "2").await;
    let waiting = net.chain.pending(&watch).await.unwrap();
    let claim = waiting[0].claims[0].clone();
    watch.claims.insert(claim.clone());

    let rival = net.rival(&claim, 1_000_000).await;
    assert_ne!(tx, rival);
    assert_eq!(net.status(&tx).await, TxStatus::Unknown);
    let waiting = net.chain.pending(&watch).await.unwrap();
    assert_eq!((waiting.len(), waiting[0].payments.len()), (1, 0));
    let hash = net.mine(1).await.remove(0);
    let block = net.chain.scan(&hash, &watch).await.unwrap().unwrap();
    assert_eq!(block.taken, [(claim, rival)]);
    assert!(block.seen.is_empty());
}

#[tokio::test]
async fn a_payment_whose_fee_was_raised_keeps_a_claim_and_gets_another_name() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let mut watch = watching([&ours]);
    let tx = net.pay(&ours, "2").await;
    let first = net.chain.pending(&watch).await.unwrap();
    watch.claims.extend(first[0].claims.clone());
    let bumped = net.rpc("bumpfee", json!([tx])).await;
    let new = text(&bumped["txid"]);
    assert_ne!(tx, new);
    let hash = net.mine(1).await.remove(0);
    let block = net.chain.scan(&hash, &watch).await.unwrap().unwrap();
    assert_eq!(block.seen[0].payments[0].tx, new);
    assert_eq!(block.seen[0].payments[0].amount, first[0].payments[0].amount);
    assert!(block.taken.contains(&(first[0].claims[0].clone(), new)));
}
