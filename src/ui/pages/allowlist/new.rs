use crate::{
    api::allowlist::{AddEntry, BeginAddEntry, NewEntryDialog, load_new_entry},
    i18n::{tr, use_language},
    ui::{
        browser,
        layout::Loaded,
        pages::{
            api_keys::range_words,
            form::{CodeStep, FormProblem, FormState, PostForm},
        },
        parts::{Button, ButtonLink, Checkbox, Dialog, Facts, Icon, Input, Look},
    },
};
use aio_domain::{ChangeSetId, Field, Rule};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

const PARENT: &str = "/security/allowlist";

/// A new entry, in two steps: the form, then exactly what will be stored, with the code.
#[component]
pub fn NewEntry() -> impl IntoView {
    let query = use_query_map();
    let data = Resource::new(
        move || query.with(|query| (query.get("change"), query.get("edit"))),
        |(change, edit)| {
            load_new_entry(
                change.and_then(|id| id.parse().ok()),
                edit.and_then(|id| id.parse().ok()),
            )
        },
    );
    let begin = FormState::new(BeginAddEntry::PATH);
    let add = FormState::new(AddEntry::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data| match data.change.clone() {
                Some((id, rule)) => view! { <Confirm state=add id rule/> }.into_any(),
                None => view! { <Form state=begin confirm=add data/> }.into_any(),
            }
        />
    }
    .into_any()
}

#[component]
fn Form(state: FormState, confirm: FormState, data: NewEntryDialog) -> impl IntoView {
    let l = use_language();
    let form = data.form.unwrap_or_default();
    let own = data.own_address;
    let address = own.clone();
    let fill = move |_| browser::add_line("#cidr", &address);
    view! {
        <Dialog title=tr::allowlist::new_title(l) parent=PARENT close=tr::common::close(l)>
            <PostForm state class="form">
                // A change that is gone leads back here; without scripts its problem does too.
                <FormProblem state=confirm/>
                <FormProblem
                    state
                    names=&[
                        (Field::Cidr, "form[cidr]"),
                        (Field::Label, "form[label]"),
                        (Field::BroadOk, "form[broad_ok]"),
                    ]
                />
                <Input
                    name="form[cidr]"
                    label=tr::allowlist::cidr(l)
                    hint=tr::allowlist::cidr_hint(l)
                    value=form.cidr
                    error=state.field(Field::Cidr)
                    mono=true
                    maxlength=64
                    required=true
                    autofocus=true
                />
                <div class="cluster">
                    <button type="button" class="button small needs-script" on:click=fill>
                        <Icon id="plus"/>
                        {tr::allowlist::use_mine(l, &own)}
                    </button>
                    <span class="hint">{tr::common::your_address(l, &own)}</span>
                </div>
                <Input
                    name="form[label]"
                    label=tr::allowlist::label(l)
                    hint=tr::allowlist::label_hint(l)
                    value=form.label
                    error=state.field(Field::Label)
                    maxlength=64
                />
                <Checkbox
                    name="form[broad_ok]"
                    label=tr::allowlist::broad_ok(l)
                    hint=tr::key_form::broad_hint(l)
                    checked=form.broad_ok
                />
                <div class="actions">
                    <ButtonLink href=PARENT>{tr::common::cancel(l)}</ButtonLink>
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
fn Confirm(state: FormState, id: ChangeSetId, rule: Rule) -> impl IntoView {
    let l = use_language();
    let id = id.to_string();
    let label =
        rule.label.as_ref().map_or_else(|| tr::common::none(l).to_owned(), ToString::to_string);
    let pairs = vec![
        (tr::allowlist::col_range(l), range_words(l, &rule.cidr).into_any()),
        (tr::allowlist::col_label(l), label.into_any()),
    ];
    view! {
        <Dialog title=tr::allowlist::new_confirm_title(l) parent=PARENT close=tr::common::close(l)>
            <p class="secondary">{tr::key_form::confirm_lead(l)}</p>
            <Facts pairs/>
            <PostForm state class="code-step">
                <FormProblem state/>
                <input type="hidden" name="change" value=id.clone()/>
                <CodeStep
                    state
                    submit=tr::allowlist::new_submit(l)
                    cancel=["/security/allowlist/new?edit=", &id].concat()
                    cancel_words=tr::key_form::go_back(l)
                />
                <p class="hint">{tr::key_form::confirm_minutes(l)}</p>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
