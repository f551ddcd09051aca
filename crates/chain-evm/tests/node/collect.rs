//! Collections, from the plan into a block.

use crate::{
    harness::{
        COIN, Net, address, collect, deposit, gas, hex, mintCall, policy, read, signer, source,
        sweepCall, sweepManyCall, treasury,
    },
    proxy,
};
use aio_chain::{ChainError, ChainRead, ChainSpend, Intent, Place, Sent, Signer, TxStatus};
use aio_chain_evm::FeeRules;
use aio_domain::money::Amount;
use alloy_primitives::{Address, U256};
use serde_json::json;

#[tokio::test]
async fn addresses_name_the_sweeper_once_and_need_no_coins_of_their_own() {
    let net = Net::start().await;
    let to = treasury();
    assert!(net.chain.needs_preparation(&to).await.unwrap());
    net.prepare(&to).await;
    let sources = net.deposits(0..3, "SILENT", 1_000_000).await;
    let plan = net.plan(sources.clone(), "SILENT", &to).await;
    let payer = net.payer().await;
    assert_eq!(plan.claims, [format!("{}#{}", payer.address, payer.number)]);
    let signed = net.pass(&plan, &to).await;
    assert_eq!(signed.bytes[0], 4);
    assert_eq!(net.status(&signed.tx).await, TxStatus::Pending);
    net.mine(1).await;

    let status = net.chain.status(&signed.tx, Some("SILENT")).await.unwrap();
    let TxStatus::Mined { block, succeeded: true, fee, moved } = status else {
        panic!("{status:?}")
    };
    assert_eq!(block, net.tip().await);
    assert!(!fee.is_zero() && fee < plan.max_fee, "{fee}");
    let told: Vec<_> = moved.iter().map(|moved| (moved.from.clone(), moved.amount)).collect();
    let wanted: Vec<_> = sources.iter().map(|s| (s.address.clone(), s.amount)).collect();
    assert_eq!(told, wanted);
    assert_eq!(net.balance(&to, "SILENT").await, Amount::from(3_000_000_u64));
    for source in &sources {
        assert!(net.balance(&source.address, "SILENT").await.is_zero());
        assert!(net.balance(&source.address, "ETH").await.is_zero());
    }
    // Whose movements are asked for is whose are told.
    assert_eq!(net.moved(&signed.tx, "PLAIN").await, []);

    // The second time they have their code, and one that is new gets it in the same transaction.
    let again = net.deposits(0..3, "PLAIN", 5).await;
    let second = net.collected(again, "PLAIN", &to).await;
    assert_eq!(second.bytes[0], 2);
    let mixed = net.deposits(2..4, "ETH", 5).await;
    let third = net.collected(mixed, "ETH", &to).await;
    assert_eq!(third.bytes[0], 4);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(15_u64));
    assert_eq!(net.balance(&to, "ETH").await, Amount::from(10_u64));
    // Whoever watches the claim is told who took it.
    let mut watch = crate::harness::watching([]);
    watch.claims.insert(plan.claims[0].clone());
    let scanned = net.chain.scan(&block.hash, &watch).await.unwrap().unwrap();
    assert_eq!(scanned.taken, [(plan.claims[0].clone(), signed.tx)]);
}

#[tokio::test]
async fn a_hundred_addresses_are_collected_in_one_transaction_and_not_one_more() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources: Vec<_> = (0..101).map(|index| source(index, Amount::from(3_u64))).collect();
    let plain = net.contract("PLAIN");
    for source in &sources {
        let call = mintCall { to: read(&source.address), amount: U256::from(3) };
        let data = alloy_primitives::Bytes::from(alloy_sol_types::SolCall::abi_encode(&call));
        net.send(json!({ "to": plain, "data": data, "gas": hex(100_000) })).await;
    }
    net.mine(1).await;
    let all = collect(sources.clone(), "PLAIN", &to);
    let refused = net.chain.plan(&all, Some(&net.payer().await)).await;
    assert!(matches!(refused, Err(ChainError::Unsupported(_))), "{refused:?}");
    let signed = net.collected(sources[..100].to_vec(), "PLAIN", &to).await;
    assert_eq!(net.moved(&signed.tx, "PLAIN").await.len(), 100);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(300_u64));
}

