use crate::{
    api::session::Recover,
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Button, Input, Look},
    },
};
use leptos::prelude::*;
use server_fn::ServerFn as _;

/// A recovery code in place of the authenticator's.
#[component]
pub fn RecoverPage() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(Recover::PATH);
    view! {
        <EntryCard title=tr::recover::title(l) intro=tr::recover::intro(l)>
            <FormProblem state/>
            <form class="form" method="post" action=Recover::url()>
                <Input
                    name="code"
                    label=tr::recover::label(l)
                    hint=tr::recover::hint(l)
                    error=state.code()
                    mono=true
                    maxlength=64
                    required=true
                    autofocus=true
                />
                <Button look=Look::Primary block=true>
                    {tr::recover::submit(l)}
                </Button>
            </form>
            <div class="entry-links">
                <a href="/challenge">{tr::recover::back(l)}</a>
            </div>
        </EntryCard>
    }
    .into_any()
}
