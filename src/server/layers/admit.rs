//! As many requests at once as allowed, no longer than allowed; a panic becomes an answer.

use crate::server::{
    refusal::{Asked, Refusal},
    site::Site,
};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::FutureExt as _;
use std::{panic::AssertUnwindSafe, time::Duration};

/// How long a request may wait for its place. Callers who wait for answers ask less often then, and each place is
/// used by a request that gets a good answer instead of by many refusals.
const WAIT: Duration = Duration::from_millis(100);

/// Sheds what is too much at once instead of letting it queue: an early 503 keeps the rest fast.
pub async fn admit(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(Ok(_place)) = tokio::time::timeout(WAIT, site.in_flight.acquire()).await else {
        return Refusal::Busy.answer(&asked);
    };
    next.run(request).await
}

/// Ends what takes too long; a panic becomes an answer.
pub async fn bound(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    request: Request,
    next: Next,
) -> Response {
    // A panic drops what the request held: its transaction rolls back, its place is given back.
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(Duration::from_secs(site.limits.request_s), work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            tracing::error!(request.id = &*asked.request_id, "the request's code panicked");
            Refusal::Panicked.answer(&asked)
        }
        Err(_elapsed) => {
            tracing::warn!(request.id = &*asked.request_id, "the request took too long");
            Refusal::Busy.answer(&asked)
        }
    }
}
