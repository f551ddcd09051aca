//! One request to the server in process, and its answer.

use super::Person;
use aio::server::layers::Peer;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use http_body_util::BodyExt as _;
use std::net::SocketAddr;
use tower::ServiceExt as _;

/// What the server answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header's text, empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// `303 /sign-in`, or the status alone.
    pub fn brief(&self) -> String {
        match self.header("location") {
            "" => self.status.as_u16().to_string(),
            location => format!("{} {location}", self.status.as_u16()),
        }
    }
}

/// One request being put together.
pub struct Call<'a> {
    pub(super) router: &'a Router,
    pub(super) request: Request<Body>,
    pub(super) peer: SocketAddr,
}

impl Call<'_> {
    /// Sets a header; empty takes it away.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let headers = self.request.headers_mut();
        headers.remove(name);
        if !value.is_empty() {
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        self
    }

    /// Adds a header beside others of its name.
    pub fn add(mut self, name: &'static str, value: &str) -> Self {
        self.request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// One more line, also of what is no text.
    pub fn add_bytes(mut self, name: &'static str, value: &[u8]) -> Self {
        self.request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        self
    }

    pub fn body(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    pub fn peer(mut self, address: &str) -> Self {
        self.peer = SocketAddr::new(address.parse().unwrap(), 50_000);
        self
    }

    pub fn cookie(self, cookie: &str) -> Self {
        self.add("cookie", &format!("__Host-aio_session={cookie}"))
    }

    pub fn by(self, person: &Person) -> Self {
        self.cookie(&person.cookie)
    }

    pub fn key(self, secret: &str) -> Self {
        self.header("authorization", &format!("Bearer {secret}"))
    }

    pub async fn send(self) -> Answer {
        read(self.response().await).await
    }

    /// The answer as it begins, for one that does not end.
    pub async fn response(mut self) -> Response<Body> {
        self.request.extensions_mut().insert(Peer(self.peer));
        let Ok(response) = self.router.clone().oneshot(self.request).await;
        response
    }
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let encoding = parts.headers.get(header::CONTENT_ENCODING);
    let body = match encoding {
        Some(_) => String::new(),
        None => String::from_utf8(bytes.to_vec()).unwrap(),
    };
    Answer { status: parts.status, headers: parts.headers, body }
}
