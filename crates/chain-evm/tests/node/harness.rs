//! A node with some tokens, a merchant's seed, and the steps that most tests share.

use aio_chain::{
    BlockRef, ChainRead, ChainSpend, Claim, Derive, Intent, KeyPath, Payer, Payment, Purpose, Sent,
    Signed, Signer, SigningPolicy, Source, TxStatus, Unsigned, Watch,
    seed::{Seed, SeedWords},
};
use aio_chain_evm::{Addresses, Evm, FeeRules, SeedSigner, Settings, Token};
use aio_domain::{SecretText, money::Amount};
use aio_nodes::Anvil;
use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, sol};
use serde_json::{Value, json};
use std::{collections::HashSet, time::Duration};

sol! {
    function mint(address to, uint256 amount) external;
    function transfer(address to, uint256 amount) external;
    function transferTwice(address one, address two, uint256 amount) external;
    function refuse(bool yes) external;
    function burn(address from) external;
    function byCall(address to) external payable;
    function byTransfer(address to) external payable;
    function byDelegate(address to) external payable;
    function inHalves(address one, address two) external payable;
    function deep(address to, uint256 levels) external payable;
    function failing(address to) external payable;
    function sweep(address token, uint256 amount) external;
    function sweepMany(address[] from, address token, uint256[] amounts) external;
}

/// How often, and how long between, something is asked for: half a minute at most.
const ASKED: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// A coin in its smallest units.
pub const COIN: u64 = 1_000_000_000_000_000_000;

/// The merchant's number in these tests.
pub const ACCOUNT: u32 = 7;

/// An address that nobody watches, and where contracts are deployed from.
pub const NOBODY: &str = "0x00000000000000000000000000000000000a1005";

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
    pub node: Anvil,
    pub chain: Evm,
    pub tokens: Vec<Token>,
    pub forwarder: String,
    /// A customer with coins, for whom the node signs.
    pub customer: String,
    pub other: String,
}

impl Net {
    /// A node with all tokens and some coins on the gas address.
    pub async fn start() -> Self {
        let node = Anvil::start().unwrap();
        let chain = Evm::new(&settings(&node, &[])).unwrap();
        until("the node answers", async || chain.identity().await.ok()).await;
        let accounts = chain.ask("eth_accounts", json!([])).await.unwrap();
        let (customer, other) = (text(&accounts[0]), text(&accounts[1]));
        let (tokens, forwarder) = (Vec::new(), String::new());
        let mut net = Self { node, chain, tokens, forwarder, customer, other };
        net.tokens.push(Token { ticker: "ETH".to_owned(), contract: None, decimals: 18 });
        for (ticker, contract, decimals) in [
            ("PLAIN", "PlainToken", 18),
            ("SILENT", "SilentToken", 6),
            ("FEE", "FeeToken", 18),
            ("FALSE", "FalseToken", 18),
            ("BURN", "BurningToken", 18),
        ] {
            let contract = Some(net.deploy(contract).await);
            net.tokens.push(Token { ticker: ticker.to_owned(), contract, decimals });
        }
        net.forwarder = net.deploy("Forwarder").await;
        net.chain = Evm::new(&settings(&net.node, &net.tokens)).unwrap();
        net.rpc("anvil_setBalance", json!([gas().address, hex(COIN)])).await;
        net
    }

