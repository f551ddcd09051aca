use crate::{
    api::session::{SignOut, VerifyCode},
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Button, Look, OtpInput},
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use server_fn::ServerFn as _;

/// The code after the password. Sends itself the first time six digits are there.
#[component]
pub fn Challenge() -> impl IntoView {
    let l = use_language();
    let next = use_query_map().with_untracked(|query| query.get("next")).unwrap_or_default();
    let state = FormState::new(VerifyCode::PATH);
    // After a refused code the person presses the button: the next one may need a moment's thought.
    let first_try = state.problem.with_untracked(Option::is_none);
    view! {
        <EntryCard title=tr::challenge::title(l) intro=tr::challenge::intro(l)>
            <FormProblem state/>
            <form
                class="form"
                method="post"
                action=VerifyCode::url()
                data-auto-submit=first_try.then_some("")
            >
                <input type="hidden" name="next" value=next/>
                <OtpInput label=tr::common::code(l) error=state.code()/>
                {first_try.then(|| view! { <p class="hint needs-script">{tr::challenge::auto(l)}</p> })}
                <Button look=Look::Primary block=true>
                    {tr::challenge::submit(l)}
                </Button>
            </form>
            <div class="entry-links">
                <a href="/recover">{tr::challenge::use_recovery(l)}</a>
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="text-button">
                        {tr::challenge::other(l)}
                    </button>
                </form>
            </div>
        </EntryCard>
    }
    .into_any()
}
