//! From settings to chains: makes the adapters, and asks their nodes whether they are the right ones.

use super::{
    cli::Failure,
    config::{Chain, ChainKind, Config},
};
use aio_chain::{ChainError, ChainRead, ChainSpend, Derive};
use aio_domain::{
    SecretText,
    time::{HOUR, SECOND},
};
use aio_service::{
    ChainPort, Coin, MakeSigner, NodeFinding, OutgoingRules, TokenRules, check_node,
};
use aio_store::Store;
use std::{fs, sync::Arc, time::Duration};

/// The smallest unit of an Ethereum-type coin in a gwei.
const GWEI: u64 = 1_000_000_000;

const RIGHT_PASSWORD: &str =
    "Put the node's name and password into node.user and node.password_file";
const RIGHT_NODE: &str = "Connect a node of the network in the settings, as docs/chains.md says";

/// The chains of the settings.
pub fn ports(config: &Config) -> Result<Vec<ChainPort>, Failure> {
    config.chains.iter().map(port).collect()
}

fn port(chain: &Chain) -> Result<ChainPort, Failure> {
    let failed = |error: ChainError| Failure(vec![format!("chains: {}: {error}", chain.id)]);
    let adapter = match chain.kind {
        ChainKind::Bitcoin(network) => bitcoin(chain, network),
        ChainKind::Evm(chain_id) => evm(chain, chain_id),
    };
    let Adapter { network, read, spend, derive, signer, needs_gas } = adapter.map_err(failed)?;
    let (ticker, decimals) = chain.coin.clone();
    let outgoing = OutgoingRules {
        fee_share_percent: chain.collection.max_fee_percent,
        resend_after_ms: i64::from(chain.collection.resend_after_s) * SECOND,
        bump_after_ms: i64::from(chain.collection.bump_after_s) * SECOND,
        cooling_ms: i64::from(chain.collection.cooling_h) * HOUR,
        needs_gas,
        low_balance: chain.collection.low_balance,
        ..OutgoingRules::capped(chain.collection.max_fee)
    };
    Ok(ChainPort {
        id: chain.id.clone(),
        network,
        read,
        derive,
        signer,
        spend,
        coin: Coin { ticker, decimals },
        outgoing,
        tokens: tokens(chain),
        max_reorg: chain.max_reorg,
        explorer: chain.explorer.clone(),
    })
}

/// The powers over a chain, and whether a gas address pays its network.
struct Adapter {
    network: String,
    read: Arc<dyn ChainRead>,
    spend: Arc<dyn ChainSpend>,
    derive: Arc<dyn Derive>,
    signer: MakeSigner,
    needs_gas: bool,
}

fn bitcoin(chain: &Chain, network: aio_chain_bitcoin::Network) -> Result<Adapter, ChainError> {
    use aio_chain_bitcoin::{Addresses, Bitcoin, FeeRules, SeedSigner, Settings};
    let rate = chain.collection.max_fee_rate;
    let node = Arc::new(Bitcoin::new(&Settings {
        url: chain.node.url.clone(),
        user: chain.node.user.clone(),
        password: password(chain)?,
        network,
        timeout: Duration::from_secs(chain.node.timeout_s),
        fees: FeeRules { max_fee_rate: rate.into(), ..FeeRules::default() },
    })?);
    Ok(Adapter {
        network: network.word().to_owned(),
        read: node.clone(),
        spend: node,
        derive: Arc::new(Addresses::new(network)),
        signer: Arc::new(move |seed| Ok(Arc::new(SeedSigner::new(seed.clone(), network)))),
        needs_gas: false,
    })
}

fn evm(chain: &Chain, chain_id: u64) -> Result<Adapter, ChainError> {
    use aio_chain_evm::{Addresses, Evm, FeeRules, SeedSigner, Settings, Token};
    let token = |token: &crate::server::config::Token| Token {
        ticker: token.id.clone(),
        contract: token.contract.clone(),
        decimals: token.decimals,
    };
    let settings = Settings {
        url: chain.node.url.clone(),
        user: chain.node.user.clone(),
        password: password(chain)?,
        chain_id,
        tokens: chain.tokens.iter().map(token).collect(),
        traces: chain.traces,
        timeout: Duration::from_secs(chain.node.timeout_s),
        fees: FeeRules {
            max_fee_per_gas: u64::from(chain.collection.max_fee_rate) * GWEI,
            ..FeeRules::default()
        },
    };
    let node = Arc::new(Evm::new(&settings)?);
    let derive = Arc::new(Addresses::new(chain_id, &settings.tokens)?);
    let signer: MakeSigner =
        Arc::new(move |seed| Ok(Arc::new(SeedSigner::new(seed.clone(), chain_id))));
    let network = chain_id.to_string();
    Ok(Adapter { network, read: node.clone(), spend: node, derive, signer, needs_gas: true })
}

fn tokens(chain: &Chain) -> Vec<TokenRules> {
    let rules = chain.tokens.iter().map(|token| TokenRules {
        ticker: token.id.clone(),
        decimals: token.decimals,
        confirmations: token.confirmations.clone(),
        dust: token.dust,
    });
    rules.collect()
}

/// The node's password; without the newline at the end of its file.
fn password(chain: &Chain) -> Result<SecretText, ChainError> {
    let Some(path) = &chain.node.password_file else { return Ok(chain.node.password.clone()) };
    let text = fs::read_to_string(path).map_err(|error| {
        let name = path.display();
        let mend = "Put the node's password into it";
        ChainError::Unsupported(format!("node.password_file: {name}: {error}. {mend}"))
    })?;
    Ok(SecretText::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Refuses to start on the wrong network. A node that does not answer is waited for: the dashboard opens without it.
pub async fn refuse_wrong_nodes(store: &Store, ports: &[ChainPort]) -> Result<(), Failure> {
    let mut wrong = Vec::new();
    for port in ports {
        match check_node(store, port).await {
            NodeFinding::Right { node, height } => {
                tracing::info!(chain = port.id, node, height, "the node answers");
            }
            NodeFinding::Silent(why) => {
                tracing::warn!(chain = port.id, why, "the node does not answer; it is asked again");
            }
            NodeFinding::Refused(why) => {
                tracing::warn!(
                    chain = port.id,
                    why,
                    "the node does not let us in; it is asked again"
                );
            }
            NodeFinding::Wrong(why) => {
                wrong.push(format!("chains: {}: {why}. {RIGHT_NODE}", port.id));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure(wrong)) }
}

/// What the doctor says of each chain.
pub async fn findings(store: &Store, config: &Config) -> Vec<(String, Result<String, String>)> {
    let ports = match ports(config) {
        Ok(ports) => ports,
        Err(Failure(lines)) => return vec![("chains".to_owned(), Err(lines.join(" ")))],
    };
    let mut found = Vec::new();
    for port in ports {
        let finding = match check_node(store, &port).await {
            NodeFinding::Right { node, height } => Ok(format!("{node} is at block {height}")),
            NodeFinding::Silent(why) => Err(format!("{why}. Is it running? Payments wait for it")),
            NodeFinding::Refused(why) => Err(format!("{why}. {RIGHT_PASSWORD}")),
            NodeFinding::Wrong(why) => Err(format!("{why}. {RIGHT_NODE}")),
        };
        found.push((port.id, finding));
    }
    found
}
