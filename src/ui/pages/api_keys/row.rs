use crate::{
    api::keys::{KeyRow, LastUse},
    i18n::{tr, use_language},
    ui::parts::{Badge, Cell, Chip, CopyIcon, Menu, MenuLink, MenuRule, TimeAgo, Tone},
};
use aio_domain::{AllowlistMode, KeyState, Language, Scope, Timestamp, time::DAY};
use leptos::prelude::*;

/// Days without a request after which a key is called unused.
const UNUSED_AFTER_DAYS: i64 = 90;

/// One key of the list.
#[component]
pub fn Row(
    /// The key.
    key: KeyRow,
    /// Whether the person may change keys.
    may_change: bool,
    /// The server's time.
    now: Timestamp,
    /// Whether it was changed just now.
    changed: bool,
) -> impl IntoView {
    let l = use_language();
    let id = key.id.to_string();
    let label = key.label.clone();
    let href = ["/api-keys/", &id].concat();
    let by = tr::keys::by(l, &key.created_by);
    let hint = key.hint.clone();
    let scopes = view! { <Scopes scopes=key.scopes.clone()/> };
    let (where_from, aes, state) = (where_from(l, &key), aes(l, &key), state(l, &key));
    let used = view! { <Used last=key.last_used.clone() created_at=key.created_at now/> };
    let expiry = key
        .expires_at
        .filter(|_| !key.expired)
        .map(|at| view! { <small>{tr::keys::expires(l, &last_day(at))}</small> });
    let never = key.never_show_again.then(|| view! { <small>{tr::keys::never_again(l)}</small> });
    let menu = may_change.then(|| view! { <RowMenu key/> });
    view! {
        <tr class=changed.then_some("changed")>
            <Cell name=tr::keys::col_label(l) class="title-cell">
                <a href=href>
                    <strong>{label}</strong>
                </a>
                <small>{by}</small>
            </Cell>
            <Cell name=tr::keys::col_key(l) class="wide">
                <span class="key-id">
                    <code>{hint}</code>
                    <CopyIcon
                        value=id
                        label=tr::keys::col_key(l)
                        words=(tr::common::copy(l), tr::common::copied(l))
                    />
                </span>
                {never}
            </Cell>
            <Cell name=tr::keys::col_scopes(l) class="wide">
                {scopes}
            </Cell>
            <Cell name=tr::keys::col_ips(l)>{where_from}</Cell>
            <Cell name=tr::keys::col_aes(l)>{aes}</Cell>
            <Cell name=tr::keys::col_used(l)>{used}</Cell>
            <Cell name=tr::keys::col_state(l)>{state} {expiry}</Cell>
            <Cell name=tr::keys::col_menu(l) class="menu-cell">
                {menu}
            </Cell>
        </tr>
    }
    .into_any()
}

/// The last day on which a key works, from the first instant on which it does not.
pub fn last_day(expires_at: Timestamp) -> String {
    expires_at.plus(-1).date()
}

#[component]
fn Scopes(scopes: Vec<Scope>) -> impl IntoView {
    let l = use_language();
    let all = scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(", ");
    let more = scopes.len().saturating_sub(2);
    let chips = scopes
        .into_iter()
        .take(2)
        .map(|scope| view! { <Chip>{scope.as_str()}</Chip> })
        .collect_view();
    view! {
        <span class="chips" title=all>
            {chips}
            {(more > 0).then(|| view! { <Chip>{tr::keys::more(l, &more.to_string())}</Chip> })}
        </span>
    }
    .into_any()
}

/// Where a key works from; "any" is always marked.
fn where_from(l: Language, key: &KeyRow) -> AnyView {
    match key.allowlist_mode {
        AllowlistMode::Any => {
            view! { <Badge tone=Tone::Warn>{tr::keys::any(l)}</Badge> }.into_any()
        }
        AllowlistMode::Nobody => view! { <Badge>{tr::keys::nobody(l)}</Badge> }.into_any(),
        AllowlistMode::Listed => {
            tr::keys::ranges(l, usize::try_from(key.rule_count).unwrap_or_default()).into_any()
        }
    }
}

