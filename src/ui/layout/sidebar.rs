use super::use_frame;
use crate::{
    i18n::{tr, use_language},
    ui::{
        parts::{Badge, Icon, Tone},
        still::is_still,
    },
};
use aio_domain::Network;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Where the dashboard leads. On wide screens a column; on narrow ones the same element opens as a popover.
#[component]
pub fn Sidebar() -> impl IntoView {
    let l = use_language();
    let frame = use_frame();
    let path = use_location().pathname;
    // Address, the part of it that all its pages share, icon, words.
    let entries = [
        ("/", "/", "layout-dashboard", tr::nav::overview(l)),
        ("/transactions", "/transactions", "coins", tr::nav::transactions(l)),
        ("/subaddresses", "/subaddresses", "wallet", tr::nav::subaddresses(l)),
        ("/collection", "/collection", "send", tr::nav::collection(l)),
        ("/gas", "/gas", "snowflake", tr::nav::gas(l)),
        ("/api-keys", "/api-keys", "key", tr::nav::api_keys(l)),
        ("/security/allowlist", "/security/allowlist", "shield", tr::nav::allowlist(l)),
        ("/settings/profile", "/settings/", "settings", tr::nav::settings(l)),
    ];
    let links = entries
        .into_iter()
        .map(|(href, area, icon, words)| {
            let is_here = move |path: &String| match area {
                "/" => path.trim_end_matches('/').is_empty(),
                _ => path.starts_with(area),
            };
            let here = move || path.with(is_here).then_some("page");
            view! {
                <li>
                    <a
                        href=href
                        class="side-link"
                        rel=is_still(href).then_some("external")
                        aria-current=here
                    >
                        <Icon id=icon/>
                        {words}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav id="nav" class="side" popover="auto" aria-label=tr::nav::label(l)>
            <p class="brand">
                <Suspense>
                    {move || Suspend::new(async move {
                        let frame = frame.await.ok();
                        let test = frame.as_ref().is_some_and(|frame| frame.network == Network::Test);
                        let name = frame.map_or_else(|| tr::common::product(l).to_owned(), |frame| frame.merchant_name);
                        view! {
                            <span class="brand-name">{name}</span>
                            {test.then(|| view! { <Badge tone=Tone::Warn>{tr::nav::test(l)}</Badge> })}
                        }
                    })}
                </Suspense>
            </p>
            <ul class="side-list">{links}</ul>
        </nav>
    }
    .into_any()
}
