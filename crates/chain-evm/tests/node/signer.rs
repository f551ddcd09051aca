//! The signer believes nothing that it can read out of the transaction itself. Each test spoils a plan that would be
//! signed as it is.

use crate::harness::{
    ACCOUNT, COIN, Net, address, collect, deposit, gas, policy, read, seed, signer, treasury,
};
use aio_chain::{
    ChainSpend, Intent, SignError, Signed, Signer, SigningPolicy, Unsigned, seed::Seed,
};
use aio_chain_evm::SeedSigner;
use aio_domain::money::Amount;
use alloy_consensus::TxEnvelope;
use alloy_eips::eip2718::Decodable2718;
use alloy_primitives::{Address, Bytes, Signature, U256};
use alloy_sol_types::{SolCall, sol};
use serde_json::{Value, json};

sol! {
    function sweepMany(address[] from, address token, uint256[] amounts) external;
    function transfer(address to, uint256 amount) external;
}

/// A node where the sweeper is, and a plan over two addresses that have not named it.
async fn planned() -> (Net, Unsigned, SigningPolicy) {
    let net = Net::start().await;
    let to = treasury();
    net.prepare(&to).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    let plan = net.plan(sources, "PLAIN", &to).await;
    (net, plan, policy(&to))
}

fn form(plan: &Unsigned) -> Value {
    serde_json::from_str(&plan.payload).unwrap()
}

fn with_form(plan: &Unsigned, change: impl Fn(&mut Value)) -> Unsigned {
    let mut form = form(plan);
    change(&mut form);
    let claim = format!("{}#{}", form["payer"]["address"].as_str().unwrap(), form["number"]);
    let (max_fee, likely_fee) = (Amount::MAX, Amount::MAX);
    Unsigned { payload: form.to_string(), claims: vec![claim], max_fee, likely_fee }
}

fn refused(case: &str, why: &str, signed: Result<Signed, SignError>) {
    let Err(SignError::Refused(told)) = &signed else { panic!("{case}: {signed:?}") };
    assert!(told.contains(why), "{case}: {told}");
}

fn unreadable(case: &str, why: &str, signed: Result<Signed, SignError>) {
    let Err(SignError::Unreadable(told)) = &signed else { panic!("{case}: {signed:?}") };
    assert!(told.contains(why), "{case}: {told}");
}

fn data(call: &impl SolCall) -> Value {
    json!(Bytes::from(call.abi_encode()))
}

fn thief() -> String {
    format!("{:#x}", Address::repeat_byte(0xbad_u16.to_be_bytes()[1]))
}

#[tokio::test]
async fn what_is_signed_is_what_was_planned_and_names_only_the_destinations_sweeper() {
    let (net, plan, policy) = planned().await;
    let signed = signer().sign(&plan, &policy).unwrap();
    let TxEnvelope::Eip7702(tx) = TxEnvelope::decode_2718(&mut &signed.bytes[..]).unwrap() else {
        panic!("another kind")
    };
    assert_eq!(format!("{:#x}", tx.hash()), signed.tx);
    let signer_of =
        |signature: Signature, hash| signature.recover_address_from_prehash(&hash).unwrap();
    assert_eq!(signer_of(*tx.signature(), tx.signature_hash()), read(&gas().address));
    let tx = tx.tx();
    assert_eq!(tx.chain_id, 31_337);
    assert_eq!((tx.value, tx.access_list.len()), (U256::ZERO, 0));
    assert_eq!(json!(tx.to), json!(read(form(&plan)["to"].as_str().unwrap())));
    let said: Vec<_> = tx
        .authorization_list
        .iter()
        .map(|said| {
            let by = signer_of(said.signature().unwrap(), said.inner().signature_hash());
            (by, said.address, said.chain_id, said.nonce)
        })
        .collect();
    let ours = [0, 1].map(|n| (read(&address(deposit(n))), tx.to, U256::from(31_337), 0));
    assert_eq!(said, ours);
    net.chain.broadcast(&signed).await.unwrap();
    // The destination may be written in any way.
    let loud = SigningPolicy { destination: read(&policy.destination).to_checksum(None), ..policy };
    assert_eq!(signer().sign(&plan, &loud).unwrap(), signed);
}

