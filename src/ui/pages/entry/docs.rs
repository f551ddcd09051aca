use crate::{
    api::page::{ClientDoc, Docs, EndpointDoc, PageData},
    i18n::{tr, use_language},
    ui::{
        layout::LanguageSwitch,
        pages::FIRST_CALLS,
        parts::{Badge, CodeBlock, Tone},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use std::sync::Arc;

/// The merchant API, to read: made of the same endpoints as the OpenAPI document.
#[component]
pub fn DocsPage() -> impl IntoView {
    let l = use_language();
    let docs = use_context::<PageData>().and_then(|page| page.docs).unwrap_or_default();
    let title = tr::docs::title(l);
    view! {
        <Title text=tr::common::page_title(l, title, tr::common::product(l))/>
        <div class="docs">
            <header class="entry-tools">
                <a class="brand" href="/">
                    {tr::common::product(l)}
                </a>
                <LanguageSwitch/>
            </header>
            <main id="main" class="docs-main">
                <div class="stack tight">
                    <h1>{title}</h1>
                    <p class="secondary">{tr::docs::lead(l)}</p>
                </div>
                <nav class="tabs" aria-label=tr::docs::contents(l)>
                    <a href="#start">{tr::docs::start(l)}</a>
                    <a href="#endpoints">{tr::docs::endpoints(l)}</a>
                    <a href="#encryption">{tr::docs::encryption(l)}</a>
                    <a href="#errors">{tr::docs::errors(l)}</a>
                    <a href="/v1/openapi.json">"OpenAPI"</a>
                </nav>
                <Start docs=docs.clone()/>
                <section class="stack" id="endpoints">
                    <h2>{tr::docs::endpoints(l)}</h2>
                    {docs.endpoints.iter().cloned().map(|endpoint| view! { <Endpoint endpoint/> }).collect_view()}
                </section>
                <Encryption docs=docs.clone()/>
                <Errors docs/>
            </main>
        </div>
    }
    .into_any()
}

#[component]
fn Start(docs: Arc<Docs>) -> impl IntoView {
    let l = use_language();
    let code = FIRST_CALLS.replace("{origin}", &docs.origin);
    let rules = [
        tr::docs::rule_key(l),
        tr::docs::rule_json(l),
        tr::docs::rule_once(l),
        tr::docs::rule_limits(l),
        tr::docs::rule_errors(l),
    ];
    view! {
        <section class="stack" id="start">
            <h2>{tr::docs::start(l)}</h2>
            <p>{tr::docs::start_text(l)}</p>
            <CodeBlock label="curl" code words=(tr::common::copy(l), tr::common::copied(l))/>
            <ul class="bullets">{rules.map(|rule| view! { <li>{rule}</li> }).collect_view()}</ul>
        </section>
    }
    .into_any()
}

#[component]
fn Endpoint(endpoint: EndpointDoc) -> impl IntoView {
    let l = use_language();
    let rows = endpoint
        .parameters
        .iter()
        .map(|(name, about)| {
            view! {
                <dt>
                    <code>{*name}</code>
                </dt>
                <dd>{*about}</dd>
            }
        })
        .collect_view();
    let has_parameters = !endpoint.parameters.is_empty();
    view! {
        <article class="card" id=endpoint.name>
            <div class="card-body">
                <h3>
                    <Badge tone=Tone::Info>{endpoint.verb}</Badge>
                    " "
                    <code>{endpoint.path}</code>
                </h3>
                <p>
                    <strong>{endpoint.summary}</strong>
                    ". "
                    {with_code(endpoint.about)}
                </p>
                <p class="secondary">
                    {tr::docs::scope(l)}
                    " "
                    <code>{endpoint.scope}</code>
                </p>
                {has_parameters.then(|| view! { <dl class="facts">{rows}</dl> })}
                <p class="hint">
                    {tr::docs::own_errors(l)}
                    " "
                    {endpoint.errors.join(", ")}
                </p>
            </div>
        </article>
    }
    .into_any()
}

/// Text in which words between back quotes are code.
fn with_code(text: &'static str) -> impl IntoView {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => part.into_any(),
        _ => view! { <code>{part}</code> }.into_any(),
    });
    parts.collect_view()
}

#[component]
fn Encryption(docs: Arc<Docs>) -> impl IntoView {
    let l = use_language();
    let clients =
        docs.clients.iter().copied().map(|client| view! { <Client client/> }).collect_view();
    view! {
        <section class="stack" id="encryption">
            <h2>{tr::docs::encryption(l)}</h2>
            <p>{tr::docs::encryption_text(l)}</p>
            {clients}
        </section>
    }
    .into_any()
}

/// A client's file, folded: to be copied as a whole.
#[component]
fn Client(client: ClientDoc) -> impl IntoView {
    let l = use_language();
    let words = (tr::common::copy(l), tr::common::copied(l));
    view! {
        <details class="card fold" id=client.language>
            <summary>
                {client.language}
                " "
                <code>{client.file}</code>
            </summary>
            <div class="card-body">
                <CodeBlock label=client.file code=client.code words/>
                <CodeBlock label=tr::docs::example(l) code=client.example words/>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn Errors(docs: Arc<Docs>) -> impl IntoView {
    let l = use_language();
    let rows = docs
        .problems
        .iter()
        .map(|(status, code, about)| {
            view! {
                <tr id=*code>
                    <td class="number">{status.to_string()}</td>
                    <td>
                        <code>{*code}</code>
                    </td>
                    <td>{*about}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="stack" id="errors">
            <h2>{tr::docs::errors(l)}</h2>
            <p>{tr::docs::errors_text(l)}</p>
            <div class="card table-wrap" tabindex="0">
                <table class="docs-table">
                    <caption class="visually-hidden">{tr::docs::errors(l)}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{tr::docs::col_status(l)}</th>
                            <th scope="col">{tr::docs::col_code(l)}</th>
                            <th scope="col">{tr::docs::col_meaning(l)}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
    .into_any()
}
