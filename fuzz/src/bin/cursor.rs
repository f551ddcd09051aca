//! Places in a list, as they stand in addresses: what is taken comes back to the letter.
#![no_main]

use aio_domain::request_log::Place;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(place) = Place::parse(text) {
        assert_eq!(place.to_string(), text);
    }
});
