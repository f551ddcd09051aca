//! Errors of the merchant API: RFC 9457 with a closed list of codes.

use crate::server::refusal::Refusal;
use aio_domain::Problem;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $status:ident $code:literal $title:literal;)+) => {
        /// Every error the merchant API answers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// All of them, for the documentation.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Status, stable code, and one sentence for the developer who reads it.
            pub const fn parts(self) -> (StatusCode, &'static str, &'static str) {
                match self {
                    $(Self::$name => (StatusCode::$status, $code, $title),)+
                }
            }
        }
    };
}

codes! {
    /// The request does not have the form the endpoint expects.
    BadRequest BAD_REQUEST "bad_request" "The request cannot be read.";
    /// The body is not JSON that every reader understands alike.
    InvalidJson BAD_REQUEST "invalid_json"
        "The body is not JSON in UTF-8, names a member twice, or is nested too deep.";
    /// The body is JSON, but not what the endpoint takes.
    InvalidBody BAD_REQUEST "invalid_body"
        "The body lacks a member, has one that is not known, or has a value of the wrong kind.";
    /// The query has a parameter that is not known, stands twice or cannot be read.
    InvalidQuery BAD_REQUEST "invalid_query"
        "The query has a parameter that is not known, stands twice or has a value that is not taken.";
    /// A key stands in the address.
    KeyInUrl BAD_REQUEST "key_in_url"
        "Send the API key in the Authorization header only. Addresses end up in logs: replace this key.";
    /// A key stands in the body.
    KeyInBody BAD_REQUEST "key_in_body"
        "Send the API key in the Authorization header only, not in the body.";
    /// A key stands in a cookie.
    KeyInCookie BAD_REQUEST "key_in_cookie"
        "Send the API key in the Authorization header only, not in a cookie.";
    /// An encrypted request that does not open: which part is wrong is not said.
    EncryptionInvalid BAD_REQUEST "encryption_invalid"
        "The encrypted request does not open: check key, version, clock and associated data, and use each request id once.";
    /// The AES key version was live once.
    AesKeyReplaced BAD_REQUEST "aes_key_replaced"
        "This version of the AES key was replaced or switched off. Use the present one.";
    /// The key takes encrypted requests only.
    EncryptionRequired BAD_REQUEST "encryption_required"
        "This API key takes encrypted requests only.";
    /// The key takes no encrypted requests.
    EncryptionOff BAD_REQUEST "encryption_off"
        "Encryption is off for this API key.";
    /// The `Idempotency-Key` cannot be read.
    InvalidIdempotencyKey BAD_REQUEST "invalid_idempotency_key"
        "Idempotency-Key is one header of 1 to 255 visible ASCII characters.";
    /// No key, or one that does not work here and now: which of the two is not said.
    InvalidApiKey UNAUTHORIZED "invalid_api_key" "The API key is missing or not valid here.";
    /// The client's address cannot be told, or a browser sent this for another site.
    Forbidden FORBIDDEN "forbidden" "This request is not served.";
    /// The key lacks the scope.
    InsufficientScope FORBIDDEN "insufficient_scope"
        "The API key lacks the scope that this endpoint needs.";
    /// There is no such endpoint or thing.
    NotFound NOT_FOUND "not_found" "There is nothing here.";
    /// The endpoint does not take this method.
    MethodNotAllowed METHOD_NOT_ALLOWED "method_not_allowed"
        "The endpoint does not take this method.";
    /// The body did not arrive in time.
    RequestTimeout REQUEST_TIMEOUT "request_timeout" "The body did not arrive in time.";
    /// The same request is being done.
    IdempotencyRunning CONFLICT "idempotency_running"
        "A request with this Idempotency-Key is being done. Try again for its answer.";
    /// The body is too large.
    BodyTooLarge PAYLOAD_TOO_LARGE "body_too_large" "The body is too large.";
    /// The body is of a type that is not taken.
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type"
        "Send the body as application/json.";
    /// The installation has no such chain.
    UnknownChain UNPROCESSABLE_ENTITY "unknown_chain"
        "This installation has no such chain. GET /v1/chains lists them.";
    /// Another request was sent under the same key.
    IdempotencyMismatch UNPROCESSABLE_ENTITY "idempotency_mismatch"
        "Another request was sent with this Idempotency-Key. Use a new one for a new request.";
    /// Too many requests.
    RateLimited TOO_MANY_REQUESTS "rate_limited"
        "Too many requests. Wait as long as Retry-After says.";
    /// A fault of the server.
    Internal INTERNAL_SERVER_ERROR "internal" "The server failed.";
    /// Too much at once, or the database does not answer: nothing was done, try again.
    Unavailable SERVICE_UNAVAILABLE "unavailable"
        "The server cannot answer now. Nothing was done; try again.";
}

/// An error as sent.
#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    request_id: &'a str,
}

impl Code {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        self.parts().1
    }

    /// The body as sent.
    pub fn body(self, request_id: &str) -> String {
        let (status, code, title) = self.parts();
        let body = Body {
            r#type: format!("urn:aio:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            request_id,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }

    /// The answer.
    pub fn answer(self, request_id: &str) -> Response {
        let kind = HeaderValue::from_static("application/problem+json");
        (self.status(), [(header::CONTENT_TYPE, kind)], self.body(request_id)).into_response()
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
