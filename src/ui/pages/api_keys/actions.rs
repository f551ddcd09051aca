//! The dialogs about one key that need no more than its id and, mostly, a code.

use crate::{
    api::{
        ApiError,
        aes::{CopyAes, DisableAes, EnableAes, RegenerateAes},
        keys::{CopyKey, DeleteKey, FreezeKey, KeyDialog, KeyRow, LastUse, UnfreezeKey, load_key},
    },
    i18n::{tr, use_language},
    ui::{
        layout::Loaded,
        pages::form::{CodeStep, FormProblem, FormState, Note, PostForm},
        parts::{Button, ButtonLink, Dialog, Look, TimeAgo, Tone},
    },
};
use aio_domain::{ApiKeyId, Language, Timestamp, time::HOUR};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use server_fn::ServerFn as _;

/// What a dialog asks.
struct Question {
    /// Verb and object.
    title: String,
    /// What follows.
    body: AnyView,
    /// The verb again.
    submit: &'static str,
    /// How loud the button is.
    look: Look,
    /// Whether a code is asked for.
    code: bool,
}

impl Question {
    fn new(title: String, text: &'static str, submit: &'static str) -> Self {
        Self {
            title,
            body: view! { <p>{text}</p> }.into_any(),
            submit,
            look: Look::Primary,
            code: true,
        }
    }
}

/// The key that the dialog's address names.
pub fn dialog_data() -> Resource<Result<KeyDialog, ApiError>> {
    let params = use_params_map();
    let query = leptos_router::hooks::use_query_map();
    Resource::new(
        move || {
            let id =
                params.with(|params| params.get("id")).and_then(|id| id.parse::<ApiKeyId>().ok());
            let (change, edit) = query.with(|query| (query.get("change"), query.get("edit")));
            (id, change.and_then(|id| id.parse().ok()), edit.and_then(|id| id.parse().ok()))
        },
        |(id, change, edit)| async move {
            let id = id.ok_or(ApiError(aio_domain::Problem::NotFound))?;
            load_key(id, change, edit).await
        },
    )
}

/// One dialog: loads the key, asks, posts its id to the function at `path`.
fn dialog(path: &'static str, ask: fn(Language, &KeyDialog) -> Question) -> AnyView {
    let l = use_language();
    let state = FormState::new(path);
    let data = dialog_data();
    view! {
        <Loaded
            data
            quiet=true
            children=move |data| {
                let Question { title, body, submit, look, code } = ask(l, &data);
                let id = data.key.id.to_string();
                view! {
                    <Dialog title parent="/api-keys" close=tr::common::close(l)>
                        {body}
                        <PostForm state class="form">
                            <FormProblem state/>
                            <input type="hidden" name="id" value=id/>
                            {if code {
                                view! { <CodeStep state submit look cancel="/api-keys"/> }.into_any()
                            } else {
                                view! {
                                    <div class="actions">
                                        <ButtonLink href="/api-keys">{tr::common::cancel(l)}</ButtonLink>
                                        <Button look busy=state.busy>
                                            {submit}
                                        </Button>
                                    </div>
                                }
                                    .into_any()
                            }}
                        </PostForm>
                    </Dialog>
                }
            }
        />
    }
    .into_any()
}

/// Shows the secret again.
#[component]
pub fn Copy() -> impl IntoView {
    dialog(CopyKey::PATH, |l, data| {
        Question::new(
            tr::key_copy::title(l, &data.key.label),
            tr::key_copy::text(l),
            tr::key_copy::submit(l),
        )
    })
}

/// Switches the key off; needs no code.
#[component]
pub fn Freeze() -> impl IntoView {
    dialog(FreezeKey::PATH, |l, data| Question {
        code: false,
        ..Question::new(
            tr::key_freeze::title(l, &data.key.label),
            tr::key_freeze::text(l),
            tr::key_freeze::submit(l),
        )
    })
}

/// Switches the key on again.
#[component]
pub fn Unfreeze() -> impl IntoView {
    dialog(UnfreezeKey::PATH, |l, data| {
        Question::new(
            tr::key_unfreeze::title(l, &data.key.label),
            tr::key_unfreeze::text(l),
            tr::key_unfreeze::submit(l),
        )
    })
}

/// Deletes the key.
#[component]
pub fn Delete() -> impl IntoView {
    dialog(DeleteKey::PATH, |l, data| {
        let used = last_use(l, &data.key, data.now);
        Question {
            look: Look::Danger,
            body: view! {
                <p>{tr::key_delete::text(l)}</p>
                {used}
            }
            .into_any(),
            ..Question::new(
                tr::key_delete::title(l, &data.key.label),
                "",
                tr::key_delete::submit(l),
            )
        }
    })
}

/// Makes an AES key.
#[component]
pub fn AesEnable() -> impl IntoView {
    dialog(EnableAes::PATH, |l, data| {
        Question::new(
            tr::aes::enable_title(l, &data.key.label),
            tr::aes::enable(l),
            tr::aes::enable_submit(l),
        )
    })
}

/// Shows the AES key again.
#[component]
pub fn AesCopy() -> impl IntoView {
    dialog(CopyAes::PATH, |l, data| {
        Question::new(
            tr::aes::copy_title(l, &data.key.label),
            tr::aes::copy(l),
            tr::aes::copy_submit(l),
        )
    })
}

/// Replaces the AES key.
#[component]
pub fn AesRegenerate() -> impl IntoView {
    dialog(RegenerateAes::PATH, |l, data| {
        let used = aes_last_use(l, &data.key, data.now);
        Question {
            look: Look::Danger,
            body: view! {
                <p>{tr::aes::regenerate(l)}</p>
                {used}
                <p class="secondary">{tr::aes::regenerate_advice(l)}</p>
            }
            .into_any(),
            ..Question::new(
                tr::aes::regenerate_title(l, &data.key.label),
                "",
                tr::aes::regenerate_submit(l),
            )
        }
    })
}

/// Deletes the AES key.
#[component]
pub fn AesDisable() -> impl IntoView {
    dialog(DisableAes::PATH, |l, data| {
        let used = aes_last_use(l, &data.key, data.now);
        Question {
            look: Look::Danger,
            body: view! {
                <p>{tr::aes::disable(l)}</p>
                {used}
            }
            .into_any(),
            ..Question::new(
                tr::aes::disable_title(l, &data.key.label),
                "",
                tr::aes::disable_submit(l),
            )
        }
    })
}

/// When the key was last used, in red when that was less than an hour ago.
fn last_use(l: Language, key: &KeyRow, now: Timestamp) -> AnyView {
    match &key.last_used {
        None => view! { <Note tone=Tone::Plain text=tr::key_delete::unused(l)/> }.into_any(),
        Some(LastUse { at, address }) => used(l, *at, Some(address), now),
    }
}

fn aes_last_use(l: Language, key: &KeyRow, now: Timestamp) -> Option<AnyView> {
    let at = key.aes.as_ref()?.last_used_at?;
    Some(used(l, at, None, now))
}

fn used(l: Language, at: Timestamp, address: Option<&str>, now: Timestamp) -> AnyView {
    let recent = now.since(at) < HOUR;
    let words = if recent { tr::key_delete::still_used(l) } else { tr::key_delete::last_used(l) };
    let address = address.map(|address| [" ", &tr::keys::from_ip(l, address)].concat());
    view! {
        <crate::ui::parts::Banner tone=if recent { Tone::Bad } else { Tone::Plain }>
            <p>{words} " " <TimeAgo at/> {address}</p>
        </crate::ui::parts::Banner>
    }
    .into_any()
}
