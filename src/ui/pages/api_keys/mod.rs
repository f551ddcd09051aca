//! API keys: the list, and the dialogs that stand on it.

pub mod actions;
mod confirm;
pub mod create;
pub mod edit;
mod fields;
pub mod key;
pub mod requests;
mod row;
mod snippets;
mod try_it;

use crate::{
    api::keys::{KeyList, list_keys},
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page, use_frame},
        parts::{Banner, Button, ButtonLink, Column, EmptyState, Look, Table, Tone},
    },
};
pub use confirm::range_words;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map};
use row::Row;

/// The page.
#[component]
pub fn ApiKeys() -> impl IntoView {
    let l = use_language();
    let list = Resource::new(|| (), |()| list_keys());
    let deleted = use_query_map().with_untracked(|query| query.get("deleted").is_some());
    view! {
        <Page title=tr::keys::title(l)>
            <Outlet/>
            {deleted
                .then(|| view! { <Banner tone=Tone::Ok><p>{tr::keys::deleted(l)}</p></Banner> })}
            <FewCodes/>
            <Loaded data=list children=|list| view! { <List list/> }/>
        </Page>
    }
    .into_any()
}

#[component]
fn List(list: KeyList) -> impl IntoView {
    let l = use_language();
    let KeyList { keys, may_change, limit_reached, now } = list;
    let count = keys.len();
    if keys.is_empty() {
        return view! {
            <section class="card">
                <EmptyState icon="key" title=tr::keys::empty_title(l) text=tr::keys::empty(l)>
                    {may_change.then(|| view! { <CreateLink/> })}
                </EmptyState>
            </section>
        }
        .into_any();
    }
    let changed = use_query_map().with_untracked(|query| query.get("changed"));
    let rows = keys
        .into_iter()
        .map(|key| {
            let changed = changed.as_deref() == Some(key.id.to_string().as_str());
            view! { <Row key may_change now changed/> }
        })
        .collect_view();
    let columns = vec![
        Column::named(tr::keys::col_label(l)),
        Column::named(tr::keys::col_key(l)),
        Column::named(tr::keys::col_scopes(l)),
        Column::named(tr::keys::col_ips(l)),
        Column::named(tr::keys::col_aes(l)),
        Column::named(tr::keys::col_used(l)),
        Column::named(tr::keys::col_state(l)),
        Column::unseen(tr::keys::col_menu(l)),
    ];
    view! {
        <div class="lead">
            <p>{if may_change { tr::keys::lead(l) } else { tr::keys::read_only(l) }}</p>
            {(may_change && !limit_reached).then(|| view! { <CreateLink/> })}
            {(may_change && limit_reached)
                .then(|| {
                    view! {
                        <Button look=Look::Primary icon="plus" disabled=true>
                            {tr::keys::create(l)}
                        </Button>
                        <p class="hint">{tr::keys::limit(l, &count.to_string())}</p>
                    }
                })}
        </div>
        <section class="card">
            <Table caption=tr::keys::caption(l) columns>
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

#[component]
fn CreateLink() -> impl IntoView {
    let l = use_language();
    view! {
        <ButtonLink href="/api-keys/new" look=Look::Primary icon="plus">
            {tr::keys::create(l)}
        </ButtonLink>
    }
    .into_any()
}

/// Asks for new recovery codes while there are still some to sign in with.
#[component]
fn FewCodes() -> impl IntoView {
    let l = use_language();
    let frame = use_frame();
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                let left = frame.await.ok().map(|frame| frame.codes_left).filter(|left| *left <= 3);
                left.map(|left| {
                    let text = match usize::try_from(left) {
                        Ok(0) | Err(_) => tr::keys::codes_none(l).to_owned(),
                        Ok(left) => tr::keys::codes_low(l, left),
                    };
                    view! {
                        <Banner tone=Tone::Warn>
                            <p>
                                {text} " "
                                <a href="/settings/security/recovery-codes">{tr::keys::codes_make(l)}</a>
                            </p>
                        </Banner>
                    }
                })
            })}
        </Suspense>
    }
    .into_any()
}