#[tokio::test]
async fn exactly_what_the_books_say_is_collected_also_to_a_contract() {
    let net = Net::start().await;
    let wallet = net.deploy("Wallet").await;
    net.prepare(&wallet).await;
    let sources = net.deposits(0..2, "ETH", 1000).await;
    let plan = net.plan(sources.clone(), "ETH", &wallet).await;
    // More arrives after the plan: it stays for the next one.
    net.pay(&sources[0].address, 7).await;
    net.mine(1).await;
    let signed = net.pass(&plan, &wallet).await;
    net.mine(1).await;
    assert_eq!(net.moved(&signed.tx, "ETH").await.len(), 2);
    assert_eq!(net.balance(&wallet, "ETH").await, Amount::from(2000_u64));
    assert_eq!(net.balance(&sources[0].address, "ETH").await, Amount::from(7_u64));
    // One unit is as good as any amount.
    let one = vec![source(0, Amount::from(1_u64))];
    net.collected(one, "ETH", &wallet).await;
    assert_eq!(net.balance(&wallet, "ETH").await, Amount::from(2001_u64));
    // The payment is a call to the wallet, seen by whoever watches that.
    let paid = net.paid(&crate::harness::watching([&wallet])).await;
    assert_eq!(paid[0].place, Place::Call(0));
}

#[tokio::test]
async fn another_destination_has_a_sweeper_of_its_own_and_addresses_change_to_it() {
    let net = Net::start().await;
    let (first, second) = (treasury(), format!("{:#x}", Address::repeat_byte(0x7f)));
    net.prepare(&first).await;
    let sources = net.deposits(0..1, "PLAIN", 5).await;
    net.collected(sources, "PLAIN", &first).await;
    let sources = net.deposits(0..1, "PLAIN", 6).await;
    let early = collect(sources.clone(), "PLAIN", &second);
    let early = net.chain.plan(&early, Some(&net.payer().await)).await;
    let Err(ChainError::Unsupported(why)) = &early else { panic!("{early:?}") };
    assert!(why.contains("prepared"), "{why}");
    net.prepare(&second).await;
    let twice = Intent::Prepare { to: second.clone() };
    let twice = net.chain.plan(&twice, Some(&net.payer().await)).await;
    assert!(matches!(twice, Err(ChainError::Unsupported(_))), "{twice:?}");
    let signed = net.collected(sources, "PLAIN", &second).await;
    assert_eq!(signed.bytes[0], 4);
    assert_eq!(net.balance(&first, "PLAIN").await, Amount::from(5_u64));
    assert_eq!(net.balance(&second, "PLAIN").await, Amount::from(6_u64));
}

#[tokio::test]
async fn whoever_calls_the_sweeper_can_send_money_only_where_it_goes_anyway() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..1, "PLAIN", 5).await;
    net.collected(sources, "PLAIN", &to).await;
    let source = net.deposits(0..1, "PLAIN", 8).await.remove(0);
    let plain = read(&net.contract("PLAIN"));
    let sweep = sweepCall { token: plain, amount: U256::from(8) };
    let tx = net.call(&source.address, &sweep, 0).await;
    net.mine(1).await;
    assert!(net.succeeded(&tx).await);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(13_u64));
    // Nobody can make the sweeper say that something moved which did not.
    let liar = net.deploy("Liar").await;
    let ours = net.deposits(0..1, "PLAIN", 3).await.remove(0);
    let sweeper = net.sweeper(&to).await;
    let from = vec![read(&liar), read(&net.customer), read(&sweeper), read(&ours.address)];
    let amounts = vec![U256::from(3); from.len()];
    let tx = net.call(&sweeper, &sweepManyCall { from, token: plain, amounts }, 0).await;
    net.mine(1).await;
    assert_eq!(net.moved(&tx, "PLAIN").await, [(ours.address, Amount::from(3_u64))]);
    assert_eq!(net.balance(&to, "PLAIN").await, Amount::from(16_u64));
    // What is gone cannot be planned again.
    let late = collect(vec![source], "PLAIN", &to);
    let late = net.chain.plan(&late, Some(&net.payer().await)).await;
    assert!(matches!(late, Err(ChainError::NotEnough(_))), "{late:?}");
}

