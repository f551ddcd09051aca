//! Who asks, under which number, and what the log says about it.

use super::headers;
use crate::server::{
    cookies,
    refusal::{Asked, Door, Refusal, wants_html},
    site::Site,
};
use aio_domain::{RandomFailed, Timestamp, client_address, random_array};
use aio_service::RequestInfo;
use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Lets the scripts and styles of one answer through its content security policy.
#[derive(Debug, Clone)]
pub struct Nonce(pub Arc<str>);

/// The outermost layer.
pub async fn identify(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let started = site.clock.now();
    let Ok((request_id, nonce)) = numbers(&site) else {
        // Without random bytes nothing can be served safely.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let line = Line::of(&request, &request_id, started);
    let asked = Asked {
        door: Door::of(request.uri().path()),
        html: wants_html(request.headers()),
        language: cookies::language(request.headers()),
        request_id: Arc::clone(&request_id),
        nonce: Arc::clone(&nonce),
    };
    let door = asked.door;
    let path = request.uri().path().to_owned();
    let address = address(&site, &request);
    let mut response = match address {
        Ok(address) => {
            let user_agent = user_agent(request.headers());
            let extensions = request.extensions_mut();
            extensions.insert(RequestInfo {
                address,
                request_id: Arc::clone(&request_id),
                user_agent,
            });
            extensions.insert(Nonce(Arc::clone(&nonce)));
            extensions.insert(asked);
            extensions.insert(site.clone());
            next.run(request).await
        }
        Err(ref reason) => {
            log_refused(&request, &request_id, reason);
            Refusal::NoAddress.answer(&asked)
        }
    };
    headers::apply(&mut response, (door, &path), &nonce, &request_id);
    line.write(&site, address.ok(), response.status());
    response
}

/// A request id of 128 random bits and a nonce of 128 others.
fn numbers(site: &Site) -> Result<(Arc<str>, Arc<str>), RandomFailed> {
    let bytes: [u8; 32] = random_array(&*site.random)?;
    let (id, nonce) = bytes.split_at(16);
    let id = id.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    Ok((format!("{id:032x}").into(), URL_SAFE_NO_PAD.encode(nonce).into()))
}

/// The client's address, or why it cannot be told.
fn address(site: &Site, request: &Request) -> Result<IpAddr, String> {
    let Some(Peer(peer)) = request.extensions().get() else {
        return Err("the connection has no other end".to_owned());
    };
    // A check from this machine itself has no client behind it.
    if request.uri().path() == "/healthz" && is_direct(request.headers()) {
        return Ok(peer.ip().to_canonical());
    }
    // Bytes that are no text cannot be an address either; the empty line makes the walk refuse them.
    let lines = request.headers().get_all("x-forwarded-for").into_iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    client_address::resolve(peer.ip(), lines.into_iter(), &site.trusted_proxies)
        .map_err(|refused| refused.to_string())
}

/// Whether no proxy says that it forwards for somebody.
pub fn is_direct(headers: &HeaderMap) -> bool {
    !["x-forwarded-for", "forwarded", "via"].iter().any(|name| headers.contains_key(*name))
}

fn log_refused(request: &Request, request_id: &str, reason: &str) {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let lines = request.headers().get_all("x-forwarded-for");
    // Debug form: what a stranger wrote cannot start a line of the log.
    let chain: Vec<_> = lines.iter().take(8).collect();
    tracing::warn!(
        request.id = request_id,
        client.peer = ?peer,
        client.forwarded = ?chain,
        reason,
        "client address refused"
    );
}

fn user_agent(headers: &HeaderMap) -> Arc<str> {
    let text = headers.get(header::USER_AGENT).and_then(|text| text.to_str().ok());
    // A header's text is ASCII, so that any place is a border between characters.
    let text = text.unwrap_or_default();
    text.get(..200).unwrap_or(text).into()
}

/// What is known of a request before it is worked on. Never its query, its headers or its body; and its path only
/// as the pattern that matched, because a path can hold a mistyped secret.
struct Line {
    method: Method,
    pattern: String,
    request_id: Arc<str>,
    started: Timestamp,
}

impl Line {
    fn of(request: &Request, request_id: &Arc<str>, started: Timestamp) -> Self {
        let pattern = request.extensions().get::<MatchedPath>();
        Self {
            method: request.method().clone(),
            pattern: pattern.map_or("-", MatchedPath::as_str).to_owned(),
            request_id: Arc::clone(request_id),
            started,
        }
    }

    fn write(self, site: &Site, address: Option<IpAddr>, status: StatusCode) {
        let took_ms = site.clock.now().since(self.started);
        let address = address.map(|address| address.to_string());
        let Self { method, pattern, request_id, .. } = self;
        let status = status.as_u16();
        tracing::info!(
            http.method = %method,
            http.route = pattern,
            http.status = status,
            took.ms = took_ms,
            request.id = &*request_id,
            client.address = address,
            "request"
        );
    }
}
