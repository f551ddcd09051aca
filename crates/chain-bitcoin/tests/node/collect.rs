//! Collections, from the plan into a block.

use crate::harness::{
    COIN, Net, address, collect, deposit, policy, satoshis, signer, text, watching, with_fees,
};
use aio_chain::{ChainError, ChainRead, ChainSpend, Intent, Place, Sent, Signer, Source, TxStatus};
use aio_chain_bitcoin::{FeeRules, TOKEN};
use aio_domain::money::Amount;
use bitcoin::{Transaction, consensus::encode::deserialize};
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn fifty_outputs_are_collected_in_one_transaction_and_all_but_the_fee_arrives() {
    let net = Net::start().await;
    let sources = net.deposits(0..50, "0.01").await;
    let to = net.elsewhere().await;
    let plan = net.chain.plan(&collect(sources.clone(), &to), None).await.unwrap();
    let claims: Vec<_> = sources.iter().map(|source| source.outputs[0].0.clone()).collect();
    assert_eq!(plan.claims, claims);

    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    // Every signature covers all inputs and all outputs; of other kinds some leave the output open.
    let tx: Transaction = deserialize(&signed.bytes).unwrap();
    for input in &tx.input {
        let signature = input.witness.nth(0).unwrap();
        assert_eq!(signature.last(), Some(&0x01));
    }
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    assert_eq!(net.status(&signed.tx).await, TxStatus::Pending);
    net.mine(1).await;
    let status = net.chain.status(&signed.tx, Some(TOKEN)).await.unwrap();
    let TxStatus::Mined { succeeded: true, fee, moved, block } = status else {
        panic!("{status:?}")
    };
    assert_eq!(fee, plan.max_fee);
    assert_eq!(block, net.tip().await);
    let from: BTreeSet<_> = moved.iter().map(|moved| moved.from.clone()).collect();
    assert_eq!(from, claims.iter().cloned().collect());
    assert!(moved.iter().all(|moved| moved.amount == Amount::from(COIN / 100)));

    let arrived = net.chain.balance(&to, TOKEN).await.unwrap();
    assert_eq!(satoshis(arrived), 50 * COIN / 100 - satoshis(fee));
    // 50 inputs of 68 bytes at the fallback of 5 satoshis, and not much more.
    assert!((17_000..18_000).contains(&satoshis(fee)), "{fee}");
    for source in &sources {
        assert!(net.chain.balance(&source.address, TOKEN).await.unwrap().is_zero());
    }

    // Whoever watches the claims is told who took them.
    let mut watch = watching([&to]);
    watch.claims.extend(claims.clone());
    let scanned = net.chain.scan(&block.hash, &watch).await.unwrap().unwrap();
    let taken: Vec<_> = claims.into_iter().map(|claim| (claim, signed.tx.clone())).collect();
    assert_eq!(scanned.taken, taken);
    assert_eq!(scanned.seen[0].payments[0].amount, arrived);
}

#[tokio::test]
async fn all_payments_to_one_address_are_collected_and_the_gas_branch_has_its_own_key() {
    let net = Net::start().await;
    let one = net.deposits(0..1, "0.25").await.remove(0);
    let two = net.deposits(0..1, "0.5").await.remove(0);
    let outputs = [one.outputs.clone(), two.outputs].concat();
    let both = Source { outputs, amount: Amount::from(3 * COIN / 4), ..one };
    let to = net.elsewhere().await;
    let plan = net.chain.plan(&collect(vec![both], &to), None).await.unwrap();
    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    net.chain.broadcast(&signed).await.unwrap();
    net.mine(1).await;
    let arrived = net.chain.balance(&to, TOKEN).await.unwrap();
    assert_eq!(satoshis(arrived), 3 * COIN / 4 - satoshis(plan.max_fee));

    let mut path = deposit(0);
    path.purpose = aio_chain::Purpose::Gas;
    assert_ne!(address(path), address(deposit(0)));
}

