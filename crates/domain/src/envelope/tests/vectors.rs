//! `docs/encryption-vectors.json`, by which clients in other languages are measured: what this code makes is
//! compared with the file, or written to it when `AIO_WRITE_VECTORS` is set.

use super::{ApiKeyId, BodyKey, Context, Direction, Headers, Refused, Secret, api_key};
use crate::{Random, RandomFailed, envelope::PROTOCOL};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use std::{env, fs};

mod refused;

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/encryption-vectors.json");
const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/encryption.md");
const VERSION: i64 = 3;

#[derive(Serialize)]
struct File {
    about: &'static str,
    protocol: &'static str,
    key_id: String,
    aes_key: String,
    aes_key_version: i64,
    request_key: String,
    response_key: String,
    messages: Vec<Message>,
    refused: Vec<refused::Case>,
}

/// One direction of one exchange, as it is on the wire.
#[derive(Serialize, Clone)]
struct Message {
    name: &'static str,
    direction: &'static str,
    method: &'static str,
    target: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    encryption: String,
    timestamp: String,
    request_id: &'static str,
    associated_data: String,
    iv: String,
    plaintext: &'static str,
    body: String,
}

/// Gives one nonce.
struct Fixed([u8; 12]);

impl Random for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

fn key_id() -> ApiKeyId {
    api_key("01kaqw5h2re00r2gm30e1s6hv8")
}

fn aes() -> [u8; 32] {
    std::array::from_fn(|at| u8::try_from(at).unwrap())
}

fn key() -> BodyKey {
    BodyKey::derive(&Secret::new(aes())).unwrap()
}

impl Message {
    /// Everything but name, exchange and text is worked out; without a body there is nothing to work out.
    fn made(self, nonce: u8) -> Self {
        let (nonce, key, headers) = ([nonce; 12], key(), self.headers());
        let (context, plain) = (self.context(&headers), self.plaintext.as_bytes());
        let body = match self.direction() {
            Direction::Request => key.seal_request(context, plain, &Fixed(nonce)),
            Direction::Response(status) => key.seal_response(context, status, plain, &Fixed(nonce)),
        };
        let body = body.unwrap();
        if body.is_empty() {
            return self;
        }
        let associated_data = context.associated_data(self.direction()).unwrap();
        Self { associated_data, iv: STANDARD.encode(nonce), body, ..self }
    }

    fn direction(&self) -> Direction {
        self.status.map_or(Direction::Request, Direction::Response)
    }

    fn headers(&self) -> Headers {
        Headers::parse(&self.encryption, &self.timestamp, self.request_id).unwrap()
    }

    fn context<'a>(&self, headers: &'a Headers) -> Context<'a> {
        Context { key: key_id(), headers, method: self.method, target: self.target }
    }

    fn opened(&self) -> Result<Vec<u8>, Refused> {
        let (key, headers) = (key(), self.headers());
        let (context, body) = (self.context(&headers), self.body.as_bytes());
        let plain = match self.direction() {
            Direction::Request => key.open_request(context, body),
            Direction::Response(status) => key.open_response(context, status, body),
        };
        plain.map(|plain| plain.to_vec())
    }
}

fn request(name: &'static str, target: &'static str, plaintext: &'static str) -> Message {
    Message {
        name,
        direction: "request",
        method: "POST",
        target,
        status: None,
        encryption: format!("aes-256-gcm;v={VERSION}"),
        timestamp: "1795435440".to_owned(),
        request_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
        associated_data: String::new(),
        iv: String::new(),
        plaintext,
        body: String::new(),
    }
}

fn response(name: &'static str, to: &Message, status: u16, plaintext: &'static str) -> Message {
    Message { name, direction: "response", status: Some(status), plaintext, ..to.clone() }
}

fn messages() -> Vec<Message> {
    let echo = request("a POST request", "/v1/echo", r#"{"hello":"AIO"}"#);
    let echoed = response("its response", &echo, 200, echo.plaintext);
    let whoami = Message {
        method: "GET",
        request_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        ..request("a GET request, which has no body", "/v1/whoami", "")
    };
    let who = r#"{"key":{"id":"key_01kaqw5h2re00r2gm30e1s6hv8"},"encryption":"optional"}"#;
    let who = response("the response to a GET request", &whoami, 200, who);
    let chinese = Message {
        request_id: "16FD2706-8BAF-433B-82EB-8C7FADA847DA",
        timestamp: "1795435441".to_owned(),
        ..request(
            "a request with a query, JSON outside ASCII and a request id in capitals",
            "/v1/subaddresses?chain=ethereum&label=%E9%A1%BE%E5%AE%A2",
            r#"{"customer":"顾客-42","note":"汇款 ✓ 50 €"}"#,
        )
    };
    let missing = Message {
        method: "GET",
        request_id: "886313e1-3b8a-5372-9b90-0c9aee199e5d",
        ..request("", "/v1/subaddresses/sub_01kaqw5h2re00r2gm30e1s6hv8", "")
    };
    let missing = response(
        "a response that is an error",
        &missing,
        404,
        r#"{"type":"urn:aio:problem:not_found","title":"There is no such thing.","status":404,"code":"not_found","request_id":"req-1"}"#,
    );
    let empty = Message {
        request_id: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        ..request("a POST request with nothing in it", "/v1/withdrawals/wdr_1/cancel", "")
    };
    [echo, echoed, whoami, who, chinese, missing, empty]
        .into_iter()
        .zip(1..)
        .map(|(message, nonce)| message.made(nonce))
        .collect()
}

#[test]
fn aes_04_the_vectors_for_other_languages_are_what_this_code_makes() {
    let (messages, key) = (messages(), key());
    for message in &messages {
        assert_eq!(message.opened().unwrap(), message.plaintext.as_bytes(), "{}", message.name);
    }
    let file = File {
        about: "Test vectors of docs/encryption.md. The AES key is public: never use it. It is in base64, as are the nonces; \
                the derived keys are in hexadecimal.",
        protocol: PROTOCOL,
        key_id: key_id().to_string(),
        aes_key: STANDARD.encode(aes()),
        aes_key_version: VERSION,
        request_key: hex::encode(key.request.expose()),
        response_key: hex::encode(key.response.expose()),
        refused: refused::all(&messages),
        messages,
    };
    let made = serde_json::to_string_pretty(&file).unwrap() + "\n";
    if env::var_os("AIO_WRITE_VECTORS").is_some() {
        fs::write(VECTORS, &made).unwrap();
    }
    assert_eq!(fs::read_to_string(VECTORS).unwrap(), made, "to rewrite it: AIO_WRITE_VECTORS=1");
}

#[test]
fn aes_04_the_worked_example_of_the_guide_is_made_of_the_vectors() {
    let guide = fs::read_to_string(GUIDE).unwrap();
    let (messages, key) = (messages(), key());
    let [request, response, ..] = messages.as_slice() else { panic!("too few") };
    for part in [
        &STANDARD.encode(aes()),
        &hex::encode(key.request.expose()),
        &hex::encode(key.response.expose()),
        &request.associated_data,
        &request.iv,
        request.plaintext,
        &request.body,
        &response.body,
    ] {
        assert!(guide.contains(part), "docs/encryption.md does not hold: {part}");
    }
}
