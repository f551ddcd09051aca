//! A node that says what does not belong together, or cannot say what is needed. A scripted server, because a real
//! node is hard to bring to it.

use crate::{
    harness::{Watching, treasury},
    scripted::{asking, block, changed, garbage, hash, receipt, trace, transaction},
};
use aio_chain::{ChainError, ChainRead, Place, TxStatus};
use aio_domain::money::Amount;
use serde_json::{Value, json};

#[tokio::test]
async fn a_block_whose_parts_do_not_belong_together_is_not_believed() {
    let watch = Watching { addresses: [treasury()].into(), ..Watching::default() };
    let script = |block: Value, receipts: Value, trace: Value| {
        vec![
            ("eth_getBlockByHash", block),
            ("eth_getBlockReceipts", receipts),
            ("debug_traceBlockByHash", trace),
        ]
    };
    let (whole, receipts) = (block(json!([transaction()])), json!([receipt()]));
    let good = asking(script(whole.clone(), receipts.clone(), trace())).await;
    let scanned = good.scan(&hash(1), &watch).await.unwrap().unwrap();
    assert_eq!(scanned.seen[0].payments.len(), 1);

    let log = |index: &str| json!({ "address": treasury(), "topics": [], "data": "0x", "logIndex": index });
    let logs = changed(&receipt(), "logs", json!([log("0x1"), log("0x0")]));
    for (case, why, script) in [
        ("another block", "got another", {
            script(changed(&whole, "hash", json!(hash(9))), receipts.clone(), trace())
        }),
        ("a receipt less", "other transactions", script(whole.clone(), json!([]), trace())),
        ("another transaction's receipt", "other transactions", {
            let other = json!([changed(&receipt(), "transactionHash", json!(hash(9)))]);
            script(whole.clone(), other, trace())
        }),
        ("another block's receipt", "other transactions", {
            let other = json!([changed(&receipt(), "blockHash", json!(hash(9)))]);
            script(whole.clone(), other, trace())
        }),
        ("logs in disorder", "order", script(whole.clone(), json!([logs]), trace())),
        ("a trace less", "as many", script(whole.clone(), receipts.clone(), json!([]))),
        ("another transaction's trace", "another transaction", {
            let other = json!([{ "txHash": hash(9), "result": trace()[0]["result"] }]);
            script(whole.clone(), receipts.clone(), other)
        }),
        ("no number", "without", {
            script(changed(&whole, "number", Value::Null), receipts.clone(), trace())
        }),
        ("a time beyond all times", "second", {
            let late = json!("0xffffffffffffffff");
            script(changed(&whole, "timestamp", late), receipts.clone(), trace())
        }),
        ("a status that is none", "", {
            let other = json!([changed(&receipt(), "status", json!("yes"))]);
            script(whole.clone(), other, trace())
        }),
    ] {
        garbage(case, why, asking(script).await.scan(&hash(1), &watch).await);
    }
    // A block that went away between two questions is none.
    let gone = asking(vec![("eth_getBlockByHash", whole)]).await;
    assert_eq!(gone.scan(&hash(1), &watch).await.unwrap(), None);
    let other = asking(vec![("eth_getBlockByNumber", block(json!([])))]).await;
    garbage("another height", "asked for block 4", other.header_at(4).await);
    assert_eq!(other.header_at(5).await.unwrap().unwrap().block.hash, hash(1));
}

#[tokio::test]
async fn a_transaction_that_is_too_much_to_be_traced_does_not_keep_a_block_from_being_read() {
    let watch = Watching { addresses: [treasury()].into(), ..Watching::default() };
    let used = changed(&receipt(), "gasUsed", json!("0xffff"));
    let mut top = trace()[0]["result"].clone();
    let from = format!("0x{}", "33".repeat(20));
    top["calls"] = json!([{ "type": "CALL", "from": from, "to": treasury(), "value": "0x7" }]);
    let refusal = |words: &str| json!({ "refusal": { "code": -32000, "message": words } });
    let scan = async |of_block: Value, of_one: Value| {
        let chain = asking(vec![
            ("eth_getBlockByHash", block(json!([transaction()]))),
            ("eth_getBlockReceipts", json!([used])),
            ("debug_traceBlockByHash", of_block),
            ("debug_traceTransaction", of_one),
        ]);
        let block = chain.await.scan(&hash(1), &watch).await?.unwrap();
        Ok::<_, ChainError>(
            block.seen[0].payments.iter().map(|paid| paid.place).collect::<Vec<_>>(),
        )
    };
    let slow = refusal("execution timeout");
    let huge = json!("endless");
    let failed = json!([{ "txHash": hash(3), "error": "execution timeout" }]);
    for of_block in [slow.clone(), huge.clone(), failed] {
        let whole = scan(of_block.clone(), top.clone()).await.unwrap();
        assert_eq!(whole, [Place::Top, Place::Call(0)]);
        for of_one in [&slow, &huge] {
            let face = scan(of_block.clone(), of_one.clone()).await.unwrap();
            assert_eq!(face, [Place::Top]);
        }
        // A node that has another reason is asked again.
        let other = scan(of_block, refusal("header not found")).await;
        assert!(matches!(other, Err(ChainError::Unavailable(_))), "{other:?}");
    }
    let other = scan(refusal("header not found"), top.clone()).await;
    assert!(matches!(other, Err(ChainError::Unavailable(_))), "{other:?}");
}

