use crate::{
    api::{page::PageData, session::SignIn},
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Button, Input, Look, PasswordInput},
    },
};
use aio_domain::Field;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

/// E-mail and password. What is wrong is told in one sentence that fits every cause.
#[component]
pub fn SignInPage() -> impl IntoView {
    let l = use_language();
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    let email = use_context::<PageData>().and_then(|page| page.typed.into_iter().next());
    let email = email.unwrap_or_default();
    let known = !email.is_empty();
    let state = FormState::new(SignIn::PATH);
    view! {
        <EntryCard title=tr::sign_in::title(l) intro=tr::sign_in::intro(l)>
            <FormProblem state names=&[(Field::Email, "email"), (Field::Password, "password")]/>
            <form class="form" method="post" action=SignIn::url()>
                <input type="hidden" name="next" value=next/>
                <Input
                    name="email"
                    kind="email"
                    label=tr::sign_in::email(l)
                    value=email
                    error=state.field(Field::Email)
                    autocomplete="username"
                    maxlength=254
                    required=true
                    autofocus=!known
                />
                <PasswordInput
                    name="password"
                    label=tr::sign_in::password(l)
                    show=tr::common::show_password(l)
                    error=state.field(Field::Password)
                    autofocus=known
                />
                <Button look=Look::Primary block=true>
                    {tr::sign_in::submit(l)}
                </Button>
            </form>
        </EntryCard>
    }
    .into_any()
}
