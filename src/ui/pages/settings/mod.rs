//! A person's own settings.

pub mod dialogs;
pub mod preferences;
pub mod profile;
pub mod security;

use crate::{
    api::{
        ApiError,
        settings::{Settings, load_settings},
    },
    i18n::{tr, use_language},
    ui::{layout::Page, parts::Tabs},
};
use leptos::prelude::*;
use leptos_router::components::Outlet;

/// The settings, loaded once and read by each of the pages.
pub type SettingsResource = Resource<Result<Settings, ApiError>>;

/// The settings that the page loaded.
pub fn use_settings() -> SettingsResource {
    use_context().unwrap_or_else(|| Resource::new(|| (), |()| load_settings()))
}

/// What the settings pages share: heading and tabs.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let l = use_language();
    let data: SettingsResource = Resource::new(|| (), |()| load_settings());
    provide_context(data);
    let items = vec![
        ("/settings/profile", tr::settings::profile(l)),
        ("/settings/security", tr::settings::security(l)),
        ("/settings/preferences", tr::settings::preferences(l)),
    ];
    view! {
        <Page title=tr::settings::title(l)>
            <Tabs label=tr::settings::tabs(l) items/>
            <div class="settings">
                <Outlet/>
            </div>
        </Page>
    }
    .into_any()
}