    pub async fn rpc(&self, method: &str, params: Value) -> Value {
        match self.chain.ask(method, params).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// The same node under other settings.
    pub fn with(&self, change: impl Fn(&mut Settings)) -> Evm {
        let mut settings = settings(&self.node, &self.tokens);
        change(&mut settings);
        Evm::new(&settings).unwrap()
    }

    /// Puts a contract of the tests on the chain.
    pub async fn deploy(&self, name: &str) -> String {
        let artefact: Value =
            serde_json::from_str(include_str!("../contracts/Tokens.json")).unwrap();
        let code = &artefact["contracts"][name]["bytecode"];
        let tx = self.send(json!({ "data": code })).await;
        self.mine(1).await;
        text(&self.rpc("eth_getTransactionReceipt", json!([tx])).await["contractAddress"])
    }

    pub fn contract(&self, ticker: &str) -> String {
        let token = self.tokens.iter().find(|token| token.ticker == ticker).unwrap();
        token.contract.clone().unwrap()
    }

    /// The customer sends a transaction; it waits.
    pub async fn send(&self, mut tx: Value) -> String {
        if tx.get("from").is_none() {
            tx["from"] = json!(self.customer);
        }
        text(&self.rpc("eth_sendTransaction", json!([tx])).await)
    }

    /// The customer pays coins.
    pub async fn pay(&self, to: &str, amount: u64) -> String {
        self.send(json!({ "to": to, "value": hex(amount) })).await
    }

    /// The customer calls a contract.
    pub async fn call(&self, contract: &str, call: &impl SolCall, value: u64) -> String {
        let data = Bytes::from(call.abi_encode());
        // Enough for each, so that the node need not try it out before what it hangs on is mined.
        let gas = hex(1_000_000);
        self.send(json!({ "to": contract, "data": data, "value": hex(value), "gas": gas })).await
    }

    /// Somebody mints tokens to the customer, who pays them on. Both wait.
    pub async fn pay_token(&self, ticker: &str, to: &str, amount: U256) -> String {
        let contract = self.contract(ticker);
        let call = mintCall { to: read(&self.customer), amount };
        self.call(&contract, &call, 0).await;
        self.call(&contract, &transferCall { to: read(to), amount }, 0).await
    }

    pub async fn mine(&self, blocks: u64) {
        self.rpc("anvil_mine", json!([hex(blocks)])).await;
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

    pub async fn balance(&self, address: &str, token: &str) -> Amount {
        self.chain.balance(address, token).await.unwrap()
    }

    /// Whether it is in a block, and did what it should.
    pub async fn succeeded(&self, tx: &str) -> bool {
        let status = self.status(tx).await;
        let TxStatus::Mined { succeeded, .. } = status else { panic!("{status:?}") };
        succeeded
    }

    /// Pays each address of the numbers so much, mines, and gives what there is to be collected.
    pub async fn deposits(
        &self,
        indexes: std::ops::Range<u32>,
        token: &str,
        amount: u64,
    ) -> Vec<Source> {
        let mut sources = Vec::new();
        for index in indexes {
            let ours = address(deposit(index));
            if token == "ETH" {
                self.pay(&ours, amount).await;
            } else {
                self.pay_token(token, &ours, U256::from(amount)).await;
            }
            sources.push(source(index, Amount::from(amount)));
        }
        self.mine(1).await;
        sources
    }

    /// Puts the sweeper of this destination on the chain.
    pub async fn prepare(&self, to: &str) {
        let intent = Intent::Prepare { to: to.to_owned() };
        let plan = self.chain.plan(&intent, Some(&self.payer().await)).await.unwrap();
        self.pass(&plan, to).await;
        self.mine(1).await;
        assert!(!self.chain.needs_preparation(to).await.unwrap());
    }

    /// The gas address with its next number.
    pub async fn payer(&self) -> Payer {
        let number = self.chain.next_number(&gas().address).await.unwrap().unwrap();
        Payer { number, ..gas() }
    }

    /// Plans a collection.
    pub async fn plan(&self, from: Vec<Source>, token: &str, to: &str) -> Unsigned {
        let intent = collect(from, token, to);
        self.chain.plan(&intent, Some(&self.payer().await)).await.unwrap()
    }

    /// Signs a plan and sends it.
    pub async fn pass(&self, plan: &Unsigned, to: &str) -> Signed {
        let signed = signer().sign(plan, &policy(to)).unwrap();
        assert_eq!(self.chain.broadcast(&signed).await.unwrap(), Sent::Accepted);
        signed
    }

    /// Collects, and mines it.
    pub async fn collected(&self, from: Vec<Source>, token: &str, to: &str) -> Signed {
        let plan = self.plan(from, token, to).await;
        let signed = self.pass(&plan, to).await;
        self.mine(1).await;
        assert!(self.succeeded(&signed.tx).await);
        signed
    }

    /// The sweeper of a destination, as an address that was collected from names it.
    pub async fn sweeper(&self, to: &str) -> String {
        let source = self.deposits(90..91, "ETH", 1).await;
        self.collected(source, "ETH", to).await;
        let code = self.rpc("eth_getCode", json!([address(deposit(90)), "latest"])).await;
        format!("0x{}", text(&code).strip_prefix("0xef0100").unwrap())
    }

    /// What a mined collection moved, by address.
    pub async fn moved(&self, tx: &str, token: &str) -> Vec<(String, Amount)> {
        let status = self.chain.status(&tx.to_owned(), Some(token)).await.unwrap();
        let TxStatus::Mined { moved, .. } = status else { panic!("{status:?}") };
        moved.into_iter().map(|moved| (moved.from, moved.amount)).collect()
    }
}

pub fn settings(node: &Anvil, tokens: &[Token]) -> Settings {
    Settings {
        url: node.url(),
        user: String::new(),
        password: SecretText::new(String::new()),
        chain_id: node.chain_id(),
        tokens: tokens.to_vec(),
        traces: true,
        timeout: Duration::from_mins(1),
        fees: FeeRules::default(),
    }
}

pub fn seed() -> Seed {
    SeedWords::parse(&(["abandon "; 11].concat() + "about")).unwrap().seed().unwrap()
}

pub fn signer() -> SeedSigner {
    SeedSigner::new(seed(), 31_337)
}

pub const fn deposit(index: u32) -> KeyPath {
    KeyPath { account: ACCOUNT, purpose: Purpose::Deposit, index }
}

/// The merchant's gas address.
pub fn gas() -> Payer {
    let path = KeyPath { account: ACCOUNT, purpose: Purpose::Gas, index: 0 };
    Payer { path, address: address(path), number: 0 }
}

pub fn maker() -> Addresses {
    Addresses::new(31_337, &[]).unwrap()
}

/// The merchant's address of this number, made without a secret.
pub fn address(path: KeyPath) -> String {
    let key = signer().account_key(path.account).unwrap();
    maker().address(&key, path).unwrap()
}

pub fn source(index: u32, amount: Amount) -> Source {
    let path = deposit(index);
    Source { path, address: address(path), outputs: Vec::new(), amount }
}

pub fn collect(from: Vec<Source>, token: &str, to: &str) -> Intent {
    Intent::Collect { from, token: token.to_owned(), to: to.to_owned() }
}

pub fn policy(destination: &str) -> SigningPolicy {
    let max_fee = Amount::from(COIN / 10);
    SigningPolicy { account: ACCOUNT, destination: destination.to_owned(), max_fee }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub fn hex(number: u64) -> String {
    format!("{number:#x}")
}

pub fn read(address: &str) -> Address {
    address.parse().unwrap()
}

/// An address of the merchant's own, of which nothing is known here.
pub fn treasury() -> String {
    format!("{:#x}", Address::repeat_byte(0x7e))
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

pub fn addresses(count: u32) -> Vec<String> {
    let key = signer().account_key(ACCOUNT).unwrap();
    (0..count).map(|index| maker().address(&key, deposit(index)).unwrap()).collect()
}
