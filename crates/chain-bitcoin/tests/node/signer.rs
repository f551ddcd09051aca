//! The signer believes nothing that it can read out of the transaction itself. Each test spoils a plan that would be
//! signed as it is.

use crate::harness::{ACCOUNT, COIN, Net, address, collect, deposit, policy, signer};
use aio_chain::{
    ChainSpend, Purpose, SignError, Signed, Signer, SigningPolicy, Unsigned, seed::Seed,
};
use aio_chain_bitcoin::{Network, SeedSigner};
use aio_domain::money::Amount;
use bitcoin::{
    Address, OutPoint, Sequence, Transaction, TxOut,
    absolute::LockTime,
    consensus::encode::{deserialize_hex, serialize_hex},
};
use serde_json::{Value, json};

/// A plan over two outputs of one coin, and where it pays.
async fn planned(net: &Net) -> (Unsigned, SigningPolicy) {
    let to = net.elsewhere().await;
    let sources = net.deposits(0..2, "1").await;
    let plan = net.chain.plan(&collect(sources, &to), None).await.unwrap();
    (plan, policy(&to))
}

fn form(plan: &Unsigned) -> Value {
    serde_json::from_str(&plan.payload).unwrap()
}

/// The plan with another transaction in it, and claims and fee to match.
fn with_tx(plan: &Unsigned, change: impl Fn(&mut Transaction)) -> Unsigned {
    let mut form = form(plan);
    let mut tx = transaction(&form["tx"]);
    change(&mut tx);
    form["tx"] = json!(serialize_hex(&tx));
    let claims = tx.input.iter().map(|input| input.previous_output.to_string()).collect();
    let (max_fee, likely_fee) = (Amount::MAX, Amount::MAX);
    Unsigned { payload: form.to_string(), claims, max_fee, likely_fee }
}

fn with_form(plan: &Unsigned, change: impl Fn(&mut Value)) -> Unsigned {
    let mut form = form(plan);
    change(&mut form);
    Unsigned { payload: form.to_string(), max_fee: Amount::MAX, ..plan.clone() }
}

fn transaction(hex: &Value) -> Transaction {
    deserialize_hex(hex.as_str().unwrap()).unwrap()
}

fn pay_to(address: &str, satoshis: u64) -> TxOut {
    let address: Address<_> = address.parse().unwrap();
    let address = address.require_network(bitcoin::Network::Regtest).unwrap();
    TxOut { value: bitcoin::Amount::from_sat(satoshis), script_pubkey: address.script_pubkey() }
}

fn refused(case: &str, why: &str, signed: Result<Signed, SignError>) {
    let Err(SignError::Refused(told)) = &signed else { panic!("{case}: {signed:?}") };
    assert!(told.contains(why), "{case}: {told}");
}

fn unreadable(case: &str, why: &str, signed: Result<Signed, SignError>) {
    let Err(SignError::Unreadable(told)) = &signed else { panic!("{case}: {signed:?}") };
    assert!(told.contains(why), "{case}: {told}");
}

#[tokio::test]
async fn money_goes_to_the_one_destination_or_nowhere() {
    let net = Net::start().await;
    let (plan, policy) = planned(&net).await;
    // What is kept of the spent transactions is what their ids cover.
    let spent = transaction(&form(&plan)["previous"][0]);
    assert!(spent.input.iter().all(|input| input.witness.is_empty()));
    let thief = net.elsewhere().await;
    assert!(signer().sign(&plan, &policy).is_ok());

    let other = with_tx(&plan, |tx| tx.output[0] = pay_to(&thief, COIN));
    refused("another destination", "another address", signer().sign(&other, &policy));
    let second = with_tx(&plan, |tx| {
        tx.output[0].value -= bitcoin::Amount::from_sat(1000);
        tx.output.push(pay_to(&thief, 1000));
    });
    refused("a second output", "more outputs", signer().sign(&second, &policy));
    let before = with_tx(&plan, |tx| tx.output.insert(0, pay_to(&policy.destination, 1000)));
    refused("the destination twice", "more outputs", signer().sign(&before, &policy));
    let none = with_tx(&plan, |tx| tx.output.clear());
    refused("no output", "more outputs", signer().sign(&none, &policy));
    // Back to a deposit address is not the destination either.
    let own = with_tx(&plan, |tx| tx.output[0] = pay_to(&address(deposit(0)), COIN));
    refused("our own address", "another address", signer().sign(&own, &policy));

    // The policy decides, not the plan.
    let elsewhere = SigningPolicy { destination: thief, ..policy.clone() };
    refused("another policy", "another address", signer().sign(&plan, &elsewhere));
    for bad in
        ["", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "tb1q6rz28mcfaxtmd6v789l9rrlrusdprr9pqcpvkl"]
    {
        let nowhere = SigningPolicy { destination: bad.to_owned(), ..policy.clone() };
        refused(bad, "not an address", signer().sign(&plan, &nowhere));
    }
}

