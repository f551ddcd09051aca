//! The first page: what came in, what waits, what to do next. It is whole without scripts.

mod chart;
mod items;
mod stats;

use crate::{
    api::{
        ApiError,
        overview::{Card as Found, Overview as Data, load_overview},
        transactions::TransactionRow,
    },
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        pages::transactions::Rows,
        parts::{Banner, ButtonLink, EmptyState, Tone},
        problem,
    },
};
use chart::chart;
use items::{Attention, steps};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use stats::{awaiting, received, uncollected};

/// The page.
#[component]
pub fn Overview() -> impl IntoView {
    let l = use_language();
    let query = use_query_map();
    let text = move |name: &str| query.with(|query| query.get(name)).unwrap_or_default();
    let wanted = move || (text("days"), text("token"));
    let data = Resource::new(wanted, |(days, token)| load_overview(days, token));
    view! {
        <Page title=tr::overview::title(l)>
            <Loaded data children=|page| view! { <Shown page/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(page: Data) -> impl IntoView {
    let l = use_language();
    let Data { received: came, awaiting: waits, uncollected: lies, volume, latest, .. } = page;
    let first = match page.steps {
        Ok(list) if list.is_empty() => None,
        found => Some(card(tr::overview::steps(l), found, steps)),
    };
    view! {
        {first}
        <div class="stats">
            {card(tr::overview::received(l), came, received)}
            {card(tr::overview::awaiting(l), waits, awaiting)}
            {card(tr::overview::uncollected(l), lies, uncollected)}
        </div>
        {card(tr::overview::volume(l), volume, chart)}
        <div class="beside">
            {latest_card(latest)}
            {card(
                tr::overview::attention(l),
                page.attention,
                |list| view! { <Attention list/> }.into_any(),
            )}
        </div>
    }
    .into_any()
}

/// A card with what was found for it, or with why it was not: the others stand all the same.
fn card<T>(title: &'static str, found: Found<T>, show: fn(T) -> AnyView) -> AnyView {
    framed(title, found.map_or_else(failed, show))
}

fn framed(title: &'static str, inside: AnyView) -> AnyView {
    view! {
        <section class="card">
            <div class="card-body">
                <h2>{title}</h2>
                {inside}
            </div>
        </section>
    }
    .into_any()
}

fn failed(error: ApiError) -> AnyView {
    let l = use_language();
    view! {
        <Banner tone=Tone::Bad>
            <p>{tr::overview::failed(l)}</p>
            <p>{problem::text(l, &error.0)}</p>
        </Banner>
    }
    .into_any()
}

/// The newest deposits: a table has no room around it.
fn latest_card(found: Found<Vec<TransactionRow>>) -> AnyView {
    let l = use_language();
    let rows = match found {
        Err(error) => return framed(tr::overview::latest(l), failed(error)),
        Ok(rows) => rows,
    };
    if rows.is_empty() {
        return view! {
            <section class="card">
                <EmptyState
                    icon="coins"
                    title=tr::transactions::empty_title(l)
                    text=tr::transactions::empty(l)
                ></EmptyState>
            </section>
        }
        .into_any();
    }
    view! {
        <section class="card">
            <div class="card-body card-head">
                <h2>{tr::overview::latest(l)}</h2>
                <ButtonLink href="/transactions" small=true>
                    {tr::overview::all(l)}
                </ButtonLink>
            </div>
            <Rows rows query=String::new() customers=true/>
        </section>
    }
    .into_any()
}
