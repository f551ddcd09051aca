//! `GET /v1/events`: what happened in the merchant, in order and without gaps.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Parameter, Verb, schema_of},
    problem::Code,
};
use aio_domain::Action;
use aio_service::EventRow;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    action: Action::Events,
    verb: Verb::Get,
    summary: "List events",
    about: "Events behind a number, oldest first, numbered from 1 without gaps. Keep `next_after` and ask again \
            with it: nothing is missed and nothing comes twice.",
    query: &[
        Parameter {
            name: "after",
            about: "Number of the last event that is known; 0 for all.",
            schema: r#"{"type":"integer","minimum":0,"maximum":9223372036854775807,"default":0}"#,
        },
        Parameter {
            name: "limit",
            about: "Most events in the answer.",
            schema: r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#,
        },
    ],
    takes: None,
    gives: schema_of::<Page>,
    errors: &[],
    handler: events,
};

/// A part of the list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Events")]
struct Page {
    /// Oldest first.
    events: Vec<Event>,
    /// Number to ask with next: that of the last event here, or the one asked with.
    next_after: i64,
    /// Whether there are more behind it now.
    has_more: bool,
}

/// Something that happened.
#[derive(Serialize, JsonSchema)]
struct Event {
    /// Id, `evt_...`: the same in webhooks, so that duplicates can be told.
    id: String,
    /// Number in the merchant.
    number: i64,
    /// What happened, such as `api_key.created`.
    kind: String,
    /// To what, if to one thing.
    object_id: Option<String>,
    /// More about it; members depend on the kind.
    #[schemars(with = "serde_json::Value")]
    data: Box<RawValue>,
    /// When (RFC 3339, UTC).
    at: String,
}

fn events<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        let after = call.query.number("after", 0, i64::MAX, 0)?;
        let limit = call.query.number("limit", 1, 200, 50)?;
        let found = call.site.services.events_after(call.caller, after, limit).await;
        let (rows, has_more) = found.map_err(|error| call.failed(&error))?;
        let next_after = rows.last().map_or(after, |row| row.seq);
        let events = rows.into_iter().map(event).collect::<Option<_>>().ok_or(Code::Internal)?;
        Reply::ok(&Page { events, next_after, has_more })
    })
}

fn event(row: EventRow) -> Option<Event> {
    Some(Event {
        id: row.id.to_string(),
        number: row.seq,
        kind: row.kind,
        object_id: row.object_id,
        data: RawValue::from_string(row.payload).ok()?,
        at: row.created_at.rfc3339(),
    })
}
