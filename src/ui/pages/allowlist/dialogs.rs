//! The dialogs that change what the allowlist lets in. Each says whether the person keeps access; a change that
//! shuts them out needs a tick of its own.

use super::use_allowlist;
use crate::{
    api::allowlist::{DashboardAllowlist, Entry, RemoveEntry, SetEntry, SwitchAllowlist},
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::{
            form::{CodeStep, FormProblem, FormState, Note, PostForm},
            states::ProblemPage,
        },
        parts::{Checkbox, Dialog, Look, Tone},
    },
};
use aio_domain::{Language, Problem};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn as _;

const PARENT: &str = "/security/allowlist";

/// What the change does to the person's own access, and the tick when they would lose it.
#[component]
fn Guard(own_address: String, keeps_access: bool) -> impl IntoView {
    let l = use_language();
    if keeps_access {
        let text = tr::allowlist::keep_yes(l, &own_address);
        return view! { <Note tone=Tone::Ok text/> }.into_any();
    }
    view! {
        <Note tone=Tone::Bad text=tr::allowlist::keep_no(l, &own_address)/>
        <Checkbox
            name="lockout_ok"
            label=tr::allowlist::lockout_ok(l)
            hint=tr::allowlist::lockout_hint(l)
            required=true
        />
    }
    .into_any()
}

/// Turns the allowlist on; the server adds the person's own address where no enabled entry holds it.
#[component]
pub fn TurnOn() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(SwitchAllowlist::PATH);
    view! {
        <Loaded
            data=use_allowlist()
            quiet=true
            children=move |data: DashboardAllowlist| {
                let access = if data.own_address_inside {
                    tr::allowlist::keep_yes(l, &data.own_address)
                } else {
                    tr::allowlist::keep_added(l, &data.own_address)
                };
                view! {
                    <Dialog title=tr::allowlist::on_title(l) parent=PARENT close=tr::common::close(l)>
                        <p>{tr::allowlist::on_body(l)}</p>
                        <Note tone=Tone::Ok text=access/>
                        <PostForm state class="form">
                            <FormProblem state/>
                            <input type="hidden" name="on" value="true"/>
                            <CodeStep state submit=tr::allowlist::on_submit(l) cancel=PARENT/>
                        </PostForm>
                    </Dialog>
                }
            }
        />
    }
    .into_any()
}

/// Turns the allowlist off: nobody loses access by it.
#[component]
pub fn TurnOff() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(SwitchAllowlist::PATH);
    view! {
        <Dialog title=tr::allowlist::off_title(l) parent=PARENT close=tr::common::close(l)>
            <p>{tr::allowlist::off_body(l)}</p>
            <PostForm state class="form">
                <FormProblem state/>
                <input type="hidden" name="on" value="false"/>
                <CodeStep state submit=tr::allowlist::off_submit(l) look=Look::Danger cancel=PARENT/>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

/// The entry that the dialog's address names.
fn named(data: &DashboardAllowlist, id: Option<&str>) -> Option<Entry> {
    data.entries.iter().find(|entry| Some(entry.id.to_string().as_str()) == id).cloned()
}

/// Enables an entry.
#[component]
pub fn Enable() -> impl IntoView {
    set_dialog(true)
}

/// Disables an entry.
#[component]
pub fn Disable() -> impl IntoView {
    set_dialog(false)
}

fn set_words(l: Language, enabled: bool, range: &str) -> (String, &'static str, &'static str) {
    if enabled {
        (
            tr::allowlist::enable_title(l, range),
            tr::allowlist::enable_body(l),
            tr::allowlist::enable_submit(l),
        )
    } else {
        (
            tr::allowlist::disable_title(l, range),
            tr::allowlist::disable_body(l),
            tr::allowlist::disable_submit(l),
        )
    }
}

fn set_dialog(enabled: bool) -> AnyView {
    let l = use_language();
    let state = FormState::new(SetEntry::PATH);
    let params = use_params_map();
    view! {
        <Loaded
            data=use_allowlist()
            quiet=true
            children=move |data: DashboardAllowlist| {
                let id = params.with(|params| params.get("entry"));
                let Some(entry) = named(&data, id.as_deref()) else {
                    return view! { <ProblemPage problem=Problem::NotFound/> }.into_any();
                };
                let (title, text, submit) = set_words(l, enabled, &entry.rule.cidr.to_string());
                let look = if enabled { Look::Primary } else { Look::Danger };
                let guard = (!enabled && data.on)
                    .then(|| {
                        view! { <Guard own_address=data.own_address keeps_access=!entry.would_lock_out/> }
                    });
                view! {
                    <Dialog title parent=PARENT close=tr::common::close(l)>
                        <p>{text}</p>
                        <PostForm state class="form">
                            <FormProblem state/>
                            <input type="hidden" name="entry" value=entry.id.to_string()/>
                            <input type="hidden" name="enabled" value=enabled.to_string()/>
                            {guard}
                            <CodeStep state submit look cancel=PARENT/>
                        </PostForm>
                    </Dialog>
                }
                    .into_any()
            }
        />
    }
    .into_any()
}

/// Removes an entry.
#[component]
pub fn Remove() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(RemoveEntry::PATH);
    let params = use_params_map();
    view! {
        <Loaded
            data=use_allowlist()
            quiet=true
            children=move |data: DashboardAllowlist| {
                let id = params.with(|params| params.get("entry"));
                let Some(entry) = named(&data, id.as_deref()) else {
                    return view! { <ProblemPage problem=Problem::NotFound/> }.into_any();
                };
                let title = tr::allowlist::remove_title(l, &entry.rule.cidr.to_string());
                let guard = data
                    .on
                    .then(|| {
                        view! { <Guard own_address=data.own_address keeps_access=!entry.would_lock_out/> }
                    });
                view! {
                    <Dialog title parent=PARENT close=tr::common::close(l)>
                        <p>{tr::allowlist::remove_body(l)}</p>
                        <PostForm state class="form">
                            <FormProblem state/>
                            <input type="hidden" name="entry" value=entry.id.to_string()/>
                            {guard}
                            <CodeStep state submit=tr::allowlist::remove_submit(l) look=Look::Danger cancel=PARENT/>
                        </PostForm>
                    </Dialog>
                }
                    .into_any()
            }
        />
    }
    .into_any()
}
