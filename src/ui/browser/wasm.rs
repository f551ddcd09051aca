//! What only a browser can do. The server has the same functions, empty, in `none.rs`.

use crate::api::ApiError;
use aio_domain::{Language, Problem, Theme, Timestamp, preferences::Preferences};
use leptos::{ev::SubmitEvent, task::spawn_local};
use server_fn::error::FromServerFnError as _;
use std::cell::RefCell;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FormData, HtmlElement, HtmlFormElement, RequestInit, Response, UrlSearchParams, js_sys,
};

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// Puts text on the clipboard and calls `done` when it is there; without permission nothing happens.
pub fn copy_text(text: &str, done: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let done = Closure::once_into_js(move |_: JsValue| done());
    let promise = window.navigator().clipboard().write_text(text);
    if let Ok(then) = js_sys::Reflect::get(&promise, &"then".into())
        && let Ok(then) = then.dyn_into::<js_sys::Function>()
    {
        // Not a function made from text: the content security policy forbids that.
        let refused = Closure::once_into_js(|_: JsValue| ());
        let _ = then.call2(&promise, &done, &refused);
    }
}

/// A stream of what the server tells; closed when it is dropped.
struct Stream {
    source: web_sys::EventSource,
    _told: Closure<dyn FnMut(web_sys::MessageEvent)>,
    _state: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

thread_local! {
    // Not in the page's own state, which the server makes too, and there it goes from thread to thread.
    static STREAM: RefCell<Option<Stream>> = const { RefCell::new(None) };
}

/// Listens to the server: `told` gets name and text of each event, `state` whether the stream is open. One page at a
/// time listens.
pub fn listen(path: &str, told: impl Fn(&str, &str) + 'static, state: impl Fn(bool) + 'static) {
    let stream = open_stream(path, told, state);
    STREAM.with(|open| *open.borrow_mut() = stream);
}

/// Ends what [`listen`] began.
pub fn stop_listening() {
    STREAM.with(|open| *open.borrow_mut() = None);
}

fn open_stream(
    path: &str,
    told: impl Fn(&str, &str) + 'static,
    state: impl Fn(bool) + 'static,
) -> Option<Stream> {
    let source = web_sys::EventSource::new(path).ok()?;
    let on_told =
        Closure::<dyn FnMut(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
            told(&event.type_(), &event.data().as_string().unwrap_or_default());
        });
    for name in ["changed", "reset"] {
        source.add_event_listener_with_callback(name, on_told.as_ref().unchecked_ref()).ok()?;
    }
    let on_state = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        state(event.type_() == "open");
    });
    source.set_onopen(Some(on_state.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_state.as_ref().unchecked_ref()));
    Some(Stream { source, _told: on_told, _state: on_state })
}

/// Has screen readers say something, without moving the focus.
pub fn announce(words: &str) {
    if let Some(region) = find("#announced") {
        region.set_text_content(Some(words));
    }
}

/// The browser's clock; `None` on the server, so that nothing rendered there depends on it.
pub fn now() -> Option<Timestamp> {
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit"
    )]
    let millis = js_sys::Date::now() as i64;
    Some(Timestamp::from_millis(millis))
}

/// The instant in the browser's own zone and language.
pub fn local_time(at: Timestamp) -> Option<String> {
    let date = js_sys::Date::new(&JsValue::from_str(&at.rfc3339()));
    let language = document()?.document_element()?.get_attribute("lang")?;
    Some(date.to_locale_string(&language, &JsValue::UNDEFINED).into())
}

/// What the server wrote on `<html>`.
pub fn preferences() -> Preferences {
    let html = document().and_then(|document| document.document_element());
    let attribute =
        |name| html.as_ref().and_then(|html| html.get_attribute(name)).unwrap_or_default();
    Preferences {
        language: match attribute("lang").as_str() {
            "zh-CN" => Language::Zh,
            _ => Language::En,
        },
        theme: Theme::from_name(&attribute("data-theme")).unwrap_or(Theme::System),
    }
}

/// Loads another page from the server.
pub fn load(path: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.location().assign(path);
    }
}

/// Posts a form in the background. Success loads the page that the answer names; anything else calls `refused`.
pub fn post(event: &SubmitEvent, path: &'static str, refused: impl FnOnce(Problem) + 'static) {
    let form = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
    let Some(fields) = form.and_then(|form| FormData::new_with_form(&form).ok()) else {
        return;
    };
    event.prevent_default();
    spawn_local(async move {
        match send(path, &fields).await {
            Ok(next) => load(&next),
            Err(problem) => refused(problem),
        }
    });
}

