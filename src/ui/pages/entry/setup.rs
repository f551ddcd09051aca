use crate::{
    api::{page::PageData, setup::CreateOwner},
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Banner, Button, Input, Look, PasswordInput, Tone},
    },
};
use aio_domain::Field;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

/// The first owner and merchant, from the link that the server printed.
#[component]
pub fn Setup() -> impl IntoView {
    let l = use_language();
    let token = use_query_map().with_untracked(|query| query.get("token")).unwrap_or_default();
    if token.is_empty() {
        return view! {
            <EntryCard title=tr::setup::title(l)>
                <Banner tone=Tone::Info>
                    <p>{tr::setup::no_token(l)}</p>
                </Banner>
            </EntryCard>
        }
        .into_any();
    }
    let state = FormState::new(CreateOwner::PATH);
    let mut typed =
        use_context::<PageData>().map(|page| page.typed).unwrap_or_default().into_iter();
    let (merchant_name, name, email) = (
        typed.next().unwrap_or_default(),
        typed.next().unwrap_or_default(),
        typed.next().unwrap_or_default(),
    );
    view! {
        <EntryCard title=tr::setup::title(l) intro=tr::setup::intro(l)>
            <FormProblem
                state
                names=&[
                    (Field::MerchantName, "merchant_name"),
                    (Field::Name, "name"),
                    (Field::Email, "email"),
                    (Field::Password, "password"),
                    (Field::NewPassword, "password"),
                ]
            />
            <form class="form" method="post" action=CreateOwner::url()>
                <input type="hidden" name="token" value=token/>
                <Input
                    name="merchant_name"
                    label=tr::setup::merchant_name(l)
                    hint=tr::setup::merchant_hint(l)
                    value=merchant_name
                    error=state.field(Field::MerchantName)
                    autocomplete="organization"
                    maxlength=64
                    required=true
                    autofocus=true
                />
                <Input
                    name="name"
                    label=tr::setup::name(l)
                    value=name
                    error=state.field(Field::Name)
                    autocomplete="name"
                    maxlength=64
                    required=true
                />
                <Input
                    name="email"
                    kind="email"
                    label=tr::setup::email(l)
                    value=email
                    error=state.field(Field::Email)
                    autocomplete="username"
                    maxlength=254
                    required=true
                />
                <PasswordInput
                    name="password"
                    label=tr::setup::password(l)
                    hint=tr::setup::password_hint(l)
                    show=tr::common::show_password(l)
                    error=Signal::derive(move || {
                        state.field(Field::Password).get().or_else(|| state.field(Field::NewPassword).get())
                    })
                    autocomplete="new-password"
                    minlength=15
                />
                <Button look=Look::Primary block=true>
                    {tr::setup::submit(l)}
                </Button>
                <p class="hint">{tr::setup::next_step(l)}</p>
            </form>
        </EntryCard>
    }
    .into_any()
}
