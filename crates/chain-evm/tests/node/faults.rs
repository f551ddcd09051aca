//! The node goes away in the middle of a scan, and comes back.

use crate::harness::{Net, address, byCallCall, deposit, read, until, watching};
use aio_chain::{ChainError, ChainRead, Payment};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[tokio::test]
async fn a_node_that_stops_in_the_middle_of_a_scan_is_unavailable_and_says_the_same_afterwards() {
    let mut net = Net::start().await;
    let ours = address(deposit(0));
    net.pay(&ours, 5).await;
    net.pay_token("PLAIN", &ours, alloy_primitives::U256::from(6)).await;
    net.call(&net.forwarder, &byCallCall { to: read(&ours) }, 7).await;
    net.mine(5).await;
    let before = scan_all(&net.chain, &ours).await.unwrap();
    assert_eq!(before.len(), 3);

    // Scans again and again until something goes wrong, while the node stops.
    let chain = Arc::new(net.chain);
    let rounds = Arc::new(AtomicUsize::new(0));
    let scanning = {
        let (chain, ours, rounds) = (Arc::clone(&chain), ours.clone(), Arc::clone(&rounds));
        tokio::spawn(async move {
            loop {
                if let Err(error) = scan_all(&*chain, &ours).await {
                    return error;
                }
                rounds.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    until("it scans", async || (rounds.load(Ordering::SeqCst) > 1).then_some(())).await;
    net.node.stop().unwrap();
    let error = scanning.await.unwrap();
    assert!(matches!(error, ChainError::Unavailable(_)), "{error:?}");
    assert!(error.may_pass());

    net.node.restart().unwrap();
    until("the node answers", async || chain.identity().await.ok()).await;
    assert_eq!(scan_all(&*chain, &ours).await.unwrap(), before);
}

/// Payments to the address in all blocks, each read by the hash that its height has now.
async fn scan_all(chain: &impl ChainRead, ours: &String) -> Result<Vec<Payment>, ChainError> {
    let watch = watching([ours]);
    let mut payments = Vec::new();
    for height in 0..=chain.tip().await?.block.height {
        let Some(head) = chain.header_at(height).await? else { break };
        let block = chain.scan(&head.block.hash, &watch).await?.unwrap();
        assert_eq!(block.header, head);
        payments.extend(block.seen.into_iter().flat_map(|seen| seen.payments));
    }
    Ok(payments)
}
