//! Unsafe requests count only when they come from a page of this server.

use crate::server::{
    config::Origin,
    refusal::{Asked, Door, Refusal},
    site::Site,
};
use axum::{
    Extension,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, header},
    middleware::Next,
    response::Response,
};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what another site made a browser send.
pub async fn same_origin(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() || may_change(request.headers(), &site.origin, asked.door) {
        return next.run(request).await;
    }
    tracing::warn!(request.id = &*asked.request_id, "unsafe request from elsewhere refused");
    Refusal::CrossSite.answer(&asked)
}

/// Browsers say in `Sec-Fetch-Site` where a request comes from, and pages cannot change it. Old ones say it in
/// `Origin`. Who says neither is no browser that we know: harmless without cookies, and never a function's caller.
fn may_change(headers: &HeaderMap, origin: &Origin, door: Door) -> bool {
    if headers.contains_key(FETCH_SITE) {
        return only(headers, FETCH_SITE) == Some("same-origin");
    }
    if headers.contains_key(header::ORIGIN) {
        return only(headers, header::ORIGIN) == Some(origin.as_str());
    }
    door != Door::Function && !headers.contains_key(header::COOKIE)
}

/// The value of a header that stands exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() { None } else { value.to_str().ok() }
}
