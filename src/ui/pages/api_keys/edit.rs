use super::{
    actions::dialog_data,
    confirm::Differences,
    fields::{KeyFields, NAMES},
};
use crate::{
    api::keys::{BeginEdit, EditKey, KeyDialog, KeyValues, LastUse, PendingChange},
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::form::{CodeStep, FormProblem, FormState, PostForm},
        parts::{Banner, Button, ButtonLink, Dialog, Look, Select, TimeAgo, Tone},
    },
};
use aio_domain::{EncryptionMode, Field, Language};
use leptos::prelude::*;
use server_fn::ServerFn as _;

/// Label, permissions, allowlist, expiry and encryption of a key: one form, then one code.
#[component]
pub fn Edit() -> impl IntoView {
    let data = dialog_data();
    let begin = FormState::new(BeginEdit::PATH);
    let edit = FormState::new(EditKey::PATH);
    view! {
        <Loaded
            data
            quiet=true
            children=move |data| match data.change.clone() {
                Some(change) => view! { <Confirm state=edit data change/> }.into_any(),
                None => view! { <Form state=begin confirm=edit data/> }.into_any(),
            }
        />
    }
    .into_any()
}

#[component]
fn Form(state: FormState, confirm: FormState, data: KeyDialog) -> impl IntoView {
    let l = use_language();
    let KeyDialog { key, form, own_address, .. } = data;
    let encryption = form.encryption.unwrap_or(key.encryption);
    view! {
        <Dialog title=tr::key_form::edit_title(l, &key.label) parent="/api-keys" close=tr::common::close(l) wide=true>
            <PostForm state class="form">
                // A change that is gone leads back here; without scripts its problem does too.
                <FormProblem state=confirm/>
                <FormProblem state names=NAMES/>
                <input type="hidden" name="id" value=key.id.to_string()/>
                <input type="hidden" name="version" value=key.version.to_string()/>
                <KeyFields state form own_address/>
                {match key.aes {
                    Some(_) => view! { <Encryption state encryption/> }.into_any(),
                    None => view! { <p class="hint">{tr::key_form::enc_needs_key(l)}</p> }.into_any(),
                }}
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
fn Encryption(state: FormState, encryption: EncryptionMode) -> impl IntoView {
    let l = use_language();
    let options = EncryptionMode::ALL
        .iter()
        .map(|mode| (mode.as_str().into(), encryption_words(l, *mode).into()))
        .collect();
    view! {
        <Select
            name="form[encryption]"
            label=tr::key_form::encryption(l)
            hint=tr::key_form::encryption_hint(l)
            error=state.field(Field::Encryption)
            options
            selected=encryption.as_str()
        />
    }
    .into_any()
}

/// An encryption mode in words.
pub const fn encryption_words(l: Language, mode: EncryptionMode) -> &'static str {
    match mode {
        EncryptionMode::Off => tr::key_form::enc_off(l),
        EncryptionMode::Optional => tr::key_form::enc_optional(l),
        EncryptionMode::Required => tr::key_form::enc_required(l),
    }
}

/// Who used the key and could no more.
#[component]
fn WouldBeRefused(refused: Vec<LastUse>) -> impl IntoView {
    let l = use_language();
    let count = refused.len();
    let shown = refused
        .into_iter()
        .take(5)
        .map(|seen| view! { <li><code>{seen.address}</code> " · " <TimeAgo at=seen.at/></li> })
        .collect_view();
    (count > 0).then(|| {
        view! {
            <Banner tone=Tone::Warn>
                <p>{tr::key_form::would_refuse(l, count)}</p>
                <ul>{shown}</ul>
            </Banner>
        }
    })
}

#[component]
fn Confirm(state: FormState, data: KeyDialog, change: PendingChange) -> impl IntoView {
    let l = use_language();
    let change_id = change.id.to_string();
    let back = ["/api-keys/", &data.key.id.to_string(), "/edit?edit=", &change_id].concat();
    let title = tr::key_form::confirm_edit_title(l, &data.key.label);
    let before = KeyValues {
        label: data.key.label,
        scopes: data.key.scopes,
        allowlist_mode: data.key.allowlist_mode,
        rules: data.rules,
        expires_at: data.key.expires_at,
        never_show_again: data.key.never_show_again,
        encryption: data.key.encryption,
        rate_per_minute: data.key.rate_per_minute,
    };
    view! {
        <Dialog title parent="/api-keys" close=tr::common::close(l) wide=true>
            <p class="secondary">{tr::key_form::confirm_lead(l)}</p>
            <Differences before after=change.values/>
            <WouldBeRefused refused=data.refused/>
            <PostForm state class="code-step">
                <FormProblem state/>
                <input type="hidden" name="change" value=change_id/>
                <CodeStep
                    state
                    submit=tr::key_form::confirm_edit(l)
                    cancel=back
                    cancel_words=tr::key_form::go_back(l)
                />
                <p class="hint">{tr::key_form::confirm_minutes(l)}</p>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
