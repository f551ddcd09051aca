use super::use_settings;
use crate::{
    api::settings::{Rename, Settings},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, role_name, use_frame},
        pages::form::{FormProblem, FormState, PostForm},
        parts::{Banner, Button, Card, Facts, Input, Look, Tone},
    },
};
use aio_domain::Field;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

/// Name, e-mail address, role.
#[component]
pub fn Profile() -> impl IntoView {
    let state = FormState::new(Rename::PATH);
    view! { <Loaded data=use_settings() children=move |settings| view! { <Form state settings/> }/> }.into_any()
}

#[component]
fn Form(state: FormState, settings: Settings) -> impl IntoView {
    let l = use_language();
    let saved = use_query_map().with_untracked(|query| query.get("saved").is_some());
    view! {
        <Card title=tr::settings::profile(l) hint=tr::settings::profile_hint(l)>
            {saved.then(|| view! { <Banner tone=Tone::Ok><p>{tr::settings::name_saved(l)}</p></Banner> })}
            <PostForm state class="form">
                <FormProblem state names=&[(Field::Name, "name")]/>
                <div class="inline-form">
                    <Input
                        name="name"
                        label=tr::settings::name(l)
                        value=settings.name
                        error=state.field(Field::Name)
                        autocomplete="name"
                        maxlength=64
                        required=true
                    />
                    <Button look=Look::Primary busy=state.busy>
                        {tr::settings::save_name(l)}
                    </Button>
                </div>
            </PostForm>
            <About email=settings.email/>
        </Card>
    }
    .into_any()
}

#[component]
fn About(email: String) -> impl IntoView {
    let l = use_language();
    let frame = use_frame();
    view! {
        <Suspense>
            {move || {
                let email = email.clone();
                Suspend::new(async move {
                    let mut pairs = vec![(tr::settings::email(l), email.into_any())];
                    if let Ok(frame) = frame.await {
                        pairs.push((tr::settings::merchant(l), frame.merchant_name.into_any()));
                        pairs.push((tr::settings::role(l), role_name(l, frame.role).into_any()));
                    }
                    view! { <Facts pairs/> }
                })
            }}
        </Suspense>
    }
    .into_any()
}
