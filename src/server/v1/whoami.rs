//! `GET /v1/whoami`: what the server knows of the caller. The first call of every integration.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Verb, schema_of},
    problem::Code,
};
use aio_domain::{Action, Scope};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    action: Action::Whoami,
    verb: Verb::Get,
    summary: "Who am I",
    about: "Merchant, key, scopes and the address AIO sees the caller at. Use it to try a new key.",
    query: &[],
    takes: None,
    gives: schema_of::<Whoami>,
    errors: &[],
    handler: whoami,
};

/// Who calls, as AIO sees it.
#[derive(Serialize, JsonSchema)]
struct Whoami {
    merchant: Merchant,
    key: Key,
    /// `live` for real money, `test` for test networks.
    network: &'static str,
    /// The address the request came from, behind all trusted proxies.
    address: String,
    /// Whether bodies under this key are encrypted: `off`, `optional` or `required`.
    encryption: &'static str,
    /// Version of the live AES key, if there is one.
    aes_key_version: Option<i64>,
    /// The server's time (RFC 3339, UTC).
    server_time: String,
}

/// Whose key it is.
#[derive(Serialize, JsonSchema)]
struct Merchant {
    /// Id, `mer_...`.
    id: String,
    /// Name.
    name: String,
}

/// The key.
#[derive(Serialize, JsonSchema)]
struct Key {
    /// Id, `key_...`.
    id: String,
    /// What the merchant calls it.
    label: String,
    /// What it may do.
    scopes: Vec<&'static str>,
}

fn whoami<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    let Call { site, caller, info, .. } = *call;
    let reply = Reply::ok(&Whoami {
        merchant: Merchant { id: caller.merchant.to_string(), name: caller.merchant_name.clone() },
        key: Key {
            id: caller.id.to_string(),
            label: caller.label.clone(),
            scopes: caller.scopes.iter().map(Scope::as_str).collect(),
        },
        network: site.services.network().as_str(),
        address: info.address.to_string(),
        encryption: caller.encryption.as_str(),
        aes_key_version: caller.aes_version,
        server_time: site.clock.now().rfc3339(),
    });
    Box::pin(async { reply })
}
