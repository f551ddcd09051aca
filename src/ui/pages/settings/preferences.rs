use crate::{
    i18n::{tr, use_language},
    ui::{
        layout::{LanguageSwitch, ThemeSwitch},
        parts::Card,
    },
};
use leptos::prelude::*;

/// Language and theme.
#[component]
pub fn Preferences() -> impl IntoView {
    let l = use_language();
    view! {
        <Card title=tr::settings::preferences(l)>
            <div class="setting-row">
                <div>
                    <h3>{tr::settings::language(l)}</h3>
                    <p class="hint">{tr::settings::language_hint(l)}</p>
                </div>
                <LanguageSwitch/>
            </div>
            <div class="setting-row">
                <div>
                    <h3>{tr::settings::theme(l)}</h3>
                    <p class="hint">{tr::settings::theme_hint(l)}</p>
                </div>
                <ThemeSwitch/>
            </div>
        </Card>
    }
    .into_any()
}
