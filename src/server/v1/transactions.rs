//! Transactions: the deposits of customers, with how far each one is.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Parameter, Verb, schema_of},
    problem::Code,
    subaddresses::{CHAIN, CURSOR, LIMIT, chain},
};
use aio_domain::{
    Action, Amount, DepositStatus, SubaddressId, Timestamp, TransactionId, text::CustomerId,
};
use aio_store::{By, TransactionFilter};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;

const TOKEN: Parameter = Parameter {
    name: "token",
    about: "Only of this token.",
    schema: r#"{"type":"string","minLength":1,"maxLength":20}"#,
};

const STATUS: Parameter = Parameter {
    name: "status",
    about: "Only with this status.",
    schema: r#"{"type":"string","enum":["detected","confirming","confirmed","collected","orphaned","replaced","dropped","reversed"]}"#,
};

const FROM: Parameter = Parameter {
    name: "received_from",
    about: "Only first seen at this time or later (RFC 3339, UTC with Z).",
    schema: r#"{"type":"string","format":"date-time"}"#,
};

const UNTIL: Parameter = Parameter {
    name: "received_until",
    about: "Only first seen before this time (RFC 3339, UTC with Z).",
    schema: r#"{"type":"string","format":"date-time"}"#,
};

/// `GET /v1/transactions`
pub const LIST: Endpoint = Endpoint {
    action: Action::TransactionList,
    verb: Verb::Get,
    summary: "List transactions",
    about: "Deposits of all customers, newest first. A page can have fewer entries than `limit`, or none, with a \
            `next_cursor`: a rare thing is looked for in parts. Go on until there is none.",
    query: &[
        CHAIN,
        TOKEN,
        STATUS,
        Parameter {
            name: "customer_id",
            about: "Only of this customer.",
            schema: r#"{"type":"string","minLength":1,"maxLength":128}"#,
        },
        Parameter {
            name: "hash",
            about: "Only of the transaction with this hash.",
            schema: r#"{"type":"string","minLength":1,"maxLength":128}"#,
        },
        FROM,
        UNTIL,
        LIMIT,
        CURSOR,
    ],
    takes: None,
    gives: schema_of::<Page>,
    errors: &[],
    handler: list,
};

/// `GET /v1/subaddresses/{id}/transactions`
pub const OF_SUBADDRESS: Endpoint = Endpoint {
    action: Action::SubaddressPayments,
    verb: Verb::Get,
    summary: "List a subaddress's transactions",
    about: "Deposits to one subaddress, newest first.",
    query: &[TOKEN, STATUS, FROM, UNTIL, LIMIT, CURSOR],
    takes: None,
    gives: schema_of::<Page>,
    errors: &[],
    handler: of_subaddress,
};

/// `GET /v1/transactions/{id}`
pub const GET: Endpoint = Endpoint {
    action: Action::TransactionGet,
    verb: Verb::Get,
    summary: "Get a transaction",
    about: "One deposit by its id.",
    query: &[],
    takes: None,
    gives: schema_of::<Transaction>,
    errors: &[],
    handler: get,
};

/// A part of the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Transactions")]
struct Page {
    transactions: Vec<Transaction>,
    /// To ask with next, when there may be more.
    next_cursor: Option<String>,
}

/// One deposit to a subaddress.
#[derive(Serialize, JsonSchema)]
struct Transaction {
    /// Id, `txn_...`.
    id: String,
    /// `confirmed` and `collected` count; `detected`, `confirming` and `orphaned` may still come; `replaced`, `dropped`
    /// and `reversed` did not last.
    status: &'static str,
    /// Name of the chain.
    chain: String,
    /// Ticker of the token.
    token: String,
    /// How much, in the smallest unit.
    amount: String,
    /// How much, with its decimal point.
    amount_decimal: String,
    /// Whether it is less than the token's `dust`.
    is_dust: bool,
    /// To which subaddress.
    subaddress_id: String,
    /// Your own name for the customer.
    customer_id: String,
    /// The subaddress's address.
    address: String,
    /// From where, when the chain says.
    from: Option<String>,
    /// The chain's id of the transaction. One transaction can pay several times: `id` tells the payments apart.
    hash: String,
    /// Where people look at it.
    explorer_url: Option<String>,
    /// The block that it is in.
    block: Option<Block>,
    /// Confirmations that it has.
    confirmations: u64,
    /// Confirmations with which it counts.
    confirmations_needed: u32,
    /// When it was first seen (RFC 3339, UTC).
    received_at: String,
    /// When it first counted.
    confirmed_at: Option<String>,
    /// When its status last changed.
    updated_at: String,
}