#[tokio::test]
async fn the_fee_is_what_inputs_and_outputs_say_whatever_the_plan_says() {
    let net = Net::start().await;
    let (plan, policy) = planned(&net).await;
    let exact = SigningPolicy { max_fee: plan.max_fee, ..policy.clone() };
    assert!(signer().sign(&plan, &exact).is_ok());
    let below = Amount::from(crate::harness::satoshis(plan.max_fee) - 1);
    let strict = SigningPolicy { max_fee: below, ..policy.clone() };
    refused("a satoshi too much", "a fee of", signer().sign(&plan, &strict));
    refused(
        "more than it says",
        "a fee of",
        signer().sign(&Unsigned { max_fee: below, ..plan.clone() }, &policy),
    );

    let wasteful = with_tx(&plan, |tx| tx.output[0].value = bitcoin::Amount::from_sat(COIN));
    refused("half of it", "a fee of", signer().sign(&wasteful, &policy));
    let greedy = with_tx(&plan, |tx| tx.output[0].value = bitcoin::Amount::from_sat(3 * COIN));
    refused("more than there is", "more than it has", signer().sign(&greedy, &policy));

    // Amounts that are said to be smaller would hide a fee: they are read out of what is spent.
    let said = with_form(&plan, |form| form["inputs"][1]["amount"] = json!(1000));
    unreadable("a smaller amount", "not what is spent", signer().sign(&said, &policy));
    let forged = with_form(&plan, |form| {
        let mut spent = transaction(&form["previous"][0]);
        for output in &mut spent.output {
            output.value = bitcoin::Amount::from_sat(1000);
        }
        form["previous"][0] = json!(serialize_hex(&spent));
        form["inputs"][0]["amount"] = json!(1000);
        form["inputs"][1]["amount"] = json!(1000);
    });
    unreadable("a forged transaction", "there is no output", signer().sign(&forged, &policy));
    let missing = with_form(&plan, |form| form["previous"] = json!([]));
    unreadable("no transaction", "there is no output", signer().sign(&missing, &policy));
}