#[tokio::test]
async fn what_cannot_be_paid_for_is_not_planned() {
    let net = Net::start().await;
    let to = treasury();
    let (prepare, payer) = (Intent::Prepare { to: to.clone() }, net.payer().await);
    let set = async |wei| net.rpc("anvil_setBalance", json!([gas().address, hex(wei)])).await;
    for wei in [0, 1_000_000] {
        set(wei).await;
        let plan = net.chain.plan(&prepare, Some(&payer)).await;
        assert!(matches!(plan, Err(ChainError::NotEnough(_))), "{plan:?}");
    }
    set(COIN).await;
    net.prepare(&to).await;
    let sources = net.deposits(0..1, "SILENT", 5).await;
    let intent = collect(sources, "SILENT", &to);
    let payer = net.payer().await;
    set(0).await;
    let plan = net.chain.plan(&intent, Some(&payer)).await;
    assert!(matches!(plan, Err(ChainError::NotEnough(_))), "{plan:?}");
    set(COIN).await;
    let plan = net.chain.plan(&intent, Some(&payer)).await.unwrap();
    // Exactly the most that it can cost is enough, a unit less is not.
    let most: u64 = plan.max_fee.to_string().parse().unwrap();
    set(most).await;
    assert!(net.chain.plan(&intent, Some(&payer)).await.is_ok());
    set(most - 1).await;
    let poor = net.chain.plan(&intent, Some(&payer)).await;
    assert!(matches!(poor, Err(ChainError::NotEnough(_))), "{poor:?}");
    set(COIN).await;
    // Gas above what the settings allow is waited out.
    let cheap = FeeRules { max_fee_per_gas: 1000, min_tip_per_gas: 1 };
    let cheap = net.with(|settings| settings.fees = cheap.clone());
    let plan = cheap.plan(&intent, Some(&payer)).await;
    assert!(matches!(plan, Err(ChainError::NotEnough(_))), "{plan:?}");
    assert!(plan.unwrap_err().may_pass());
}

#[tokio::test]
async fn what_our_books_say_must_be_what_is_there() {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let good = net.deposits(0..2, "PLAIN", 5).await;
    let payer = net.payer().await;
    let with = |change: &dyn Fn(&mut Vec<aio_chain::Source>)| {
        let mut sources = good.clone();
        change(&mut sources);
        collect(sources, "PLAIN", &to)
    };
    assert!(net.chain.plan(&with(&|_| ()), Some(&payer)).await.is_ok());
    let more = net.chain.plan(&with(&|s| s[1].amount = Amount::from(6_u64)), Some(&payer)).await;
    assert!(matches!(more, Err(ChainError::NotEnough(_))), "{more:?}");
    for (case, intent) in [
        ("nothing", with(&Vec::clear)),
        ("one address twice", with(&|s| s[1] = s[0].clone())),
        ("no amount", with(&|s| s[0].amount = Amount::ZERO)),
        ("outputs", with(&|s| s[0].outputs.push((String::new(), Amount::ZERO)))),
        ("no such token", collect(good.clone(), "USDT", &to)),
    ] {
        let plan = net.chain.plan(&intent, Some(&payer)).await;
        assert!(matches!(plan, Err(ChainError::Unsupported(_))), "{case}: {plan:?}");
    }
    for to in ["", "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"] {
        let plan = net.chain.plan(&collect(good.clone(), "PLAIN", to), Some(&payer)).await;
        assert!(matches!(plan, Err(ChainError::NotAnAddress(_))), "{to}: {plan:?}");
    }
    let nobody = net.chain.plan(&with(&|_| ()), None).await;
    assert!(matches!(nobody, Err(ChainError::Unsupported(_))), "{nobody:?}");
}

#[tokio::test]
async fn a_node_that_cannot_try_out_what_is_not_signed_yet_is_not_needed_for_that() {
    let net = Net::start().await;
    let to = treasury();
    let url = proxy::refusing(net.node.url(), &["eth_estimateGas", "eth_call"]).await;
    let chain = net.with(|settings| settings.url.clone_from(&url));
    let prepare = Intent::Prepare { to: to.clone() };
    let plan = chain.plan(&prepare, Some(&net.payer().await)).await.unwrap();
    net.pass(&plan, &to).await;
    net.mine(1).await;
    assert!(!chain.needs_preparation(&to).await.unwrap());
    for round in 1..3_u64 {
        let sources = net.deposits(0..3, "ETH", 5).await;
        let intent = collect(sources, "ETH", &to);
        let plan = chain.plan(&intent, Some(&net.payer().await)).await.unwrap();
        let signed = net.pass(&plan, &to).await;
        net.mine(1).await;
        assert!(net.succeeded(&signed.tx).await);
        assert_eq!(net.moved(&signed.tx, "ETH").await.len(), 3);
        assert_eq!(net.balance(&to, "ETH").await, Amount::from(15 * round));
    }
}

#[tokio::test]
async fn an_address_can_be_given_coins_for_fees() {
    let net = Net::start().await;
    let to = treasury();
    let ours = deposit(4);
    let amount = Amount::from(1_000_000_u64);
    let intent = Intent::TopUp { to: ours, address: address(ours), amount };
    let plan = net.chain.plan(&intent, Some(&net.payer().await)).await.unwrap();
    let signed = signer().sign(&plan, &policy(&to)).unwrap();
    assert_eq!(net.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
    net.mine(1).await;
    assert_eq!(net.balance(&address(ours), "ETH").await, amount);
}
