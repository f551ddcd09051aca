//! Rows into what the dashboard's wire carries. No secret passes here: rows have none.

mod collection;
mod overview;
mod payments;
mod requests;

pub use collection::{
    collection_detail, collection_dialog, collections, gas, is_chain, rules_input,
};
pub use overview::overview;
pub use payments::{
    chain_choices, subaddress_detail, subaddresses, transaction_detail, transactions, wanted,
};
pub use requests::{key_page, request_filter, requests_page};

use crate::api::{
    allowlist::{DashboardAllowlist, Entry, EntryForm, NewEntryDialog},
    frame::Frame,
    keys::{
        AesInfo, KeyDialog, KeyForm, KeyList, KeyRow, KeyValues, LastUse, NewKeyDialog,
        PendingChange,
    },
    settings::{SessionRow, Settings},
};
use aio_domain::{
    Action, ApiKeyId, Network, Role, Rule, Timestamp, allowlist::format_rules,
    preferences::Preferences, time::DAY,
};
use aio_service::{AllowlistPage, KeyInput, KeyPlan, Pending, Permit, PersonSettings};
use aio_store::{ApiKeyRow, SeenAddress};

/// The page of API keys.
pub fn key_list(
    (keys, limit_reached): (Vec<ApiKeyRow>, bool),
    permit: &Permit,
    network: Network,
    now: Timestamp,
) -> KeyList {
    KeyList {
        keys: keys.into_iter().map(|key| key_row(key, network, now)).collect(),
        may_change: allows(permit, Action::KeyCreate),
        limit_reached,
        now,
    }
}

fn key_row(key: ApiKeyRow, network: Network, now: Timestamp) -> KeyRow {
    let aes = key.aes();
    KeyRow {
        id: key.id,
        label: key.label.to_string(),
        hint: hint(key.id, network, &key.last4),
        scopes: key.scopes.into(),
        allowlist_mode: key.allowlist_mode,
        rule_count: u32::try_from(key.rule_count).unwrap_or(u32::MAX),
        aes: aes.map(|aes| AesInfo {
            version: aes.version,
            created_at: aes.created_at,
            last_used_at: aes.last_used_at,
        }),
        encryption: key.encryption_mode,
        rate_per_minute: key.rate_per_minute,
        last_used: key.last_used_at.map(|at| LastUse {
            at,
            address: key.last_used_address.map(|address| address.to_string()).unwrap_or_default(),
        }),
        expires_at: key.expires_at,
        expired: key.expires_at.is_some_and(|at| at <= now),
        state: key.state,
        never_show_again: !key.can_copy,
        created_by: key.creator_name.to_string(),
        created_at: key.created_at,
        version: key.version,
    }
}

/// The first and last characters of a secret: enough to recognise it, too few to use it.
fn hint(id: ApiKeyId, network: Network, last4: &str) -> String {
    let body = id.body();
    format!(
        "aio_{network}_{}…{last4}",
        body.get(body.len().saturating_sub(4)..).unwrap_or_default()
    )
}

/// Addresses that used a key.
pub fn seen(addresses: Vec<SeenAddress>) -> Vec<LastUse> {
    let last = |seen: SeenAddress| LastUse { at: seen.last_at, address: seen.address.to_string() };
    addresses.into_iter().map(last).collect()
}

/// What was typed, for the services.
pub fn key_input(form: &KeyForm) -> KeyInput {
    KeyInput {
        label: form.label.clone(),
        scopes: form.scopes.clone(),
        allowlist_mode: form.allowlist_mode,
        rules: form.rules.clone(),
        broad_ok: form.broad_ok,
        expires_on: form.expires_on.clone(),
        never_show_again: form.never_show_again,
        encryption: form.encryption,
        rate: form.rate.clone(),
    }
}

/// The dialog of a new key. Going back shows the stored values as a form again.
pub fn new_key_dialog(
    pending: Option<Pending<KeyPlan>>,
    draft: Option<KeyForm>,
    back: bool,
    permit: &Permit,
    now: Timestamp,
) -> NewKeyDialog {
    let stored = pending.as_ref().filter(|_| back).map(|pending| form_of_plan(&pending.plan));
    NewKeyDialog {
        form: draft.or(stored),
        change: pending.filter(|_| !back).map(pending_change),
        own_address: own_address(permit),
        now,
    }
}

/// A dialog about a key.
pub fn key_dialog(
    (key, rules): (ApiKeyRow, Vec<Rule>),
    network: Network,
    pending: Option<Pending<KeyPlan>>,
    draft: Option<KeyForm>,
    back: bool,
    permit: &Permit,
    now: Timestamp,
) -> KeyDialog {
    let stored = pending.as_ref().filter(|_| back).map(|pending| form_of_plan(&pending.plan));
    let form = draft.or(stored).unwrap_or_else(|| form_of_key(&key, &rules));
    KeyDialog {
        form,
        key: key_row(key, network, now),
        rules,
        change: pending.filter(|_| !back).map(pending_change),
        own_address: own_address(permit),
        now,
        refused: Vec::new(),
    }
}

