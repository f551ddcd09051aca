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

/// Notes a request of a known key; a job writes the notes in batches. `started` is when it came, by the clock's
/// [`micros`](aio_domain::Clock::micros).
pub fn note(
    asked: &Asked<'_>,
    trail: &Trail,
    (at, started): (Timestamp, u64),
    (status, code): (StatusCode, Option<Code>),
) {
    let Some((merchant, key)) = trail.key else { return };
    let took_us = asked.site.clock.micros().saturating_sub(started);
    asked.site.services.note_request(RequestLine {
        request_id: asked.info.request_id.to_string(),
        merchant,
        key,
        at,
        method: asked.parts.method.as_str().to_owned(),
        path: asked.parts.uri.path().chars().take(PATH).collect(),
        status: status.as_u16(),
        took_us: u32::try_from(took_us).unwrap_or(u32::MAX),
        address: asked.info.address,
        encrypted: trail.exchange.is_some(),
        code: code.map(|code| code.code().to_owned()),
        reason: trail.reason.map(str::to_owned),
    });
}
