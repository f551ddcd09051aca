//! `POST /v1/echo`: the body comes back as it was. For trying encryption and `Idempotency-Key`.

use super::{
    call::{Call, Reply},
    endpoint::{Endpoint, Verb},
    json,
    problem::Code,
};
use aio_domain::Action;
use axum::http::StatusCode;
use futures::future::BoxFuture;
use schemars::{Schema, SchemaGenerator, json_schema};

/// The endpoint.
pub const ENDPOINT: Endpoint = Endpoint {
    action: Action::Echo,
    verb: Verb::Post,
    summary: "Echo",
    about: "Answers with the very JSON it was sent. Nothing is stored but the answer to an Idempotency-Key.",
    query: &[],
    takes: Some(anything),
    gives: anything,
    errors: &[],
    handler: echo,
};

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "description": "Any JSON, at most 32 levels deep." })
}

fn echo<'a>(call: &'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>> {
    Box::pin(async {
        json::check(call.body)?;
        // Checked to be UTF-8 just now.
        let body = String::from_utf8(call.body.to_vec()).map_err(|_| Code::InvalidJson)?;
        Ok(Reply { status: StatusCode::OK, body })
    })
}
