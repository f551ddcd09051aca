use crate::{
    i18n::{tr, use_language},
    ui::{browser, layout::EntryCard},
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;

/// The whole page for an address that the dashboard allowlist does not hold: which address the server saw, and
/// who can help.
#[component]
pub fn Refused(
    /// The address.
    address: String,
) -> impl IntoView {
    provide_meta_context();
    provide_context(browser::preferences());
    let l = use_language();
    let text = tr::error_page::address(l, &address);
    view! {
        <Router>
            <EntryCard title=tr::error_page::address_title(l) intro=text/>
        </Router>
    }
    .into_any()
}
