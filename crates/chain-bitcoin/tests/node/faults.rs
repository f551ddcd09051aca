//! The node goes away and comes back.

use crate::harness::{Net, address, deposit, until, watching};
use aio_chain::{ChainError, ChainRead};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[tokio::test]
async fn a_node_that_is_killed_in_the_middle_of_a_scan_is_unavailable_and_works_again() {
    let mut net = Net::start().await;
    let ours = address(deposit(0));
    net.pay(&ours, "1").await;
    net.mine(5).await;
    let tip = net.tip().await;
    let before = scan_all(&net.chain, tip.height, &ours).await.unwrap();
    assert_eq!(before, 1);

    // A power cut takes what is not on the disk, and there are no peers to fetch it from.
    net.rpc("gettxoutsetinfo", json!([])).await;

    // Scans again and again until something goes wrong, while the node is killed.
    let chain = Arc::new(net.chain);
    let rounds = Arc::new(AtomicUsize::new(0));
    let scanning = {
        let (chain, ours, rounds) = (Arc::clone(&chain), ours.clone(), Arc::clone(&rounds));
        tokio::spawn(async move {
            loop {
                if let Err(error) = scan_all(&*chain, tip.height, &ours).await {
                    return error;
                }
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    until("it scans", async || (rounds.load(Ordering::SeqCst) > 1).then_some(())).await;
    net.node.kill().unwrap();
    let error = scanning.await.unwrap();
    assert!(matches!(error, ChainError::Unavailable(_)), "{error:?}");
    assert!(error.may_pass());
    let dead = chain.tip().await;
    assert!(matches!(dead, Err(ChainError::Unavailable(_))), "{dead:?}");

    net.node.restart().unwrap();
    until("the node answers", async || chain.identity().await.ok()).await;
    let after = scan_all(&*chain, chain.tip().await.unwrap().block.height, &ours).await.unwrap();
    assert_eq!(after, before);
}

/// Payments to the address in all blocks, each read by the hash that its height has now.
async fn scan_all(chain: &impl ChainRead, to: u64, ours: &String) -> Result<usize, ChainError> {
    let watch = watching([ours]);
    let mut payments = 0;
    for height in 0..=to {
        let Some(head) = chain.header_at(height).await? else { break };
        let block = chain.scan(&head.block.hash, &watch).await?.unwrap();
        assert_eq!(block.header, head);
        payments += block.seen.iter().map(|seen| seen.payments.len()).sum::<usize>();
    }
    Ok(payments)
}
