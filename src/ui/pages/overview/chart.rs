use crate::{
    api::overview::{Bar, Volume},
    i18n::{tr, use_language},
    ui::{
        pages::transactions::escaped,
        parts::{Button, Cell, Column, Select, Table, Text},
    },
};
use leptos::prelude::*;

/// Periods that can be chosen.
const PERIODS: [usize; 3] = [14, 30, 90];
/// The place of a day, and how wide its bar is in it.
const PLACE: usize = 10;
const WIDTH: usize = 8;

/// The bars of one token, what they say in a sentence, and the same numbers as a table. Period and token stand in the
/// address.
pub fn chart(found: Option<Volume>) -> AnyView {
    let l = use_language();
    let Some(volume) = found else {
        return view! { <p class="muted">{tr::transactions::no_chains(l)}</p> }.into_any();
    };
    let with = |amount: &str| [amount, "\u{a0}", &volume.ticker].concat();
    let title = tr::overview::chart(l, &volume.ticker, &volume.days.to_string());
    let payments = tr::overview::payments(l, volume.deposits);
    let text = tr::overview::chart_text(l, &with(&volume.total), &payments, &with(&volume.top));
    let dates = [volume.bars.first(), volume.bars.last()]
        .map(|bar| bar.map(|bar| bar.day.clone()).unwrap_or_default());
    let [first, last] = dates;
    view! {
        {choice(&volume)}
        <figure class="chart">
            <figcaption>{text.clone()}</figcaption>
            {picture(&volume.bars, title.clone(), text)}
            <p class="chart-days num" aria-hidden="true">
                <span>{first}</span>
                <span>{[&last, " (", tr::overview::so_far(l), ")"].concat()}</span>
            </p>
        </figure>
        <details class="as-table">
            <summary>{tr::overview::as_table(l)}</summary>
            {table(volume.bars, title)}
        </details>
    }
    .into_any()
}

/// Links for the period, and a form for the token: both work without scripts.
fn choice(volume: &Volume) -> AnyView {
    let l = use_language();
    let token = escaped(&volume.token);
    let link = |days: usize| {
        let href = ["/?days=", &days.to_string(), "&token=", &token].concat();
        let here = (days == volume.days).then_some("page");
        view! { <a href=href aria-current=here>{tr::overview::days(l, days)}</a> }
    };
    let options = volume.tokens.iter().cloned();
    let options: Vec<_> =
        options.map(|(name, words)| (Text::from(name), Text::from(words))).collect();
    let form = (options.len() > 1).then(|| {
        view! {
            <form method="get" action="/" class="filter-line">
                <input type="hidden" name="days" value=volume.days/>
                <Select
                    name="token"
                    label=tr::overview::token(l)
                    options
                    selected=volume.token.clone()
                />
                <Button>{tr::overview::show(l)}</Button>
            </form>
        }
    });
    view! {
        <nav class="tabs" aria-label=tr::overview::period(l)>
            {PERIODS.map(link).collect_view()}
        </nav>
        {form}
    }
    .into_any()
}

fn picture(bars: &[Bar], title: String, text: String) -> AnyView {
    let view_box = ["0 0 ", &(bars.len() * PLACE).to_string(), " 100"].concat();
    let today = bars.len().saturating_sub(1);
    let bars = bars
        .iter()
        .enumerate()
        .map(|(at, bar)| {
            // Today is not over yet.
            let opacity = (at == today).then_some("0.55");
            view! {
                <rect
                    x=at * PLACE + 1
                    y=100_u32.saturating_sub(bar.height)
                    width=WIDTH
                    height=bar.height
                    fill-opacity=opacity
                ></rect>
            }
        })
        .collect_view();
    view! {
        <svg
            class="bars"
            viewBox=view_box
            preserveAspectRatio="none"
            role="img"
            aria-labelledby="chart-title chart-text"
        >
            <title id="chart-title">{title}</title>
            <desc id="chart-text">{text}</desc>
            {bars}
        </svg>
    }
    .into_any()
}

/// The newest day first.
fn table(bars: Vec<Bar>, caption: String) -> AnyView {
    let l = use_language();
    let names =
        [tr::overview::col_day(l), tr::transactions::col_amount(l), tr::overview::col_payments(l)];
    let row = |bar: Bar| {
        view! {
            <tr>
                <Cell name=names[0] class="title-cell">
                    {bar.day}
                </Cell>
                <Cell name=names[1]>
                    <span class="num">{bar.amount}</span>
                </Cell>
                <Cell name=names[2]>
                    <span class="num">{bar.deposits}</span>
                </Cell>
            </tr>
        }
    };
    let rows = bars.into_iter().rev().map(row).collect_view();
    view! {
        <Table caption columns=names.map(Column::named).to_vec()>
            {rows}
        </Table>
    }
    .into_any()
}
