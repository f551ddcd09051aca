//! The way of a request through the merchant API, in this order, each step in one place:
//!
//! 1. client address: the layer `identify`, before anything of this module;
//! 2. key and allowlist: [`credential::caller`];
//! 3. rate limit: [`Services::take_turn`](aio_service::Services::take_turn);
//! 4. encryption in: [`encryption::open`];
//! 5. scope: the endpoint's row of the policy table;
//! 6. idempotency: [`once::run`];
//! 7. the handler;
//! 8. encryption out: [`Exchange::seal`];
//! 9. request log: [`log::note`], written in batches by a job.
//!
//! Whatever a step refuses goes on at step 8: behind step 4 an error is sealed like any other answer.

use super::{
    call::{Call, Reply},
    credential,
    encryption::{self, Exchange},
    endpoint::{Endpoint, Verb},
    limits, log, once,
    problem::Code,
    query::Query,
};
use crate::server::site::Site;
use aio_domain::{ApiKeyId, MerchantId, policy::Needs};
use aio_service::{KeyCaller, RequestInfo, Turn};
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::Response,
};
use http_body_util::BodyExt as _;

/// The content types of an answer.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// One request on its way.
pub struct Asked<'a> {
    pub site: &'a Site,
    pub endpoint: &'static Endpoint,
    pub parts: &'a Parts,
    pub info: &'a RequestInfo,
    pub body: &'a Bytes,
}

/// What the steps found out, for the answer and for the log.
#[derive(Default)]
pub struct Trail {
    /// Whose key it was, also when it was refused.
    pub key: Option<(MerchantId, ApiKeyId)>,
    /// The turn that was taken.
    pub turn: Option<Turn>,
    /// Set when the request was encrypted and opened.
    pub exchange: Option<Exchange>,
    /// Whether the answer is one that was given before.
    pub replayed: bool,
    /// Why it was refused, where the answer does not say.
    pub reason: Option<&'static str>,
}

/// Serves one request of an endpoint.
pub async fn serve(site: Site, endpoint: &'static Endpoint, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(info) = parts.extensions.get::<RequestInfo>().cloned() else {
        return Code::Internal.answer("-");
    };
    // The layer `body` has read it whole.
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Code::BadRequest.answer(&info.request_id);
    };
    let started = (site.clock.now(), site.clock.micros());
    let asked = Asked { site: &site, endpoint, parts: &parts, info: &info, body: &body };
    let mut trail = Trail::default();
    let done = asked.run(&mut trail).await;
    let code = done.as_ref().err().copied();
    let response = asked.answer(done, &trail);
    log::note(&asked, &trail, started, (response.status(), code));
    response
}

impl Asked<'_> {
    async fn run(&self, trail: &mut Trail) -> Result<Reply, Code> {
        let caller = credential::caller(self, trail).await?;
        self.take_turn(&caller, trail)?;
        let (body, exchange) = encryption::open(self, &caller, &mut trail.reason).await?;
        trail.exchange = exchange;
        self.must_permit(&caller)?;
        self.must_be_json(&body)?;
        let query = self.parts.uri.query().unwrap_or_default();
        let query = Query::read(query, &self.endpoint.names())?;
        let (site, info) = (self.site, self.info);
        let path = self.parts.uri.path();
        let call = Call { site, caller: &caller, info, query: &query, body: &body, path };
        once::run(self, &call, &mut trail.replayed).await
    }

    fn take_turn(&self, caller: &KeyCaller, trail: &mut Trail) -> Result<(), Code> {
        let turn = self.site.services.take_turn(caller, self.info.address);
        trail.turn = Some(turn);
        if turn.allowed { Ok(()) } else { Err(Code::RateLimited) }
    }

    /// The key has the scope that the policy table asks for.
    fn must_permit(&self, caller: &KeyCaller) -> Result<(), Code> {
        match self.endpoint.action.row().needs {
            Needs::AnyKey => Ok(()),
            Needs::Scope(scope) if caller.scopes.has(scope) => Ok(()),
            _ => Err(Code::InsufficientScope),
        }
    }

    /// A POST has JSON and says so exactly; a GET has nothing.
    fn must_be_json(&self, plain: &Bytes) -> Result<(), Code> {
        if self.endpoint.verb == Verb::Get {
            return if plain.is_empty() { Ok(()) } else { Err(Code::BadRequest) };
        }
        let mut kinds = self.parts.headers.get_all(header::CONTENT_TYPE).iter();
        let kind = kinds.next().and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_json = ["application/json", "application/json; charset=utf-8"]
            .iter()
            .any(|taken| kind.eq_ignore_ascii_case(taken));
        if is_json && kinds.next().is_none() { Ok(()) } else { Err(Code::UnsupportedMediaType) }
    }

    /// The answer: sealed when the request was, with the limits and whether it was given before.
    fn answer(&self, done: Result<Reply, Code>, trail: &Trail) -> Response {
        let (mut status, mut kind, mut body, mut code) = match done {
            Ok(reply) => (reply.status, JSON, reply.body, None),
            Err(code) => (code.status(), PROBLEM, code.body(&self.info.request_id), Some(code)),
        };
        if let Some(exchange) = &trail.exchange {
            match exchange.seal(self.site, status.as_u16(), &body) {
                Ok(sealed) => (kind, body) = (JSON, sealed),
                Err(failed) => {
                    (status, kind, code) = (failed.status(), PROBLEM, Some(failed));
                    body = failed.body(&self.info.request_id);
                }
            }
        }
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(exchange) = &trail.exchange {
            exchange.mark(headers);
        }
        if code == Some(Code::InvalidApiKey) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(credential::SCHEME));
        }
        if trail.replayed {
            let name = HeaderName::from_static("idempotent-replayed");
            headers.insert(name, HeaderValue::from_static("true"));
        }
        limits::publish(headers, trail.turn.as_ref(), status == StatusCode::TOO_MANY_REQUESTS);
        response
    }
}
