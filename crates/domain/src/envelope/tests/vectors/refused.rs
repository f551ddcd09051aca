//! Bodies that must not open. Most would, if one check were left out.

use super::{BodyKey, Fixed, Message, Refused, STANDARD, Secret, aes, key, key_id};
use crate::envelope::seal;
use aes_gcm::{
    AesGcm,
    aead::{
        Aead, KeyInit, Payload,
        array::{Array, ArraySize},
        consts::{U11, U13, U16},
    },
    aes::Aes256,
};
use base64::Engine as _;
use serde::Serialize;

/// A body, and the exchange in which it must not open.
#[derive(Serialize)]
pub struct Case {
    why: &'static str,
    direction: &'static str,
    method: &'static str,
    target: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    encryption: String,
    timestamp: String,
    request_id: &'static str,
    body: String,
}

impl Message {
    /// This exchange with another body.
    fn with(&self, body: String) -> Self {
        Self { body, ..self.clone() }
    }

    /// This exchange with another text in place of `encrypted_data`.
    fn with_data(&self, data: &str) -> Self {
        self.with(envelope(&self.iv, data))
    }

    /// The text of `encrypted_data`.
    fn data_text(&self) -> &str {
        self.body.rsplit('"').nth(1).unwrap()
    }

    /// The bytes of `encrypted_data`.
    fn data(&self) -> Vec<u8> {
        STANDARD.decode(self.data_text()).unwrap()
    }

    /// This exchange without the last bytes of its data.
    fn cut(&self, bytes: usize) -> Self {
        let data = self.data();
        self.with_data(&STANDARD.encode(&data[..data.len() - bytes]))
    }

    /// This exchange with one bit of its data flipped.
    fn flipped(&self, at: usize) -> Self {
        let mut data = self.data();
        data[at] ^= 1;
        self.with_data(&STANDARD.encode(data))
    }

    /// This text sealed under another key or other associated data.
    fn sealed_by(&self, key: &Secret<32>, associated_data: &str) -> Self {
        let plain = self.plaintext.as_bytes();
        self.with(seal(key, associated_data, plain, &Fixed([9; 12])).unwrap())
    }

    /// This text sealed well, but under a nonce of another length.
    fn sealed_under<Size: ArraySize>(&self, key: &BodyKey) -> Self {
        let cipher = AesGcm::<Aes256, Size>::new(key.request.expose().into());
        let (msg, aad) = (self.plaintext.as_bytes(), self.associated_data.as_bytes());
        let nonce = Array::default();
        let data = cipher.encrypt(&nonce, Payload { msg, aad }).unwrap();
        self.with(envelope(&STANDARD.encode(nonce), &STANDARD.encode(data)))
    }
}

