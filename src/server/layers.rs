//! Layers over the whole router, outermost first:
//!
//! 1. `identify`: request id, nonce, client address; on the way out the fixed headers and the log line, so that
//!    whatever any other layer answers carries them too;
//! 2. compression;
//! 3. `bound`: no longer than allowed, and panics become answers;
//! 4. `same_origin`: unsafe requests only from pages of this server;
//! 5. `referer`: what functions read and answer as addresses stays on this server;
//! 6. `body`: size, and the exact form of what functions read;
//! 7. `admit`: as many requests at once as allowed, counted when they are whole, so that whoever sends slowly
//!    takes nobody's place;
//! 8. `session`: the cookie becomes a session.

mod admit;
mod body;
mod compression;
mod headers;
mod identify;
mod referer;
mod same_origin;
mod session;

pub use body::decoded;
pub use compression::Uncompressed;
pub use headers::content_security_policy;
pub use identify::{Nonce, Peer, is_direct};
pub use session::RefusedAddress;

use super::site::Site;
use axum::{Router, middleware::from_fn_with_state};
use tower::ServiceBuilder;

/// Puts the layers around the routes.
pub fn around(routes: Router, site: &Site) -> Router {
    // One stack, not one layer after the other: the router would box each of them for each request.
    let stack = ServiceBuilder::new()
        .layer(from_fn_with_state(site.clone(), identify::identify))
        .layer(compression::layer())
        .layer(from_fn_with_state(site.clone(), admit::bound))
        .layer(from_fn_with_state(site.clone(), same_origin::same_origin))
        .layer(from_fn_with_state(site.clone(), referer::referer))
        .layer(from_fn_with_state(site.clone(), body::body))
        .layer(from_fn_with_state(site.clone(), admit::admit))
        .layer(from_fn_with_state(site.clone(), session::session));
    routes.layer(stack)
}
