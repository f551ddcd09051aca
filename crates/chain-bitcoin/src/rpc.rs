//! JSON-RPC over HTTP: one question, or many in one request. Every answer has a time and a size that it may not exceed.

use crate::Settings;
use aio_chain::ChainError;
use aio_domain::SecretText;
use reqwest::{Client, Response, StatusCode, Url, header::CONTENT_TYPE, redirect::Policy};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use std::{collections::HashMap, time::Duration};

/// The largest answer. A block has at most eight million hexadecimal digits.
const LARGEST: usize = 64 << 20;

/// Nodes close connections that rest for 30 seconds; ours are closed before, so that none breaks under a question.
const IDLE: Duration = Duration::from_secs(10);

/// How much of a node's own words goes into an error.
const WORDS: usize = 200;

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
        // Neither a proxy of the environment nor another host gets to see the password.
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

    /// Asks; these codes of refusal mean that there is no such thing.
    pub async fn find<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
        absent: &[i64],
    ) -> Result<Option<T>, ChainError> {
        match self.call(method, params).await? {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if absent.contains(&refusal.code) => Ok(None),
            Err(refusal) => Err(refusal.into_error(method)),
        }
    }

    /// Asks, and gives a refusal back to be looked at.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Result<T, Refusal>, ChainError> {
        let body = self.post(&question(0, method, &params)).await?;
        let envelope: Envelope<'_> = parse(&body.bytes).map_err(|_| body.unreadable(method))?;
        envelope.open(method)
    }

    /// Asks the same of many in one request. The answers are in the order of the questions.
    pub async fn batch<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &[Value],
    ) -> Result<Vec<Result<T, Refusal>>, ChainError> {
        let asked: Vec<_> =
            params.iter().enumerate().map(|(id, params)| question(id, method, params)).collect();
        let body = self.post(&Value::Array(asked)).await?;
        let answers: Vec<Envelope<'_>> = parse(&body.bytes).map_err(|_| body.unreadable(method))?;
        let mut by_id: HashMap<_, _> =
            answers.into_iter().filter_map(|answer| Some((answer.id?, answer))).collect();
        let missing = || ChainError::Garbage(format!("{method}: an answer of many is missing"));
        let in_order =
            (0..params.len()).map(|id| by_id.remove(&id).ok_or_else(missing)?.open(method));
        in_order.collect()
    }

    async fn post(&self, question: &Value) -> Result<Body, ChainError> {
        let request = self
            .http
            .post(self.url.clone())
            .basic_auth(&self.user, Some(self.password.expose()))
            .header(CONTENT_TYPE, "application/json")
            .body(question.to_string());
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&status) {
            return Err(ChainError::Refused);
        }
        Ok(Body { status, bytes: read(response).await? })
    }
}

struct Body {
    status: StatusCode,
    bytes: Vec<u8>,
}

impl Body {
    fn unreadable(&self, method: &str) -> ChainError {
        let status = self.status;
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return ChainError::Unavailable(format!("{method}: {status}"));
        }
        ChainError::Garbage(format!("{method}: {status} without an answer of JSON-RPC"))
    }
}

impl Envelope<'_> {
    fn open<T: DeserializeOwned>(self, method: &str) -> Result<Result<T, Refusal>, ChainError> {
        let garbage = |why: &str| ChainError::Garbage(format!("{method}: {why}"));
        if let Some(refusal) = self.error {
            return Ok(Err(refusal));
        }
        let result = self.result.ok_or_else(|| garbage("neither a result nor an error"))?;
        serde_json::from_str(result.get()).map(Ok).map_err(|error| garbage(&error.to_string()))
    }
}

impl Refusal {
    pub fn into_error(self, method: &str) -> ChainError {
        let words = self.words();
        match self.code {
            // Bad parameters, an unknown method: asking again changes nothing.
            -3 | -8 | -32601 | -32602 => ChainError::Unsupported(format!("{method}: {words}")),
            // It starts, it is busy, or something is wrong with it.
            _ => ChainError::Unavailable(format!("{method}: {words}")),
        }
    }

    /// What it says, not too long.
    pub fn words(&self) -> String {
        let short: String = self.message.chars().take(WORDS).collect();
        format!("{short} ({})", self.code)
    }
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

async fn read(mut response: Response) -> Result<Vec<u8>, ChainError> {
    let too_large = || ChainError::Garbage(format!("an answer of more than {LARGEST} bytes"));
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unavailable)? {
        if bytes.len() + piece.len() > LARGEST {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// The address may hold a password, so it is left out.
fn unavailable(error: reqwest::Error) -> ChainError {
    let error = error.without_url();
    let why = std::error::Error::source(&error).map_or_else(String::new, |why| format!(": {why}"));
    ChainError::Unavailable(format!("{error}{why}"))
}
