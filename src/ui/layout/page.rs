use super::{LanguageSwitch, ThemeSwitch, use_frame};
use crate::{
    api::{error::ApiError, session::SignOut},
    i18n::{tr, use_language},
    ui::{
        browser,
        pages::states::ProblemPage,
        parts::{Icon, Menu, MenuLink, MenuRule, Skeleton},
    },
};
use aio_domain::{Language, Role};
use leptos::prelude::*;
use leptos_meta::Title;
use server_fn::ServerFn as _;
use std::future::Future;

/// One page of the dashboard: heading, tools, content. A page that opens by a click takes the focus to its heading.
#[component]
pub fn Page(
    /// The heading, also in the browser's tab.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    let l = use_language();
    if browser::is_hydrated() {
        Effect::new(|_| request_animation_frame(|| browser::focus("h1")));
    }
    view! {
        <Title text=tr::common::page_title(l, title, tr::common::product(l))/>
        <header class="top">
            <button
                type="button"
                class="button quiet small square nav-button"
                popovertarget="nav"
                aria-label=tr::nav::open(l)
            >
                <Icon id="menu" large=true/>
            </button>
            <h1 tabindex="-1">{title}</h1>
            <div class="top-tools">
                <LanguageSwitch/>
                <Account/>
            </div>
        </header>
        <main id="main" class="main" tabindex="-1">
            {children()}
        </main>
    }
    .into_any()
}

/// Who is signed in, the theme, and the way out.
#[component]
fn Account() -> impl IntoView {
    let l = use_language();
    let frame = use_frame();
    view! {
        <Menu id="account" label=tr::account::label(l) icon="user">
            <Suspense>
                {move || Suspend::new(async move {
                    frame
                        .await
                        .ok()
                        .map(|frame| {
                            view! {
                                <p class="menu-label">
                                    <strong>{frame.user_name}</strong>
                                    <br/>
                                    {frame.email}
                                    <br/>
                                    {role_name(l, frame.role)}
                                </p>
                            }
                        })
                })}
            </Suspense>
            <MenuRule/>
            <p class="menu-label">{tr::theme::label(l)}</p>
            <ThemeSwitch/>
            <MenuRule/>
            <MenuLink href="/settings/profile" icon="settings">
                {tr::account::settings(l)}
            </MenuLink>
            <form method="post" action=SignOut::url()>
                <button type="submit" class="menu-item">
                    <Icon id="log-out"/>
                    <span>{tr::account::sign_out(l)}</span>
                </button>
            </form>
        </Menu>
    }
    .into_any()
}

/// A role in the reader's words.
pub const fn role_name(l: Language, role: Role) -> &'static str {
    match role {
        Role::Owner => tr::role::owner(l),
        Role::Admin => tr::role::admin(l),
        Role::Developer => tr::role::developer(l),
        Role::Finance => tr::role::finance(l),
        Role::Viewer => tr::role::viewer(l),
    }
}

/// What a resource brings, with the three other states it can be in: on its way, refused, failed. What is there stays
/// until what replaces it has come.
#[component]
pub fn Loaded<T, V, F>(
    /// The data.
    data: Resource<Result<T, ApiError>>,
    /// Shows nothing while it is on its way: for what stands on a page that is there already.
    #[prop(optional)]
    quiet: bool,
    /// What is shown when it is there.
    children: F,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
    F: Fn(T) -> V + Clone + Send + Sync + 'static,
    Resource<Result<T, ApiError>>: IntoFuture<Output = Result<T, ApiError>> + Copy,
    <Resource<Result<T, ApiError>> as IntoFuture>::IntoFuture:
        Future<Output = Result<T, ApiError>> + Send,
{
    let l = use_language();
    view! {
        <Transition fallback=move || (!quiet).then(|| view! { <Skeleton label=tr::common::loading(l)/> })>
            {move || {
                let children = children.clone();
                Suspend::new(async move {
                    match data.await {
                        Ok(value) => children(value).into_any(),
                        Err(error) => view! { <ProblemPage problem=error.0/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}
