//! Encrypted bodies of the merchant API: the protocol `aio-body-v1`, described in `docs/encryption.md`.
//!
//! Each direction has a key of its own, derived from the AES key, so that a response is never a request. The
//! associated data names the key, its version, the request line, the time, the request id and the direction (and
//! the status of a response), so that a body opens in the one exchange it was made for.

use crate::{ApiKeyId, Random, RandomFailed, Secret, random_array};
use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{Aead, KeyInit, Payload},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use serde::Deserialize;
use sha2::Sha256;
use std::borrow::Cow;
use zeroize::Zeroizing;

mod headers;

pub use headers::{ENCRYPTION, Headers, REQUEST_ID, TIMESTAMP, WINDOW_S};

/// Name and version of the protocol, the first part of everything that is derived or authenticated.
pub const PROTOCOL: &str = "aio-body-v1";
/// Bytes of a nonce: 96 bits.
const NONCE: usize = 12;

/// The headers or the body are not what this key sealed for this exchange. Deliberately without detail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an encrypted body does not open")]
pub struct Refused;

/// Why a body could not be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealFailed {
    /// The exchange cannot be written down, or the body does not belong into it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No nonce could be drawn.
    #[error(transparent)]
    Random(#[from] RandomFailed),
}

/// The exchange of one request and its response: what both their bodies are bound to.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The API key that was presented.
    pub key: ApiKeyId,
    /// The headers of the request, also for its response.
    pub headers: &'a Headers,
    /// The method, in upper case.
    pub method: &'a str,
    /// Path and query, exactly as on the request line.
    pub target: &'a str,
}

/// Which way a body goes; a response has a status.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Request,
    Response(u16),
}

impl Context<'_> {
    /// Whether requests of this method have no body, and so no envelope.
    fn is_bodiless(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }

    /// One part a line. No part can hold a line break, so that two exchanges never have the same text.
    fn associated_data(&self, direction: Direction) -> Result<String, Refused> {
        let method = !self.method.is_empty() && self.method.bytes().all(|b| b.is_ascii_uppercase());
        let target = self.target.starts_with('/')
            && self.target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        if !method || !target {
            return Err(Refused);
        }
        let (name, status) = match direction {
            Direction::Request => ("request", String::new()),
            Direction::Response(status) => ("response", format!("\n{status}")),
        };
        let Self { key, headers, method, target } = self;
        let (version, timestamp) = (headers.version(), headers.timestamp());
        let id = headers.request_id_text();
        Ok(format!(
            "{PROTOCOL}\n{name}\n{key}\n{version}\n{method}\n{target}\n{timestamp}\n{id}{status}"
        ))
    }
}

/// The two keys derived from an AES key, one per direction.
#[derive(Clone, Debug)]
pub struct BodyKey {
    request: Secret<32>,
    response: Secret<32>,
}

impl BodyKey {
    /// Derives both keys: HKDF-SHA256 without salt, with the protocol and the direction as info.
    pub fn derive(aes: &Secret<32>) -> Result<Self, Refused> {
        let hkdf = Hkdf::<Sha256>::new(None, aes.expose());
        let derived = |direction: &str| {
            let mut bytes = Zeroizing::new([0; 32]);
            hkdf.expand(format!("{PROTOCOL} {direction}").as_bytes(), bytes.as_mut_slice())
                .map_err(|_| Refused)?;
            Ok(Secret::new(*bytes))
        };
        Ok(Self { request: derived("request")?, response: derived("response")? })
    }

    /// Opens the body of a request: an envelope, or nothing at all where the method has no body.
    pub fn open_request(
        &self,
        context: Context<'_>,
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        let associated = context.associated_data(Direction::Request)?;
        match (context.is_bodiless(), body) {
            (true, []) => Ok(Zeroizing::default()),
            (true, _) => Err(Refused),
            (false, body) => open(&self.request, &associated, body),
        }
    }

    /// Seals the body of the response to that request under a fresh random nonce.
    pub fn seal_response(
        &self,
        context: Context<'_>,
        status: u16,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<String, SealFailed> {
        let associated = context.associated_data(Direction::Response(status))?;
        seal(&self.response, &associated, plain, random)
    }

    /// Seals the body of a request, as a client does; empty where the method has no body.
    pub fn seal_request(
        &self,
        context: Context<'_>,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<String, SealFailed> {
        let associated = context.associated_data(Direction::Request)?;
        match (context.is_bodiless(), plain) {
            (true, []) => Ok(String::new()),
            (true, _) => Err(Refused.into()),
            (false, plain) => seal(&self.request, &associated, plain, random),
        }
    }

    /// Opens the body of a response, as a client does.
    pub fn open_response(
        &self,
        context: Context<'_>,
        status: u16,
        body: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refused> {
        open(&self.response, &context.associated_data(Direction::Response(status))?, body)
    }
}

/// The body on the wire: these two members, each once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    iv: Cow<'a, str>,
    #[serde(borrow)]
    encrypted_data: Cow<'a, str>,
}

/// Nonce, and ciphertext with its tag: standard base64 with padding, in one piece. That the tag is whole, the cipher sees.
fn unwrap_envelope(body: &[u8]) -> Result<([u8; NONCE], Vec<u8>), Refused> {
    // Serde would read a list of two texts as well.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refused);
    }
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|_| Refused)?;
    let decoded = |text: &str| STANDARD.decode(text).map_err(|_| Refused);
    let nonce = <[u8; NONCE]>::try_from(decoded(&envelope.iv)?).map_err(|_| Refused)?;
    Ok((nonce, decoded(&envelope.encrypted_data)?))
}

fn open(key: &Secret<32>, associated: &str, body: &[u8]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    let (nonce, sealed) = unwrap_envelope(body)?;
    Aes256Gcm::new(key.expose().into())
        .decrypt(&Nonce::from(nonce), Payload { msg: &sealed, aad: associated.as_bytes() })
        .map(Zeroizing::new)
        .map_err(|_| Refused)
}

/// The canonical envelope: `iv` first, no white space, nothing escaped.
fn seal(
    key: &Secret<32>,
    associated: &str,
    plain: &[u8],
    random: &dyn Random,
) -> Result<String, SealFailed> {
    let nonce: [u8; NONCE] = random_array(random)?;
    let sealed = Aes256Gcm::new(key.expose().into())
        .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: associated.as_bytes() })
        .map_err(|_| Refused)?;
    let (iv, data) = (STANDARD.encode(nonce), STANDARD.encode(sealed));
    Ok(format!(r#"{{"iv":"{iv}","encrypted_data":"{data}"}}"#))
}

#[cfg(test)]
mod tests;
