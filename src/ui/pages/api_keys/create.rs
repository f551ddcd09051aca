use super::{
    confirm::Values,
    fields::{KeyFields, NAMES, RECEIVE},
};
use crate::{
    api::keys::{BeginCreate, CreateKey, KeyForm, NewKeyDialog, PendingChange, load_new_key},
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::form::{CodeStep, FormProblem, FormState, PostForm},
        parts::{Button, ButtonLink, Checkbox, Dialog, Look},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

/// A new key, in two steps: the form, then exactly what will be stored, with the code.
#[component]
pub fn Create() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(
        move || query.with(|query| (query.get("change"), query.get("edit"))),
        |(change, edit)| {
            load_new_key(change.and_then(|id| id.parse().ok()), edit.and_then(|id| id.parse().ok()))
        },
    );
    let begin = FormState::new(BeginCreate::PATH);
    let create = FormState::new(CreateKey::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data| match data.change.clone() {
                Some(change) => view! { <Confirm state=create change/> }.into_any(),
                None => view! { <Form state=begin confirm=create data/> }.into_any(),
            }
        />
    }
    .into_any()
}

#[component]
fn Form(state: FormState, confirm: FormState, data: NewKeyDialog) -> impl IntoView {
    let l = use_language();
    let form =
        data.form.unwrap_or_else(|| KeyForm { scopes: RECEIVE.to_vec(), ..KeyForm::default() });
    let never = form.never_show_again;
    view! {
        <Dialog title=tr::key_form::create_title(l) parent="/api-keys" close=tr::common::close(l) wide=true>
            <PostForm state class="form">
                // A change that is gone leads back here; without scripts its problem does too.
                <FormProblem state=confirm/>
                <FormProblem state names=NAMES/>
                <KeyFields state form own_address=data.own_address/>
                <Checkbox
                    name="form[never_show_again]"
                    label=tr::key_form::never(l)
                    hint=tr::key_form::never_hint(l)
                    checked=never
                />
                <p class="hint">{tr::key_form::review_hint(l)}</p>
                <div class="actions">
                    <ButtonLink href="/api-keys">{tr::common::cancel(l)}</ButtonLink>
                    <Button look=Look::Primary busy=state.busy>
                        {tr::key_form::review(l)}
                    </Button>
                </div>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Confirm(state: FormState, change: PendingChange) -> impl IntoView {
    let l = use_language();
    let id = change.id.to_string();
    let title = tr::key_form::confirm_create_title(l, &change.values.label);
    view! {
        <Dialog title parent="/api-keys" close=tr::common::close(l) wide=true>
            <p class="secondary">{tr::key_form::confirm_lead(l)}</p>
            <Values values=change.values/>
            <PostForm state class="code-step">
                <FormProblem state/>
                <input type="hidden" name="change" value=id.clone()/>
                <CodeStep
                    state
                    submit=tr::key_form::confirm_create(l)
                    cancel=["/api-keys/new?edit=", &id].concat()
                    cancel_words=tr::key_form::go_back(l)
                />
                <p class="hint">{tr::key_form::confirm_minutes(l)}</p>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