fn pending_change(pending: Pending<KeyPlan>) -> PendingChange {
    let plan = pending.plan;
    PendingChange {
        id: pending.id,
        values: KeyValues {
            label: plan.label.to_string(),
            scopes: plan.scopes.into(),
            allowlist_mode: plan.allowlist_mode,
            rules: plan.rules,
            expires_at: plan.expires_at,
            never_show_again: plan.never_show_again,
            encryption: plan.encryption,
            rate_per_minute: plan.rate_per_minute,
        },
        expires_at: pending.expires_at,
    }
}

fn form_of_plan(plan: &KeyPlan) -> KeyForm {
    KeyForm {
        label: plan.label.to_string(),
        scopes: plan.scopes.iter().collect(),
        allowlist_mode: Some(plan.allowlist_mode),
        rules: format_rules(&plan.rules),
        broad_ok: plan.rules.iter().any(|rule| rule.cidr.is_broad()),
        expires_on: last_day(plan.expires_at),
        never_show_again: plan.never_show_again,
        encryption: Some(plan.encryption),
        rate: plan.rate_per_minute.to_string(),
    }
}

fn form_of_key(key: &ApiKeyRow, rules: &[Rule]) -> KeyForm {
    KeyForm {
        label: key.label.to_string(),
        scopes: key.scopes.iter().collect(),
        allowlist_mode: Some(key.allowlist_mode),
        rules: format_rules(rules),
        broad_ok: rules.iter().any(|rule| rule.cidr.is_broad()),
        expires_on: last_day(key.expires_at),
        never_show_again: !key.can_copy,
        encryption: Some(key.encryption_mode),
        rate: key.rate_per_minute.to_string(),
    }
}

/// A key works to the end of its last day, so the day shown is the one before it ends.
fn last_day(expires_at: Option<Timestamp>) -> String {
    expires_at.map(|at| at.plus(-DAY).date()).unwrap_or_default()
}

/// The dashboard allowlist's page.
pub fn dashboard_allowlist(
    page: AllowlistPage,
    permit: &Permit,
    now: Timestamp,
) -> DashboardAllowlist {
    let address = permit.info().address;
    let entries = page.entries.iter().map(|entry| Entry {
        id: entry.id,
        rule: Rule { cidr: entry.cidr, label: entry.label.clone() },
        enabled: entry.enabled,
        added_by: entry.creator_name.to_string(),
        created_at: entry.created_at,
        last_seen_at: entry.last_seen_at,
        holds_own_address: entry.cidr.contains(address),
        would_lock_out: page.would_lock_out(entry.id, address),
    });
    DashboardAllowlist {
        on: page.on,
        entries: entries.collect(),
        may_change: allows(permit, Action::AllowlistAdd),
        own_address: own_address(permit),
        own_address_inside: page.holds(address),
        now,
    }
}

/// The add dialog of the dashboard allowlist.
pub fn new_entry_dialog(
    pending: Option<Pending<Rule>>,
    draft: Option<EntryForm>,
    back: bool,
    permit: &Permit,
) -> NewEntryDialog {
    let stored = pending.as_ref().filter(|_| back).map(|pending| EntryForm {
        cidr: pending.plan.cidr.to_string(),
        label: pending.plan.label.as_ref().map(ToString::to_string).unwrap_or_default(),
        broad_ok: pending.plan.cidr.is_broad(),
    });
    NewEntryDialog {
        change: pending.filter(|_| !back).map(|pending| (pending.id, pending.plan)),
        form: draft.or(stored),
        own_address: own_address(permit),
    }
}

/// The settings pages.
pub fn settings(person: PersonSettings, now: Timestamp) -> Settings {
    let sessions = person.browsers.into_iter().map(|browser| SessionRow {
        handle: browser.summary.handle,
        current: browser.current,
        user_agent: browser.summary.user_agent,
        address: browser.summary.address.to_string(),
        created_at: browser.summary.created_at,
        seen_at: browser.summary.seen_at,
    });
    Settings {
        name: person.name,
        email: person.email,
        authenticator_since: person.authenticator_since,
        codes_left: person.codes_left,
        hold_until: person.hold_until,
        sessions: sessions.collect(),
        now,
    }
}

/// The frame around every page.
pub fn frame(permit: &Permit, codes_left: u32, network: Network, looks: Preferences) -> Frame {
    let session = permit.session();
    Frame {
        user_name: session.user_name.clone(),
        email: session.email.clone(),
        merchant_name: session.merchant_name.clone(),
        role: session.role.unwrap_or(Role::Viewer),
        network,
        language: looks.language,
        theme: looks.theme,
        codes_left,
    }
}

fn allows(permit: &Permit, action: Action) -> bool {
    permit.role().is_some_and(|role| action.allows(role))
}

fn own_address(permit: &Permit) -> String {
    permit.info().address.to_string()
}
