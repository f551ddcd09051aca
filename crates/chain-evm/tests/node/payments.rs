//! Payments in coins and tokens, from the pool into a block.

use crate::harness::{
    COIN, NOBODY, Net, Watching, address, addresses, deposit, mintCall, read, transferCall,
    transferTwiceCall, watching,
};
use aio_chain::{ChainError, ChainRead, Place, TxStatus};
use aio_domain::money::Amount;
use alloy_primitives::U256;
use serde_json::json;

#[tokio::test]
async fn a_payment_is_seen_while_it_waits_and_then_in_its_block() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    assert_eq!(net.chain.pending(&watch).await.unwrap(), []);

    let tx = net.pay(&ours, 123).await;
    let waiting = net.chain.pending(&watch).await.unwrap();
    let [seen] = waiting.as_slice() else { panic!("{waiting:?}") };
    let [payment] = seen.payments.as_slice() else { panic!("{seen:?}") };
    assert_eq!((&payment.tx, &payment.to), (&tx, &ours));
    assert_eq!(payment.from.as_ref(), Some(&net.customer));
    assert_eq!((payment.place, payment.amount), (Place::Top, Amount::from(123_u64)));
    assert_eq!(payment.token, "ETH");
    let [claim] = seen.claims.as_slice() else { panic!("{seen:?}") };
    assert!(claim.starts_with(&format!("{}#", net.customer)), "{claim}");
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

    let status = net.chain.status(&tx, Some("ETH")).await.unwrap();
    let TxStatus::Mined { block, succeeded, fee, moved } = status else { panic!("{status:?}") };
    assert_eq!((block, succeeded, moved.len()), (tip, true, 0));
    let receipt = net.rpc("eth_getTransactionReceipt", json!([tx])).await;
    let number = |name: &str| receipt[name].as_str().unwrap().parse::<U256>().unwrap();
    let told = number("gasUsed") * number("effectiveGasPrice");
    assert_eq!(fee.to_string(), told.to_string());
    assert_eq!(net.balance(&ours, "ETH").await, Amount::from(123_u64));
    assert_eq!(net.balance(&address(deposit(1)), "ETH").await, Amount::ZERO);

    // What is behind it confirms it; two blocks behind it the chain calls it final.
    net.mine(5).await;
    let now = net.chain.tip().await.unwrap();
    let status = net.status(&tx).await;
    let TxStatus::Mined { block, .. } = status else { panic!("{status:?}") };
    assert_eq!(now.block.height - block.height + 1, 6);
    assert_eq!(now.finalized, Some(now.block.height - 2));
}

#[tokio::test]
async fn a_token_of_each_kind_arrives_as_its_contract_noted_it() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    let huge = U256::from(1) << 200;
    for (token, paid, arrives) in [
        ("PLAIN", U256::from(COIN), U256::from(COIN)),
        ("SILENT", U256::from(1_500_000), U256::from(1_500_000)),
        // A tenth of it went elsewhere: what was called is not what arrived.
        ("FEE", U256::from(1000), U256::from(900)),
        ("PLAIN", U256::from(1), U256::from(1)),
        ("PLAIN", huge, huge),
    ] {
        let before = net.balance(&ours, token).await;
        let tx = net.pay_token(token, &ours, paid).await;
        // Its place is not known before it is mined.
        assert_eq!(net.chain.pending(&watch).await.unwrap(), []);
        net.mine(1).await;
        let found = net.paid(&watch).await;
        let [payment] = found.as_slice() else { panic!("{token}: {found:?}") };
        assert_eq!((&payment.tx, payment.token.as_str()), (&tx, token));
        assert_eq!((payment.place, &payment.to), (Place::Log(0), &ours));
        assert_eq!(payment.from.as_ref(), Some(&net.customer));
        assert_eq!(payment.amount.to_string(), arrives.to_string(), "{token}");
        let held = net.balance(&ours, token).await;
        assert_eq!(before.checked_add(payment.amount), Some(held), "{token}");
    }
}

#[tokio::test]
async fn two_payments_in_one_transaction_and_two_in_one_block_have_places_of_their_own() {
    let net = Net::start().await;
    let (one, two) = (address(deposit(0)), address(deposit(1)));
    let watch = watching([&one, &two]);
    let plain = net.contract("PLAIN");
    let amount = U256::from(5);
    let mint = mintCall { to: read(&net.customer), amount: U256::from(100) };
    net.call(&plain, &mint, 0).await;
    // In front of ours in the block, so that logs of the block and of the transaction count differently.
    net.call(&plain, &transferCall { to: read(NOBODY), amount }, 0).await;
    let (to, also) = (read(&one), read(&two));
    let both = net.call(&plain, &transferTwiceCall { one: to, two: also, amount }, 0).await;
    let same = net.call(&plain, &transferTwiceCall { one: to, two: to, amount }, 0).await;
    let coins = net.pay(&two, 7).await;
    net.mine(1).await;
    let paid = net.paid(&watch).await;
    let told: Vec<_> = paid.iter().map(|paid| (&paid.tx, paid.place, paid.to.as_str())).collect();
    assert_eq!(
        told,
        [
            (&both, Place::Log(0), one.as_str()),
            (&both, Place::Log(1), two.as_str()),
            (&same, Place::Log(0), one.as_str()),
            (&same, Place::Log(1), one.as_str()),
            (&coins, Place::Top, two.as_str()),
        ]
    );
    assert_eq!(net.balance(&one, "PLAIN").await, Amount::from(15_u64));
}

