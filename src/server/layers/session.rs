//! The cookie becomes a session, for pages and functions only: the merchant API never sees it.

use crate::server::{
    cookies,
    refusal::{Asked, Door, Refusal},
    site::Site,
};
use aio_domain::Problem;
use aio_service::RequestInfo;
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

/// Put into the extensions of a request whose session is refused by the merchant's dashboard allowlist.
#[derive(Debug, Clone, Copy)]
pub struct RefusedAddress;

/// Looks the session up, once per request.
pub async fn session(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    Extension(info): Extension<RequestInfo>,
    mut request: Request,
    next: Next,
) -> Response {
    let cookie = match asked.door {
        Door::Page | Door::Function => cookies::session(request.headers()),
        Door::Api | Door::File => None,
    };
    if let Some(cookie) = cookie {
        match site.services.session(&cookie, &info).await {
            Ok(Some(session)) => {
                request.extensions_mut().insert(session);
            }
            Ok(None) => {}
            Err(error) if error.problem() == Problem::AddressRefused => {
                request.extensions_mut().insert(RefusedAddress);
            }
            Err(error) => {
                tracing::error!(request.id = &*info.request_id, error = %error, "no session look-up");
                return Refusal::Unavailable.answer(&asked);
            }
        }
    }
    next.run(request).await
}
