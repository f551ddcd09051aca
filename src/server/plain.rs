//! Pages without the application: for when a request must not get as far, or the application failed.

use super::refusal::{Asked, Refusal};
use crate::i18n::tr;
use aio_domain::Language;
use axum::response::Html;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem;\
color-scheme:light dark}h1{font-size:1.25rem}code{font-size:.875em}";

/// The page: what happened, and the number the log knows it by. Nothing in it comes from the request.
pub fn page(language: Language, refusal: Refusal, asked: &Asked) -> Html<String> {
    let (title, text) = words(language, refusal);
    let (lang, id) = (language.as_str(), &asked.request_id);
    let link = tr::error_page::to_keys(language);
    Html(format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style nonce=\"{nonce}\">{STYLE}</style></head><body><main><h1>{title}</h1><p>{text}</p>\
         <p><a href=\"/\">{link}</a></p><p><code>{id}</code></p></main></body></html>\n",
        nonce = asked.nonce,
    ))
}

fn words(l: Language, refusal: Refusal) -> (&'static str, &'static str) {
    let failed = tr::error_page::crashed_title(l);
    match refusal {
        Refusal::NotFound => (tr::error_page::not_found_title(l), tr::error_page::not_found(l)),
        Refusal::Forbidden => {
            (tr::error_page::forbidden_title(l), tr::error_page::forbidden_plain(l))
        }
        Refusal::NoAddress => (tr::error_page::address_title(l), tr::error_page::address_plain(l)),
        Refusal::Busy | Refusal::TooSlow => (failed, tr::problem::busy(l)),
        Refusal::Unavailable => (failed, tr::problem::unavailable(l)),
        Refusal::Panicked => (failed, tr::error_page::crashed(l)),
        Refusal::CrossSite
        | Refusal::TooLarge
        | Refusal::ContentType
        | Refusal::Malformed
        | Refusal::Method => (failed, tr::problem::bad_request(l)),
    }
}