#[tokio::test]
async fn an_address_that_is_paid_twice_has_two_payments() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    let first = net.pay(&ours, 5).await;
    net.mine(1).await;
    let early = net.paid(&watch).await;
    let second = net.pay(&ours, 5).await;
    net.mine(1).await;
    let late = net.paid(&watch).await;
    assert_eq!((early.len(), late.len()), (1, 1));
    assert_eq!((&early[0].tx, &late[0].tx), (&first, &second));
    assert_ne!(first, second);
    assert_eq!(net.balance(&ours, "ETH").await, Amount::from(10_u64));
}

#[tokio::test]
async fn what_failed_or_moved_nothing_is_no_payment() {
    let net = Net::start().await;
    let ours = address(deposit(0));
    let watch = watching([&ours]);
    // More than the customer has: the contract refuses, and the transaction is mined nevertheless.
    let plain = net.contract("PLAIN");
    let much = transferCall { to: read(&ours), amount: U256::from(1) };
    let failed = net.call(&plain, &much, 0).await;
    let refused = net.call(&plain, &much, 5).await;
    let nothing = net.call(&plain, &transferCall { to: read(&ours), amount: U256::ZERO }, 0).await;
    let empty = net.pay(&ours, 0).await;
    // A token that is not in the settings.
    let unknown = net.deploy("PlainToken").await;
    net.call(&unknown, &mintCall { to: read(&ours), amount: U256::from(9) }, 0).await;
    net.mine(1).await;
    assert_eq!(net.paid(&watch).await, []);
    for (tx, succeeded) in [(failed, false), (refused, false), (nothing, true), (empty, true)] {
        assert_eq!(net.succeeded(&tx).await, succeeded);
    }
    // One that is mined without enough gas for the code at its receiver moves nothing either.
    let forwarder = net.forwarder.clone();
    let starved = net.send(json!({ "to": forwarder, "value": "0x5", "gas": "0x5208" })).await;
    net.mine(1).await;
    assert!(!net.succeeded(&starved).await);
    assert_eq!(net.paid(&watching([&forwarder])).await, []);
}

#[tokio::test]
async fn ten_thousand_watched_addresses_are_found_in_a_block_of_many_transactions() {
    let net = Net::start().await;
    let paid = addresses(40);
    let others = (1..=9_960_u64).map(|n| format!("0x{n:040x}"));
    let ours: Vec<_> = paid.iter().cloned().chain(others).collect();
    let plain = net.contract("PLAIN");
    let mint = mintCall { to: read(&net.customer), amount: U256::MAX };
    net.call(&plain, &mint, 0).await;
    // With their gas said, so that the node need not try each out on top of all others.
    let coins = |to: &str| json!({ "to": to, "value": "0x3", "gas": "0x5208" });
    for to in &paid {
        net.send(coins(to)).await;
        net.call(&plain, &transferCall { to: read(to), amount: U256::from(4) }, 0).await;
        net.send(coins(NOBODY)).await;
    }
    let watch = watching(&ours);
    assert_eq!(watch.addresses.len(), 10_000);
    assert_eq!(net.chain.pending(&watch).await.unwrap().len(), 40);
    net.mine(1).await;
    let found = net.paid(&watch).await;
    let of = |token: &str| found.iter().filter(|payment| payment.token == token).count();
    assert_eq!((of("ETH"), of("PLAIN")), (40, 40));
    assert_eq!(net.paid(&Watching::default()).await, []);
}

#[tokio::test]
async fn a_node_of_another_chain_and_one_without_the_tokens_is_refused() {
    let net = Net::start().await;
    let identity = net.chain.identity().await.unwrap();
    assert_eq!(identity.network, "31337");
    assert!(identity.node.contains("anvil"), "{}", identity.node);
    let first = net.chain.header_at(0).await.unwrap().unwrap();
    assert_eq!(identity.genesis, first.block.hash);
    net.chain.check_abilities().await.unwrap();

    let other = net.with(|settings| settings.chain_id = 1).identity().await;
    let Err(ChainError::WrongNetwork { wanted, found }) = other else { panic!("{other:?}") };
    assert_eq!((wanted.as_str(), found.as_str()), ("1", "31337"));
    let coarse = net.with(|settings| settings.tokens[2].decimals = 18);
    let missing = net.with(|settings| settings.tokens[2].contract = Some(NOBODY.to_owned()));
    let forwarder = net.forwarder.clone();
    let none = net.with(|settings| settings.tokens[2].contract = Some(forwarder.clone()));
    for (chain, why) in [(coarse, "6 decimals"), (missing, "no token"), (none, "no token")] {
        let found = chain.check_abilities().await;
        let Err(ChainError::Unsupported(told)) = &found else { panic!("{found:?}") };
        assert!(told.contains("SILENT") && told.contains(why), "{told}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_none_and_what_is_not_in_the_settings_is_refused() {
    let net = Net::start().await;
    let watch = Watching::default();
    let nothing = format!("0x{}", "11".repeat(32));
    for hash in ["", "hash", "0x", nothing.as_str()] {
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
    let refused = net.chain.balance("bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "ETH").await;
    assert!(matches!(refused, Err(ChainError::NotAnAddress(_))), "{refused:?}");
    assert!(
        aio_chain_evm::Evm::new(&{
            let mut settings = crate::harness::settings(&net.node, &net.tokens);
            settings.chain_id = 0;
            settings
        })
        .is_err()
    );
}
