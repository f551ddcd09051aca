//! JSON-RPC over HTTP: one question, or many in one request. Every answer has a time and a size that it may not exceed.

use crate::Settings;
use aio_chain::ChainError;
use aio_domain::SecretText;
use reqwest::{Client, Response, StatusCode, Url, header::CONTENT_TYPE, redirect::Policy};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use std::{collections::HashMap, time::Duration};

/// The largest answer.
const LARGEST: usize = 64 << 20;

/// Our own refusal to read on: no node uses this number.
const TOO_LARGE: i64 = i64::MIN;

/// Connections that rest are closed before the node closes them, so that none breaks under a question.
const IDLE: Duration = Duration::from_secs(10);

/// How much of a node's own words goes into an error.
const WORDS: usize = 200;

/// Questions in one request: many nodes take no more than a hundred.
const AT_ONCE: usize = 50;

/// The node does not have this method, or takes it in another form.
const NO_METHOD: [i64; 3] = [-32600, -32601, -32602];

/// The node understood the question and refuses it.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub code: i64,
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, deserialize_with = "even_null")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<Refusal>,
    #[serde(default)]
    id: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Rpc {
    http: Client,
    url: Url,
    user: String,
    password: SecretText,
}

impl Rpc {
    pub fn new(settings: &Settings) -> Result<Self, ChainError> {
        let wrong = |why: String| ChainError::Unsupported(format!("the node's address: {why}"));
        let url = Url::parse(&settings.url).map_err(|error| wrong(error.to_string()))?;
        if url.scheme() != "http" {
            return Err(wrong("it must begin with http://".to_owned()));
        }
        // Neither a proxy of the environment nor another host gets to see what is asked.
        let http = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(settings.timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        Ok(Self { http, url, user: settings.user.clone(), password: settings.password.clone() })
    }

    /// Asks; a refusal is an error.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<T, ChainError> {
        self.call(method, params).await?.map_err(|refusal| refusal.into_error(method))
    }

    /// Asks, and gives a refusal back to be looked at.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Result<T, Refusal>, ChainError> {
        match self.raw(method, params).await? {
            Ok(answer) => read_as(&answer, method).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// Asks, and gives the answer as it is written.
    pub async fn raw(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Result<Box<RawValue>, Refusal>, ChainError> {
        let body = match self.post(&question(0, method, &params)).await? {
            Ok(body) => body,
            Err(too_large) => return Ok(Err(too_large)),
        };
        let envelope: Envelope<'_> = parse(&body.bytes).map_err(|_| body.unreadable(method))?;
        envelope.open(method)
    }

    /// Asks the same of many. The answers are in the order of the questions; one refusal is an error for all.
    pub async fn many<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[Value],
    ) -> Result<Vec<T>, ChainError> {
        let mut all = Vec::with_capacity(params.len());
        for some in params.chunks(AT_ONCE) {
            let asked: Vec<_> =
                some.iter().enumerate().map(|(id, params)| question(id, method, params)).collect();
            let body = self.post(&Value::Array(asked)).await?;
            let body = body.map_err(|too_large| too_large.into_error(method))?;
            let answers: Vec<Envelope<'_>> =
                parse(&body.bytes).map_err(|_| body.unreadable(method))?;
            let mut by_id: HashMap<_, _> =
                answers.into_iter().filter_map(|answer| Some((answer.id?, answer))).collect();
            let missing = || ChainError::Garbage(format!("{method}: an answer of many is missing"));
            for id in 0..some.len() {
                let answer = by_id.remove(&id).ok_or_else(missing)?.open(method)?;
                all.push(read_as(&answer.map_err(|refusal| refusal.into_error(method))?, method)?);
            }
        }
        Ok(all)
    }

    async fn post(&self, question: &Value) -> Result<Result<Body, Refusal>, ChainError> {
        let mut request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(question.to_string());
        if !self.user.is_empty() {
            request = request.basic_auth(&self.user, Some(self.password.expose()));
        }
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
            return Err(ChainError::Refused);
        }
        Ok(read(response).await?.map(|bytes| Body { status, bytes }))
    }
}

struct Body {
    status: StatusCode,
    bytes: Vec<u8>,
}

impl Body {
    fn unreadable(&self, method: &str) -> ChainError {
        let status = self.status;
        // A batch that is refused as a whole is answered by one refusal.
        if let Ok(Envelope { error: Some(refusal), .. }) = parse(&self.bytes) {
            return refusal.into_error(method);
        }
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return ChainError::Unavailable(format!("{method}: {status}"));
        }
        ChainError::Garbage(format!("{method}: {status} without an answer of JSON-RPC"))
    }
}

impl Envelope<'_> {
    fn open(self, method: &str) -> Result<Result<Box<RawValue>, Refusal>, ChainError> {
        if let Some(refusal) = self.error {
            return Ok(Err(refusal));
        }
        let result = self.result.map(|result| Ok(result.to_owned()));
        result
            .ok_or_else(|| ChainError::Garbage(format!("{method}: neither a result nor an error")))
    }
}

impl Refusal {
    pub fn into_error(self, method: &str) -> ChainError {
        let words = self.words();
        if self.is_too_large() {
            return ChainError::Garbage(format!("{method}: {}", self.message));
        }
        if self.is_no_method() {
            // Asking again changes nothing.
            return ChainError::Unsupported(format!("{method}: {words}"));
        }
        // It starts, it is busy, or something is wrong with it.
        ChainError::Unavailable(format!("{method}: {words}"))
    }

    /// Whether it was not the node that refused: its answer was too long to be read.
    pub const fn is_too_large(&self) -> bool {
        self.code == TOO_LARGE
    }

    pub fn is_no_method(&self) -> bool {
        NO_METHOD.contains(&self.code)
    }

    /// What it says, not too long.
    pub fn words(&self) -> String {
        let short: String = self.message.chars().take(WORDS).collect();
        format!("{short} ({})", self.code)
    }
}

/// Reads an answer.
pub(crate) fn read_as<'a, T: Deserialize<'a>>(
    answer: &'a RawValue,
    method: &str,
) -> Result<T, ChainError> {
    serde_json::from_str(answer.get()).map_err(|error| {
        // It may repeat what could not be read.
        let why: String = error.to_string().chars().take(WORDS).collect();
        ChainError::Garbage(format!("{method}: {why}"))
    })
}

fn question(id: usize, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Some methods answer null, which is not the same as no result.
fn even_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    serde_json::from_slice(bytes)
}

async fn read(mut response: Response) -> Result<Result<Vec<u8>, Refusal>, ChainError> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unavailable)? {
        if bytes.len() + piece.len() > LARGEST {
            let message = format!("an answer of more than {LARGEST} bytes");
            return Ok(Err(Refusal { code: TOO_LARGE, message }));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Ok(bytes))
}

/// The address may hold a password, so it is left out.
fn unavailable(error: reqwest::Error) -> ChainError {
    let error = error.without_url();
    let why = std::error::Error::source(&error).map_or_else(String::new, |why| format!(": {why}"));
    ChainError::Unavailable(format!("{error}{why}"))
}