/// A block as it is in the chain now.
#[derive(Serialize, JsonSchema)]
struct Block {
    height: i64,
    hash: String,
}

fn list<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let customer = call.query.with("customer_id", |text| CustomerId::parse(text).ok())?;
        let short = |text: &str| (1..=128).contains(&text.len()).then(|| text.to_owned());
        let by = match (customer, call.query.with("hash", short)?) {
            (None, None) => By::Nothing,
            (Some(customer), None) => By::Customer(customer),
            (None, Some(hash)) => By::Hash(hash),
            (Some(_), Some(_)) => return Err(Code::InvalidQuery),
        };
        page(call, TransactionFilter { by, chain: chain(call)?, ..TransactionFilter::default() })
            .await
    })
}

fn of_subaddress<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let id: SubaddressId = call.id(Action::SubaddressPayments.row())?;
        let found = call.site.services.subaddress(call.caller, id).await;
        found.map_err(|error| call.failed(&error))?;
        let by = By::Subaddress(id);
        page(call, TransactionFilter { by, ..TransactionFilter::default() }).await
    })
}

/// The page of what both lists can be told.
async fn page(call: &Call<'_>, filter: TransactionFilter) -> Result<Reply, Code> {
    let ticker = |text: &str| (1..=20).contains(&text.len()).then(|| text.to_owned());
    let since = call.query.with("received_from", Timestamp::from_rfc3339)?;
    let until = call.query.with("received_until", Timestamp::from_rfc3339)?;
    let cursor: Option<TransactionId> = call.query.get("cursor")?;
    // Ids sort by the time at which a deposit was first seen.
    let before = cursor.into_iter().chain(until.map(TransactionId::first_at)).min();
    let filter = TransactionFilter {
        token: call.query.with("token", ticker)?,
        status: call.query.with("status", DepositStatus::from_name)?,
        since: since.map(TransactionId::first_at),
        before,
        ..filter
    };
    let limit = call.query.number("limit", 1, 200, 50)?;
    let found = call.site.services.transactions(call.caller, &filter, limit).await;
    let found = found.map_err(|error| call.failed(&error))?;
    Reply::ok(&Page {
        transactions: found.rows.into_iter().map(transaction).collect(),
        next_cursor: found.next.map(|id| id.to_string()),
    })
}

fn get<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let id = call.id(Action::TransactionGet.row())?;
        let found = call.site.services.transaction(call.caller, id).await;
        Reply::ok(&transaction(found.map_err(|error| call.failed(&error))?))
    })
}

fn transaction(found: aio_service::Transaction) -> Transaction {
    let amount_decimal = found.decimal();
    let row = found.row;
    let block = row.block_height.zip(row.block_hash);
    Transaction {
        id: row.id.to_string(),
        status: row.status.as_str(),
        chain: row.chain,
        token: row.token,
        amount: Amount::to_string(&row.amount),
        amount_decimal,
        is_dust: found.is_dust,
        subaddress_id: row.subaddress.to_string(),
        customer_id: row.customer.into(),
        address: found.address,
        from: row.sender,
        hash: row.tx,
        explorer_url: found.explorer,
        block: block.map(|(height, hash)| Block { height, hash }),
        confirmations: found.confirmations,
        confirmations_needed: row.needed,
        received_at: row.received_at.rfc3339(),
        confirmed_at: row.confirmed_at.map(Timestamp::rfc3339),
        updated_at: row.updated_at.rfc3339(),
    }
}
