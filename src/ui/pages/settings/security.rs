use super::use_settings;
use crate::{
    api::settings::{RevokeOthers, RevokeSession, SessionRow, Settings},
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::form::{FormProblem, FormState, PostForm},
        parts::{Badge, Banner, Button, ButtonLink, Card, TimeAgo, Tone},
        time,
    },
};
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};
use server_fn::ServerFn as _;

/// Password, authenticator, recovery codes, signed-in devices.
#[component]
pub fn Security() -> impl IntoView {
    let (one, all) = (FormState::new(RevokeSession::PATH), FormState::new(RevokeOthers::PATH));
    view! {
        <Outlet/>
        <Loaded
            data=use_settings()
            children=move |settings: Settings| {
                view! {
                    <Factors settings=settings.clone()/>
                    <Sessions one all sessions=settings.sessions/>
                }
            }
        />
    }
    .into_any()
}

#[component]
fn Factors(settings: Settings) -> impl IntoView {
    let l = use_language();
    let saved = use_query_map().with_untracked(|query| query.get("saved").is_some());
    let since = settings.authenticator_since.map(time::absolute).unwrap_or_default();
    let left = usize::try_from(settings.codes_left).unwrap_or_default();
    view! {
        <Card title=tr::settings::sign_in_card(l)>
            {saved
                .then(|| view! { <Banner tone=Tone::Ok><p>{tr::settings::password_changed(l)}</p></Banner> })}
            {settings
                .hold_until
                .map(|until| {
                    view! {
                        <Banner tone=Tone::Warn>
                            <p>{tr::settings::hold_until(l, &time::absolute(until))}</p>
                        </Banner>
                    }
                })}
            <div class="setting-row">
                <div>
                    <h3>{tr::settings::password(l)}</h3>
                    <p class="hint">{tr::settings::password_text(l)}</p>
                </div>
                <ButtonLink href="/settings/security/password">{tr::settings::password_change(l)}</ButtonLink>
            </div>
            <div class="setting-row">
                <div>
                    <h3>{tr::settings::authenticator(l)}</h3>
                    <p class="hint">{tr::settings::authenticator_text(l, &since)}</p>
                </div>
                <ButtonLink href="/settings/security/authenticator">
                    {tr::settings::authenticator_replace(l)}
                </ButtonLink>
            </div>
            <div class="setting-row">
                <div>
                    <h3>{tr::settings::codes(l)}</h3>
                    <p class="hint">
                        {tr::settings::codes_left(l, left)} " "
                        {(left <= 3).then(|| tr::settings::codes_low(l))}
                    </p>
                </div>
                <ButtonLink href="/settings/security/recovery-codes">{tr::settings::codes_renew(l)}</ButtonLink>
            </div>
        </Card>
    }
    .into_any()
}

#[component]
fn Sessions(one: FormState, all: FormState, sessions: Vec<SessionRow>) -> impl IntoView {
    let l = use_language();
    let alone = sessions.len() < 2;
    let rows =
        sessions.into_iter().map(|session| view! { <Device state=one session/> }).collect_view();
    view! {
        <Card title=tr::settings::sessions(l) hint=tr::settings::sessions_hint(l)>
            <FormProblem state=one/>
            <FormProblem state=all/>
            {rows}
            {if alone {
                view! { <p class="hint">{tr::settings::no_others(l)}</p> }.into_any()
            } else {
                view! {
                    <PostForm state=all class="actions">
                        <Button busy=all.busy>{tr::settings::revoke_others(l)}</Button>
                    </PostForm>
                }
                    .into_any()
            }}
        </Card>
    }
    .into_any()
}

#[component]
fn Device(state: FormState, session: SessionRow) -> impl IntoView {
    let l = use_language();
    let name = if session.user_agent.is_empty() {
        tr::settings::unknown_device(l).to_owned()
    } else {
        session.user_agent.clone()
    };
    let handle = session.handle.to_string();
    let control = if session.current {
        view! { <Badge tone=Tone::Ok>{tr::settings::this_device(l)}</Badge> }.into_any()
    } else {
        let label = tr::settings::revoke_named(l, &name);
        view! {
            <PostForm state label>
                <input type="hidden" name="handle" value=handle/>
                <Button small=true busy=state.busy>
                    {tr::settings::revoke(l)}
                </Button>
            </PostForm>
        }
        .into_any()
    };
    view! {
        <div class="setting-row">
            <div>
                <p>{name.clone()}</p>
                <p class="hint">
                    {tr::settings::from_ip(l, &session.address)} " · " {tr::settings::signed_in(l)} " "
                    <TimeAgo at=session.created_at/> " · " {tr::settings::seen(l)} " "
                    <TimeAgo at=session.seen_at/>
                </p>
            </div>
            {control}
        </div>
    }
    .into_any()
}
