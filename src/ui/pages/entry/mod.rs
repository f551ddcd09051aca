//! The pages that ship no wasm: set-up, sign-in, enrolment, the two that show secrets, and those of the dashboard that
//! are looked at more than worked in. They are rendered by the server only, with plain forms; `enhance.js` adds comfort.

mod challenge;
mod codes;
mod docs;
mod enrol;
mod recover;
mod refused;
mod reveal;
mod setup;
mod sign_in;

pub use refused::Refused;

use super::{collection, overview, states::NotFound};
use crate::ui::{
    browser,
    layout::Frame,
    still::{Still, is_still},
};
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

/// Whether the page at that path ships no wasm.
pub fn is_entry(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    matches!(
        path,
        "/docs"
            | "/setup"
            | "/setup/totp"
            | "/setup/recovery-codes"
            | "/sign-in"
            | "/challenge"
            | "/recover"
            | "/settings/security/authenticator/confirm"
    ) || path.strip_prefix("/api-keys/").is_some_and(|rest| rest.ends_with("/secret"))
        || is_still(path)
}

/// These pages as an application of their own, so that nothing of them is in the browser's code.
#[component]
pub fn Entry() -> impl IntoView {
    provide_meta_context();
    provide_context(browser::preferences());
    provide_context(Still);
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("docs") view=docs::DocsPage ssr=SsrMode::Async/>
                <Route path=path!("setup") view=setup::Setup ssr=SsrMode::Async/>
                <Route path=path!("sign-in") view=sign_in::SignInPage ssr=SsrMode::Async/>
                <Route path=path!("challenge") view=challenge::Challenge ssr=SsrMode::Async/>
                <Route path=path!("recover") view=recover::RecoverPage ssr=SsrMode::Async/>
                <Route path=path!("setup/totp") view=enrol::Enrol ssr=SsrMode::Async/>
                <Route path=path!("setup/recovery-codes") view=codes::RecoveryCodes ssr=SsrMode::Async/>
                <Route
                    path=path!("settings/security/authenticator/confirm")
                    view=enrol::Replace
                    ssr=SsrMode::Async
                />
                <Route path=path!("api-keys/:id/secret") view=reveal::RevealPage ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=Frame ssr=SsrMode::Async>
                    <Route path=path!("") view=overview::Overview ssr=SsrMode::Async/>
                    <CollectionRoutes/>
                    <Route path=path!("gas") view=collection::gas::Gas ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
    .into_any()
}

#[component(transparent)]
fn CollectionRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    use collection::{Collections, detail::Collection, dialogs};
    view! {
        <ParentRoute path=path!("collection") view=Collections ssr=SsrMode::Async>
            <Route path=path!("") view=|| () ssr=SsrMode::Async/>
            <Route path=path!("history/:collection") view=Collection ssr=SsrMode::Async/>
            <Route path=path!(":chain/address") view=dialogs::Address ssr=SsrMode::Async/>
            <Route path=path!(":chain/cancel") view=dialogs::Cancel ssr=SsrMode::Async/>
            <Route path=path!(":chain/rules") view=dialogs::Rules ssr=SsrMode::Async/>
        </ParentRoute>
    }
    .into_inner()
}

#[cfg(test)]
mod tests {
    use super::is_entry;

    #[test]
    fn pages_that_touch_secrets_ship_no_wasm() {
        for path in [
            "/sign-in",
            "/setup/totp",
            "/setup/recovery-codes",
            "/api-keys/key_1/secret",
            "/collection",
            "/gas",
        ] {
            assert!(is_entry(path), "{path}");
        }
        for path in [
            "/api-keys",
            "/transactions",
            "/api-keys/key_1/copy",
            "/settings/security/authenticator",
        ] {
            assert!(!is_entry(path), "{path}");
        }
    }
}
