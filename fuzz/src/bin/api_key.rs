//! What stands in an `Authorization` header: a key that is taken comes back to the letter.
#![no_main]

use aio_domain::api_key::ApiKeySecret;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(key) = ApiKeySecret::parse(text) {
        assert_eq!(key.expose(), text);
        assert!(text.starts_with("aio_") && text.contains(key.id().body().as_str()));
    }
});
