use crate::{
    api::{authenticator::CodesSaved, page::PageData},
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        pages::form::{FormProblem, FormState},
        parts::{Banner, Button, ButtonLink, Checkbox, CopyButton, Icon, Look, Tone},
    },
};
use aio_domain::SecretText;
use leptos::prelude::*;
use server_fn::ServerFn as _;
use std::sync::Arc;

/// Ten recovery codes, shown once. The server waits for the tick that says they are stored.
#[component]
pub fn RecoveryCodes() -> impl IntoView {
    let codes = use_context::<PageData>().and_then(|page| page.recovery_codes);
    match codes {
        Some(codes) => view! { <Sheet codes/> }.into_any(),
        None => view! { <Gone/> }.into_any(),
    }
}

#[component]
fn Sheet(codes: Arc<Vec<SecretText>>) -> impl IntoView {
    let l = use_language();
    let state = FormState::new(CodesSaved::PATH);
    let text = codes.iter().map(SecretText::expose).collect::<Vec<_>>().join("\n");
    let file = [tr::codes::file_head(l), "\n\n", &text, "\n"].concat();
    let items =
        codes.iter().map(|code| view! { <li>{code.expose().to_owned()}</li> }).collect_view();
    view! {
        <EntryCard title=tr::codes::title(l) intro=tr::codes::intro(l) wide=true>
            <FormProblem state/>
            <ol class="recovery-codes" aria-label=tr::codes::list(l)>
                {items}
            </ol>
            <div class="cluster needs-script no-print">
                <CopyButton
                    value=text
                    label=tr::codes::copy_all(l)
                    words=(tr::common::copy(l), tr::common::copied(l))
                />
                <button
                    type="button"
                    class="button small"
                    data-download="aio-recovery-codes.txt"
                    data-text=file
                >
                    <Icon id="download"/>
                    {tr::codes::download(l)}
                </button>
                <button type="button" class="button small" data-print="">
                    <Icon id="printer"/>
                    {tr::codes::print(l)}
                </button>
            </div>
            <form class="form" method="post" action=CodesSaved::url()>
                <Checkbox name="saved" label=tr::codes::saved(l) required=true/>
                <Button look=Look::Primary>{tr::codes::finish(l)}</Button>
            </form>
        </EntryCard>
    }
    .into_any()
}

#[component]
fn Gone() -> impl IntoView {
    let l = use_language();
    let state = FormState::new(CodesSaved::PATH);
    view! {
        <EntryCard title=tr::codes::gone_title(l)>
            <FormProblem state/>
            <Banner tone=Tone::Warn>
                <p>{tr::codes::gone(l)}</p>
            </Banner>
            <form class="form" method="post" action=CodesSaved::url()>
                <Checkbox name="saved" label=tr::codes::saved(l) required=true/>
                <div class="actions start">
                    <Button look=Look::Primary>{tr::codes::to_dashboard(l)}</Button>
                    <ButtonLink href="/settings/security">{tr::codes::to_settings(l)}</ButtonLink>
                </div>
            </form>
        </EntryCard>
    }
    .into_any()
}