#[tokio::test]
async fn a_receipt_is_believed_only_as_long_as_its_block_is_in_the_chain() {
    let there = ("eth_getBlockByNumber", block(json!([])));
    let other = ("eth_getBlockByNumber", changed(&block(json!([])), "hash", json!(hash(9))));
    let receipt = ("eth_getTransactionReceipt", receipt());
    let status = async |script| asking(script).await.status(&hash(3), None).await;
    let mined = status(vec![receipt.clone(), there.clone()]).await.unwrap();
    assert!(matches!(mined, TxStatus::Mined { .. }), "{mined:?}");
    let left = status(vec![receipt.clone(), other]).await.unwrap();
    assert_eq!(left, TxStatus::Unknown);
    // It may wait again, or the node may still name the block that was left.
    let waits = json!({ "hash": hash(3), "blockHash": null });
    let left = status(vec![receipt.clone(), ("eth_getTransactionByHash", waits)]).await.unwrap();
    assert_eq!(left, TxStatus::Pending);
    let stale = ("eth_getTransactionByHash", json!({ "hash": hash(3), "blockHash": hash(1) }));
    let left = status(vec![receipt.clone(), stale.clone()]).await.unwrap();
    assert_eq!(left, TxStatus::Unknown);
    // Mined a moment ago, without a receipt yet.
    let block = ("eth_getBlockByHash", block(json!([])));
    let early = status(vec![stale, block, there]).await;
    assert!(matches!(early, Err(ChainError::Unavailable(_))), "{early:?}");
    let other = changed(&receipt.1, "transactionHash", json!(hash(8)));
    garbage("another", "got another", status(vec![("eth_getTransactionReceipt", other)]).await);
    let other = ("eth_getTransactionByHash", json!({ "hash": hash(8), "blockHash": null }));
    garbage("another", "got another", status(vec![other]).await);
}

#[tokio::test]
async fn only_the_sweeper_that_was_called_is_believed_about_what_it_moved() {
    let word = |address: &str| format!("0x{:0>64}", &address[2..]);
    let ours = format!("0x{}", "44".repeat(20));
    // The name of the event, then from, then the coin.
    let name = alloy_primitives::keccak256("Swept(address,address,uint256)");
    let coin = format!("0x{}", "00".repeat(32));
    let log = |by: &str, from: &str, token: &str, index: u8| {
        json!({
            "address": by, "topics": [name, from, token], "data": format!("0x{:064x}", 5),
            "logIndex": format!("{index:#x}"),
        })
    };
    let stranger = format!("0x{}", "55".repeat(20));
    let logs = json!([
        log(&stranger, &word(&ours), &coin, 0),
        log(&treasury(), &word(&ours), &coin, 1),
        log(&treasury(), &word(&ours), &word(&stranger), 2),
        log(&treasury(), &hash(0x66), &coin, 3),
    ]);
    let receipt = changed(&receipt(), "logs", logs);
    let there = ("eth_getBlockByNumber", block(json!([])));
    let chain = asking(vec![("eth_getTransactionReceipt", receipt), there]).await;
    let status = chain.status(&hash(3), Some("ETH")).await.unwrap();
    let TxStatus::Mined { moved, .. } = status else { panic!("{status:?}") };
    let moved: Vec<_> = moved.into_iter().map(|moved| (moved.from, moved.amount)).collect();
    assert_eq!(moved, [(ours, Amount::from(5_u64))]);
}

#[tokio::test]
async fn a_node_that_cannot_do_what_is_needed_is_told_to_be_of_no_use() {
    let block = ("eth_getBlockByNumber", block(json!([])));
    let none = json!({ "refusal": { "code": -32601, "message": "the method does not exist" } });
    let missing = |method| (method, none.clone());
    let (receipts, trace) = (("eth_getBlockReceipts", json!([])), "debug_traceBlockByHash");
    for (script, why) in [
        (vec![block.clone(), missing("eth_getBlockReceipts")], "receipts of a block"),
        (vec![block.clone(), receipts.clone(), missing(trace)], "switch traces off"),
    ] {
        let found = asking(script).await.check_abilities().await;
        let Err(ChainError::Unsupported(told)) = &found else { panic!("{found:?}") };
        assert!(told.contains(why), "{told}");
    }
    // A chain that has just begun has only a block that cannot be traced.
    let genesis = json!({ "refusal": { "code": -32000, "message": "genesis is not traceable" } });
    let token = ("eth_call", json!(format!("0x{:064x}", 18)));
    let young = asking(vec![block.clone(), receipts, (trace, genesis), token]).await;
    young.check_abilities().await.unwrap();
    // A node that has no block that it would make now gives another one for it, or says so.
    let nothing = ("eth_getBlockByNumber", block.1.clone());
    let plain = asking(vec![nothing]).await;
    assert_eq!(plain.tip().await.unwrap().block.height, 5);
    assert_eq!(plain.pending(&Watching::default()).await.unwrap(), []);
}
