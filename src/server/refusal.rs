//! Answers of the layers, before any page, function or API handler runs.

use super::{plain, v1};
use aio_domain::{Language, Problem};
use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use std::sync::Arc;

/// Who is on the other side, told by the path: it decides in which form an error is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// The merchant API: `application/problem+json`.
    Api,
    /// A server function: the closed code as JSON, or a page for a plain form.
    Function,
    /// Files and health.
    File,
    /// Everything else is a page.
    Page,
}

impl Door {
    /// The door of a path.
    pub fn of(path: &str) -> Self {
        let under = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if under("/v1") {
            Self::Api
        } else if under("/api") {
            Self::Function
        } else if under("/pkg") || under("/assets") || under("/healthz") {
            Self::File
        } else {
            Self::Page
        }
    }
}

/// Why a layer turned a request away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The client's address cannot be told.
    NoAddress,
    /// An unsafe request from another origin, or from one that cannot be told.
    CrossSite,
    /// The body has more bytes than allowed.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// Not the one content type a form is sent in.
    ContentType,
    /// The body is not a form: broken encoding, a name twice.
    Malformed,
    /// Nothing is here.
    NotFound,
    /// Something is here, but not for this method.
    Method,
    /// The person's role does not open this page.
    Forbidden,
    /// Too many requests are being worked on, or one took too long.
    Busy,
    /// The database does not answer.
    Unavailable,
    /// The code behind it panicked.
    Panicked,
}

impl Refusal {
    /// The HTTP status.
    pub const fn status(self) -> StatusCode {
        match self {
            Self::NoAddress | Self::CrossSite | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed => StatusCode::BAD_REQUEST,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Busy | Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The same as a problem of the dashboard.
    pub const fn problem(self) -> Problem {
        match self {
            Self::NoAddress | Self::Forbidden => Problem::Forbidden,
            Self::NotFound => Problem::NotFound,
            Self::Busy | Self::TooSlow => Problem::Busy,
            Self::Unavailable => Problem::Unavailable,
            Self::Panicked => Problem::Internal,
            Self::CrossSite
            | Self::TooLarge
            | Self::ContentType
            | Self::Malformed
            | Self::Method => Problem::BadRequest,
        }
    }

    /// The answer in the form the caller reads.
    pub fn answer(self, asked: &Asked) -> Response {
        let mut response = match asked.door {
            Door::Api => v1::problem::Code::from(self).answer(&asked.request_id),
            Door::Function if !asked.html => Json(self.problem()).into_response(),
            _ => plain::page(asked.language, self, asked).into_response(),
        };
        *response.status_mut() = self.status();
        response
    }
}

/// What a refusal must know about the request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Through which door.
    pub door: Door,
    /// Whether a browser will show the answer as a page.
    pub html: bool,
    /// The reader's language.
    pub language: Language,
    /// Named in the answer and in the log.
    pub request_id: Arc<str>,
    /// Lets the page's own style through the content security policy.
    pub nonce: Arc<str>,
}

/// Whether the answer will be shown by a browser: a plain form or link, not a call of the page's code.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}
