//! AIO: merchant dashboard and merchant API of a cryptocurrency payment gateway.

// Views are nested types; the deepest pages need more than the default.
#![recursion_limit = "256"]

pub mod api;
pub mod app;
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod server;
pub mod ui;

/// Starts the page in the browser: takes over what the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    use ui::browser;

    console_error_panic_hook::set_once();
    // Set before the router sets its own: after a form every page comes from the server, so that its data is
    // fresh and no page outlives the session it was made for.
    let _ = server_fn::redirect::set_redirect_hook(browser::load);
    leptos::mount::hydrate_body(app::App);
    browser::mark_hydrated();
}
