//! `Idempotency-Key`: what is taken is short, visible and comes back to the letter.
#![no_main]

use aio_domain::once::IdempotencyKey;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(key) = IdempotencyKey::parse(text) {
        assert_eq!(key.as_str(), text);
        assert!(text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic()));
    }
});
