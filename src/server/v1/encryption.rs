//! Encrypted bodies: a request is opened before anything reads it, and whatever answers it is sealed.

use super::{pipeline::Asked, problem::Code};
use crate::server::site::Site;
use aio_domain::{
    EncryptionMode,
    envelope::{self, BodyKey, Context, Headers},
};
use aio_service::KeyCaller;
use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue},
};
use std::sync::Arc;

/// An encrypted exchange: the request was opened, so the answer is sealed.
pub struct Exchange {
    key: Arc<BodyKey>,
    headers: Headers,
    caller: aio_domain::ApiKeyId,
    method: String,
    target: String,
}

/// Opens a request. Gives the plain body, and the exchange when it was encrypted.
pub async fn open(
    asked: &Asked<'_>,
    caller: &KeyCaller,
    reason: &mut Option<&'static str>,
) -> Result<(Bytes, Option<Exchange>), Code> {
    let Asked { site, parts, body, .. } = *asked;
    if !is_encrypted(&parts.headers) {
        return match caller.encryption {
            EncryptionMode::Required => Err(Code::EncryptionRequired),
            EncryptionMode::Off | EncryptionMode::Optional => Ok((body.clone(), None)),
        };
    }
    let mut invalid = |why: &'static str| {
        *reason = Some(why);
        Code::EncryptionInvalid
    };
    let headers = headers(&parts.headers).ok_or_else(|| invalid("encryption_headers"))?;
    let key = live_key(site, caller, headers.version()).await?;
    let exchange = Exchange {
        key,
        headers,
        caller: caller.id,
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned(),
    };
    let plain = exchange.key.open_request(exchange.context(), body);
    let plain = plain.map_err(|_| invalid("does_not_open"))?;
    // Only what opens uses its id up: a stranger's bytes cannot.
    match site.services.use_request_id(caller, &exchange.headers).await {
        Ok(true) => Ok((Bytes::from_owner(plain), Some(exchange))),
        Ok(false) => Err(invalid("used_or_stale")),
        Err(error) => {
            if error.is_fault() {
                tracing::error!(error = %error, "request id not checked");
            }
            Err(error.problem().into())
        }
    }
}

/// The key of the version that the request names, if it is the one that lives.
async fn live_key(site: &Site, caller: &KeyCaller, version: i64) -> Result<Arc<BodyKey>, Code> {
    let lives = caller.aes_version == Some(version);
    if lives && caller.encryption != EncryptionMode::Off {
        return site.services.body_key(caller).await.map_err(|error| {
            tracing::error!(error = %error, "AES key not opened");
            error.problem().into()
        });
    }
    // Every version up to the last one was live once.
    Err(if !lives && version <= caller.last_aes_version {
        Code::AesKeyReplaced
    } else if caller.encryption == EncryptionMode::Off {
        Code::EncryptionOff
    } else {
        Code::EncryptionInvalid
    })
}

fn is_encrypted(headers: &HeaderMap) -> bool {
    let names = [envelope::ENCRYPTION, envelope::TIMESTAMP, envelope::REQUEST_ID];
    names.iter().any(|name| headers.contains_key(*name))
}

/// The three headers, each once.
fn headers(headers: &HeaderMap) -> Option<Headers> {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    };
    let (encryption, timestamp) = (one(envelope::ENCRYPTION)?, one(envelope::TIMESTAMP)?);
    Headers::parse(encryption, timestamp, one(envelope::REQUEST_ID)?).ok()
}

impl Exchange {
    fn context(&self) -> Context<'_> {
        Context {
            key: self.caller,
            headers: &self.headers,
            method: &self.method,
            target: &self.target,
        }
    }

    /// Seals an answer's body.
    pub fn seal(&self, site: &Site, status: u16, plain: &str) -> Result<String, Code> {
        let sealed =
            self.key.seal_response(self.context(), status, plain.as_bytes(), &*site.random);
        sealed.map_err(|error| {
            tracing::error!(error = %error, "answer not sealed");
            Code::Internal
        })
    }

    /// The headers that a sealed answer repeats.
    pub fn mark(&self, headers: &mut HeaderMap) {
        for (name, value) in self.headers.to_pairs() {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        }
    }
}
