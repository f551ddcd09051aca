use crate::{
    api::preferences::{SetLanguage, SetTheme},
    i18n::{tr, use_language, use_preferences},
    ui::parts::Icon,
};
use aio_domain::{Language, Theme};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use server_fn::ServerFn as _;

/// Path and query of this page, without what a failed form left there: where a preference form comes back to.
pub fn here() -> Signal<String> {
    let location = use_location();
    Signal::derive(move || {
        let search = location.search.get();
        let kept: Vec<&str> = search
            .trim_start_matches('?')
            .split('&')
            .filter(|pair| {
                !(pair.is_empty() || pair.starts_with("__err=") || pair.starts_with("__path="))
            })
            .collect();
        let path = location.pathname.get();
        if kept.is_empty() { path } else { [path.as_str(), "?", &kept.join("&")].concat() }
    })
}

/// A button that changes to the other language.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let l = use_language();
    let (other, words, tag) = match l {
        Language::En => (Language::Zh, tr::language::zh(l), "zh-CN"),
        Language::Zh => (Language::En, tr::language::en(l), "en"),
    };
    let back = here();
    view! {
        <form method="post" action=SetLanguage::url()>
            <input type="hidden" name="language" value=other.as_str()/>
            <input type="hidden" name="back" value=back/>
            <button type="submit" class="button quiet small" lang=tag>
                <Icon id="languages"/>
                {words}
            </button>
        </form>
    }
    .into_any()
}

/// Three buttons: as the device says, light, dark.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let l = use_language();
    let current = use_preferences().theme;
    let back = here();
    let buttons = Theme::ALL
        .iter()
        .map(|theme| {
            let words = match theme {
                Theme::System => tr::theme::system(l),
                Theme::Light => tr::theme::light(l),
                Theme::Dark => tr::theme::dark(l),
            };
            let pressed = if *theme == current { "true" } else { "false" };
            view! {
                <button type="submit" name="theme" value=theme.as_str() aria-pressed=pressed>
                    {words}
                </button>
            }
        })
        .collect_view();
    view! {
        <form method="post" action=SetTheme::url()>
            <input type="hidden" name="back" value=back/>
            <div class="segments" role="group" aria-label=tr::theme::label(l)>
                {buttons}
            </div>
        </form>
    }
    .into_any()
}