#[tokio::test]
async fn inputs_are_of_the_keys_that_are_named_and_of_one_account() {
    let net = Net::start().await;
    let (plan, policy) = planned(&net).await;
    let numbers: [(&str, Value); 3] =
        [("index", json!(1)), ("index", json!(9)), ("branch", json!(1))];
    for (name, value) in numbers {
        let changed = with_form(&plan, |form| {
            // Both inputs, so that it is one account.
            for n in 0..2 {
                form["inputs"][n][name] = value.clone();
            }
        });
        refused(name, "not of the key", signer().sign(&changed, &policy));
    }
    let mixed = with_form(&plan, |form| form["inputs"][1]["account"] = json!(8));
    refused("two accounts", "another account", signer().sign(&mixed, &policy));
    // Another merchant's keys do not sign, however well the plan fits them.
    let others = SigningPolicy { account: 8, ..policy.clone() };
    refused("another merchant", "another account", signer().sign(&plan, &others));
    let far = with_form(&plan, |form| {
        for n in 0..2 {
            form["inputs"][n]["index"] = json!(1_u32 << 31);
        }
    });
    let signed = signer().sign(&far, &policy);
    assert!(matches!(signed, Err(SignError::NoKey)), "{signed:?}");
    let moved = with_form(&plan, |form| {
        for n in 0..2 {
            form["inputs"][n]["account"] = json!(1_u32 << 31);
        }
    });
    let none = SigningPolicy { account: 1 << 31, ..policy.clone() };
    let signed = signer().sign(&moved, &none);
    assert!(matches!(signed, Err(SignError::NoKey)), "{signed:?}");
    let branch = with_form(&plan, |form| form["inputs"][0]["branch"] = json!(2));
    unreadable("a third branch", "branch", signer().sign(&branch, &policy));

    // Somebody else's output, in the place of ours.
    let theirs = net.pay(&net.elsewhere().await, "1").await;
    let spent = net.rpc("getrawtransaction", json!([theirs])).await;
    let foreign = transaction(&spent);
    let outpoint = OutPoint { txid: foreign.compute_txid(), vout: 0 };
    let theirs = Address::from_script(&foreign.output[0].script_pubkey, bitcoin::Network::Regtest);
    let swapped = with_tx(&plan, |tx| {
        tx.input[1].previous_output = outpoint;
        let fee = bitcoin::Amount::from_sat(1000);
        tx.output[0].value = bitcoin::Amount::from_sat(COIN) + foreign.output[0].value - fee;
    });
    let swapped = Unsigned {
        claims: swapped.claims.clone(),
        ..with_form(&swapped, |form| {
            form["previous"] = json!([form["previous"][0], spent]);
            form["inputs"][1]["amount"] = json!(foreign.output[0].value.to_sat());
            form["inputs"][1]["address"] = json!(theirs.as_ref().unwrap().to_string());
        })
    };
    refused("a foreign input", "not of the key", signer().sign(&swapped, &policy));

    let other = SeedSigner::new(Seed::from_bytes([7; 64]), Network::Regtest);
    refused("another seed", "not of the key", other.sign(&plan, &policy));
    assert_eq!(form(&plan)["inputs"][0]["account"], json!(ACCOUNT));
    assert_eq!(form(&plan)["inputs"][0]["branch"], json!(Purpose::Deposit.branch()));
}

#[tokio::test]
async fn a_plan_that_is_bent_in_any_other_way_is_not_signed() {
    let net = Net::start().await;
    let (plan, policy) = planned(&net).await;
    let late = with_tx(&plan, |tx| tx.lock_time = LockTime::from_consensus(700_000));
    refused("it waits for a height", "waits for a time", signer().sign(&late, &policy));
    let slow = with_tx(&plan, |tx| tx.input[0].sequence = Sequence::from_height(1000));
    refused("it waits for blocks", "waits for a time", signer().sign(&slow, &policy));
    let hidden = Unsigned { claims: plan.claims[1..].to_vec(), ..plan.clone() };
    refused("claims left out", "other outputs", signer().sign(&hidden, &policy));

    let twice = with_tx(&plan, |tx| tx.input[1] = tx.input[0].clone());
    unreadable("one input twice", "twice", signer().sign(&twice, &policy));
    let fewer = with_tx(&plan, |tx| tx.input.truncate(1));
    unreadable("an input less", "missing", signer().sign(&fewer, &policy));
    let network = with_form(&plan, |form| form["network"] = json!("main"));
    unreadable("another network", "network main", signer().sign(&network, &policy));
    let main = SeedSigner::new(crate::harness::seed(), Network::Main);
    unreadable("the main network's signer", "network regtest", main.sign(&plan, &policy));
    let more = with_form(&plan, |form| form["extra"] = json!(1));
    unreadable("an unknown field", "unknown field", signer().sign(&more, &policy));
    let (deep, long) = ("[".repeat(100_000), format!("{}{}", plan.payload, " ".repeat(16 << 20)));
    for (payload, why) in
        [("", ""), ("{}", ""), ("[]", ""), ("null", ""), (&*deep, ""), (&*long, "too long")]
    {
        let bent = Unsigned { payload: payload.to_owned(), ..plan.clone() };
        unreadable("no form", why, signer().sign(&bent, &policy));
    }
    // Any character less.
    for cut in (0..plan.payload.len()).step_by(97) {
        let bent = Unsigned { payload: plan.payload[..cut].to_owned(), ..plan.clone() };
        unreadable("cut off", "", signer().sign(&bent, &policy));
    }
    assert!(signer().sign(&plan, &policy).is_ok());
}