#[tokio::test]
async fn money_goes_to_the_one_destination_or_nowhere() {
    let (net, plan, policy) = planned().await;
    net.prepare(&thief()).await;
    let sources = net.deposits(0..2, "PLAIN", 5).await;
    // Planned for the thief from the beginning, with his own sweeper.
    let other = net.plan(sources, "PLAIN", &thief()).await;
    refused("another destination", "another contract", signer().sign(&other, &policy));
    let theirs = form(&other)["to"].clone();
    for to in [theirs.clone(), json!(thief()), json!(net.contract("PLAIN")), json!(net.customer)] {
        let plan = with_form(&plan, |form| form["to"] = to.clone());
        refused("another contract", "another contract", signer().sign(&plan, &policy));
    }
    let elsewhere = SigningPolicy { destination: thief(), ..policy.clone() };
    refused("another policy", "another contract", signer().sign(&plan, &elsewhere));
    for bad in ["", "0x0000000000000000000000000000000000000000", "bc1q", &thief()[1..]] {
        let nowhere = SigningPolicy { destination: bad.to_owned(), ..policy.clone() };
        refused(bad, "not an address", signer().sign(&plan, &nowhere));
    }
    let coins = with_form(&plan, |form| form["value"] = json!("1"));
    refused("coins of the gas address", "carries coins", signer().sign(&coins, &policy));

    // Addresses that would obey somebody else's code.
    let code = with_form(&plan, |form| {
        form["what"]["collect"]["authorizations"][1]["code"] = theirs.clone();
    });
    refused("other code", "other code", signer().sign(&code, &policy));
    for (chain, why) in [(0, "another chain"), (1, "another chain")] {
        let chain = with_form(&plan, |form| {
            form["what"]["collect"]["authorizations"][0]["chain_id"] = json!(chain);
        });
        refused("code on all chains", why, signer().sign(&chain, &policy));
    }
    let gas = with_form(&plan, |form| {
        form["what"]["collect"]["authorizations"][0]["address"] = json!(gas().address);
    });
    refused("code for the gas address", "no source", signer().sign(&gas, &policy));
    let twice = with_form(&plan, |form| {
        let list = &mut form["what"]["collect"]["authorizations"];
        list[1] = list[0].clone();
    });
    refused("the same address twice", "twice", signer().sign(&twice, &policy));
}

#[tokio::test]
async fn the_sweeper_is_called_for_the_sources_that_are_named_and_for_nothing_else() {
    let (net, plan, policy) = planned().await;
    let [one, two] = [0, 1].map(|n| read(&address(deposit(n))));
    let token = read(&net.contract("PLAIN"));
    let five = U256::from(5);
    let call = |from: &[Address], amounts: &[U256]| {
        let call = sweepManyCall { from: from.to_vec(), token, amounts: amounts.to_vec() };
        data(&call)
    };
    assert_eq!(form(&plan)["data"], call(&[one, two], &[five, five]));
    let longer = format!("{}00", call(&[one, two], &[five, five]).as_str().unwrap());
    let stranger = read(&net.customer);
    for (case, data, why) in [
        ("nothing", json!("0x"), "something else"),
        ("a transfer", data(&transferCall { to: stranger, amount: five }), "something else"),
        ("bytes behind it", json!(longer), "something else"),
        ("an amount less", call(&[one, two], &[five]), "something else"),
        ("a source less", call(&[one], &[five]), "other addresses"),
        ("a source more", call(&[one, two, stranger], &[five; 3]), "other addresses"),
        ("another source", call(&[one, stranger], &[five; 2]), "other addresses"),
        ("another order", call(&[two, one], &[five; 2]), "other addresses"),
        ("one twice", call(&[one, one], &[five; 2]), "other addresses"),
    ] {
        let plan = with_form(&plan, |form| form["data"] = data.clone());
        refused(case, why, signer().sign(&plan, &policy));
    }
    let empty = with_form(&plan, |form| {
        form["data"] = call(&[], &[]);
        form["what"]["collect"] = json!({ "sources": [], "authorizations": [] });
    });
    refused("from nobody", "other addresses", signer().sign(&empty, &policy));
    let double = with_form(&plan, |form| {
        form["data"] = call(&[one, one], &[five; 2]);
        let sources = &mut form["what"]["collect"]["sources"];
        sources[1] = sources[0].clone();
        form["what"]["collect"]["authorizations"] = json!([]);
    });
    refused("one source twice", "other addresses", signer().sign(&double, &policy));
}

