//! Payments, from the mempool into a block.

use crate::harness::{COIN, Net, Watching, address, addresses, deposit, settings, text, watching};
use aio_chain::{ChainError, ChainRead, Place, TxStatus};
use aio_chain_bitcoin::{Bitcoin, Network, Settings, TOKEN};
use aio_domain::money::Amount;
use bitcoin::{
    Address, Transaction,
    consensus::encode::{deserialize_hex, serialize_hex},
};
use serde_json::json;

#[tokio::test]
async fn a_payment_is_seen_while_it_waits_and_then_in_its_block() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    assert_eq!(net.chain.pending(&watch).await.unwrap(), []);

    let tx = net.pay(&ours, "0.12345679").await;
    let waiting = net.chain.pending(&watch).await.unwrap();
    let [seen] = waiting.as_slice() else { panic!("{waiting:?}") };
    let [payment] = seen.payments.as_slice() else { panic!("{seen:?}") };
    assert_eq!((&payment.tx, &payment.to), (&tx, &ours));
    assert_eq!(payment.amount, Amount::from(12_345_679_u64));
    assert_eq!(payment.token, TOKEN);
    assert!(!seen.claims.is_empty());
    assert_eq!(net.status(&tx).await, TxStatus::Pending);

    net.mine(1).await;
    let tip = net.tip().await;
    let block = net.chain.scan(&tip.hash, &watch).await.unwrap().unwrap();
    assert_eq!(block.header.block, tip);
    assert_eq!(block.seen, waiting);
    let head = net.chain.header_at(tip.height).await.unwrap().unwrap();
    assert_eq!(head, block.header);
    let below = net.chain.header_at(tip.height - 1).await.unwrap().unwrap();
    assert_eq!(head.parent, below.block.hash);
    assert_eq!(net.chain.header_at(tip.height + 1).await.unwrap(), None);
    assert_eq!(net.chain.header_at(u64::MAX).await.unwrap(), None);
    assert_eq!(net.chain.pending(&watch).await.unwrap(), []);

    let status = net.chain.status(&tx, Some(TOKEN)).await.unwrap();
    let TxStatus::Mined { block, succeeded, fee, moved } = status else { panic!("{status:?}") };
    assert_eq!((block, succeeded), (tip, true));
    let wallet = net.rpc("gettransaction", json!([tx])).await;
    let told = wallet["fee"].as_f64().unwrap().abs();
    assert_eq!(fee.decimal(8), format!("{told:.8}").trim_end_matches('0'));
    assert_eq!(moved.len(), seen.claims.len());
    let held = net.chain.balance(&ours, TOKEN).await.unwrap();
    assert_eq!(held, Amount::from(12_345_679_u64));
    let empty = net.chain.balance(&address(deposit(1)), TOKEN).await.unwrap();
    assert_eq!(empty, Amount::ZERO);
}

#[tokio::test]
async fn two_payments_in_one_transaction_have_places_of_their_own() {
    let net = Net::start().await;
    let (one, two) = (address(deposit(0)), address(deposit(1)));
    // A note, then three payments, two of them to the same address: written by hand, because wallets refuse that.
    let outputs = json!([[], [{ "data": "c0ffee" }, { &one: "1" }, { &two: "2" }]]);
    let draft = net.rpc("createrawtransaction", outputs).await;
    let funded = net.rpc("fundrawtransaction", json!([draft, { "changePosition": 3 }])).await;
    let mut tx: Transaction = deserialize_hex(funded["hex"].as_str().unwrap()).unwrap();
    let again = tx.output[1].clone();
    tx.output[3].value -= again.value;
    tx.output.push(again);
    let signed = net.rpc("signrawtransactionwithwallet", json!([serialize_hex(&tx)])).await;
    let id = text(&net.rpc("sendrawtransaction", json!([signed["hex"]])).await);

    let watch = watching([&one, &two]);
    let waiting = net.chain.pending(&watch).await.unwrap();
    net.mine(1).await;
    let paid = net.paid(&watch).await;
    assert_eq!(waiting[0].payments, paid);
    let told: Vec<_> =
        paid.iter().map(|p| (p.place, p.to.as_str(), p.amount.to_string())).collect();
    let coins = |n: u64| (n * COIN).to_string();
    assert_eq!(
        told,
        [
            (Place::Output(1), one.as_str(), coins(1)),
            (Place::Output(2), two.as_str(), coins(2)),
            (Place::Output(4), one.as_str(), coins(1)),
        ]
    );
    assert!(paid.iter().all(|payment| payment.tx == id));
}

