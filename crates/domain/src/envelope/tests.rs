use super::{BodyKey, Context, Direction, Headers, Refused, SealFailed, open, seal};
use crate::{ApiKeyId, Random, RandomFailed, Secret};
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

mod forms;
mod headers;
mod vectors;

/// Counts up, so that every draw differs.
#[derive(Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&next.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

struct Broken;

impl Random for Broken {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }
}

const ID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const BODY: &[u8] = br#"{"amount":"12.50"}"#;

fn api_key(body: &str) -> ApiKeyId {
    ApiKeyId::from_body(body).unwrap()
}

fn key() -> BodyKey {
    BodyKey::derive(&Secret::new([7; 32])).unwrap()
}

fn headers(version: i64, timestamp: i64, id: &str) -> Headers {
    Headers::parse(&format!("aes-256-gcm;v={version}"), &timestamp.to_string(), id).unwrap()
}

fn context(headers: &Headers) -> Context<'_> {
    let key = api_key("01kaqw5h2re00r2gm30e1s6hv8");
    Context { key, headers, method: "POST", target: "/v1/echo?dry=1" }
}

/// Exchanges that differ from the usual one in one part each.
fn others(mut check: impl FnMut(&str, Context<'_>)) {
    let usual = headers(3, 1_795_435_440, ID);
    let usual = context(&usual);
    check("key", Context { key: api_key("01kaqw5h2re00r2gm30e1s6hv9"), ..usual });
    check("method", Context { method: "PUT", ..usual });
    check("path", Context { target: "/v1/echO?dry=1", ..usual });
    check("query", Context { target: "/v1/echo?dry=2", ..usual });
    check("no query", Context { target: "/v1/echo", ..usual });
    for (part, version, timestamp, id) in [
        ("version", 4, 1_795_435_440, ID),
        ("timestamp", 3, 1_795_435_441, ID),
        ("request id", 3, 1_795_435_440, "0f8fad5b-d9cb-469f-a165-70867728950f"),
        ("letters of the request id", 3, 1_795_435_440, "0F8FAD5B-D9CB-469F-A165-70867728950E"),
    ] {
        check(part, context(&headers(version, timestamp, id)));
    }
}

#[test]
fn aes_04_the_associated_data_is_the_documented_text() {
    let headers = headers(3, 1_795_435_440, ID);
    let context = context(&headers);
    assert_eq!(
        context.associated_data(Direction::Response(404)).unwrap(),
        "aio-body-v1\nresponse\nkey_01kaqw5h2re00r2gm30e1s6hv8\n3\nPOST\n/v1/echo?dry=1\n1795435440\n\
         0f8fad5b-d9cb-469f-a165-70867728950e\n404"
    );
    assert_eq!(
        context.associated_data(Direction::Request).unwrap(),
        "aio-body-v1\nrequest\nkey_01kaqw5h2re00r2gm30e1s6hv8\n3\nPOST\n/v1/echo?dry=1\n1795435440\n\
         0f8fad5b-d9cb-469f-a165-70867728950e"
    );
}

#[test]
fn aes_04_a_body_opens_only_in_the_exchange_it_was_sealed_for() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let context = context(&headers);
    let request = key.seal_request(context, BODY, &random).unwrap();
    let response = key.seal_response(context, 200, BODY, &random).unwrap();
    assert_eq!(key.open_request(context, request.as_bytes()).unwrap().as_slice(), BODY);
    assert_eq!(key.open_response(context, 200, response.as_bytes()).unwrap().as_slice(), BODY);
    others(|part, other| {
        assert_eq!(key.open_request(other, request.as_bytes()), Err(Refused), "{part}");
        assert_eq!(key.open_response(other, 200, response.as_bytes()), Err(Refused), "{part}");
    });
    for status in [0, 20, 201, 404, 2000] {
        assert_eq!(key.open_response(context, status, response.as_bytes()), Err(Refused));
    }
}

#[test]
fn aes_04_each_line_of_the_associated_data_counts() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let text = context(&headers).associated_data(Direction::Response(200)).unwrap();
    let sealed = seal(&key.response, &text, BODY, &random).unwrap();
    assert!(open(&key.response, &text, sealed.as_bytes()).is_ok());
    let lines: Vec<&str> = text.split('\n').collect();
    assert_eq!(lines.len(), 9);
    for at in 0..lines.len() {
        for other in ["", "x", lines[(at + 1) % 9]] {
            let mut changed = lines.clone();
            changed[at] = other;
            let changed = changed.join("\n");
            assert_eq!(open(&key.response, &changed, sealed.as_bytes()), Err(Refused), "line {at}");
        }
    }
    assert!(open(&key.response, &format!("{text}\n"), sealed.as_bytes()).is_err());
}

#[test]
fn aes_04_a_response_is_never_a_request_nor_the_reverse() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let context = context(&headers);
    let request = key.seal_request(context, BODY, &random).unwrap();
    let response = key.seal_response(context, 200, BODY, &random).unwrap();
    assert_eq!(key.open_request(context, response.as_bytes()), Err(Refused));
    assert_eq!(key.open_response(context, 200, request.as_bytes()), Err(Refused));
    // Both the keys and the associated data see to that, each alone.
    let text = context.associated_data(Direction::Request).unwrap();
    assert_eq!(open(&key.response, &text, request.as_bytes()), Err(Refused));
    let text = context.associated_data(Direction::Response(200)).unwrap();
    assert_eq!(open(&key.request, &text, response.as_bytes()), Err(Refused));
}

