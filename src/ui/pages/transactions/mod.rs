//! Transactions: the list with its filters, and the drawer of one of them.

pub mod detail;
mod filters;
mod live;
mod row;
mod words;

use crate::{
    api::transactions::{TransactionsFilter, TransactionsPage, list_transactions},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        parts::{Banner, ButtonLink, EmptyState, Look, Tone},
    },
};
pub use detail::Whole;
use filters::Filters;
pub use filters::escaped;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};
use live::{Live, LiveBar};
pub use row::Rows;
pub use words::{ends, movement_words};

/// The filters that stand in the page's address.
fn use_filter() -> Memo<TransactionsFilter> {
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| {
            let text = |name: &str| query.get(name).unwrap_or_default();
            TransactionsFilter {
                q: text("q"),
                status: text("status"),
                chain: text("chain"),
                token: text("token"),
                from: text("from"),
                until: text("until"),
                least: text("least"),
                most: text("most"),
                dust: text("dust"),
                before: text("before"),
            }
        })
    })
}

/// The page.
#[component]
pub fn Transactions() -> impl IntoView {
    let l = use_language();
    let filter = use_filter();
    let data = Resource::new(move || filter.get(), list_transactions);
    let live = Live::follow(data, filter);
    view! {
        <Page title=tr::transactions::title(l)>
            <Outlet/>
            <Loaded data children=move |page| view! { <Shown page live/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(page: TransactionsPage, live: Live) -> impl IntoView {
    let l = use_language();
    let TransactionsPage { rows, filter, ignored, older, chains, may_export } = page;
    let changed = live.take_changed();
    let rows = live.rows(rows);
    let halted: Vec<_> =
        chains.iter().filter(|chain| chain.halted).map(|chain| chain.id.clone()).collect();
    let query = filters::query(&filter);
    let is_filtered = !query.is_empty();
    let older_link = older.map(|id| {
        let next = TransactionsFilter { before: id.to_string(), ..filter.clone() };
        ["/transactions", &filters::query(&next)].concat()
    });
    let newest = TransactionsFilter { before: String::new(), ..filter.clone() };
    let newest_link =
        (!filter.before.is_empty()).then(|| ["/transactions", &filters::query(&newest)].concat());
    let export = (may_export && !chains.is_empty())
        .then(|| ["/transactions.csv", &filters::query(&newest)].concat());
    let no_chains = chains.is_empty();
    let empty = rows.is_empty();
    let list = if empty {
        view! { <Nothing no_chains is_filtered looks_further=older_link.is_some()/> }.into_any()
    } else {
        view! { <Rows rows query customers=true changed/> }.into_any()
    };
    view! {
        {halted
            .into_iter()
            .map(|chain| {
                view! {
                    <Banner tone=Tone::Bad>
                        <p>{tr::transactions::halted(l, &chain)}</p>
                    </Banner>
                }
            })
            .collect_view()}
        <Filters filter chains ignored export/>
        {(!no_chains).then(|| view! { <LiveBar live/> })}
        <section class="card">{list}</section>
        <nav class="cluster" aria-label=tr::requests::pages(l)>
            {newest_link
                .map(|href| {
                    view! {
                        <ButtonLink href icon="arrow-left">
                            {tr::transactions::newest(l)}
                        </ButtonLink>
                    }
                })}
            {older_link
                .map(|href| {
                    let words =
                        if empty { tr::transactions::further(l) } else { tr::requests::older(l) };
                    view! {
                        <ButtonLink href icon="arrow-right">
                            {words}
                        </ButtonLink>
                    }
                })}
        </nav>
    }
    .into_any()
}

/// Why there is nothing: nothing yet, nothing here, or nothing in this part.
#[component]
fn Nothing(no_chains: bool, is_filtered: bool, looks_further: bool) -> impl IntoView {
    let l = use_language();
    if no_chains {
        return view! {
            <EmptyState
                icon="network"
                title=tr::transactions::no_chains_title(l)
                text=tr::transactions::no_chains(l)
            ></EmptyState>
        }
        .into_any();
    }
    let (title, text) = match (is_filtered, looks_further) {
        (_, true) => (tr::transactions::part_title(l), tr::transactions::part(l)),
        (true, false) => (tr::transactions::none_title(l), tr::transactions::none(l)),
        (false, false) => (tr::transactions::empty_title(l), tr::transactions::empty(l)),
    };
    view! {
        <EmptyState icon="coins" title text>
            {if is_filtered {
                view! { <ButtonLink href="/transactions">{tr::transactions::clear(l)}</ButtonLink> }
            } else {
                view! {
                    <ButtonLink href="/subaddresses" look=Look::Primary icon="wallet">
                        {tr::transactions::to_subaddresses(l)}
                    </ButtonLink>
                }
            }}
        </EmptyState>
    }
    .into_any()
}
