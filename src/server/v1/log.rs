//! The merchant's own log of what its keys did: never bodies, never secrets, never the query.

use super::{
    pipeline::{Asked, Trail},
    problem::Code,
};
use aio_domain::Timestamp;
use aio_service::RequestLine;
use axum::http::StatusCode;

/// Characters of a path that are kept.
const PATH: usize = 200;

/// Notes a request of a known key; a job writes the notes in batches.
pub fn note(
    asked: &Asked<'_>,
    trail: &Trail,
    started: Timestamp,
    (status, code): (StatusCode, Option<Code>),
) {
    let Some((merchant, key)) = trail.key else { return };
    let took_ms = u32::try_from(asked.site.clock.now().since(started).max(0)).unwrap_or(u32::MAX);
    asked.site.services.note_request(RequestLine {
        request_id: asked.info.request_id.to_string(),
        merchant,
        key,
        at: started,
        method: asked.parts.method.as_str().to_owned(),
        path: asked.parts.uri.path().chars().take(PATH).collect(),
        status: status.as_u16(),
        took_us: took_ms.saturating_mul(1000),
        address: asked.info.address,
        encrypted: trail.exchange.is_some(),
        code: code.map(|code| code.code().to_owned()),
        reason: trail.reason.map(str::to_owned),
    });
}
