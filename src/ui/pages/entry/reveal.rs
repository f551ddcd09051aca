use crate::{
    api::page::{PageData, Reveal, RevealOccasion},
    i18n::{tr, use_language},
    ui::{
        layout::EntryCard,
        parts::{Banner, ButtonLink, CodeBlock, Icon, Look, SecretRow, Tone},
    },
};
use aio_domain::SecretText;
use leptos::prelude::*;
use std::sync::Arc;

/// Secrets that were asked for, once. Reading the page deletes them from the session.
#[component]
pub fn RevealPage() -> impl IntoView {
    let reveal = use_context::<PageData>().and_then(|page| page.reveal);
    match reveal {
        Some(reveal) => view! { <Shown reveal/> }.into_any(),
        None => view! { <Gone/> }.into_any(),
    }
}

#[component]
fn Shown(reveal: Arc<Reveal>) -> impl IntoView {
    let l = use_language();
    let words = (tr::common::copy(l), tr::common::copied(l));
    let (title, note) = match (reveal.occasion, reveal.never_again) {
        (RevealOccasion::Created, true) => (tr::reveal::secret_title(l), tr::reveal::never(l)),
        (RevealOccasion::Created | RevealOccasion::Copied, _) => {
            (tr::reveal::secret_title(l), tr::reveal::once(l))
        }
        _ => (tr::reveal::aes_title(l), tr::reveal::once_aes(l)),
    };
    let secret = reveal.secret.as_ref().map(|secret| {
        view! { <SecretRow label=tr::reveal::secret(l) value=secret.expose() words/> }
    });
    let aes_key = reveal.aes_key.as_ref().map(|(key, version)| {
        view! {
            <SecretRow label=tr::reveal::aes(l) value=key.expose() words/>
            <SecretRow label=tr::reveal::aes_version(l) value=version.to_string() words/>
            <p class="hint">{tr::reveal::encrypt_hint(l)}</p>
        }
    });
    let env = env_file(&reveal);
    let sample = reveal
        .secret
        .as_ref()
        .filter(|_| reveal.occasion == RevealOccasion::Created)
        .map(|secret| view! { <Sample secret=secret.clone() origin=reveal.origin.clone()/> });
    view! {
        <EntryCard title=title intro=reveal.label.clone() wide=true>
            <Banner tone=Tone::Warn>
                <p>{note}</p>
            </Banner>
            <div class="stack">
                <SecretRow label=tr::reveal::key_id(l) value=reveal.id.to_string() words/>
                {secret}
                {aes_key}
            </div>
            <div class="cluster needs-script">
                <button type="button" class="button small" data-download="aio.env" data-text=env>
                    <Icon id="download"/>
                    {tr::reveal::env(l)}
                </button>
            </div>
            {sample}
            <div class="actions">
                <ButtonLink href="/api-keys" look=Look::Primary icon="check">
                    {tr::reveal::stored(l)}
                </ButtonLink>
            </div>
        </EntryCard>
    }
    .into_any()
}

/// A command that proves the key works.
#[component]
fn Sample(secret: SecretText, origin: String) -> impl IntoView {
    let l = use_language();
    let code =
        format!("curl {origin}/v1/whoami \\\n  -H \"Authorization: Bearer {}\"", secret.expose());
    view! {
        <CodeBlock label=tr::reveal::try_it(l) code words=(tr::common::copy(l), tr::common::copied(l))/>
        <p class="hint">{tr::reveal::try_hint(l)}</p>
    }
    .into_any()
}

/// The values as a shop's server reads them.
fn env_file(reveal: &Reveal) -> String {
    let mut lines =
        vec![format!("AIO_URL={}", reveal.origin), format!("AIO_API_KEY_ID={}", reveal.id)];
    lines.extend(reveal.secret.as_ref().map(|secret| format!("AIO_API_KEY={}", secret.expose())));
    if let Some((key, version)) = &reveal.aes_key {
        lines.push(format!("AIO_AES_KEY={}", key.expose()));
        lines.push(format!("AIO_AES_VERSION={version}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[component]
fn Gone() -> impl IntoView {
    let l = use_language();
    view! {
        <EntryCard title=tr::reveal::gone_title(l) intro=tr::reveal::gone(l)>
            <div class="stack">
                <p class="secondary">{tr::reveal::gone_never(l)}</p>
                <div class="actions start">
                    <ButtonLink href="/api-keys" look=Look::Primary>
                        {tr::reveal::back(l)}
                    </ButtonLink>
                </div>
            </div>
        </EntryCard>
    }
    .into_any()
}
