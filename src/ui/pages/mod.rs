//! The pages, one folder per area.

pub mod allowlist;
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod collection;
#[cfg(feature = "ssr")]
pub mod entry;
pub mod form;
pub mod kit;
#[cfg(feature = "ssr")]
pub mod overview;
pub mod settings;
pub mod states;
pub mod subaddresses;
pub mod transactions;

/// The first two calls of the merchant API, as one types them: a question and a deed. `{origin}` is to be filled in.
pub const FIRST_CALLS: &str = "curl {origin}/v1/whoami \\
  -H \"Authorization: Bearer $AIO_API_KEY\"

curl {origin}/v1/echo \\
  -H \"Authorization: Bearer $AIO_API_KEY\" \\
  -H \"Content-Type: application/json\" \\
  -H \"Idempotency-Key: first-1\" \\
  -d '{\"hello\":\"AIO\"}'
";
