//! The dialogs that change how a person signs in: each asks for the password and a code.

use crate::{
    api::{
        authenticator::{RenewRecoveryCodes, ReplaceBegin},
        settings::ChangePassword,
    },
    i18n::{tr, use_language},
    ui::{
        pages::form::{CodeStep, FormProblem, FormState, Note, PostForm},
        parts::{Dialog, PasswordInput, Tone},
    },
};
use aio_domain::{Field, Language};
use leptos::prelude::*;
use server_fn::ServerFn as _;

const PARENT: &str = "/settings/security";

/// The present password: the first field of each of these dialogs.
fn current_password(l: Language, state: FormState) -> impl IntoView {
    view! {
        <PasswordInput
            name="password"
            label=tr::settings::old_password(l)
            show=tr::common::show_password(l)
            error=state.field(Field::Password)
            autofocus=true
        />
    }
    .into_any()
}

/// A new password.
#[component]
pub fn Password() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(ChangePassword::PATH);
    view! {
        <Dialog title=tr::settings::password_title(l) parent=PARENT close=tr::common::close(l)>
            <p>{tr::settings::password_text(l)}</p>
            <PostForm state class="form">
                <FormProblem
                    state
                    names=&[(Field::Password, "password"), (Field::NewPassword, "new_password")]
                />
                {current_password(l, state)}
                <PasswordInput
                    name="new_password"
                    label=tr::settings::new_password(l)
                    hint=tr::settings::new_hint(l)
                    show=tr::common::show_password(l)
                    error=state.field(Field::NewPassword)
                    autocomplete="new-password"
                    minlength=12
                />
                <Note tone=Tone::Plain text=tr::settings::hold_note(l)/>
                <CodeStep state submit=tr::settings::password_submit(l) cancel=PARENT autofocus=false/>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

/// A new authenticator: first the proof, then its own page with the QR code.
#[component]
pub fn Authenticator() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(ReplaceBegin::PATH);
    view! {
        <Dialog title=tr::settings::authenticator_title(l) parent=PARENT close=tr::common::close(l)>
            <p>{tr::settings::authenticator_lead(l)}</p>
            <PostForm state class="form">
                <FormProblem state names=&[(Field::Password, "password")]/>
                {current_password(l, state)}
                <Note tone=Tone::Plain text=tr::settings::hold_note(l)/>
                <CodeStep state submit=tr::settings::authenticator_submit(l) cancel=PARENT autofocus=false/>
            </PostForm>
        </Dialog>
    }
    .into_any()
}

/// Ten new recovery codes.
#[component]
pub fn RenewCodes() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(RenewRecoveryCodes::PATH);
    view! {
        <Dialog title=tr::settings::codes_title(l) parent=PARENT close=tr::common::close(l)>
            <p>{tr::settings::codes_body(l)}</p>
            <PostForm state class="form">
                <FormProblem state names=&[(Field::Password, "password")]/>
                {current_password(l, state)}
                <CodeStep state submit=tr::settings::codes_submit(l) cancel=PARENT autofocus=false/>
            </PostForm>
        </Dialog>
    }
    .into_any()
}
