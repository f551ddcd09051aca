//! Where an API key may stand: in one `Authorization: Bearer` header, and nowhere else.

use super::{
    pipeline::{Asked, Trail},
    problem::Code,
};
use aio_service::{KeyCaller, KeyRefused, RefusalReason};
use axum::http::{HeaderMap, header, request::Parts, uri::PathAndQuery};

/// The words every key begins with.
const MARKS: [&str; 2] = ["aio_live_", "aio_test_"];

/// Refuses a request that shows a key where it would be written down: in its address, a cookie or the body.
pub fn misplaced(parts: &Parts, body: &[u8]) -> Option<Code> {
    let address = parts.uri.path_and_query().map(PathAndQuery::as_str).unwrap_or_default();
    if holds_a_key(&percent_encoding::percent_decode_str(address).decode_utf8_lossy()) {
        return Some(Code::KeyInUrl);
    }
    let cookies = parts.headers.get_all(header::COOKIE);
    if cookies.iter().any(|line| holds_a_key(&String::from_utf8_lossy(line.as_bytes()))) {
        return Some(Code::KeyInCookie);
    }
    holds_a_key(&String::from_utf8_lossy(body)).then_some(Code::KeyInBody)
}

fn holds_a_key(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark))
}

/// What a refused caller is told to send.
pub const SCHEME: &str = "Bearer realm=\"AIO\"";

/// Who calls. Whatever is wrong with the key, the answer is the same; whose it is and why it was refused goes into
/// the trail, for the merchant's own log.
pub async fn caller(asked: &Asked<'_>, trail: &mut Trail) -> Result<KeyCaller, Code> {
    let Asked { site, info, .. } = *asked;
    if !site.services.may_try_keys(info.address) {
        return Err(Code::RateLimited);
    }
    let refused = match bearer(&asked.parts.headers) {
        Some(presented) => match site.services.authenticate_key(presented, info).await {
            Ok(caller) => {
                trail.key = Some((caller.merchant, caller.id));
                return Ok(caller);
            }
            Err(refused) => refused,
        },
        None => KeyRefused::Uniform(RefusalReason::Malformed, None),
    };
    match refused {
        KeyRefused::Uniform(reason, key) => {
            site.services.note_refused_key(info.address);
            (trail.key, trail.reason) = (key, Some(reason.as_str()));
            tracing::debug!(request.id = &*info.request_id, ?reason, "API key refused");
            Err(Code::InvalidApiKey)
        }
        KeyRefused::Unavailable(error) => {
            tracing::error!(request.id = &*info.request_id, error = %error, "API key not checked");
            Err(error.problem().into())
        }
    }
}

/// The token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
