use super::sidebar::Sidebar;
use crate::{
    api::{
        error::ApiError,
        frame::{Frame as FrameData, load_frame},
    },
    i18n::{tr, use_language},
    ui::browser,
};
use aio_domain::Network;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

/// Who is signed in, and where.
pub type FrameResource = Resource<Result<FrameData, ApiError>>;

/// Who is signed in, and where; loaded once by the frame.
pub fn use_frame() -> FrameResource {
    use_context().unwrap_or_else(|| Resource::new(|| (), |()| load_frame()))
}

/// What stays on the screen while pages change.
#[component]
pub fn Frame() -> impl IntoView {
    let l = use_language();
    let frame: FrameResource = Resource::new(|| (), |()| load_frame());
    provide_context(frame);
    let path = use_location().pathname;
    Effect::new(move |_| {
        path.track();
        browser::hide_popover("#nav");
        browser::forget_form_error();
    });
    view! {
        <a class="skip" href="#main" rel="external">
            {tr::common::skip(l)}
        </a>
        <Suspense>
            {move || Suspend::new(async move {
                let test = frame.await.is_ok_and(|frame| frame.network == Network::Test);
                test.then(|| view! { <div class="stripe" title=tr::nav::test_hint(l)></div> })
            })}
        </Suspense>
        <div id="announced" class="visually-hidden" role="status"></div>
        <div class="app">
            <Sidebar/>
            <div class="app-body">
                <Outlet/>
            </div>
        </div>
    }
    .into_any()
}
