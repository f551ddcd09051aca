//! Cookies: their names, their attributes, reading and writing.

use aio_domain::{Language, Theme};
use aio_service::SessionToken;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

// The prefix makes browsers refuse such a cookie from a subdomain, from plain HTTP or with another path.
const SESSION: &str = "__Host-aio_session";
const LANGUAGE: &str = "__Host-aio_language";
const THEME: &str = "__Host-aio_theme";
const TYPED: &str = "__Host-aio_typed";

/// What the browser sent as its session.
pub fn session(headers: &HeaderMap) -> Option<String> {
    read(headers, SESSION)
}

/// The language chosen in this browser, else the one it asks for.
pub fn language(headers: &HeaderMap) -> Language {
    let chosen = read(headers, LANGUAGE).and_then(|name| Language::from_name(&name));
    chosen.unwrap_or_else(|| {
        let wished = headers.get(header::ACCEPT_LANGUAGE).and_then(|text| text.to_str().ok());
        Language::negotiate(wished.unwrap_or_default())
    })
}

/// The theme chosen in this browser.
pub fn theme(headers: &HeaderMap) -> Option<Theme> {
    read(headers, THEME).and_then(|name| Theme::from_name(&name))
}

/// What was typed into the form of this page a moment ago, in the order of its fields; empty when it was another
/// page's.
pub fn typed(headers: &HeaderMap, page: &str) -> Vec<String> {
    let text = read(headers, TYPED).unwrap_or_default();
    let mut parts = text.split('&').map(|part| {
        percent_decode_str(part).decode_utf8().map(std::borrow::Cow::into_owned).unwrap_or_default()
    });
    if parts.next().as_deref() == Some(page) { parts.collect() } else { Vec::new() }
}

/// Keeps the session in the browser until it closes; how long it lives is decided on the server.
pub fn set_session(token: &SessionToken) {
    answer(build(SESSION, token.expose().to_owned(), None));
}

/// Takes the session out of the browser, with everything else this site stored there.
pub fn clear_session() {
    answer(build(SESSION, String::new(), Some(Duration::ZERO)));
    if let Some(options) = use_context::<ResponseOptions>() {
        let name = HeaderName::from_static("clear-site-data");
        options.insert_header(name, HeaderValue::from_static("\"cache\", \"storage\""));
    }
}

/// Keeps the language in this browser for a year.
pub fn set_language(language: Language) {
    answer(build(LANGUAGE, language.as_str().to_owned(), Some(Duration::days(365))));
}

/// Keeps the theme in this browser for a year.
pub fn set_theme(theme: Theme) {
    answer(build(THEME, theme.as_str().to_owned(), Some(Duration::days(365))));
}

/// Keeps what was typed before anybody is signed in for the next showing of the page, five minutes: an error then
/// loses nothing. Never a password.
pub fn keep_typed(page: &str, fields: &[&str]) {
    let encoded = |text: &str| {
        let short: String = text.chars().take(254).collect();
        utf8_percent_encode(&short, NON_ALPHANUMERIC).to_string()
    };
    let parts: Vec<String> =
        std::iter::once(&page).chain(fields).map(|part| encoded(part)).collect();
    answer(build(TYPED, parts.join("&"), Some(Duration::minutes(5))));
}

fn build(name: &'static str, value: String, keep: Option<Duration>) -> Cookie<'static> {
    let mut cookie = Cookie::build((name, value))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build();
    cookie.set_max_age(keep);
    cookie
}

fn answer(cookie: Cookie<'static>) {
    let value = HeaderValue::try_from(cookie.to_string());
    if let (Some(options), Ok(value)) = (use_context::<ResponseOptions>(), value) {
        options.append_header(header::SET_COOKIE, value);
    }
}

/// The first cookie of that name.
fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value.to_owned())
}
