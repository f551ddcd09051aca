use crate::{
    api::{
        authenticator::{ConfirmEnrolment, ReplaceConfirm, StartEnrolment},
        page::{Enrolment, PageData},
    },
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Banner, Button, ButtonLink, CopyButton, Facts, Look, OtpInput, Qr, Tone},
        time,
    },
};
use aio_domain::{Problem, Timestamp};
use leptos::prelude::*;
use server_fn::ServerFn as _;
use std::sync::Arc;

/// The first authenticator, or a new one after a recovery code.
#[component]
pub fn Enrol() -> impl IntoView {
    let state = FormState::new(ConfirmEnrolment::PATH);
    view! { <Enrolling state action=ConfirmEnrolment::url() replacing=false/> }
}

/// A new authenticator in place of the present one, after password and code.
#[component]
pub fn Replace() -> impl IntoView {
    let state = FormState::new(ReplaceConfirm::PATH);
    view! { <Enrolling state action=ReplaceConfirm::url() replacing=true/> }
}

#[component]
fn Enrolling(state: FormState, action: &'static str, replacing: bool) -> impl IntoView {
    let l = use_language();
    let page = use_context::<PageData>();
    let now = page.as_ref().map(|page| page.now);
    let Some(enrolment) = page.and_then(|page| page.enrolment) else {
        return view! { <Expired replacing/> }.into_any();
    };
    let expired =
        state.problem.with_untracked(|problem| matches!(problem, Some(Problem::EnrolmentExpired)));
    view! {
        <EntryCard title=tr::enrol::title(l) intro=tr::enrol::intro(l) wide=true>
            {replacing
                .then(|| view! { <Banner tone=Tone::Info><p>{tr::enrol::replacing(l)}</p></Banner> })}
            <FormProblem state/>
            <ol class="steps">
                <li>{tr::enrol::step_scan(l)}</li>
                <li>{tr::enrol::step_type(l)}</li>
                <li>{tr::enrol::step_save(l)}</li>
            </ol>
            <div class="enrol">
                <Qr path=enrolment.qr.0.clone() side=enrolment.qr.1 label=tr::enrol::qr(l)/>
                <div class="stack">
                    <form class="form" method="post" action=action>
                        <OtpInput label=tr::common::code(l) error=state.code() autofocus=!expired/>
                        <Button look=Look::Primary block=true>
                            {tr::enrol::submit(l)}
                        </Button>
                    </form>
                    <Manual enrolment/>
                    {now.map(|now| view! { <ServerTime now/> })}
                </div>
            </div>
        </EntryCard>
    }
    .into_any()
}

/// The same key for typing, and what an app needs to know about it.
#[component]
fn Manual(enrolment: Arc<Enrolment>) -> impl IntoView {
    let l = use_language();
    let key = enrolment.manual_key.expose().to_owned();
    let pairs = vec![
        (tr::enrol::issuer(l), tr::common::product(l).into_any()),
        (tr::enrol::account(l), enrolment.account.clone().into_any()),
        (tr::enrol::kind(l), tr::enrol::kind_value(l).into_any()),
    ];
    view! {
        <details class="more">
            <summary>{tr::enrol::cant_scan(l)}</summary>
            <div class="stack">
                <p class="manual-key">{key.clone()}</p>
                <CopyButton
                    value=key.replace(' ', "")
                    label=tr::enrol::manual(l)
                    words=(tr::common::copy(l), tr::common::copied(l))
                />
                <Facts pairs/>
            </div>
        </details>
    }
    .into_any()
}

/// Codes depend on the clock: the server's stands beside the phone's.
#[component]
fn ServerTime(now: Timestamp) -> impl IntoView {
    let l = use_language();
    view! {
        <p class="hint">
            {tr::enrol::server_time(l, &time::absolute(now))}
            <br/>
            {tr::enrol::drift(l)}
        </p>
    }
    .into_any()
}

/// No pending key: draw one, or begin again.
#[component]
fn Expired(replacing: bool) -> impl IntoView {
    let l = use_language();
    view! {
        <EntryCard title=tr::enrol::title(l) intro=tr::enrol::gone(l)>
            {if replacing {
                view! {
                    <ButtonLink href="/settings/security/authenticator" look=Look::Primary>
                        {tr::common::start_again(l)}
                    </ButtonLink>
                }
                    .into_any()
            } else {
                view! {
                    <form class="form" method="post" action=StartEnrolment::url()>
                        <Button look=Look::Primary>{tr::common::start_again(l)}</Button>
                    </form>
                }
                    .into_any()
            }}
        </EntryCard>
    }
    .into_any()
}