#[tokio::test]
async fn keys_are_those_that_are_named_of_their_branch_and_of_one_account() {
    let (_net, plan, policy) = planned().await;
    let keys = ["/payer", "/what/collect/sources/0", "/what/collect/sources/1"];
    for key in keys {
        for (name, value, why) in [
            ("account", json!(8), "another account"),
            ("index", json!(9), "not of the key"),
            ("branch", json!(i32::from(key != "/payer")), "other branch"),
        ] {
            let plan =
                with_form(&plan, |form| form.pointer_mut(key).unwrap()[name] = value.clone());
            refused(&format!("{key} {name}"), why, signer().sign(&plan, &policy));
        }
        let far = with_form(&plan, |form| {
            form.pointer_mut(key).unwrap()["index"] = json!(1_u32 << 31);
        });
        let signed = signer().sign(&far, &policy);
        assert!(matches!(signed, Err(SignError::NoKey)), "{signed:?}");
        let third = with_form(&plan, |form| form.pointer_mut(key).unwrap()["branch"] = json!(2));
        unreadable("a third branch", "branch", signer().sign(&third, &policy));
    }
    // The payer's address is a deposit's, with a deposit's key.
    let own =
        with_form(&plan, |form| form["payer"] = form["what"]["collect"]["sources"][0].clone());
    refused("a deposit pays", "other branch", signer().sign(&own, &policy));
    let others = SigningPolicy { account: ACCOUNT + 1, ..policy.clone() };
    refused("another merchant", "another account", signer().sign(&plan, &others));
    let none = SigningPolicy { account: 1 << 31, ..policy.clone() };
    let signed = signer().sign(&plan, &none);
    assert!(matches!(signed, Err(SignError::NoKey)), "{signed:?}");
    let other = SeedSigner::new(Seed::from_bytes([7; 64]), 31_337);
    refused("another seed", "not of the key", other.sign(&plan, &policy));
}

#[tokio::test]
async fn the_fee_is_what_the_transaction_offers_whatever_the_plan_says() {
    let (_net, plan, policy) = planned().await;
    let exact = SigningPolicy { max_fee: plan.max_fee, ..policy.clone() };
    assert!(signer().sign(&plan, &exact).is_ok());
    let below = plan.max_fee.checked_sub(Amount::from(1_u64)).unwrap();
    let strict = SigningPolicy { max_fee: below, ..policy.clone() };
    refused("a unit too much", "a fee of", signer().sign(&plan, &strict));
    let low = Unsigned { max_fee: below, ..plan.clone() };
    refused("more than it says", "a fee of", signer().sign(&low, &policy));
    for (name, value) in [("gas", u64::MAX), ("max_fee_per_gas", u64::MAX), ("tip_per_gas", COIN)] {
        let plan = with_form(&plan, |form| form[name] = json!(value));
        refused(name, "a fee of", signer().sign(&plan, &policy));
    }
    let hidden = Unsigned { claims: Vec::new(), ..plan.clone() };
    refused("no claim", "another number", signer().sign(&hidden, &policy));
    let mut number = with_form(&plan, |form| form["number"] = json!(99));
    assert!(signer().sign(&number, &policy).is_ok());
    number.claims.clone_from(&plan.claims);
    refused("another number", "another number", signer().sign(&number, &policy));
}

#[tokio::test]
async fn only_the_destinations_own_contract_is_deployed() {
    let net = Net::start().await;
    let payer = net.payer().await;
    let intent = |to: String| Intent::Prepare { to };
    let plan = net.chain.plan(&intent(treasury()), Some(&payer)).await.unwrap();
    let other = net.chain.plan(&intent(thief()), Some(&payer)).await.unwrap();
    let policy = policy(&treasury());
    assert!(signer().sign(&plan, &policy).is_ok());
    refused("for another", "another contract", signer().sign(&other, &policy));
    let code = form(&plan)["data"].as_str().unwrap().to_owned();
    for (name, value, why) in [
        ("data", json!(code[..code.len() - 2]), "another contract"),
        ("data", json!(format!("{code}00")), "another contract"),
        ("data", json!(format!("0x01{}", &code[4..])), "another contract"),
        ("to", json!(thief()), "another contract"),
        ("value", json!("1"), "carries coins"),
    ] {
        let plan = with_form(&plan, |form| form[name] = value.clone());
        refused(name, why, signer().sign(&plan, &policy));
    }
}