#[tokio::test]
async fn an_address_that_is_paid_twice_has_two_payments() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    let first = net.pay(&ours, "0.5").await;
    net.mine(1).await;
    let early = net.paid(&watch).await;
    let second = net.pay(&ours, "0.5").await;
    net.mine(1).await;
    let late = net.paid(&watch).await;
    assert_eq!((early.len(), late.len()), (1, 1));
    assert_eq!((&early[0].tx, &late[0].tx), (&first, &second));
    assert_ne!(first, second);
    assert_eq!(net.chain.balance(&ours, TOKEN).await.unwrap(), Amount::from(COIN));
}

#[tokio::test]
async fn ten_thousand_watched_addresses_are_found_in_a_block_of_many_transactions() {
    let net = Net::start().await;
    let ours = addresses(10_000);
    // 300 outputs in six transactions for the watched, as many for others.
    for part in 0..6 {
        let paid = ours.iter().skip(part * 1600).step_by(32).take(50);
        let mut amounts: serde_json::Map<_, _> =
            paid.map(|to| (to.clone(), json!("0.001"))).collect();
        for key in 0..50_u8 {
            let part = u8::try_from(part).unwrap();
            let script = bitcoin::ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::from_raw_hash(
                bitcoin::hashes::Hash::from_byte_array([key + 50 * (part % 4) + 1; 32]),
            ));
            let other = Address::from_script(&script, bitcoin::Network::Regtest).unwrap();
            amounts.insert(other.to_string(), json!("0.001"));
        }
        net.rpc("sendmany", json!(["", amounts])).await;
    }
    let watch = watching(&ours);
    let waiting = net.chain.pending(&watch).await.unwrap();
    assert_eq!(waiting.iter().map(|seen| seen.payments.len()).sum::<usize>(), 300);
    net.mine(1).await;
    let paid = net.paid(&watch).await;
    assert_eq!(paid.len(), 300);
    assert!(paid.iter().all(|payment| payment.amount == Amount::from(COIN / 1000)));
    assert_eq!(net.paid(&Watching::default()).await, []);
}

#[tokio::test]
async fn a_node_of_another_network_is_refused() {
    let net = Net::start().await;
    let identity = net.chain.identity().await.unwrap();
    assert_eq!(identity.network, "regtest");
    assert!(identity.node.contains("Knots"), "{}", identity.node);
    for network in [Network::Main, Network::Test, Network::Testnet4, Network::Signet] {
        let chain = Bitcoin::new(&Settings { network, ..settings(&net.node) }).unwrap();
        let identity = chain.identity().await;
        let Err(ChainError::WrongNetwork { wanted, found }) = identity else {
            panic!("{identity:?}")
        };
        assert_eq!(wanted, network.word());
        assert!(found.starts_with("regtest"), "{found}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_none_and_what_bitcoin_has_not_is_refused() {
    let net = Net::start().await;
    let watch = Watching::default();
    let nothing = "00".repeat(32);
    for hash in ["", "hash", nothing.as_str()] {
        assert_eq!(net.chain.scan(hash, &watch).await.unwrap(), None, "{hash}");
        assert_eq!(net.status(hash).await, TxStatus::Unknown, "{hash}");
    }
    let ours = address(deposit(0));
    for refused in [
        net.chain.balance(&ours, "USDT").await.map(|_| ()),
        net.chain.status(&nothing, Some("USDT")).await.map(|_| ()),
    ] {
        assert!(matches!(refused, Err(ChainError::Unsupported(_))), "{refused:?}");
    }
    let refused = net.chain.balance("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", TOKEN).await;
    assert!(matches!(refused, Err(ChainError::NotAnAddress(_))), "{refused:?}");
    // A coinbase spends nothing, pays no fee, and claims nothing from other coinbases.
    let miner = net.elsewhere().await;
    net.rpc("generatetoaddress", json!([1, &miner])).await;
    let tip = net.tip().await;
    let block = net.chain.scan(&tip.hash, &watching([&miner])).await.unwrap().unwrap();
    assert!(block.seen[0].claims.is_empty());
    let status = net.chain.status(&block.seen[0].payments[0].tx, Some(TOKEN)).await.unwrap();
    let TxStatus::Mined { fee, moved, .. } = status else { panic!("{status:?}") };
    assert!(fee.is_zero() && moved.is_empty());
}
