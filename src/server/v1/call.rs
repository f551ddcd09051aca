//! What a handler of the merchant API gets and gives.

use super::{json, problem::Code, query::Query};
use crate::server::site::Site;
use aio_domain::policy::Row;
use aio_service::{KeyCaller, RequestInfo, ServiceError};
use axum::{body::Bytes, http::StatusCode};
use futures::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use std::str::FromStr;

/// One request that came through every step before its handler: the key is good here and now, the body is plain.
pub struct Call<'a> {
    /// The server.
    pub site: &'a Site,
    /// Whose key it is.
    pub caller: &'a KeyCaller,
    /// From where, and the request's number.
    pub info: &'a RequestInfo,
    /// The parameters.
    pub query: &'a Query,
    /// The body, decrypted.
    pub body: &'a Bytes,
    /// The path as it was asked for.
    pub path: &'a str,
}

/// An answer: a status and JSON.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub body: String,
}

/// What a handler is.
pub type Handler = for<'a> fn(&'a Call<'a>) -> BoxFuture<'a, Result<Reply, Code>>;

impl Call<'_> {
    /// The id in the path: what stands where the endpoint's row has `{id}`. A text that is no id names nothing.
    pub fn id<T: FromStr>(&self, row: &Row) -> Result<T, Code> {
        let place = row.path.split('/').position(|part| part == "{id}").ok_or(Code::Internal)?;
        let text = self.path.split('/').nth(place).unwrap_or_default();
        text.parse().map_err(|_| Code::NotFound)
    }

    /// The body as the endpoint's wire type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Code> {
        json::parse(self.body)
    }

    /// What a use case refused, as a code; a fault is logged here, once.
    pub fn failed(&self, error: &ServiceError) -> Code {
        if error.is_fault() {
            tracing::error!(request.id = &*self.info.request_id, error = %error, "use case failed");
        }
        error.problem().into()
    }
}

impl Reply {
    /// 200 with that body.
    pub fn ok(body: &impl Serialize) -> Result<Self, Code> {
        let body = serde_json::to_string(body).map_err(|_| Code::Internal)?;
        Ok(Self { status: StatusCode::OK, body })
    }
}