/// The AES key of an API key, in words.
pub fn aes(l: Language, key: &KeyRow) -> AnyView {
    match &key.aes {
        None => view! { <span class="muted">{tr::keys::aes_off(l)}</span> }.into_any(),
        Some(aes) => view! {
            {tr::keys::aes_version(l, &aes.version.to_string())}
            " "
            <small>
                <TimeAgo at=aes.created_at/>
            </small>
        }
        .into_any(),
    }
}

/// Whether a key works, as a badge.
pub fn state(l: Language, key: &KeyRow) -> AnyView {
    match (key.state, key.expired) {
        (KeyState::Frozen, _) => {
            view! { <Badge tone=Tone::Info>{tr::keys::frozen(l)}</Badge> }.into_any()
        }
        (KeyState::Active, true) => {
            view! { <Badge tone=Tone::Bad>{tr::keys::expired(l)}</Badge> }.into_any()
        }
        (KeyState::Active, false) => {
            view! { <Badge tone=Tone::Ok>{tr::keys::active(l)}</Badge> }.into_any()
        }
    }
}

/// Last use; a key that nobody used for long is marked, because it can probably go.
#[component]
fn Used(last: Option<LastUse>, created_at: Timestamp, now: Timestamp) -> impl IntoView {
    let l = use_language();
    let idle_days = now.since(last.as_ref().map_or(created_at, |last| last.at)) / DAY;
    let unused = (idle_days >= UNUSED_AFTER_DAYS).then(|| {
        let text = tr::keys::unused(l, usize::try_from(idle_days).unwrap_or_default());
        view! { <Badge tone=Tone::Warn>{text}</Badge> }
    });
    let used = match last {
        None => view! { <span class="muted">{tr::keys::never_used(l)}</span> }.into_any(),
        Some(LastUse { at, address }) => view! {
            <TimeAgo at/>
            <small>{tr::keys::from_ip(l, &address)}</small>
        }
        .into_any(),
    };
    view! {
        {used}
        {unused}
    }
    .into_any()
}

#[component]
fn RowMenu(key: KeyRow) -> impl IntoView {
    let l = use_language();
    let id = key.id.to_string();
    let to = {
        let id = id.clone();
        move |page: &str| ["/api-keys/", &id, "/", page].concat()
    };
    let copy = (!key.never_show_again).then(|| {
        view! { <MenuLink href=to("copy")>{tr::keys::m_copy(l)}</MenuLink> }
    });
    let freeze = match key.state {
        KeyState::Active => {
            view! { <MenuLink href=to("freeze")>{tr::keys::m_freeze(l)}</MenuLink> }
        }
        KeyState::Frozen => {
            view! { <MenuLink href=to("unfreeze")>{tr::keys::m_unfreeze(l)}</MenuLink> }
        }
    };
    let aes = if key.aes.is_some() {
        view! {
            <MenuLink href=to("aes/copy")>{tr::keys::m_aes_copy(l)}</MenuLink>
            <MenuLink href=to("aes/regenerate")>{tr::keys::m_aes_regenerate(l)}</MenuLink>
            <MenuLink href=to("aes/disable")>{tr::keys::m_aes_disable(l)}</MenuLink>
        }
        .into_any()
    } else {
        view! { <MenuLink href=to("aes/enable")>{tr::keys::m_aes_enable(l)}</MenuLink> }.into_any()
    };
    view! {
        <Menu id=["menu-", &id].concat() label=tr::keys::menu(l, &key.label)>
            <MenuLink href=to("requests")>{tr::keys::m_requests(l)}</MenuLink>
            <MenuLink href=to("edit")>
                {tr::keys::m_edit(l)}
            </MenuLink>
            {copy}
            <MenuRule/>
            <p class="menu-label">{tr::keys::m_aes(l)}</p>
            {aes}
            <MenuRule/>
            {freeze}
            <MenuLink href=to("delete") danger=true>
                {tr::keys::m_delete(l)}
            </MenuLink>
        </Menu>
    }
    .into_any()
}
