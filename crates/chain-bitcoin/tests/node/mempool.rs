//! The mempool is not fetched again and again. A proxy in front of the real node counts what is asked.

use crate::harness::{Net, addresses, settings, watching};
use aio_chain::ChainRead;
use aio_chain_bitcoin::{Bitcoin, Settings};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const FETCH: &[u8] = b"\"getrawtransaction\"";

/// Passes everything on, and counts the transactions that are asked for.
async fn counting(to: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let node = TcpStream::connect(&to).await.unwrap();
            let count = Arc::clone(&counted);
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_node, mut to_node) = node.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_node, &mut to_client).await });
            tokio::spawn(async move {
                let (mut all, mut found) = (Vec::new(), 0);
                let mut piece = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = from_client.read(&mut piece).await {
                    all.extend_from_slice(&piece[..read]);
                    let now = all.windows(FETCH.len()).filter(|some| *some == FETCH).count();
                    count.fetch_add(now - found, Ordering::SeqCst);
                    found = now;
                    if to_node.write_all(&piece[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, count)
}

/// Pays out of coins that are mined.
async fn pay_mined(net: &Net, to: &str) {
    let options = json!({ "minconf": 1 });
    let sent = net.rpc("send", json!([[{ to: "0.01" }], null, "unset", null, options])).await;
    assert_eq!(sent["complete"], json!(true));
}

#[tokio::test]
async fn each_waiting_transaction_is_fetched_once_and_an_address_that_is_watched_later_is_found() {
    let net = Net::start().await;
    let (url, count) = counting(net.node.url().replace("http://", "")).await;
    let chain = Bitcoin::new(&Settings { url, ..settings(&net.node) }).unwrap();
    let ours = addresses(120);
    // A mined coin for each payment: a chain of unmined change would end after 25 transactions.
    let mut coins = serde_json::Map::new();
    for _ in 0..130 {
        coins.insert(net.elsewhere().await, json!("0.1"));
    }
    net.rpc("sendmany", json!(["", coins])).await;
    net.mine(1).await;
    // More than fits into one request.
    for to in &ours {
        pay_mined(&net, to).await;
    }
    assert_eq!(net.rpc("getrawmempool", json!([])).await.as_array().unwrap().len(), 120);
    let nobody = watching([]);
    assert_eq!(chain.pending(&nobody).await.unwrap(), []);
    assert_eq!(count.load(Ordering::SeqCst), 120);

    let watch = watching(&ours[..7]);
    assert_eq!(chain.pending(&watch).await.unwrap().len(), 7);
    assert_eq!(count.load(Ordering::SeqCst), 120);

    pay_mined(&net, &ours[0]).await;
    assert_eq!(chain.pending(&watch).await.unwrap().len(), 8);
    assert_eq!(count.load(Ordering::SeqCst), 121);

    net.mine(1).await;
    assert_eq!(chain.pending(&watch).await.unwrap(), []);
    assert_eq!(net.paid(&watch).await.len(), 8);
}
