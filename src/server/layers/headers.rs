//! Headers that stand on every answer: pages, files, errors.

use crate::server::refusal::Door;
use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};

const FIXED: [(HeaderName, HeaderValue); 6] = [
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    // Not `no-referrer`: with it browsers would send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), \
             microphone=(), payment=(), usb=()",
        ),
    ),
];

/// The content security policy of one answer. Scripts and styles run by nonce only; a script with the nonce may
/// load others, which is how the page's code starts.
pub fn content_security_policy(nonce: &str) -> String {
    let live_reload = if cfg!(debug_assertions) { live_reload() } else { "" };
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; connect-src 'self'{live_reload}; img-src 'self' data:; \
         font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'"
    )
}

/// The build tool's watch mode tells pages of debug builds by a socket that they changed.
fn live_reload() -> &'static str {
    if std::env::var_os("LEPTOS_WATCH").is_some() { " ws://127.0.0.1:3001" } else { "" }
}

/// What a browser may do with an answer of the merchant API, which is data and no page: nothing.
const NOTHING: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; frame-ancestors 'none'");

/// Sets the headers. Nothing but built files may be kept by a cache.
pub fn apply(response: &mut Response, (door, path): (Door, &str), nonce: &str, request_id: &str) {
    let caching = caching(path, response.status());
    let policy = match door {
        Door::Api => Ok(NOTHING),
        _ => HeaderValue::try_from(content_security_policy(nonce)),
    };
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, value);
    }
    headers.insert(header::CACHE_CONTROL, caching);
    let values = [
        (header::CONTENT_SECURITY_POLICY, policy),
        (HeaderName::from_static("x-request-id"), HeaderValue::try_from(request_id)),
    ];
    for (name, value) in values {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    }
}

fn caching(path: &str, status: StatusCode) -> HeaderValue {
    let good = status.is_success() || status == StatusCode::NOT_MODIFIED;
    HeaderValue::from_static(match path {
        // The name holds a hash of the content: `dash.<hash>.js`.
        path if good && path.starts_with("/pkg/") && path.matches('.').count() >= 2 => {
            "public, max-age=31536000, immutable"
        }
        path if good && path.starts_with("/pkg/") => "no-cache",
        path if good && path.starts_with("/assets/") => "public, max-age=86400",
        _ => "no-store",
    })
}
