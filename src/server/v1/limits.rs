//! Limits as answers tell them: `RateLimit-Policy` and `RateLimit`, and `Retry-After` when there was no turn.

use aio_service::Turn;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// Seconds to wait when no turn was even taken: the address has shown too many keys that do not work.
const WITHOUT_TURN: u32 = 60;

/// Adds the headers.
pub fn publish(headers: &mut HeaderMap, turn: Option<&Turn>, refused: bool) {
    let mut set = |name: HeaderName, text: String| {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    };
    if let Some(Turn { rate, left, .. }) = turn {
        let policy = format!("\"key\";q={};w=60", rate.get());
        set(HeaderName::from_static("ratelimit-policy"), policy);
        let now = format!("\"key\";r={};t={}", left.remaining, left.wait_s);
        set(HeaderName::from_static("ratelimit"), now);
    }
    if refused {
        let wait = turn.map_or(WITHOUT_TURN, |turn| turn.left.wait_s);
        set(header::RETRY_AFTER, wait.max(1).to_string());
    }
}
