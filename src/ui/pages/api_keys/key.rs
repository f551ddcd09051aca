use super::{
    confirm::range_words,
    edit::encryption_words,
    fields::mode_words,
    row::{aes, last_day, state},
    snippets::Snippets,
    try_it::TryIt,
};
use crate::{
    api::{
        ApiError,
        keys::KeyRow,
        requests::{KeyPage, RuleUse, load_key_page},
    },
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        parts::{ButtonLink, Card, Cell, Chip, Column, CopyIcon, Facts, Look, Table, TimeAgo},
    },
};
use aio_domain::{AllowlistMode, ApiKeyId, Problem};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The key that the page's address names.
pub fn use_key_id() -> impl Fn() -> Option<ApiKeyId> + Copy + Send + Sync + 'static {
    let params = use_params_map();
    move || params.with(|params| params.get("id")).and_then(|id| id.parse().ok())
}

/// One key: what it is, what its rules did, how to use it.
#[component]
pub fn Key() -> impl IntoView {
    let l = use_language();
    let data = Resource::new(use_key_id(), |id| async move {
        load_key_page(id.ok_or(ApiError(Problem::NotFound))?).await
    });
    view! {
        <Page title=tr::key_page::title(l)>
            <Loaded data children=|page| view! { <Shown page/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn Shown(page: KeyPage) -> impl IntoView {
    let l = use_language();
    let KeyPage { key, rules, may_change, origin } = page;
    let path = ["/api-keys/", &key.id.to_string()].concat();
    let to = |rest: &str| [&path, "/", rest].concat();
    let buttons = may_change.then(|| {
        view! {
            <ButtonLink href=to("edit") look=Look::Primary icon="pencil">
                {tr::keys::m_edit(l)}
            </ButtonLink>
        }
    });
    let listed = key.allowlist_mode == AllowlistMode::Listed;
    let (label, about) = (key.label.clone(), key.clone());
    view! {
        <p>
            <a href="/api-keys">{tr::key_page::back(l)}</a>
        </p>
        <div class="lead">
            <h2>{label}</h2>
            <div class="cluster">
                <ButtonLink href=to("requests") icon="list">
                    {tr::key_page::requests(l)}
                </ButtonLink>
                {buttons}
            </div>
        </div>
        <Card title=tr::key_page::about(l)>
            <About key=about may_change/>
        </Card>
        {listed.then(|| view! { <Rules rules/> })}
        <Snippets key origin/>
        <TryIt/>
    }
    .into_any()
}

#[component]
fn About(key: KeyRow, may_change: bool) -> impl IntoView {
    let l = use_language();
    let id = key.id.to_string();
    let (page, words) = match key.aes {
        None => ("/aes/enable", tr::keys::m_aes_enable(l)),
        Some(_) => ("/aes/regenerate", tr::keys::m_aes_regenerate(l)),
    };
    let change = may_change.then(|| {
        let href = ["/api-keys/", &id, page].concat();
        view! { " " <a href=href>{words}</a> }
    });
    let scopes = key
        .scopes
        .iter()
        .copied()
        .map(|scope| view! { <Chip>{scope.as_str()}</Chip> })
        .collect_view();
    let used = match key.last_used.clone() {
        None => tr::keys::never_used(l).into_any(),
        Some(last) => {
            view! { <TimeAgo at=last.at/> " " {tr::keys::from_ip(l, &last.address)} }.into_any()
        }
    };
    let expires = key.expires_at.map_or_else(|| tr::keys::no_expiry(l).to_owned(), last_day);
    let pairs = vec![
        (tr::keys::col_state(l), state(l, &key)),
        (
            tr::keys::col_key(l),
            view! {
                <span class="key-id">
                    <code>{id.clone()}</code>
                    <CopyIcon
                        value=id
                        label=tr::keys::col_key(l)
                        words=(tr::common::copy(l), tr::common::copied(l))
                    />
                </span>
            }
            .into_any(),
        ),
        (tr::key_form::permissions(l), view! { <span class="chips">{scopes}</span> }.into_any()),
        (tr::key_form::where_from(l), mode_words(l, key.allowlist_mode).0.into_any()),
        (tr::keys::col_aes(l), view! { {aes(l, &key)} {change} }.into_any()),
        (tr::key_form::encryption(l), encryption_words(l, key.encryption).into_any()),
        (
            tr::key_form::rate(l),
            tr::key_form::per_minute(l, &key.rate_per_minute.to_string()).into_any(),
        ),
        (tr::keys::col_used(l), used),
        (tr::key_form::expires(l), expires.into_any()),
    ];
    view! { <Facts pairs/> }
}

/// The ranges of the allowlist, and what each let in.
#[component]
fn Rules(rules: Vec<RuleUse>) -> impl IntoView {
    let l = use_language();
    let rows = rules
        .into_iter()
        .map(|used| {
            let label = used.rule.label.as_ref().map(ToString::to_string);
            let last = match used.last_match_at {
                Some(at) => view! { <TimeAgo at/> }.into_any(),
                None => view! { <span class="muted">{tr::keys::never_used(l)}</span> }.into_any(),
            };
            view! {
                <tr>
                    <Cell name=tr::key_page::col_range(l) class="title-cell">
                        {range_words(l, &used.rule.cidr)}
                        {label.map(|label| view! { <small>{label}</small> })}
                    </Cell>
                    <Cell name=tr::key_page::col_hits(l)>{used.hits.to_string()}</Cell>
                    <Cell name=tr::key_page::col_last(l)>{last}</Cell>
                </tr>
            }
        })
        .collect_view();
    let columns = vec![
        Column::named(tr::key_page::col_range(l)),
        Column::named(tr::key_page::col_hits(l)),
        Column::named(tr::key_page::col_last(l)),
    ];
    view! {
        <section class="card">
            <Table caption=tr::key_form::rules(l) columns>
                {rows}
            </Table>
        </section>
    }
    .into_any()
}
