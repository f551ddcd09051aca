//! Smaller pages. Files come compressed from the build; answers with a secret are left as they are, because the
//! length of a compressed page can tell what is in it.

use axum::{
    body::HttpBody,
    http::{Response, header},
};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{Predicate, SizeAbove},
};

/// Put into the extensions of an answer that must not be compressed.
#[derive(Debug, Clone, Copy)]
pub struct Uncompressed;

/// Pages and JSON from a kilobyte on.
pub fn layer() -> CompressionLayer<Text> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(Text)
}

/// Which answers are compressed.
#[derive(Debug, Clone, Copy)]
pub struct Text;

impl Predicate for Text {
    fn should_compress<B: HttpBody>(&self, response: &Response<B>) -> bool {
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_text = ["text/html", "application/json", "application/problem+json"]
            .iter()
            .any(|text| kind.starts_with(text));
        is_text
            && response.extensions().get::<Uncompressed>().is_none()
            && SizeAbove::new(1024).should_compress(response)
    }
}
