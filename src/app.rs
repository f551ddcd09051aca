//! The dashboard: its route table, and (on the server) the document around every page.

#[cfg(feature = "ssr")]
pub mod shell;

use crate::ui::{
    browser,
    layout::Frame,
    pages::{
        allowlist, api_keys, kit::Kit, settings, states::NotFound, subaddresses, transactions,
    },
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// Everything that comes alive in the browser. The pages before it are `ui::pages::entry`.
///
/// Every route is rendered whole before it is sent, so that status codes are right and no page needs scripts.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(browser::preferences());
    view! {
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <ApiKeyRoutes/>
                    <Route path=path!("api-keys/:id") view=api_keys::key::Key ssr=SsrMode::Async/>
                    <Route path=path!("api-keys/:id/requests") view=api_keys::requests::Requests ssr=SsrMode::Async/>
                    <ParentRoute path=path!("transactions") view=transactions::Transactions ssr=SsrMode::Async>
                        <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                        <Route path=path!(":transaction") view=transactions::detail::Transaction ssr=SsrMode::Async/>
                    </ParentRoute>
                    <SubaddressRoutes/>
                    <Route path=path!("subaddresses/:subaddress") view=subaddresses::detail::Subaddress ssr=SsrMode::Async/>
                    <AllowlistRoutes/>
                    <SettingsRoutes/>
                </ParentRoute>
                <Route path=path!("dev/kit") view=Kit ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
    .into_any()
}

#[component(transparent)]
fn ApiKeyRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    use api_keys::{actions, create::Create, edit::Edit};
    view! {
        <ParentRoute path=path!("api-keys") view=api_keys::ApiKeys ssr=SsrMode::Async>
            <Route path=path!("") view=|| () ssr=SsrMode::Async/>
            <Route path=path!("new") view=Create ssr=SsrMode::Async/>
            <Route path=path!(":id/edit") view=Edit ssr=SsrMode::Async/>
            <Route path=path!(":id/copy") view=actions::Copy ssr=SsrMode::Async/>
            <Route path=path!(":id/freeze") view=actions::Freeze ssr=SsrMode::Async/>
            <Route path=path!(":id/unfreeze") view=actions::Unfreeze ssr=SsrMode::Async/>
            <Route path=path!(":id/delete") view=actions::Delete ssr=SsrMode::Async/>
            <Route path=path!(":id/aes/enable") view=actions::AesEnable ssr=SsrMode::Async/>
            <Route path=path!(":id/aes/copy") view=actions::AesCopy ssr=SsrMode::Async/>
            <Route path=path!(":id/aes/regenerate") view=actions::AesRegenerate ssr=SsrMode::Async/>
            <Route path=path!(":id/aes/disable") view=actions::AesDisable ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
fn SubaddressRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    use subaddresses::{Subaddresses, new::NewSubaddress};
    view! {
        <ParentRoute path=path!("subaddresses") view=Subaddresses ssr=SsrMode::Async>
            <Route path=path!("") view=|| () ssr=SsrMode::Async/>
            <Route path=path!("new") view=NewSubaddress ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
fn AllowlistRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    use allowlist::{dialogs, new::NewEntry};
    view! {
        <ParentRoute path=path!("security/allowlist") view=allowlist::Allowlist ssr=SsrMode::Async>
            <Route path=path!("") view=|| () ssr=SsrMode::Async/>
            <Route path=path!("on") view=dialogs::TurnOn ssr=SsrMode::Async/>
            <Route path=path!("off") view=dialogs::TurnOff ssr=SsrMode::Async/>
            <Route path=path!("new") view=NewEntry ssr=SsrMode::Async/>
            <Route path=path!(":entry/enable") view=dialogs::Enable ssr=SsrMode::Async/>
            <Route path=path!(":entry/disable") view=dialogs::Disable ssr=SsrMode::Async/>
            <Route path=path!(":entry/remove") view=dialogs::Remove ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[component(transparent)]
fn SettingsRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    use settings::dialogs;
    view! {
        <ParentRoute path=path!("settings") view=settings::SettingsPage ssr=SsrMode::Async>
            <Route path=path!("profile") view=settings::profile::Profile ssr=SsrMode::Async/>
            <Route path=path!("preferences") view=settings::preferences::Preferences ssr=SsrMode::Async/>
            <ParentRoute path=path!("security") view=settings::security::Security ssr=SsrMode::Async>
                <Route path=path!("") view=|| () ssr=SsrMode::Async/>
                <Route path=path!("password") view=dialogs::Password ssr=SsrMode::Async/>
                <Route path=path!("authenticator") view=dialogs::Authenticator ssr=SsrMode::Async/>
                <Route path=path!("recovery-codes") view=dialogs::RenewCodes ssr=SsrMode::Async/>
            </ParentRoute>
        </ParentRoute>
    }
    .into_inner()
}
