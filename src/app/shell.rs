//! The document around every page, and the list of pages that the server serves.

use super::App;
use crate::{
    api::page::PageData,
    i18n::use_preferences,
    ui::pages::entry::{Entry, Refused, is_entry},
};
use aio_domain::Language;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{AxumRouteListing, generate_route_list};
use leptos_meta::{HashedStylesheet, MetaTags};

/// The pages of the dashboard and those before it; the page of the kit in development builds only.
pub fn routes() -> Vec<AxumRouteListing> {
    let mut routes = generate_route_list(App);
    routes.extend(generate_route_list(Entry));
    routes.retain(|route| cfg!(debug_assertions) || route.path() != "/dev/kit");
    routes
}

/// One document: language and theme on `<html>`, the style sheet, and either the dashboard with its wasm or one
/// of the pages that have none. The router decides nothing here; the path in the request's context does.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let preferences = use_preferences();
    let page = use_context::<PageData>();
    let refused = page.as_ref().and_then(|page| page.refused_address.clone());
    let plain = refused.is_some() || page.is_some_and(|page| is_entry(&page.path));
    let language = match preferences.language {
        Language::En => "en",
        Language::Zh => "zh-CN",
    };
    view! {
        <!DOCTYPE html>
        <html lang=language data-theme=preferences.theme.as_str()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <link
                    rel="preload"
                    href="/assets/v1/fonts/geist.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link rel="icon" href="/assets/v1/icon.svg" r#type="image/svg+xml"/>
                <HashedStylesheet options=options.clone()/>
                {if plain {
                    view! { <script src="/assets/v1/enhance.js" defer nonce=use_nonce()></script> }.into_any()
                } else {
                    view! { <HydrationScripts options/> }.into_any()
                }}
                <MetaTags/>
            </head>
            <body>
                {match (refused, plain) {
                    (Some(address), _) => view! { <Refused address/> }.into_any(),
                    (None, true) => view! { <Entry/> }.into_any(),
                    (None, false) => view! { <App/> }.into_any(),
                }}
            </body>
        </html>
    }
}
