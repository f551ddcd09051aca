//! Encrypted bodies and their headers: nothing that a stranger writes opens, and nothing panics.
#![no_main]

use aio_domain::{
    ApiKeyId, Secret,
    envelope::{BodyKey, Context, Headers},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str, &str, &[u8])| {
    let (encryption, timestamp, id, target, body) = input;
    let Ok(key) = BodyKey::derive(&Secret::new([7; 32])) else { return };
    let Ok(api_key) = "key_01h455vb4pex5vsknk084sn02q".parse::<ApiKeyId>() else { return };
    let parsed = Headers::parse(encryption, timestamp, id);
    let usual = Headers::parse("aes-256-gcm;v=1", "1", "00000000-0000-4000-8000-000000000000");
    for headers in [parsed, usual].into_iter().flatten() {
        let context = Context { key: api_key, headers: &headers, method: "POST", target };
        assert!(key.open_request(context, body).is_err(), "a stranger's body opened");
        assert!(key.open_response(context, 200, body).is_err());
    }
});
