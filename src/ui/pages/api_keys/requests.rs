use super::key::use_key_id;
use crate::{
    api::{
        ApiError,
        requests::{RequestRow, RequestsFilter, RequestsPage, load_requests},
    },
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        parts::{Badge, ButtonLink, Cell, Column, EmptyState, Table, TimeAgo, Tone},
    },
};
use aio_domain::{Language, Problem, RequestOutcome};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// What a key was used for: filters and place stand in the address.
#[component]
pub fn Requests() -> impl IntoView {
    let l = use_language();
    let id = use_key_id();
    let query = use_query_map();
    let filter = move || {
        query.with(|query| RequestsFilter {
            outcome: query.get("outcome").and_then(|name| RequestOutcome::from_name(&name)),
            before: query.get("before").unwrap_or_default(),
            after: query.get("after").unwrap_or_default(),
        })
    };
    let data = Resource::new(
        move || (id(), filter()),
        |(id, filter)| async move {
            load_requests(id.ok_or(ApiError(Problem::NotFound))?, filter).await
        },
    );
    view! {
        <Page title=tr::requests::title(l)>
            <Loaded data children=|page| view! { <Shown page/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(page: RequestsPage) -> impl IntoView {
    let l = use_language();
    let RequestsPage { key, lines, filter, newer, older } = page;
    let path = ["/api-keys/", &key.id.to_string()].concat();
    let place = {
        let path = path.clone();
        let outcome = filter.outcome;
        move |name: &str, value: &str| {
            let outcome = outcome.map(|one| ["outcome=", one.as_str(), "&"].concat());
            [&path, "/requests?", &outcome.unwrap_or_default(), name, "=", value].concat()
        }
    };
    let list = if lines.is_empty() {
        let (title, text) = match filter.outcome {
            None => (tr::requests::empty_title(l), tr::requests::empty(l)),
            Some(_) => (tr::requests::none_title(l), tr::requests::none(l)),
        };
        view! { <EmptyState icon="scroll-text" title text></EmptyState> }.into_any()
    } else {
        view! { <Lines lines/> }.into_any()
    };
    view! {
        <p>
            <a href=path.clone()>{tr::requests::back(l, &key.label)}</a>
        </p>
        <p class="secondary">{tr::requests::lead(l)}</p>
        <Filters path=[&path, "/requests"].concat() chosen=filter.outcome/>
        <section class="card">{list}</section>
        <nav class="cluster" aria-label=tr::requests::pages(l)>
            {newer
                .map(|at| {
                    view! {
                        <ButtonLink href=place("after", &at) icon="arrow-left">
                            {tr::requests::newer(l)}
                        </ButtonLink>
                    }
                })}
            {older
                .map(|at| {
                    view! {
                        <ButtonLink href=place("before", &at) icon="arrow-right">
                            {tr::requests::older(l)}
                        </ButtonLink>
                    }
                })}
        </nav>
    }
    .into_any()
}

/// How requests ended, as links: the page works without scripts.
#[component]
fn Filters(path: String, chosen: Option<RequestOutcome>) -> impl IntoView {
    let l = use_language();
    let all = [None].into_iter().chain(RequestOutcome::ALL.iter().copied().map(Some));
    let links = all
        .map(|outcome| {
            let (href, words) = match outcome {
                None => (path.clone(), tr::requests::all(l)),
                Some(one) => ([&path, "?outcome=", one.as_str()].concat(), outcome_words(l, one)),
            };
            let here = (outcome == chosen).then_some("page");
            view! {
                <a href=href aria-current=here>
                    {words}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=tr::requests::filter(l)>
            {links}
        </nav>
    }
    .into_any()
}

const fn outcome_words(l: Language, outcome: RequestOutcome) -> &'static str {
    match outcome {
        RequestOutcome::Ok => tr::requests::ok(l),
        RequestOutcome::Refused => tr::requests::refused(l),
        RequestOutcome::Failed => tr::requests::failed(l),
    }
}

#[component]
fn Lines(lines: Vec<RequestRow>) -> impl IntoView {
    let l = use_language();
    let columns = vec![
        Column::named(tr::requests::col_request(l)),
        Column::named(tr::requests::col_answer(l)),
        Column::named(tr::requests::col_from(l)),
        Column::named(tr::requests::col_took(l)),
        Column::named(tr::requests::col_at(l)),
    ];
    let rows = lines.into_iter().map(|line| view! { <Line line/> }).collect_view();
    view! {
        <Table caption=tr::requests::title(l) columns>
            {rows}
        </Table>
    }
    .into_any()
}

#[component]
fn Line(line: RequestRow) -> impl IntoView {
    let l = use_language();
    let tone = match line.outcome {
        RequestOutcome::Ok => Tone::Ok,
        RequestOutcome::Refused => Tone::Warn,
        RequestOutcome::Failed => Tone::Bad,
    };
    let why = reason_words(l, &line);
    let code = line.code.map(|code| view! { " " <code>{code}</code> });
    view! {
        <tr>
            <Cell name=tr::requests::col_request(l) class="title-cell">
                <code>{line.asked}</code>
                <small>{line.request_id}</small>
            </Cell>
            <Cell name=tr::requests::col_answer(l) class="wide">
                <Badge tone>{line.status.to_string()}</Badge>
                {code}
                {why.map(|why| view! { <small>{why}</small> })}
            </Cell>
            <Cell name=tr::requests::col_from(l)>
                {line.address}
                {line.encrypted.then(|| view! { <small>{tr::requests::encrypted(l)}</small> })}
            </Cell>
            <Cell name=tr::requests::col_took(l)>{took(l, line.took_us)}</Cell>
            <Cell name=tr::requests::col_at(l)>
                <TimeAgo at=line.at/>
            </Cell>
        </tr>
    }
    .into_any()
}

/// A time that says more than zero: `0.4 ms`, `12 ms`.
fn took(l: Language, micros: u32) -> String {
    let text = if micros < 10_000 {
        format!("{}.{}", micros / 1000, micros % 1000 / 100)
    } else {
        (micros / 1000).to_string()
    };
    tr::requests::ms(l, &text)
}

/// The reason that the answer did not tell.
fn reason_words(l: Language, line: &RequestRow) -> Option<String> {
    let words = match line.reason.as_deref()? {
        "address" => return Some(tr::requests::r_address(l, &line.address)),
        "nobody" => tr::requests::r_nobody(l),
        "frozen" => tr::requests::r_frozen(l),
        "expired" => tr::requests::r_expired(l),
        "wrong_secret" => tr::requests::r_wrong_secret(l),
        "wrong_network" => tr::requests::r_wrong_network(l),
        "encryption_headers" => tr::requests::r_headers(l),
        "does_not_open" => tr::requests::r_open(l),
        "used_or_stale" => tr::requests::r_used(l),
        other => return Some(other.to_owned()),
    };
    Some(words.to_owned())
}