#[tokio::test]
async fn what_costs_too_much_or_leaves_dust_is_not_collected() {
    let net = Net::start().await;
    let to = net.elsewhere().await;
    let small = net.deposits(0..1, "0.00001").await;
    let large = net.deposits(1..2, "1").await;
    let rules = |fallback_rate, max_fee_rate| FeeRules {
        fallback_rate,
        max_fee_rate,
        ..FeeRules::default()
    };
    // The fee of one input is some 660 satoshis of 1,000; 340 are just more than dust.
    let plan = with_fees(&net.node, rules(6, 7)).plan(&collect(small.clone(), &to), None).await;
    assert!((600..700).contains(&satoshis(plan.unwrap().max_fee)));
    // Dust is left, and then less than nothing.
    for rate in [7, 10, 100] {
        let chain = with_fees(&net.node, rules(rate, 100));
        let plan = chain.plan(&collect(small.clone(), &to), None).await;
        assert!(matches!(plan, Err(ChainError::NotEnough(_))), "{plan:?}");
    }

    // The highest rate holds, whatever is estimated.
    let capped = with_fees(&net.node, rules(6, 2));
    let plan = capped.plan(&collect(large.clone(), &to), None).await.unwrap();
    assert!((200..240).contains(&satoshis(plan.max_fee)), "{}", plan.max_fee);

    // Without any price of ours it is what the node takes: a satoshi for each byte here.
    let cheap = with_fees(&net.node, rules(0, 100));
    let plan = cheap.plan(&collect(large.clone(), &to), None).await.unwrap();
    assert!((100..120).contains(&satoshis(plan.max_fee)), "{}", plan.max_fee);

    // A fee below what the node takes is its to refuse, and says so.
    let free = with_fees(&net.node, rules(6, 0));
    let plan = free.plan(&collect(large, &to), None).await.unwrap();
    assert!(plan.max_fee.is_zero());
    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Underpriced);
}

#[tokio::test]
async fn what_our_books_say_must_be_what_is_there() {
    let net = Net::start().await;
    let to = net.elsewhere().await;
    let good = net.deposits(0..2, "1").await;
    let theirs = net.pay(&net.elsewhere().await, "1").await;
    let legacy = text(&net.rpc("getnewaddress", json!(["", "legacy"])).await);
    net.rpc("send", json!([[{ &legacy: "1" }]])).await;
    net.mine(1).await;
    let keyless = net.paid(&watching([&legacy])).await.remove(0);
    let Place::Output(n) = keyless.place else { panic!("{keyless:?}") };
    let keyless = format!("{}:{n}", keyless.tx);
    let with = |change: &dyn Fn(&mut Vec<Source>)| {
        let mut sources = good.clone();
        change(&mut sources);
        collect(sources, &to)
    };
    let coin = Amount::from(COIN);
    let wrong: [(&str, Intent); 11] = [
        ("nothing", with(&Vec::clear)),
        ("no outputs", with(&|s| s.iter_mut().for_each(|s| s.outputs.clear()))),
        ("another sum", with(&|s| s[0].amount = Amount::from(2 * COIN))),
        (
            "another amount",
            with(&|s| {
                s[0].outputs[0].1 = Amount::from(2 * COIN);
                s[0].amount = Amount::from(2 * COIN);
            }),
        ),
        ("another address", with(&|s| s[0].address = address(deposit(9)))),
        ("one output twice", with(&|s| s[1] = s[0].clone())),
        (
            "an output of a kind without a key of ours",
            with(&|s| {
                s[0].outputs[0].0.clone_from(&keyless);
                s[0].address.clone_from(&legacy);
            }),
        ),
        ("an output after the last", with(&|s| s[0].outputs[0].0.push('7'))),
        (
            "too many at once",
            with(&|s| {
                let many = (0..1001).map(|n| (format!("{theirs}:{n}"), Amount::from(1_u64)));
                s[0].outputs = many.collect();
                s[0].amount = Amount::from(1001_u64);
            }),
        ),
        ("no claim", with(&|s| s[0].outputs[0].0 = "nonsense".to_owned())),
        ("somebody's output", with(&|s| s[0].outputs = vec![(format!("{theirs}:0"), coin)])),
    ];
    for (case, intent) in wrong {
        let plan = net.chain.plan(&intent, None).await;
        assert!(matches!(plan, Err(ChainError::Unsupported(_))), "{case}: {plan:?}");
    }
    // One that the node does not have may come back after a reorganisation.
    let lost = with(&|s| s[0].outputs[0].0 = format!("{}:0", "77".repeat(32)));
    let plan = net.chain.plan(&lost, None).await;
    assert!(matches!(plan, Err(ChainError::Unavailable(_))), "{plan:?}");
    let mut token = collect(good.clone(), &to);
    let Intent::Collect { token: name, .. } = &mut token else { unreachable!() };
    "USDT".clone_into(name);
    for (case, intent) in [
        ("another token", token),
        ("another network", collect(good.clone(), "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")),
        ("preparation", Intent::Prepare { to: to.clone() }),
        ("a top-up", Intent::TopUp { to: deposit(0), address: to.clone(), amount: coin }),
    ] {
        let plan = net.chain.plan(&intent, None).await;
        let refused = matches!(plan, Err(ChainError::Unsupported(_) | ChainError::NotAnAddress(_)));
        assert!(refused, "{case}: {plan:?}");
    }
    assert!(!net.chain.needs_preparation(&to).await.unwrap());
    assert_eq!(net.chain.next_number(&to).await.unwrap(), None);
    assert!(net.chain.plan(&collect(good, &to), None).await.is_ok());
}
