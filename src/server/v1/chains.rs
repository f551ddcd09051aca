//! `GET /v1/chains`: the chains and tokens this installation is configured for.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Verb, schema_of},
    problem::Code,
};
use aio_domain::{Action, Amount};
use aio_service::{ChainPort, TokenRules};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    action: Action::Chains,
    verb: Verb::Get,
    summary: "List chains",
    about: "Chains and tokens of this installation, with the decimals of their amounts and the confirmations that \
            payments need. Empty while the operator has configured none.",
    query: &[],
    takes: None,
    gives: schema_of::<Chains>,
    errors: &[],
    handler: chains,
};

/// The list.
#[derive(Serialize, JsonSchema)]
struct Chains {
    chains: Vec<Chain>,
}

/// One chain.
#[derive(Serialize, JsonSchema)]
struct Chain {
    /// Name, such as `ethereum`.
    id: String,
    /// Its network: `main`, `regtest`, or a chain id.
    network: String,
    /// What can be received on it.
    tokens: Vec<Token>,
}

/// One token.
#[derive(Serialize, JsonSchema)]
struct Token {
    /// Ticker, such as `USDT`.
    id: String,
    /// Amounts are whole numbers of the smallest unit: one token is 10 to the power of this.
    decimals: u8,
    /// Confirmations after which a payment counts.
    confirmations: u32,
    /// Larger amounts that need more confirmations.
    tiers: Vec<Tier>,
    /// Payments of less than this amount are dust: they are shown, and not collected.
    dust: String,
}

/// From an amount on, another number of confirmations.
#[derive(Serialize, JsonSchema)]
struct Tier {
    /// The amount, in the smallest unit.
    from: String,
    /// How many.
    confirmations: u32,
}

fn chains<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    let chains = call.site.services.chain_ports().iter().map(chain).collect();
    let reply = Reply::ok(&Chains { chains });
    Box::pin(async { reply })
}

fn chain(port: &ChainPort) -> Chain {
    let tokens = port.tokens.iter().map(token).collect();
    Chain { id: port.id.clone(), network: port.network.clone(), tokens }
}

fn token(rules: &TokenRules) -> Token {
    let tier = |(from, confirmations): &(Amount, u32)| Tier {
        from: from.to_string(),
        confirmations: *confirmations,
    };
    Token {
        id: rules.ticker.clone(),
        decimals: rules.decimals,
        confirmations: rules.confirmations.needed(Amount::ZERO),
        tiers: rules.confirmations.tiers.iter().map(tier).collect(),
        dust: rules.dust.to_string(),
    }
}