#[test]
fn aes_04_two_responses_cannot_trade_places() {
    let (key, random) = (key(), Counting::default());
    let one = headers(3, 1_795_435_440, ID);
    let two = headers(3, 1_795_435_440, "0f8fad5b-d9cb-469f-a165-70867728950f");
    let (one, two) = (context(&one), context(&two));
    let first = key.seal_response(one, 200, b"1", &random).unwrap();
    let second = key.seal_response(two, 200, b"2", &random).unwrap();
    assert_eq!(key.open_response(one, 200, second.as_bytes()), Err(Refused));
    assert_eq!(key.open_response(two, 200, first.as_bytes()), Err(Refused));
}

#[test]
fn aes_04_another_aes_key_opens_nothing() {
    let (random, headers) = (Counting::default(), headers(3, 1_795_435_440, ID));
    let context = context(&headers);
    let sealed = key().seal_request(context, BODY, &random).unwrap();
    let other = BodyKey::derive(&Secret::new([8; 32])).unwrap();
    assert_eq!(other.open_request(context, sealed.as_bytes()), Err(Refused));
}

#[test]
fn aes_04_what_does_not_fit_on_a_line_is_refused() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let usual = context(&headers);
    let methods = ["", "post", "PO ST", "POST\n", "PÖST"].map(|method| Context { method, ..usual });
    let targets = ["", "v1/echo", "/v1/a\n1", "/v1/a b", "/v1/é", "/v1/a#b", "/\u{7f}"]
        .map(|target| Context { target, ..usual });
    for context in methods.into_iter().chain(targets) {
        let refused = Err(SealFailed::Refused(Refused));
        assert_eq!(key.seal_request(context, BODY, &random), refused, "{context:?}");
        assert_eq!(key.seal_response(context, 200, BODY, &random), refused, "{context:?}");
    }
}

#[test]
fn aes_04_a_method_without_a_body_has_no_envelope_and_every_other_one_has() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let post = context(&headers);
    let envelope = key.seal_request(post, b"", &random).unwrap();
    assert_eq!(key.open_request(post, envelope.as_bytes()).unwrap().as_slice(), b"");
    assert_eq!(key.open_request(post, b""), Err(Refused));
    for method in ["GET", "HEAD"] {
        let get = Context { method, ..post };
        assert_eq!(key.seal_request(get, b"", &random).unwrap(), "");
        assert_eq!(key.open_request(get, b"").unwrap().as_slice(), b"");
        assert_eq!(key.seal_request(get, b"x", &random), Err(Refused.into()));
        let text = get.associated_data(Direction::Request).unwrap();
        let envelope = seal(&key.request, &text, b"x", &random).unwrap();
        assert_eq!(key.open_request(get, envelope.as_bytes()), Err(Refused));
        let response = key.seal_response(get, 200, BODY, &random).unwrap();
        assert_eq!(key.open_response(get, 200, response.as_bytes()).unwrap().as_slice(), BODY);
    }
}

#[test]
fn aes_03_no_random_bytes_means_no_envelope_and_no_nonce_comes_twice() {
    let (key, random, headers) = (key(), Counting::default(), headers(3, 1_795_435_440, ID));
    let context = context(&headers);
    let failed = Err(SealFailed::Random(RandomFailed));
    assert_eq!(key.seal_request(context, BODY, &Broken), failed);
    assert_eq!(key.seal_response(context, 200, BODY, &Broken), failed);
    let nonces: std::collections::BTreeSet<_> = (0..1000)
        .map(|_| key.seal_response(context, 200, b"x", &random).unwrap()[7..23].to_owned())
        .collect();
    assert_eq!(nonces.len(), 1000);
}

#[test]
fn aes_12_a_body_key_does_not_print_what_it_holds() {
    assert_eq!(format!("{:?}", key()), "BodyKey { request: Secret(..), response: Secret(..) }");
}

proptest! {
    #[test]
    fn aes_04_any_body_comes_back_in_any_exchange(
        plain: Vec<u8>, status in 100_u16..600, version in 1..i64::MAX, timestamp in 1..i64::MAX,
        method in "[A-Z]{1,9}", target in r#"/[!"$-~]{0,80}"#, id in "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    ) {
        prop_assume!(method != "GET" && method != "HEAD");
        let (key, random, headers) = (key(), Counting::default(), headers(version, timestamp, &id));
        let context = Context { method: &method, target: &target, ..context(&headers) };
        let request = key.seal_request(context, &plain, &random).unwrap();
        prop_assert_eq!(&*key.open_request(context, request.as_bytes()).unwrap(), &plain);
        let response = key.seal_response(context, status, &plain, &random).unwrap();
        prop_assert_eq!(&*key.open_response(context, status, response.as_bytes()).unwrap(), &plain);
    }
}
