//! Data of the pages that ship no wasm. The server puts a [`PageData`] into the context before it renders; a
//! page takes it with `use_context::<PageData>()` and shows it. It is not serialisable, on purpose: nothing in
//! it may travel by a resource.

use aio_domain::{ApiKeyId, Language, SecretText, Theme, Timestamp};
use std::sync::Arc;

/// What a page needs to be shown.
#[derive(Debug, Clone)]
pub struct PageData {
    /// Language of the page: the person's choice, then the cookie's, then the browser's.
    pub language: Language,
    /// Theme of the page.
    pub theme: Theme,
    /// Whether this page leaves the wasm out.
    pub plain: bool,
    /// The path asked for, without query.
    pub path: String,
    /// The server's time.
    pub now: Timestamp,
    /// What was typed before into the form of a page without a session, so that an error does not lose it.
    pub typed: Vec<String>,
    /// The pending authenticator, on the enrolment pages.
    pub enrolment: Option<Arc<Enrolment>>,
    /// Ten recovery codes, once, on their page.
    pub recovery_codes: Option<Arc<Vec<SecretText>>>,
    /// Secrets asked for, once, on the reveal page.
    pub reveal: Option<Arc<Reveal>>,
    /// The address the dashboard allowlist refused, on that page.
    pub refused_address: Option<String>,
    /// The merchant API, on its own page.
    pub docs: Option<Arc<Docs>>,
}

/// The merchant API, to read. Its texts are in English, as in the OpenAPI document.
#[derive(Debug, Default)]
pub struct Docs {
    /// Where it is: `https://host`.
    pub origin: String,
    /// Its endpoints.
    pub endpoints: Vec<EndpointDoc>,
    /// Status, code and meaning of each error.
    pub problems: Vec<(u16, &'static str, &'static str)>,
    /// Clients to copy.
    pub clients: Vec<ClientDoc>,
}

/// One endpoint.
#[derive(Debug, Clone)]
pub struct EndpointDoc {
    /// Its name, for links.
    pub name: &'static str,
    /// Its method.
    pub verb: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// What to know beside that.
    pub about: &'static str,
    /// The scope it needs.
    pub scope: &'static str,
    /// Name and meaning of each parameter.
    pub parameters: Vec<(&'static str, &'static str)>,
    /// Codes it can answer.
    pub errors: Vec<&'static str>,
}

/// The client of one programming language.
#[derive(Debug, Clone, Copy)]
pub struct ClientDoc {
    /// The language.
    pub language: &'static str,
    /// The name of its one file.
    pub file: &'static str,
    /// The file.
    pub code: &'static str,
    /// A program that uses it.
    pub example: &'static str,
}

/// A pending authenticator.
#[derive(Debug)]
pub struct Enrolment {
    /// Path data of the QR code (`d` of one SVG path, one unit a module) and its side in modules.
    pub qr: (String, u32),
    /// The key in groups of four, for people who cannot scan.
    pub manual_key: SecretText,
    /// The account's name in the app.
    pub account: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// What the reveal page shows, once.
#[derive(Debug)]
pub struct Reveal {
    /// The key.
    pub id: ApiKeyId,
    /// Its label.
    pub label: String,
    /// What the person did.
    pub occasion: RevealOccasion,
    /// The API key's secret, when it was asked for.
    pub secret: Option<SecretText>,
    /// The AES key (base 64) and its version, when it was asked for.
    pub aes_key: Option<(SecretText, i64)>,
    /// Whether the secret is shown for the last time.
    pub never_again: bool,
    /// Where the merchant API is, for the sample: `https://host`.
    pub origin: String,
}

/// Why a secret is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevealOccasion {
    /// The key was just made.
    Created,
    /// Copy key.
    Copied,
    /// The AES key was enabled.
    AesEnabled,
    /// The AES key was copied.
    AesCopied,
    /// The AES key was regenerated.
    AesRegenerated,
}