fn envelope(iv: &str, data: &str) -> String {
    format!(r#"{{"iv":"{iv}","encrypted_data":"{data}"}}"#)
}

/// All cases, each seen to be refused by this code.
pub fn all(messages: &[Message]) -> Vec<Case> {
    let cases = [other_exchanges(messages), other_seals(messages), other_forms(messages)];
    let refused = cases.into_iter().flatten().map(|(why, message)| {
        assert_eq!(message.opened(), Err(Refused), "{why}");
        let Message { direction, method, target, status, encryption, timestamp, .. } = message;
        let (request_id, body) = (message.request_id, message.body);
        Case { why, direction, method, target, status, encryption, timestamp, request_id, body }
    });
    refused.collect()
}

type Cases = Vec<(&'static str, Message)>;

/// Bodies in an exchange that they were not made for.
fn other_exchanges(messages: &[Message]) -> Cases {
    let [echo, echoed, _, who, chinese, missing, empty] = messages else { panic!("too few") };
    let version = "aes-256-gcm;v=4".to_owned();
    let later = "1795435441".to_owned();
    let (id, capitals) =
        ("0f8fad5b-d9cb-469f-a165-70867728950f", "0F8FAD5B-D9CB-469F-A165-70867728950E");
    let escape = "/v1/subaddresses?chain=ethereum&label=%e9%a1%be%e5%ae%a2";
    let on = |message: &Message, target| Message { target, ..message.clone() };
    let told = |message: &Message, status| Message { status: Some(status), ..message.clone() };
    vec![
        ("another version of the AES key", Message { encryption: version, ..echo.clone() }),
        ("another time", Message { timestamp: later, ..echo.clone() }),
        ("another request id", Message { request_id: id, ..echo.clone() }),
        ("the request id in capitals", Message { request_id: capitals, ..echo.clone() }),
        ("another method", Message { method: "PUT", ..echo.clone() }),
        ("another path", on(echo, "/v1/withdrawals")),
        ("a slash behind the path", on(echo, "/v1/echo/")),
        ("the query taken away", on(chinese, "/v1/subaddresses")),
        ("an escape of the query in small letters", on(chinese, escape)),
        ("another status", told(echoed, 201)),
        ("an error made a success", told(missing, 200)),
        ("a response sent as a request", echo.with(echoed.body.clone())),
        ("a request sent back as its response", echoed.with(echo.body.clone())),
        ("the response to another request", echoed.with(who.body.clone())),
        ("the body of another request", empty.with(echo.body.clone())),
    ]
}

/// Bodies that were sealed in another way, or changed.
fn other_seals(messages: &[Message]) -> Cases {
    let [echo, .., empty] = messages else { panic!("too few") };
    let (key, text) = (key(), echo.associated_data.as_str());
    let neighbour = text.replace(&key_id().to_string(), "key_01kaqw5h2re00r2gm30e1s6hv9");
    let last = echo.data().len() - 1;
    let iv = STANDARD.encode([2; 12]);
    vec![
        ("sealed for another API key", echo.sealed_by(&key.request, &neighbour)),
        ("sealed with the key of the other direction", echo.sealed_by(&key.response, text)),
        ("sealed with the AES key itself", echo.sealed_by(&Secret::new(aes()), text)),
        ("sealed without associated data", echo.sealed_by(&key.request, "")),
        (
            "sealed with a line break behind the associated data",
            echo.sealed_by(&key.request, &format!("{text}\n")),
        ),
        ("a nonce of 11 bytes, else sealed well", echo.sealed_under::<U11>(&key)),
        ("a nonce of 13 bytes, else sealed well", echo.sealed_under::<U13>(&key)),
        ("a nonce of 16 bytes, else sealed well", echo.sealed_under::<U16>(&key)),
        ("another nonce", echo.with(envelope(&iv, echo.data_text()))),
        ("the first bit of the text flipped", echo.flipped(0)),
        ("the last bit of the tag flipped", echo.flipped(last)),
        ("15 bytes of the tag", echo.cut(1)),
        ("12 bytes of the tag", echo.cut(4)),
        ("no tag", echo.cut(16)),
        ("15 bytes of the tag of an empty text", empty.cut(1)),
        ("12 bytes of the tag of an empty text", empty.cut(4)),
        ("4 bytes of the tag of an empty text", empty.cut(12)),
        ("no data", empty.cut(16)),
    ]
}

/// Bodies whose bytes are right, but which are not written as an envelope is.
fn other_forms(messages: &[Message]) -> Cases {
    let [echo, echoed, .., chinese, _, _] = messages else { panic!("too few") };
    let (iv, data, body) = (echo.iv.as_str(), echo.data_text(), echo.body.as_str());
    let signs = chinese.data_text();
    assert!(signs.contains(['+', '/']) && data.ends_with("=="), "{signs} {data}");
    let url = signs.replace('+', "-").replace('/', "_");
    let bare = data.trim_end_matches('=');
    let (rest, end) = bare.split_at(bare.len() - 1);
    let next = char::from(end.as_bytes()[0] + 1);
    let (begin, remainder) = data.split_at(8);
    vec![
        ("the URL alphabet of base64", chinese.with_data(&url)),
        ("base64 without its padding", echo.with_data(bare)),
        ("a line break in the base64", echo.with_data(&format!(r"{begin}\n{remainder}"))),
        ("a space behind the base64", echo.with_data(&format!("{data} "))),
        ("bits behind the last byte", echo.with_data(&format!("{rest}{next}=="))),
        ("a line break behind the nonce", echo.with(envelope(&format!(r"{iv}\n"), data))),
        (
            "one member twice",
            echo.with(format!(r#"{{"iv":"{iv}","iv":"{iv}","encrypted_data":"{data}"}}"#)),
        ),
        (
            "a third member",
            echo.with(format!(r#"{{"iv":"{iv}","encrypted_data":"{data}","tag":""}}"#)),
        ),
        ("no iv", echo.with(format!(r#"{{"encrypted_data":"{data}"}}"#))),
        ("no encrypted_data", echo.with(format!(r#"{{"iv":"{iv}"}}"#))),
        ("a list", echo.with(format!(r#"["{iv}","{data}"]"#))),
        ("something behind the envelope", echo.with(format!("{body}{{}}"))),
        ("a plain body", echo.with(echo.plaintext.to_owned())),
        ("a POST request without a body", echo.with(String::new())),
        ("a response without a body", echoed.with(String::new())),
    ]
}
