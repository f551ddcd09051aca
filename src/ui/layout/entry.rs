use super::LanguageSwitch;
use crate::{
    i18n::{tr, use_language},
    ui::parts::Text,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// A page before the dashboard: one card and the choice of language. Ships no wasm.
#[component]
pub fn EntryCard(
    /// The heading, also in the browser's tab.
    #[prop(into)]
    title: Text,
    /// One sentence under it.
    #[prop(optional, into)]
    intro: Option<Text>,
    /// Room for two columns.
    #[prop(optional)]
    wide: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let l = use_language();
    view! {
        <Title text=tr::common::page_title(l, &title, tr::common::product(l))/>
        <div class="entry">
            <header class="entry-tools">
                <span class="brand">{tr::common::product(l)}</span>
                <LanguageSwitch/>
            </header>
            <main id="main" class=if wide { "card entry-card wide" } else { "card entry-card" }>
                <div class="stack tight">
                    <h1>{title}</h1>
                    {intro.map(|intro| view! { <p class="entry-intro">{intro}</p> })}
                </div>
                {children.map(|children| children())}
            </main>
        </div>
    }
    .into_any()
}
