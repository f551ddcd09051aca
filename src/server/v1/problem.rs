//! Errors of the merchant API: RFC 9457 with a closed list of codes.

use crate::server::refusal::Refusal;
use aio_domain::Problem;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

/// Every error the merchant API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No key, or one that does not work here and now: which of the two is not said.
    InvalidApiKey,
    /// A key stands in the address.
    KeyInUrl,
    /// A key stands in the body.
    KeyInBody,
    /// A key stands in a cookie.
    KeyInCookie,
    /// The request does not have the form the endpoint expects.
    BadRequest,
    /// The client's address cannot be told, or a browser sent this for another site.
    Forbidden,
    /// There is no such endpoint.
    NotFound,
    /// The endpoint does not take this method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is too large.
    BodyTooLarge,
    /// The body is of a type that is not taken.
    UnsupportedMediaType,
    /// Too much at once, or the database does not answer: nothing was done, try again.
    Unavailable,
    /// A fault of the server.
    Internal,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    request_id: &'a str,
}

impl Code {
    /// Status, stable code, and one sentence for the developer who reads it.
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::InvalidApiKey => (
                StatusCode::UNAUTHORIZED,
                "invalid_api_key",
                "The API key is missing or not valid here.",
            ),
            Self::KeyInUrl => (
                StatusCode::BAD_REQUEST,
                "key_in_url",
                "Send the API key in the Authorization header only. Addresses end up in logs: replace this key.",
            ),
            Self::KeyInBody => (
                StatusCode::BAD_REQUEST,
                "key_in_body",
                "Send the API key in the Authorization header only, not in the body.",
            ),
            Self::KeyInCookie => (
                StatusCode::BAD_REQUEST,
                "key_in_cookie",
                "Send the API key in the Authorization header only, not in a cookie.",
            ),
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad_request", "The request cannot be read.")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "This request is not served."),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is no such endpoint."),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The endpoint does not take this method.",
            ),
            Self::RequestTimeout => {
                (StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive in time.")
            }
            Self::BodyTooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large.")
            }
            Self::UnsupportedMediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is of a type that is not taken.",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "The server cannot answer now. Nothing was done; try again.",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server failed."),
        }
    }

    /// The answer.
    pub fn answer(self, request_id: &str) -> Response {
        let (status, code, title) = self.parts();
        let body = Body {
            r#type: format!("urn:aio:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            request_id,
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], text).into_response();
        if self == Self::InvalidApiKey {
            let scheme = HeaderValue::from_static("Bearer realm=\"AIO\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

impl From<Refusal> for Code {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoAddress | Refusal::CrossSite | Refusal::Forbidden => Self::Forbidden,
            Refusal::TooLarge => Self::BodyTooLarge,
            Refusal::TooSlow => Self::RequestTimeout,
            Refusal::ContentType => Self::UnsupportedMediaType,
            Refusal::Malformed => Self::BadRequest,
            Refusal::NotFound => Self::NotFound,
            Refusal::Method => Self::MethodNotAllowed,
            Refusal::Busy | Refusal::Unavailable => Self::Unavailable,
            Refusal::Panicked => Self::Internal,
        }
    }
}

impl From<Problem> for Code {
    fn from(problem: Problem) -> Self {
        match problem {
            Problem::Busy | Problem::Unavailable => Self::Unavailable,
            Problem::NotFound => Self::NotFound,
            _ => Self::Internal,
        }
    }
}