#[tokio::test]
async fn coins_for_fees_go_to_an_own_deposit_address_and_are_no_more_than_a_fee() {
    let net = Net::start().await;
    let payer = net.payer().await;
    let policy = policy(&treasury());
    let amount = Amount::from(1000_u64);
    let intent = Intent::TopUp { to: deposit(3), address: address(deposit(3)), amount };
    let plan = net.chain.plan(&intent, Some(&payer)).await.unwrap();
    assert!(signer().sign(&plan, &policy).is_ok());
    for (name, value, why) in [
        ("to", json!(thief()), "another address"),
        ("data", json!("0x00"), "another address"),
        ("value", json!("0"), "nothing, or too much"),
        ("value", json!(COIN.to_string()), "nothing, or too much"),
    ] {
        let plan = with_form(&plan, |form| form[name] = value.clone());
        refused(name, why, signer().sign(&plan, &policy));
    }
    let stolen = with_form(&plan, |form| {
        form["to"] = json!(thief());
        form["what"]["top_up"]["receiver"]["address"] = json!(thief());
    });
    refused("a thief", "not of the key", signer().sign(&stolen, &policy));
    let other = with_form(&plan, |form| form["what"]["top_up"]["receiver"]["account"] = json!(8));
    refused("another merchant", "another account", signer().sign(&other, &policy));
    let own = with_form(&plan, |form| {
        form["to"] = json!(gas().address);
        form["what"]["top_up"]["receiver"] = form["payer"].clone();
    });
    refused("to itself", "other branch", signer().sign(&own, &policy));
    // One kind of transaction under the name of another.
    for what in
        [json!({ "prepare": {} }), json!({ "collect": { "sources": [], "authorizations": [] } })]
    {
        let plan = with_form(&plan, |form| form["what"] = what.clone());
        refused("another name", "another contract", signer().sign(&plan, &policy));
    }
}

#[tokio::test]
async fn a_plan_that_is_bent_in_any_other_way_is_not_signed() {
    let (net, plan, policy) = planned().await;
    let chain = with_form(&plan, |form| form["chain_id"] = json!(1));
    unreadable("another chain", "for chain 1", signer().sign(&chain, &policy));
    let main = SeedSigner::new(seed(), 1);
    unreadable("another chain's signer", "for chain 31337", main.sign(&plan, &policy));
    let zero = with_form(&plan, |form| form["chain_id"] = json!(0));
    refused("all chains", "all chains", SeedSigner::new(seed(), 0).sign(&zero, &policy));
    let more = with_form(&plan, |form| form["extra"] = json!(1));
    unreadable("an unknown field", "unknown field", signer().sign(&more, &policy));
    let list = with_form(&plan, |form| form["access_list"] = json!([]));
    unreadable("an unknown field", "unknown field", signer().sign(&list, &policy));
    let inner = with_form(&plan, |form| form["what"]["collect"]["extra"] = json!(1));
    unreadable("an unknown field within", "unknown field", signer().sign(&inner, &policy));
    let (deep, long) = ("[".repeat(100_000), format!("{}{}", plan.payload, " ".repeat(1 << 20)));
    for (payload, why) in
        [("", ""), ("{}", ""), ("[]", ""), ("null", ""), (&*deep, ""), (&*long, "too long")]
    {
        let bent = Unsigned { payload: payload.to_owned(), ..plan.clone() };
        unreadable("no form", why, signer().sign(&bent, &policy));
    }
    for cut in (0..plan.payload.len()).step_by(97) {
        let bent = Unsigned { payload: plan.payload[..cut].to_owned(), ..plan.clone() };
        unreadable("cut off", "", signer().sign(&bent, &policy));
    }
    assert!(signer().sign(&plan, &policy).is_ok());
    // A plan of before is as good as a new one: its number sees to it that it holds once.
    let sources = vec![crate::harness::source(0, Amount::from(5_u64))];
    let again = net.chain.plan(&collect(sources, "PLAIN", &policy.destination), Some(&gas())).await;
    assert!(again.is_ok());
}
