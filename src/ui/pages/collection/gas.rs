use crate::{
    api::collection::{GasRow, load_gas},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        pages::transactions::Whole,
        parts::{Banner, Card, EmptyState, Facts, Qr, Tone},
    },
};
use leptos::prelude::*;

/// The addresses that pay the networks, with what is on them and how to fill them.
#[component]
pub fn Gas() -> impl IntoView {
    let l = use_language();
    let data = Resource::new(|| (), |()| load_gas());
    view! {
        <Page title=tr::gas::title(l)>
            <Loaded data children=|rows| view! { <Shown rows/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(rows: Vec<GasRow>) -> impl IntoView {
    let l = use_language();
    if rows.is_empty() {
        return view! {
            <section class="card">
                <EmptyState icon="coins" title=tr::gas::none_title(l) text=tr::gas::none(l)></EmptyState>
            </section>
        }
        .into_any();
    }
    let cards = rows.into_iter().map(|row| view! { <One row/> }).collect_view();
    view! {
        <p class="secondary">{tr::gas::lead(l)}</p>
        <div class="chain-cards">{cards}</div>
    }
    .into_any()
}

#[component]
fn One(row: GasRow) -> impl IntoView {
    let l = use_language();
    let balance = row.balance.unwrap_or_else(|| tr::gas::silent(l).to_owned());
    let label = tr::subaddresses::scan(l, &row.coin);
    let pairs = vec![
        (tr::gas::balance(l), view! { <strong class="num">{balance}</strong> }.into_any()),
        (
            tr::subaddresses::address(l),
            view! { <Whole text=row.address name=tr::subaddresses::address(l)/> }.into_any(),
        ),
    ];
    view! {
        <Card title=row.chain>
            {row
                .is_low
                .then(|| view! { <Banner tone=Tone::Warn><p>{tr::gas::low(l, &row.coin)}</p></Banner> })}
            <Facts pairs/>
            <div class="codes">
                {row.qr.map(|(path, side)| view! { <Qr path side label=label.clone()/> })}
            </div>
        </Card>
    }
    .into_any()
}
