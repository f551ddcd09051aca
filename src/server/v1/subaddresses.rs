//! Subaddresses: a deposit address for each customer on each chain.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Parameter, Verb, schema_of},
    problem::Code,
};
use aio_domain::{Action, text::CustomerId};
use aio_service::SubaddressWish;
use aio_store::SubaddressFilter;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most that one batch hands out.
const BATCH_SIZE: usize = 100;

/// `limit`, of every list.
pub const LIMIT: Parameter = Parameter {
    name: "limit",
    about: "Most entries in the answer.",
    schema: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
};

/// `cursor`, of every list.
pub const CURSOR: Parameter = Parameter {
    name: "cursor",
    about: "`next_cursor` of the page before.",
    schema: r#"{"type":"string"}"#,
};

/// `chain`, of every list.
pub const CHAIN: Parameter = Parameter {
    name: "chain",
    about: "Only on this chain.",
    schema: r#"{"type":"string","minLength":1,"maxLength":20}"#,
};

/// `POST /v1/subaddresses`
pub const CREATE: Endpoint = Endpoint {
    action: Action::SubaddressCreate,
    verb: Verb::Post,
    summary: "Create a subaddress",
    about: "The address that this customer pays to on this chain. Each customer has one per chain for ever: the same \
            call again answers with the same address, with or without an Idempotency-Key.",
    query: &[],
    takes: Some(schema_of::<Wish>),
    gives: schema_of::<Subaddress>,
    errors: &[Code::UnknownChain],
    handler: create,
};

/// `POST /v1/subaddresses/batch`
pub const BATCH: Endpoint = Endpoint {
    action: Action::SubaddressBatch,
    verb: Verb::Post,
    summary: "Create many subaddresses",
    about: "Up to 100 at once, over several chains and customers: all of them, or none. In the order of the request.",
    query: &[],
    takes: Some(schema_of::<Wishes>),
    gives: schema_of::<Made>,
    errors: &[Code::UnknownChain],
    handler: batch,
};

/// `GET /v1/subaddresses`
pub const LIST: Endpoint = Endpoint {
    action: Action::SubaddressList,
    verb: Verb::Get,
    summary: "List subaddresses",
    about: "Newest first. With `customer_id`, those of customers whose id begins so, in the order of the ids.",
    query: &[
        CHAIN,
        Parameter {
            name: "customer_id",
            about: "Only of customers whose id begins so.",
            schema: r#"{"type":"string","minLength":1,"maxLength":128}"#,
        },
        Parameter {
            name: "archived",
            about: "Also those that were archived.",
            schema: r#"{"type":"boolean","default":false}"#,
        },
        LIMIT,
        CURSOR,
    ],
    takes: None,
    gives: schema_of::<Page>,
    errors: &[],
    handler: list,
};

/// `GET /v1/subaddresses/{id}`
pub const GET: Endpoint = Endpoint {
    action: Action::SubaddressGet,
    verb: Verb::Get,
    summary: "Get a subaddress",
    about: "One subaddress by its id.",
    query: &[],
    takes: None,
    gives: schema_of::<Subaddress>,
    errors: &[],
    handler: get,
};

/// For whom, and on which chain.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Name of the chain, such as `ethereum`.
    #[schemars(length(min = 1, max = 20))]
    chain: String,
    /// Your own name for the customer, up to 128 characters.
    #[schemars(length(min = 1, max = 128))]
    customer_id: String,
}

/// Several wishes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wishes {
    /// Up to 100.
    #[schemars(length(min = 1, max = 100))]
    subaddresses: Vec<Wish>,
}

/// A deposit address of one customer on one chain.
#[derive(Serialize, JsonSchema)]
struct Subaddress {
    /// Id, `sub_...`.
    id: String,
    /// Name of the chain.
    chain: String,
    /// Your own name for the customer.
    customer_id: String,
    /// The address, to be shown to the customer as it is.
    address: String,
    /// For each token, the link to make a QR code of (EIP-681, BIP-21).
    payment_uris: BTreeMap<String, String>,
    /// When it was handed out (RFC 3339, UTC).
    created_at: String,
    /// When it was put out of sight. What is paid to it is still seen.
    archived_at: Option<String>,
}

/// Those that were asked for.
#[derive(Serialize, JsonSchema)]
struct Made {
    subaddresses: Vec<Subaddress>,
}

/// A part of the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Subaddresses")]
struct Page {
    subaddresses: Vec<Subaddress>,
    /// To ask with next, when there are more.
    next_cursor: Option<String>,
}

fn create<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let wish: Wish = call.json()?;
        let made = hand_out(call, vec![wish]).await?.pop().ok_or(Code::Internal)?;
        Reply::ok(&made)
    })
}

fn batch<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let wishes: Wishes = call.json()?;
        if !(1..=BATCH_SIZE).contains(&wishes.subaddresses.len()) {
            return Err(Code::InvalidBody);
        }
        Reply::ok(&Made { subaddresses: hand_out(call, wishes.subaddresses).await? })
    })
}

async fn hand_out(call: &Call<'_>, wishes: Vec<Wish>) -> Result<Vec<Subaddress>, Code> {
    let services = &call.site.services;
    let mut read = Vec::with_capacity(wishes.len());
    for Wish { chain, customer_id } in wishes {
        let customer = CustomerId::parse(&customer_id).map_err(|_| Code::InvalidBody)?;
        if !services.chain_ports().iter().any(|port| port.id == chain) {
            return Err(Code::UnknownChain);
        }
        read.push(SubaddressWish { chain, customer });
    }
    let made = services.hand_out(call.caller, &read).await.map_err(|error| call.failed(&error))?;
    Ok(made.into_iter().map(subaddress).collect())
}

fn list<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let customer = |text: &str| CustomerId::parse(text).ok().map(String::from);
        let filter = SubaddressFilter {
            customers: call.query.with("customer_id", customer)?,
            chain: chain(call)?,
            archived: call.query.get("archived")?.unwrap_or_default(),
            after: call.query.get("cursor")?,
        };
        let limit = call.query.number("limit", 1, 200, 50)?;
        let found = call.site.services.subaddresses(call.caller, &filter, limit).await;
        let found = found.map_err(|error| call.failed(&error))?;
        Reply::ok(&Page {
            subaddresses: found.rows.into_iter().map(subaddress).collect(),
            next_cursor: found.next.map(|id| id.to_string()),
        })
    })
}

/// The chain of a list, in the form of a chain's name.
pub fn chain(call: &Call<'_>) -> Result<Option<String>, Code> {
    call.query.with("chain", |text| (1..=20).contains(&text.len()).then(|| text.to_owned()))
}

fn get<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let id = call.id(Action::SubaddressGet.row())?;
        let found = call.site.services.subaddress(call.caller, id).await;
        Reply::ok(&subaddress(found.map_err(|error| call.failed(&error))?))
    })
}

fn subaddress(found: aio_service::Subaddress) -> Subaddress {
    Subaddress {
        id: found.row.id.to_string(),
        chain: found.row.chain,
        customer_id: found.row.customer.into(),
        address: found.display,
        payment_uris: found.uris.into_iter().collect(),
        created_at: found.row.created_at.rfc3339(),
        archived_at: found.row.archived_at.map(aio_domain::Timestamp::rfc3339),
    }
}
