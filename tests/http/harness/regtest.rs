//! A Bitcoin node with a customer's wallet, and the settings that connect a server to it.

use aio_chain_bitcoin::{Bitcoin, FeeRules, Network, Settings};
use aio_domain::SecretText;
use aio_nodes::Knots;
use serde_json::{Value, json};
use std::{fmt::Write as _, time::Duration};

/// How often, and how long between, the node is asked whether it is up: half a minute at most.
const ASKED: u32 = 600;
const BETWEEN: Duration = Duration::from_millis(50);

/// A node in regtest mode.
pub struct Regtest {
    pub node: Knots,
    chain: Bitcoin,
}

impl Regtest {
    /// With money in the customer's wallet.
    pub async fn start() -> Self {
        let node = Knots::start().unwrap();
        let (user, password) = node.auth();
        let settings = Settings {
            url: node.url(),
            user: user.into(),
            password: SecretText::new(password.into()),
            network: Network::Regtest,
            timeout: Duration::from_secs(20),
            fees: FeeRules::default(),
        };
        let regtest = Self { chain: Bitcoin::new(&settings).unwrap(), node };
        regtest.answers().await;
        regtest.ask("createwallet", json!(["customer"])).await;
        regtest.mine(130).await;
        regtest
    }

    /// Waits until the node answers.
    pub async fn answers(&self) {
        for _ in 0..ASKED {
            if self.chain.ask("getblockcount", json!([])).await.is_ok() {
                return;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        panic!("the node does not answer");
    }

    /// The `[[chains]]` of a server that reads it.
    pub fn settings(&self) -> String {
        let (user, password) = self.node.auth();
        let mut text = "[[chains]]\nid = \"bitcoin\"\nkind = \"bitcoin\"\n".to_owned();
        write!(
            text,
            "network = \"regtest\"\nexplorer = \"https://explorer.example/tx/{{tx}}\"\n\
             tokens = [{{ id = \"BTC\", decimals = 8, dust = \"0.00001\", \
             tiers = [{{ from = \"10\", confirmations = 6 }}] }}]\n\
             [chains.node]\nurl = \"{}\"\nuser = \"{user}\"\npassword = \"{password}\"\n",
            self.node.url()
        )
        .unwrap();
        text
    }

    pub async fn ask(&self, method: &str, params: Value) -> Value {
        match self.chain.ask(method, params).await {
            Ok(answer) => answer,
            Err(error) => panic!("{method}: {error}"),
        }
    }

    /// Makes blocks.
    pub async fn mine(&self, blocks: u32) {
        let to = self.ask("getnewaddress", json!(["", "bech32"])).await;
        self.ask("generatetoaddress", json!([blocks, to])).await;
    }

    /// Pays so many coins; answers the transaction's id.
    pub async fn pay(&self, to: &str, coins: &str) -> String {
        self.ask("sendtoaddress", json!([to, coins])).await.as_str().unwrap().to_owned()
    }
}
