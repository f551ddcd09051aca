//! `GET /v1/chains`: the chains and tokens this installation is configured for.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Verb, schema_of},
    problem::Code,
};
use aio_domain::Action;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    action: Action::Chains,
    verb: Verb::Get,
    summary: "List chains",
    about: "Chains and tokens of this installation, with the decimals of their amounts and the confirmations a \
            payment needs. Empty while the operator has configured none.",
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
    /// Confirmations after which a payment counts.
    confirmations: u32,
    /// What can be received on it.
    tokens: Vec<Token>,
}

/// One token.
#[derive(Serialize, JsonSchema)]
struct Token {
    /// Ticker, such as `USDT`.
    id: String,
    /// Amounts are whole numbers of the smallest unit: one token is 10 to the power of this.
    decimals: u32,
}

fn chains<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    let chain = |chain: &crate::server::config::Chain| Chain {
        id: chain.id.clone(),
        confirmations: chain.confirmations,
        tokens: chain
            .tokens
            .iter()
            .map(|token| Token { id: token.id.clone(), decimals: token.decimals })
            .collect(),
    };
    let reply = Reply::ok(&Chains { chains: call.site.chains.iter().map(chain).collect() });
    Box::pin(async { reply })
}
