//! A node with some coins, a merchant's seed, and the steps that most tests share.

use aio_chain::{
    BlockRef, ChainRead, Claim, Derive, Intent, KeyPath, Payment, Purpose, Signer, SigningPolicy,
    Source, TxStatus, Watch,
    seed::{Seed, SeedWords},
};
use aio_chain_bitcoin::{Addresses, Bitcoin, FeeRules, Network, SeedSigner, Settings, TOKEN};
use aio_domain::{SecretText, money::Amount};
use aio_nodes::Knots;
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

/// How often, and how long between, something is asked for: half a minute at most.
const ASKED: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// A coin in satoshis.
pub const COIN: u64 = 100_000_000;

/// The merchant's number in these tests.
pub const ACCOUNT: u32 = 7;

#[derive(Default)]
pub struct Watching {
    pub addresses: HashSet<String>,
    pub claims: HashSet<Claim>,
}

impl Watch for Watching {
    fn has_address(&self, address: &str) -> bool {
        self.addresses.contains(address)
    }

    fn has_claim(&self, claim: &Claim) -> bool {
        self.claims.contains(claim)
    }
}

pub fn watching<'a>(addresses: impl IntoIterator<Item = &'a String>) -> Watching {
    Watching { addresses: addresses.into_iter().cloned().collect(), ..Watching::default() }
}

pub struct Net {
    pub node: Knots,
    pub chain: Bitcoin,
}

impl Net {
    /// A node whose wallet has coins that can be spent.
    pub async fn start() -> Self {
        let node = Knots::start().unwrap();
        let chain = Bitcoin::new(&settings(&node)).unwrap();
        let net = Self { node, chain };
        net.up().await;
        net.rpc("createwallet", json!(["customer"])).await;
        // Enough for 30 coins, and so many that no payment can be refused for its lock time: see `Knots`.
        net.mine(130).await;
        net
    }

    /// Waits until the node answers.
    pub async fn up(&self) {
        until("the node answers", async || self.chain.identity().await.ok()).await;
    }

    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        match self.chain.ask(method, params).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// An address of the customer's wallet.
    pub async fn elsewhere(&self) -> String {
        text(&self.rpc("getnewaddress", json!(["", "bech32"])).await)
    }

    pub async fn mine(&self, blocks: u32) -> Vec<String> {
        let to = self.elsewhere().await;
        let made = self.rpc("generatetoaddress", json!([blocks, to])).await;
        made.as_array().unwrap().iter().map(text).collect()
    }

    /// The customer pays so many coins.
    pub async fn pay(&self, to: &str, coins: &str) -> String {
        text(&self.rpc("sendtoaddress", json!([to, coins])).await)
    }

    /// The customer spends the same output to himself, with so many satoshis for the network.
    pub async fn rival(&self, claim: &Claim, fee: u64) -> String {
        let (tx, n) = claim.split_once(':').unwrap();
        let n: u32 = n.parse().unwrap();
        let spent = self.rpc("getrawtransaction", json!([tx])).await;
        let spent: bitcoin::Transaction =
            bitcoin::consensus::encode::deserialize_hex(spent.as_str().unwrap()).unwrap();
        let value = spent.output[usize::try_from(n).unwrap()].value.to_sat();
        let back = Amount::from(value - fee).decimal(8);
        let to = self.elsewhere().await;
        let draft = json!([[{ "txid": tx, "vout": n }], [{ to: back }]]);
        let draft = self.rpc("createrawtransaction", draft).await;
        let signed = self.rpc("signrawtransactionwithwallet", json!([draft])).await;
        text(&self.rpc("sendrawtransaction", json!([signed["hex"]])).await)
    }

    pub async fn tip(&self) -> BlockRef {
        self.chain.tip().await.unwrap().block
    }

    /// Payments to these addresses in the newest block.
    pub async fn paid(&self, watch: &Watching) -> Vec<Payment> {
        let tip = self.tip().await;
        let block = self.chain.scan(&tip.hash, watch).await.unwrap().unwrap();
        block.seen.into_iter().flat_map(|seen| seen.payments).collect()
    }

    pub async fn status(&self, tx: &str) -> TxStatus {
        self.chain.status(&tx.to_owned(), None).await.unwrap()
    }

    /// Pays each address of the numbers, mines, and gives what there is to be collected.
    pub async fn deposits(&self, indexes: std::ops::Range<u32>, coins: &str) -> Vec<Source> {
        let paths: Vec<_> = indexes.map(deposit).collect();
        let ours: Vec<_> = paths.iter().map(|path| address(*path)).collect();
        let amounts: Value = ours.iter().map(|to| (to.clone(), json!(coins))).collect();
        self.rpc("sendmany", json!(["", amounts])).await;
        self.mine(1).await;
        let paid = self.paid(&watching(&ours)).await;
        assert_eq!(paid.len(), ours.len());
        let source = |(path, address): (&KeyPath, &String)| {
            let payment = paid.iter().find(|payment| payment.to == *address).unwrap();
            let aio_chain::Place::Output(n) = payment.place else { panic!("not an output") };
            Source {
                path: *path,
                address: address.clone(),
                outputs: vec![(format!("{}:{n}", payment.tx), payment.amount)],
                amount: payment.amount,
            }
        };
        paths.iter().zip(&ours).map(source).collect()
    }
}

pub fn settings(node: &Knots) -> Settings {
    let (user, password) = node.auth();
    Settings {
        url: node.url(),
        user: user.to_owned(),
        password: SecretText::new(password.to_owned()),
        network: Network::Regtest,
        timeout: Duration::from_secs(20),
        fees: FeeRules::default(),
    }
}

/// The same node under other rules for fees.
pub fn with_fees(node: &Knots, fees: FeeRules) -> Bitcoin {
    Bitcoin::new(&Settings { fees, ..settings(node) }).unwrap()
}

pub fn seed() -> Seed {
    SeedWords::parse(&(["abandon "; 11].concat() + "about")).unwrap().seed().unwrap()
}

pub fn signer() -> SeedSigner {
    SeedSigner::new(seed(), Network::Regtest)
}

pub const fn deposit(index: u32) -> KeyPath {
    KeyPath { account: ACCOUNT, purpose: Purpose::Deposit, index }
}

/// The merchant's address of this number, made without a secret.
pub fn address(path: KeyPath) -> String {
    let key = signer().account_key(path.account).unwrap();
    Addresses::new(Network::Regtest).address(&key, path).unwrap()
}

pub fn addresses(count: u32) -> Vec<String> {
    let key = signer().account_key(ACCOUNT).unwrap();
    let maker = Addresses::new(Network::Regtest);
    (0..count).map(|index| maker.address(&key, deposit(index)).unwrap()).collect()
}

pub fn collect(from: Vec<Source>, to: &str) -> Intent {
    Intent::Collect { from, token: TOKEN.to_owned(), to: to.to_owned() }
}

pub fn policy(destination: &str) -> SigningPolicy {
    let max_fee = Amount::from(COIN / 100);
    SigningPolicy { account: ACCOUNT, destination: destination.to_owned(), max_fee }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Satoshis of an amount.
pub fn satoshis(amount: Amount) -> u64 {
    amount.to_string().parse().unwrap()
}

/// Asks again and again, and fails when nothing came in half a minute.
pub async fn until<T>(what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
    for _ in 0..ASKED {
        if let Some(found) = ask().await {
            return found;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    panic!("still not: {what}")
}
