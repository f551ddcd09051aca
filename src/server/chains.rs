//! From settings to chains: makes the adapters, and asks their nodes whether they are the right ones.

use super::{
    cli::Failure,
    config::{Chain, ChainKind, Config},
};
use aio_chain_bitcoin::{Addresses, Bitcoin, SeedSigner};
use aio_domain::SecretText;
use aio_service::{ChainPort, MakeSigner, NodeFinding, TokenRules, check_node};
use aio_store::Store;
use std::{fs, sync::Arc, time::Duration};

const RIGHT_NODE: &str = "Connect a node of the network in the settings, as docs/chains.md says";

/// The chains of the settings.
pub fn ports(config: &Config) -> Result<Vec<ChainPort>, Failure> {
    config.chains.iter().map(port).collect()
}

fn port(chain: &Chain) -> Result<ChainPort, Failure> {
    let failed =
        |error: &dyn std::fmt::Display| Failure(vec![format!("chains: {}: {error}", chain.id)]);
    match chain.kind {
        ChainKind::Bitcoin(network) => {
            let settings = aio_chain_bitcoin::Settings {
                url: chain.node.url.clone(),
                user: chain.node.user.clone(),
                password: password(chain)?,
                network,
                timeout: Duration::from_secs(chain.node.timeout_s),
                fees: aio_chain_bitcoin::FeeRules::default(),
            };
            let node = Bitcoin::new(&settings).map_err(|error| failed(&error))?;
            let signer: MakeSigner =
                Arc::new(move |seed| Ok(Arc::new(SeedSigner::new(seed.clone(), network))));
            Ok(ChainPort {
                id: chain.id.clone(),
                network: network.word().to_owned(),
                read: Arc::new(node),
                derive: Arc::new(Addresses::new(network)),
                signer,
                tokens: tokens(chain),
                max_reorg: chain.max_reorg,
                explorer: chain.explorer.clone(),
            })
        }
    }
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
fn password(chain: &Chain) -> Result<SecretText, Failure> {
    let Some(path) = &chain.node.password_file else { return Ok(chain.node.password.clone()) };
    let text = fs::read_to_string(path).map_err(|error| {
        let name = path.display();
        format!("chains.node.password_file: {name}: {error}. Put the node's password into it")
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
            NodeFinding::Wrong(why) => Err(format!("{why}. {RIGHT_NODE}")),
        };
        found.push((port.id, finding));
    }
    found
}
