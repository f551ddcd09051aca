//! Open pages are told that something changed, by server-sent events: ids only, so that what is behind them is asked
//! for through the functions that look at permissions.

use super::{
    refusal::{Asked, Refusal},
    site::Site,
};
use aio_domain::Action;
use aio_service::{Changes, Permit, RequestInfo, Session};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{
        IntoResponse as _, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::stream;
use std::{convert::Infallible, time::Duration};
use tokio::sync::OwnedSemaphorePermit;

/// Between two looks for changes.
const LOOK: Duration = Duration::from_secs(1);
/// Looks between two checks that the person is still signed in.
const CHECK: u32 = 5;
/// A sign of life, for whatever stands in between.
const ALIVE: Duration = Duration::from_secs(15);

/// Tells of changes until the page is closed, the person signed out, or the server stops.
pub async fn live(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    Extension(info): Extension<RequestInfo>,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
) -> Response {
    // 403 and not the sign-in page: a stream follows no redirect, and ends for good on an error.
    let Some(Extension(session)) = session else { return Refusal::Forbidden.answer(&asked) };
    let Ok(permit) = session.permit(Action::Live, &info) else {
        return Refusal::Forbidden.answer(&asked);
    };
    let Ok(place) = site.live.clone().try_acquire_owned() else {
        return Refusal::Busy.answer(&asked);
    };
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let watch = Watch { site, permit, session, info, after, looks: 0, _place: place };
    let told = stream::unfold(watch, Watch::next);
    let sse = Sse::new(told).keep_alive(KeepAlive::new().interval(ALIVE));
    // Proxies that collect an answer before they pass it on would tell nothing for minutes.
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    ([(unbuffered, HeaderValue::from_static("no"))], sse).into_response()
}

/// One open page.
struct Watch {
    site: Site,
    permit: Permit,
    session: Session,
    info: RequestInfo,
    /// Number of the last event that it knows.
    after: Option<i64>,
    looks: u32,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// Waits for the next change; none when it is over.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if self.looks > 0 {
                tokio::time::sleep(LOOK).await;
            }
            if self.site.is_draining() || !self.is_welcome().await {
                return None;
            }
            let first = self.looks == 0;
            self.looks = self.looks.wrapping_add(1).max(1);
            // Without an answer nothing is told: the next look tells it.
            let Ok(found) = self.site.services.transaction_changes(&self.permit, self.after).await
            else {
                continue;
            };
            let event = match found {
                Changes::Of(changed, last) => {
                    let is_news = first || !changed.is_empty();
                    self.after = Some(last);
                    if !is_news {
                        continue;
                    }
                    Event::default().event("changed").id(last.to_string()).data(changed.join(" "))
                }
                Changes::Everything(last) => {
                    self.after = Some(last);
                    Event::default().event("reset").id(last.to_string()).data("reset")
                }
            };
            return Some((Ok(event), self));
        }
    }

    async fn is_welcome(&self) -> bool {
        if !self.looks.is_multiple_of(CHECK) || self.looks == 0 {
            return true;
        }
        // A database that does not answer is no reason to end what the browser would begin again at once.
        self.site.services.still_stands(&self.session, &self.info).await.unwrap_or(true)
    }
}
