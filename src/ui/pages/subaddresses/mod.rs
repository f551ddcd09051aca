//! Subaddresses: the list, the dialog that makes one, and the page of one.

pub mod detail;
pub mod new;

use crate::{
    api::subaddresses::{SubaddressRow, SubaddressesFilter, SubaddressesPage, list_subaddresses},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        pages::transactions::{ends, escaped},
        parts::{
            Button, ButtonLink, Cell, Checkbox, Chip, Column, CopyIcon, EmptyState, Input, Look,
            Select, Table, Text, TimeAgo,
        },
    },
};
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};

/// The page.
#[component]
pub fn Subaddresses() -> impl IntoView {
    let l = use_language();
    let query = use_query_map();
    let filter = Memo::new(move |_| {
        query.with(|query| {
            let text = |name: &str| query.get(name).unwrap_or_default();
            SubaddressesFilter {
                q: text("q"),
                chain: text("chain"),
                archived: text("archived"),
                after: text("after"),
            }
        })
    });
    let data = Resource::new(move || filter.get(), list_subaddresses);
    view! {
        <Page title=tr::subaddresses::title(l)>
            <Outlet/>
            <Loaded data children=|page| view! { <Shown page/> }/>
        </Page>
    }
    .into_any()
}

fn link(filter: &SubaddressesFilter, after: &str) -> String {
    [
        "/subaddresses?q=",
        &escaped(&filter.q),
        "&chain=",
        &escaped(&filter.chain),
        "&archived=",
        &escaped(&filter.archived),
        "&after=",
        after,
    ]
    .concat()
}

#[component]
fn Shown(page: SubaddressesPage) -> impl IntoView {
    let l = use_language();
    let SubaddressesPage { rows, filter, more, chains, may_change } = page;
    let can_make = may_change && !chains.is_empty();
    let more = more.map(|id| link(&filter, &id.to_string()));
    let first = (!filter.after.is_empty()).then(|| link(&filter, ""));
    let is_filtered = filter != SubaddressesFilter::default();
    let names: Vec<_> = chains.into_iter().map(|chain| chain.id).collect();
    let list = if rows.is_empty() {
        view! { <Nothing no_chains=names.is_empty() is_filtered can_make/> }.into_any()
    } else {
        view! { <Rows rows/> }.into_any()
    };
    view! {
        <div class="lead">
            <p>{tr::subaddresses::lead(l)}</p>
            {can_make.then(|| view! { <NewLink/> })}
        </div>
        <Filters filter names/>
        <section class="card">{list}</section>
        <nav class="cluster" aria-label=tr::requests::pages(l)>
            {first
                .map(|href| {
                    view! {
                        <ButtonLink href icon="arrow-left">
                            {tr::subaddresses::first(l)}
                        </ButtonLink>
                    }
                })}
            {more
                .map(|href| {
                    view! {
                        <ButtonLink href icon="arrow-right">
                            {tr::subaddresses::more(l)}
                        </ButtonLink>
                    }
                })}
        </nav>
    }
    .into_any()
}

#[component]
fn NewLink() -> impl IntoView {
    let l = use_language();
    view! {
        <ButtonLink href="/subaddresses/new" look=Look::Primary icon="plus">
            {tr::subaddresses::new(l)}
        </ButtonLink>
    }
    .into_any()
}

#[component]
fn Nothing(no_chains: bool, is_filtered: bool, can_make: bool) -> impl IntoView {
    let l = use_language();
    let (title, text) = match (no_chains, is_filtered) {
        (true, _) => (tr::transactions::no_chains_title(l), tr::transactions::no_chains(l)),
        (false, true) => (tr::subaddresses::none_title(l), tr::subaddresses::none(l)),
        (false, false) => (tr::subaddresses::empty_title(l), tr::subaddresses::empty(l)),
    };
    view! {
        <EmptyState icon="wallet" title text>
            {is_filtered
                .then(|| {
                    view! {
                        <ButtonLink href="/subaddresses">{tr::transactions::clear(l)}</ButtonLink>
                    }
                })}
            {(can_make && !is_filtered).then(|| view! { <NewLink/> })}
        </EmptyState>
    }
    .into_any()
}

#[component]
fn Filters(filter: SubaddressesFilter, names: Vec<String>) -> impl IntoView {
    let l = use_language();
    let any = (Text::from(""), Text::from(tr::transactions::any(l)));
    let options = names.into_iter().map(|name| (Text::from(name.clone()), Text::from(name)));
    let options: Vec<_> = [any].into_iter().chain(options).collect();
    view! {
        <form method="get" action="/subaddresses" class="filters" role="search">
            <div class="filter-line">
                <Input
                    name="q"
                    label=tr::subaddresses::search(l)
                    value=filter.q
                    kind="search"
                    maxlength=128
                />
                <Select name="chain" label=tr::subaddresses::chain(l) options selected=filter.chain/>
                <Button icon="search">{tr::transactions::find(l)}</Button>
            </div>
            <Checkbox
                name="archived"
                value="1"
                label=tr::subaddresses::show_archived(l)
                checked=filter.archived == "1"
            />
        </form>
    }
    .into_any()
}

#[component]
fn Rows(rows: Vec<SubaddressRow>) -> impl IntoView {
    let l = use_language();
    let columns = vec![
        Column::named(tr::subaddresses::customer(l)),
        Column::named(tr::subaddresses::address(l)),
        Column::named(tr::subaddresses::chain(l)),
        Column::named(tr::subaddresses::created(l)),
    ];
    let rows = rows
        .into_iter()
        .map(|row| {
            let open = ["/subaddresses/", &row.id.to_string()].concat();
            view! {
                <tr>
                    <Cell name=tr::subaddresses::customer(l) class="title-cell">
                        <a href=open>{row.customer}</a>
                        {row
                            .archived
                            .then(|| view! { " " <Chip>{tr::subaddresses::archived(l)}</Chip> })}
                    </Cell>
                    <Cell name=tr::subaddresses::address(l)>
                        <span class="key-id">
                            <code>{ends(&row.address)}</code>
                            <CopyIcon
                                value=row.address
                                label=tr::subaddresses::address(l)
                                words=(tr::common::copy(l), tr::common::copied(l))
                            />
                        </span>
                    </Cell>
                    <Cell name=tr::subaddresses::chain(l)>{row.chain}</Cell>
                    <Cell name=tr::subaddresses::created(l)>
                        <TimeAgo at=row.created_at/>
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Table caption=tr::subaddresses::title(l) columns>
            {rows}
        </Table>
    }
    .into_any()
}
