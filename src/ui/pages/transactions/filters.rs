//! The filters as one form that the browser sends by itself: what is listed stands in the address.

use super::words::status_words;
use crate::{
    api::transactions::{ChainChoice, TransactionsFilter},
    i18n::{tr, use_language},
    ui::parts::{Banner, Button, ButtonLink, Checkbox, Input, Look, Select, Text, Tone},
};
use aio_domain::{DepositStatus, Language};
use leptos::prelude::*;

/// The query that asks for these filters, with its `?`; empty when there are none.
pub fn query(filter: &TransactionsFilter) -> String {
    let mut text = String::new();
    for (name, value) in fields(filter) {
        if !value.is_empty() {
            text.push(if text.is_empty() { '?' } else { '&' });
            text.push_str(name);
            text.push('=');
            text.push_str(&escaped(value));
        }
    }
    text
}

fn fields(filter: &TransactionsFilter) -> [(&'static str, &str); 10] {
    [
        ("q", &filter.q),
        ("status", &filter.status),
        ("chain", &filter.chain),
        ("token", &filter.token),
        ("from", &filter.from),
        ("until", &filter.until),
        ("least", &filter.least),
        ("most", &filter.most),
        ("dust", &filter.dust),
        ("before", &filter.before),
    ]
}

/// A value as it may stand in a query: everything but letters, digits and a few signs as bytes in hex.
pub fn escaped(value: &str) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or('0');
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(digit(byte >> 4));
            text.push(digit(byte & 15));
        }
    }
    text
}

/// The form, what is set, and the file to take along.
#[component]
pub fn Filters(
    filter: TransactionsFilter,
    chains: Vec<ChainChoice>,
    ignored: Vec<String>,
    export: Option<String>,
) -> impl IntoView {
    let l = use_language();
    let bare = TransactionsFilter { before: String::new(), ..filter.clone() };
    let more = TransactionsFilter { q: String::new(), ..bare.clone() };
    let is_open = more != TransactionsFilter::default();
    let clear = (bare != TransactionsFilter::default()).then(|| {
        view! {
            <ButtonLink href="/transactions" look=Look::Quiet icon="x">
                {tr::transactions::clear(l)}
            </ButtonLink>
        }
    });
    let names: Vec<_> = ignored.iter().map(|name| field_words(l, name)).collect();
    view! {
        <form method="get" action="/transactions" class="filters" role="search">
            <div class="filter-line">
                <Input
                    name="q"
                    label=tr::transactions::search(l)
                    value=filter.q.clone()
                    kind="search"
                    maxlength=128
                />
                <Button icon="search">{tr::transactions::find(l)}</Button>
                {export
                    .map(|href| {
                        view! {
                            <ButtonLink href icon="download" external=true>
                                {tr::transactions::csv(l)}
                            </ButtonLink>
                        }
                    })}
            </div>
            <details open=is_open>
                <summary>{tr::transactions::filters(l)}</summary>
                <Fields filter chains/>
                {clear}
            </details>
        </form>
        {(!names.is_empty())
            .then(|| {
                view! {
                    <Banner tone=Tone::Warn>
                        <p>{tr::transactions::ignored(l, &names.join(", "))}</p>
                    </Banner>
                }
            })}
    }
    .into_any()
}

#[component]
fn Fields(filter: TransactionsFilter, chains: Vec<ChainChoice>) -> impl IntoView {
    let l = use_language();
    let any = || (Text::from(""), Text::from(tr::transactions::any(l)));
    let statuses = DepositStatus::ALL
        .iter()
        .map(|status| (Text::from(status.as_str()), Text::from(status_words(l, *status))));
    let statuses: Vec<_> = [any()].into_iter().chain(statuses).collect();
    let mut tickers: Vec<String> =
        chains.iter().flat_map(|chain| chain.tokens.iter().cloned()).collect();
    tickers.sort_unstable();
    tickers.dedup();
    let named = |names: Vec<String>| {
        let options = names.into_iter().map(|name| (Text::from(name.clone()), Text::from(name)));
        [any()].into_iter().chain(options).collect::<Vec<_>>()
    };
    let names = chains.into_iter().map(|chain| chain.id).collect();
    view! {
        <div class="filter-grid">
            <Select
                name="status"
                label=tr::transactions::col_status(l)
                options=statuses
                selected=filter.status
            />
            <Select
                name="chain"
                label=tr::transactions::chain(l)
                options=named(names)
                selected=filter.chain
            />
            <Select
                name="token"
                label=tr::transactions::token(l)
                options=named(tickers)
                selected=filter.token
            />
            <Input name="from" label=tr::transactions::from(l) value=filter.from kind="date"/>
            <Input name="until" label=tr::transactions::until(l) value=filter.until kind="date"/>
            <Input
                name="least"
                label=tr::transactions::least(l)
                hint=tr::transactions::amount_hint(l)
                value=filter.least
                maxlength=80
            />
            <Input name="most" label=tr::transactions::most(l) value=filter.most maxlength=80/>
            <Checkbox
                name="dust"
                value="1"
                label=tr::transactions::show_dust(l)
                hint=tr::transactions::dust_hint(l)
                checked=filter.dust == "1"
            />
        </div>
    }
    .into_any()
}

/// What a filter is called beside its control.
fn field_words(l: Language, name: &str) -> &'static str {
    match name {
        "status" => tr::transactions::col_status(l),
        "chain" => tr::transactions::chain(l),
        "token" => tr::transactions::token(l),
        "from" => tr::transactions::from(l),
        "until" => tr::transactions::until(l),
        "least" => tr::transactions::least(l),
        "most" => tr::transactions::most(l),
        _ => tr::transactions::place(l),
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, query};
    use crate::api::transactions::TransactionsFilter;

    #[test]
    fn the_address_says_what_is_listed_and_nothing_else() {
        assert_eq!(query(&TransactionsFilter::default()), "");
        let filter = TransactionsFilter {
            q: "a&b=客".into(),
            status: "confirmed".into(),
            ..TransactionsFilter::default()
        };
        assert_eq!(query(&filter), "?q=a%26b%3D%E5%AE%A2&status=confirmed");
        assert_eq!(escaped("0.5 #?/+%"), "0.5%20%23%3F%2F%2B%25");
    }
}