/// Where to go on, or why not.
async fn send(path: &str, fields: &FormData) -> Result<String, Problem> {
    // Without an answer nothing is known; with one that is not ours, something stands between us.
    let lost = |_: JsValue| Problem::Unavailable;
    let window = web_sys::window().ok_or(Problem::Internal)?;
    let body = UrlSearchParams::new_with_str_sequence_sequence(fields).map_err(lost)?;
    let options = RequestInit::new();
    options.set_method("POST");
    options.set_body(&String::from(body.to_string()).into());
    let headers = web_sys::Headers::new().map_err(lost)?;
    headers.set("Content-Type", "application/x-www-form-urlencoded").map_err(lost)?;
    headers.set("Accept", "application/json").map_err(lost)?;
    options.set_headers(&headers);
    let answer =
        JsFuture::from(window.fetch_with_str_and_init(path, &options)).await.map_err(lost)?;
    let answer: Response = answer.dyn_into().map_err(lost)?;
    if answer.ok() {
        return answer.headers().get("Location").ok().flatten().ok_or(Problem::Internal);
    }
    let text = JsFuture::from(answer.text().map_err(lost)?).await.map_err(lost)?;
    let text = text.as_string().unwrap_or_default();
    Err(match ApiError::de(text.into_bytes().into()).0 {
        // Not one of our own answers: the layers before the functions answer in words.
        Problem::BadRequest if answer.status() == 503 => Problem::Busy,
        problem => problem,
    })
}

/// Asks the merchant API with the secret that stands in the input that matches; status and body of the answer, or
/// nothing when there was none.
pub fn call_api(
    path: &'static str,
    secret: &'static str,
    done: impl FnOnce(Option<(u16, String)>) + 'static,
) {
    let input = find(secret).and_then(|found| found.dyn_into::<web_sys::HtmlInputElement>().ok());
    let secret = input.map(|input| input.value()).unwrap_or_default();
    spawn_local(async move { done(ask(path, secret.trim()).await.ok()) });
}

async fn ask(path: &str, secret: &str) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let headers = web_sys::Headers::new()?;
    headers.set("Authorization", &["Bearer ", secret].concat())?;
    let options = RequestInit::new();
    options.set_headers(&headers);
    // Cookies are nothing to the merchant API.
    options.set_credentials(web_sys::RequestCredentials::Omit);
    let answer = JsFuture::from(window.fetch_with_str_and_init(path, &options)).await?;
    let answer: Response = answer.dyn_into()?;
    let body = JsFuture::from(answer.text()?).await?.as_string().unwrap_or_default();
    Ok((answer.status(), body))
}

/// Says on `<html>` that the page now answers to scripts.
pub fn mark_hydrated() {
    if let Some(html) = document().and_then(|document| document.document_element()) {
        let _ = html.set_attribute("data-hydrated", "");
    }
}

/// Whether the first page is alive already, so that what is built now answers a click.
pub fn is_hydrated() -> bool {
    document()
        .and_then(|document| document.document_element())
        .is_some_and(|html| html.has_attribute("data-hydrated"))
}

/// Moves the focus to the first element that matches.
pub fn focus(selector: &str) {
    if let Some(element) = find(selector) {
        let _ = element.focus();
    }
}

/// Moves the focus to the first element that matches, unless something has it.
pub fn focus_if_lost(selector: &str) {
    let lost = document()
        .and_then(|document| document.active_element())
        .is_none_or(|element| element.tag_name() == "BODY");
    if lost {
        focus(selector);
    }
}

/// Ticks or clears the check box that matches.
pub fn set_checked(selector: &str, checked: bool) {
    if let Some(input) =
        find(selector).and_then(|element| element.dyn_into::<web_sys::HtmlInputElement>().ok())
    {
        input.set_checked(checked);
    }
}

/// Adds a line to the text area that matches, or fills the input that matches.
pub fn add_line(selector: &str, line: &str) {
    let Some(element) = find(selector) else {
        return;
    };
    if let Some(input) = element.dyn_ref::<web_sys::HtmlInputElement>() {
        input.set_value(line);
    } else if let Ok(value) = js_sys::Reflect::get(&element, &"value".into()) {
        let text = value.as_string().unwrap_or_default();
        let text = if text.trim().is_empty() {
            line.to_owned()
        } else {
            [text.trim_end(), "\n", line].concat()
        };
        let _ = js_sys::Reflect::set(&element, &"value".into(), &text.into());
    }
    let _ = element.focus();
}

/// Closes the popover that matches, if it is open.
pub fn hide_popover(selector: &str) {
    if let Some(element) = find(selector) {
        let _ = element.hide_popover();
    }
}

/// Takes the parameters of a failed form out of the address bar, so that a reload does not show the error again.
pub fn forget_form_error() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let location = window.location();
    let search = location.search().unwrap_or_default();
    if !search.contains("__err=") {
        return;
    }
    let kept: Vec<&str> = search
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.starts_with("__err=") && !pair.starts_with("__path="))
        .collect();
    let path = location.pathname().unwrap_or_default();
    let url = if kept.is_empty() { path } else { [path.as_str(), "?", &kept.join("&")].concat() };
    if let Ok(history) = window.history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url));
    }
}

fn find(selector: &str) -> Option<HtmlElement> {
    document()?.query_selector(selector).ok()??.dyn_into().ok()
}
