//! The dashboard allowlist: from where the dashboard may be opened.

pub mod dialogs;
pub mod new;

use crate::{
    api::{
        ApiError,
        allowlist::{DashboardAllowlist, Entry, load_allowlist},
    },
    i18n::{tr, use_language},
    ui::{
        layout::{Loaded, Page},
        parts::{
            Badge, Banner, ButtonLink, Cell, Column, EmptyState, Look, Menu, MenuLink, Switch,
            Table, TimeAgo, Tone,
        },
    },
};
use leptos::prelude::*;
use leptos_router::components::Outlet;

/// The allowlist, loaded once by the page and read by its dialogs.
pub type AllowlistResource = Resource<Result<DashboardAllowlist, ApiError>>;

/// The allowlist that the page loaded.
pub fn use_allowlist() -> AllowlistResource {
    use_context().unwrap_or_else(|| Resource::new(|| (), |()| load_allowlist()))
}

/// The page.
#[component]
pub fn Allowlist() -> impl IntoView {
    let l = use_language();
    let data: AllowlistResource = Resource::new(|| (), |()| load_allowlist());
    provide_context(data);
    view! {
        <Page title=tr::allowlist::title(l)>
            <Outlet/>
            <div class="lead">
                <p>{tr::allowlist::lead(l)}</p>
            </div>
            <Loaded
                data
                children=|data| {
                    view! {
                        <Master data=data.clone()/>
                        <Entries data/>
                    }
                }
            />
        </Page>
    }
    .into_any()
}

/// The one switch, what its state means, and whether this person keeps access.
#[component]
fn Master(data: DashboardAllowlist) -> impl IntoView {
    let l = use_language();
    let DashboardAllowlist { on, may_change, own_address, own_address_inside, .. } = data;
    let state = if on { tr::common::on(l) } else { tr::common::off(l) };
    let control = if may_change {
        let (action, href) = if on {
            (tr::allowlist::turn_off(l), "/security/allowlist/off")
        } else {
            (tr::allowlist::turn_on(l), "/security/allowlist/on")
        };
        view! { <Switch on state action href/> }.into_any()
    } else {
        view! { <Badge tone=if on { Tone::Ok } else { Tone::Warn }>{state}</Badge> }.into_any()
    };
    let (tone, text) = if on {
        (Tone::Ok, tr::allowlist::on_text(l))
    } else {
        (Tone::Warn, tr::allowlist::off_text(l))
    };
    view! {
        <section class="card">
            <div class="card-body">
                <div class="card-head">
                    <h2>{tr::allowlist::master(l)}</h2>
                    {control}
                </div>
                <Banner tone>
                    <p>{text}</p>
                </Banner>
                <Access own_address inside=own_address_inside/>
            </div>
        </section>
    }
    .into_any()
}

/// Whether the address that the server sees now is inside.
#[component]
pub fn Access(
    /// The person's own address.
    own_address: String,
    /// Whether it is inside.
    inside: bool,
) -> impl IntoView {
    let l = use_language();
    if inside {
        view! { <p class="hint">{tr::allowlist::keep_yes(l, &own_address)}</p> }.into_any()
    } else {
        view! { <p class="hint">{tr::allowlist::outside(l, &own_address)}</p> }.into_any()
    }
}

#[component]
fn Entries(data: DashboardAllowlist) -> impl IntoView {
    let l = use_language();
    let DashboardAllowlist { on, entries, may_change, .. } = data;
    let add = (may_change && on).then(|| {
        view! {
            <ButtonLink href="/security/allowlist/new" look=Look::Primary icon="plus">
                {tr::allowlist::add(l)}
            </ButtonLink>
        }
    });
    if entries.is_empty() {
        let text = if on { tr::allowlist::empty_on(l) } else { tr::allowlist::empty_off(l) };
        return view! {
            <section class="card">
                <EmptyState icon="network" title=tr::allowlist::empty_title(l) text=text>
                    {add}
                </EmptyState>
            </section>
        }
        .into_any();
    }
    let columns = vec![
        Column::named(tr::allowlist::col_range(l)),
        Column::named(tr::allowlist::col_label(l)),
        Column::named(tr::allowlist::col_enabled(l)),
        Column::named(tr::allowlist::col_added(l)),
        Column::named(tr::allowlist::col_seen(l)),
        Column::unseen(tr::allowlist::col_menu(l)),
    ];
    let rows =
        entries.into_iter().map(|entry| view! { <EntryRow entry may_change/> }).collect_view();
    view! {
        <div class="actions">
            {(may_change && !on).then(|| view! { <p class="hint">{tr::allowlist::add_off(l)}</p> })}
            {add}
        </div>
        <section class="card">
            <Table caption=tr::allowlist::caption(l) columns>
                {rows}
            </Table>
        </section>
    }
    .into_any()
}

#[component]
fn EntryRow(entry: Entry, may_change: bool) -> impl IntoView {
    let l = use_language();
    let id = entry.id.to_string();
    let range = entry.rule.cidr.to_string();
    let to = |page: &str| ["/security/allowlist/", &id, "/", page].concat();
    let remove = to("remove");
    let state = if entry.enabled { tr::allowlist::enabled(l) } else { tr::allowlist::disabled(l) };
    let (action, page) = if entry.enabled {
        (tr::allowlist::disable_title(l, &range), "disable")
    } else {
        (tr::allowlist::enable_title(l, &range), "enable")
    };
    let switch = if may_change {
        view! { <Switch on=entry.enabled state action href=to(page)/> }.into_any()
    } else {
        view! { <Badge tone=if entry.enabled { Tone::Ok } else { Tone::Plain }>{state}</Badge> }
            .into_any()
    };
    let seen = match entry.last_seen_at {
        Some(at) => view! { <TimeAgo at/> }.into_any(),
        None => view! { <span class="muted">{tr::allowlist::never_seen(l)}</span> }.into_any(),
    };
    let label = entry
        .rule
        .label
        .as_ref()
        .map_or_else(|| tr::common::none(l).to_owned(), ToString::to_string);
    let by = tr::keys::by(l, &entry.added_by);
    let menu = may_change.then(|| {
        view! {
            <Menu id=["menu-", &id].concat() label=tr::allowlist::menu(l, &range)>
                <MenuLink href=remove danger=true>
                    {tr::allowlist::m_remove(l)}
                </MenuLink>
            </Menu>
        }
    });
    view! {
        <tr>
            <Cell name=tr::allowlist::col_range(l) class="title-cell">
                <code>{range}</code>
                {entry.holds_own_address.then(|| view! { <small>{tr::allowlist::holds_you(l)}</small> })}
            </Cell>
            <Cell name=tr::allowlist::col_label(l) class="wide">
                {label}
            </Cell>
            <Cell name=tr::allowlist::col_enabled(l)>{switch}</Cell>
            <Cell name=tr::allowlist::col_added(l)>
                <TimeAgo at=entry.created_at/>
                <small>{by}</small>
            </Cell>
            <Cell name=tr::allowlist::col_seen(l)>{seen}</Cell>
            <Cell name=tr::allowlist::col_menu(l) class="menu-cell">
                {menu}
            </Cell>
        </tr>
    }
    .into_any()
}
