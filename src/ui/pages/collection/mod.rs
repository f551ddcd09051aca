//! Collection: where money goes by itself, and what was moved.

pub mod detail;
pub mod dialogs;
pub mod gas;

use super::transactions::{Whole, ends, movement_words};
use crate::{
    api::collection::{CollectionChain, CollectionPage, CollectionRow, load_collections},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        parts::{
            Badge, Banner, ButtonLink, Card, Cell, Column, CopyIcon, EmptyState, Facts, Icon, Look,
            Table, TimeAgo, Tone,
        },
        time,
    },
};
use aio_domain::{CollectionId, Language, OutgoingStatus};
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};

/// The page.
#[component]
pub fn Collections() -> impl IntoView {
    let l = use_language();
    let query = use_query_map();
    let before = move || {
        query.with(|query| query.get("before")).and_then(|id| id.parse::<CollectionId>().ok())
    };
    let data = Resource::new(before, load_collections);
    view! {
        <Page title=tr::collection::title(l)>
            <Outlet/>
            <Loaded data children=|page| view! { <Shown page/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(page: CollectionPage) -> impl IntoView {
    let l = use_language();
    let CollectionPage { chains, rows, is_older, older, may_change } = page;
    if chains.is_empty() {
        return view! {
            <section class="card">
                <EmptyState
                    icon="network"
                    title=tr::transactions::no_chains_title(l)
                    text=tr::transactions::no_chains(l)
                ></EmptyState>
            </section>
        }
        .into_any();
    }
    let cards = chains.into_iter().map(|chain| view! { <Chain chain may_change/> }).collect_view();
    let history = if rows.is_empty() {
        view! {
            <EmptyState
                icon="send"
                title=tr::collection::empty_title(l)
                text=tr::collection::empty(l)
            ></EmptyState>
        }
        .into_any()
    } else {
        view! { <Rows rows/> }.into_any()
    };
    let older = older.map(|id| ["/collection?before=", &id.to_string()].concat());
    view! {
        <p class="secondary">{tr::collection::lead(l)}</p>
        <div class="chain-cards">{cards}</div>
        <h2>{tr::collection::history(l)}</h2>
        <section class="card">{history}</section>
        <nav class="cluster" aria-label=tr::requests::pages(l)>
            {is_older
                .then(|| {
                    view! {
                        <ButtonLink href="/collection" icon="arrow-left">
                            {tr::transactions::newest(l)}
                        </ButtonLink>
                    }
                })}
            {older
                .map(|href| {
                    view! {
                        <ButtonLink href icon="arrow-right">
                            {tr::requests::older(l)}
                        </ButtonLink>
                    }
                })}
        </nav>
    }
    .into_any()
}

/// One chain: the whole address, whether it counts, and the rules.
#[component]
fn Chain(chain: CollectionChain, may_change: bool) -> impl IntoView {
    let l = use_language();
    let name = chain.chain.clone();
    let to = move |rest: &str| ["/collection/", &name, rest].concat();
    let state = match (&chain.address, &chain.next, chain.automatic) {
        (None, ..) => {
            view! { <Badge tone=Tone::Bad>{tr::collection::not_set(l)}</Badge> }.into_any()
        }
        (Some(_), Some(_), _) => {
            view! { <Badge tone=Tone::Warn>{tr::collection::cooling(l)}</Badge> }.into_any()
        }
        (Some(_), None, false) => {
            view! { <Badge tone=Tone::Warn>{tr::collection::paused(l)}</Badge> }.into_any()
        }
        (Some(_), None, true) => {
            view! { <Badge tone=Tone::Ok>{tr::collection::active(l)}</Badge> }.into_any()
        }
    };
    let address = match chain.address.clone() {
        None => view! { <span class="muted">{tr::collection::none_yet(l)}</span> }.into_any(),
        Some(text) => view! { <Whole text name=tr::collection::address(l)/> }.into_any(),
    };
    let cancel = to("/cancel");
    let waits = chain.next.clone().map(|(next, at)| {
        view! {
            <Banner tone=Tone::Warn>
                <p>{tr::collection::cools_until(l, &time::absolute(at))}</p>
                <Whole text=next name=tr::collection::next(l)/>
                {may_change
                    .then(|| {
                        view! {
                            <p>
                                <ButtonLink href=cancel small=true>
                                    {tr::collection::cancel(l)}
                                </ButtonLink>
                            </p>
                        }
                    })}
            </Banner>
        }
    });
    let tokens = chain
        .tokens
        .iter()
        .map(|token| {
            let waiting = token.waiting.as_deref().map(|word| {
                view! { <small>{waiting_words(l, word)}</small> }
            });
            view! {
                <p class="num">
                    <strong>{[&token.uncollected, "\u{a0}", &token.ticker].concat()}</strong>
                    {waiting}
                </p>
            }
        })
        .collect_view();
    let minimums: Vec<String> = chain
        .tokens
        .iter()
        .map(|token| [&token.minimum, "\u{a0}", &token.ticker].concat())
        .collect();
    let is_set = chain.address.is_some();
    let mut pairs = vec![
        (tr::collection::address(l), address),
        (tr::collection::uncollected(l), tokens.into_any()),
    ];
    if is_set {
        pairs.push((tr::collection::minimum(l), minimums.join(", ").into_any()));
        pairs.push((
            tr::collection::batch(l),
            tr::collection::batch_words(
                l,
                &chain.batch_size.to_string(),
                &chain.max_age_minutes.to_string(),
            )
            .into_any(),
        ));
    }
    let change = if is_set { tr::collection::change(l) } else { tr::collection::set(l) };
    let look = if is_set { Look::Plain } else { Look::Primary };
    view! {
        <Card title=chain.chain.clone()>
            <p>{state}</p>
            {waits}
            <Facts pairs/>
            {may_change
                .then(|| {
                    view! {
                        <div class="actions start">
                            <ButtonLink href=to("/address") look icon="pencil">
                                {change}
                            </ButtonLink>
                            {is_set
                                .then(|| {
                                    view! {
                                        <ButtonLink href=to("/rules") icon="settings">
                                            {tr::collection::rules(l)}
                                        </ButtonLink>
                                    }
                                })}
                        </div>
                    }
                })}
        </Card>
    }
    .into_any()
}

/// Why money waits although it is due.
fn waiting_words(l: Language, word: &str) -> &'static str {
    match word {
        "not_enough" => tr::collection::w_not_enough(l),
        "fee_share" => tr::collection::w_fee_share(l),
        "fee_cap" => tr::collection::w_fee_cap(l),
        "preparing" => tr::collection::w_preparing(l),
        _ => tr::collection::w_refused(l),
    }
}

#[component]
fn Rows(rows: Vec<CollectionRow>) -> impl IntoView {
    let l = use_language();
    let columns = vec![
        Column::named(tr::transactions::col_amount(l)),
        Column::named(tr::transactions::col_status(l)),
        Column::named(tr::collection::payments(l)),
        Column::named(tr::collection::fee(l)),
        Column::named(tr::transactions::col_hash(l)),
        Column::named(tr::collection::made(l)),
    ];
    let rows = rows.into_iter().map(|row| view! { <Row row/> }).collect_view();
    view! {
        <Table caption=tr::collection::history(l) columns>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Row(row: CollectionRow) -> impl IntoView {
    let l = use_language();
    let open = ["/collection/history/", &row.id.to_string()].concat();
    let hash = row.hash.map(|hash| {
        view! {
            <span class="key-id">
                <code>{ends(&hash)}</code>
                <CopyIcon
                    value=hash
                    label=tr::transactions::col_hash(l)
                    words=(tr::common::copy(l), tr::common::copied(l))
                />
                {row.explorer.map(|href| view! { <Explorer href/> })}
            </span>
        }
    });
    view! {
        <tr>
            <Cell name=tr::transactions::col_amount(l) class="title-cell">
                <a href=open class="num amount">{row.amount}</a>
                <small>{row.chain}</small>
            </Cell>
            <Cell name=tr::transactions::col_status(l)>
                <Badge tone=tone(row.status)>{movement_words(l, row.status)}</Badge>
            </Cell>
            <Cell name=tr::collection::payments(l)>{row.deposits.to_string()}</Cell>
            <Cell name=tr::collection::fee(l)>
                <span class="num">{row.fee.unwrap_or_default()}</span>
            </Cell>
            <Cell name=tr::transactions::col_hash(l) class="wide">{hash}</Cell>
            <Cell name=tr::collection::made(l)>
                <TimeAgo at=row.created_at/>
            </Cell>
        </tr>
    }
    .into_any()
}

/// Leads to where the chain can be looked at.
#[component]
pub fn Explorer(href: String) -> impl IntoView {
    let l = use_language();
    view! {
        <a
            href=href
            class="button quiet small square"
            target="_blank"
            rel="noopener noreferrer external"
            aria-label=tr::transactions::explorer(l)
        >
            <Icon id="external-link"/>
        </a>
    }
}

/// The colour of a movement's status.
pub const fn tone(status: OutgoingStatus) -> Tone {
    match status {
        OutgoingStatus::Requested | OutgoingStatus::Signed => Tone::Plain,
        OutgoingStatus::Broadcast => Tone::Info,
        OutgoingStatus::Mined => Tone::Warn,
        OutgoingStatus::Final => Tone::Ok,
        OutgoingStatus::Failed | OutgoingStatus::Overtaken => Tone::Bad,
    }
}
