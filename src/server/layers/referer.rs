//! Addresses that functions read and answer stay on this server.
//!
//! The framework sends a plain form back to its `Referer` and adds the error to it, whatever the address is.

use crate::server::{config::Origin, site::Site};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// Keeps a `Referer` of this origin and drops all others; makes each `Location` a path of this origin.
pub async fn referer(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let kept = own_referer(request.headers(), &site.origin);
    let headers = request.headers_mut();
    headers.remove(header::REFERER);
    if let Some(value) = kept {
        headers.insert(header::REFERER, value);
    }
    let mut response = next.run(request).await;
    if let Some(location) = response.headers().get(header::LOCATION) {
        let path = location.to_str().ok().and_then(|text| path_here(text, &site.origin));
        let path = path.unwrap_or_else(|| HeaderValue::from_static("/"));
        response.headers_mut().insert(header::LOCATION, path);
    }
    response
}

/// The address of the page a request came from, when it is ours. An error of an earlier try is taken out, so that
/// a second one does not stand beside it.
fn own_referer(headers: &HeaderMap, origin: &Origin) -> Option<HeaderValue> {
    let text = headers.get(header::REFERER)?.to_str().ok()?;
    let path = origin.path_of(text)?;
    let Some((path, query)) = path.split_once('?') else {
        return HeaderValue::try_from(format!("{origin}{path}")).ok();
    };
    let is_error = |pair: &&str| pair.starts_with("__path=") || pair.starts_with("__err=");
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_error(pair)).collect();
    let mark = if rest.is_empty() { "" } else { "?" };
    HeaderValue::try_from(format!("{origin}{path}{mark}{}", rest.join("&"))).ok()
}

fn path_here(location: &str, origin: &Origin) -> Option<HeaderValue> {
    let path = origin.path_of(location).unwrap_or(location);
    let here = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    here.then(|| HeaderValue::try_from(path).ok()).flatten()
}
