//! The dashboard allowlist: from where the dashboard may be opened.

use super::ApiError;
use aio_domain::{ChangeSetId, EntryId, Rule, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DashboardAllowlist {
    /// The master switch.
    pub on: bool,
    /// Newest first.
    pub entries: Vec<Entry>,
    /// Whether the person's role may change it.
    pub may_change: bool,
    /// The person's own address.
    pub own_address: String,
    /// Whether the enabled entries hold that address.
    pub own_address_inside: bool,
    /// The server's time.
    pub now: Timestamp,
}

/// One range from which the dashboard may be opened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Id.
    pub id: EntryId,
    /// Range and label.
    pub rule: Rule,
    /// Its own switch.
    pub enabled: bool,
    /// Who added it.
    pub added_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When somebody last came from there.
    pub last_seen_at: Option<Timestamp>,
    /// Whether it holds the person's own address.
    pub holds_own_address: bool,
    /// Whether the person's own address would be outside after disabling or removing this entry.
    pub would_lock_out: bool,
}

/// What a person types into the add dialog. Field names are `form[cidr]`, `form[label]`, `form[broad_ok]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EntryForm {
    /// One address or range.
    pub cidr: String,
    /// What it is; may be empty.
    pub label: String,
    /// A very wide range is meant.
    pub broad_ok: bool,
}

/// The add dialog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewEntryDialog {
    /// The stored change and its normalised values, on the second step.
    pub change: Option<(ChangeSetId, Rule)>,
    /// What was typed before.
    pub form: Option<EntryForm>,
    /// The person's own address.
    pub own_address: String,
}

/// The page's content.
#[server(endpoint = "allowlist/list")]
pub async fn load_allowlist() -> Result<DashboardAllowlist, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistGet).await?;
    Ok(views::dashboard_allowlist(
        services.dashboard_allowlist(&permit).await?,
        &permit,
        services.now(),
    ))
}

/// The add dialog.
#[server(endpoint = "allowlist/new")]
pub async fn load_new_entry(
    #[server(default)] change: Option<ChangeSetId>,
    #[server(default)] edit: Option<ChangeSetId>,
) -> Result<NewEntryDialog, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistNewGet).await?;
    let pending = services.pending_entry(&permit, change.or(edit)).await?;
    let draft = services.take_draft(&permit, "entry", "new").await?;
    Ok(views::new_entry_dialog(pending, draft, edit.is_some(), &permit))
}

/// The master switch. Switching on adds the person's own address when no enabled entry holds it.
#[server(endpoint = "allowlist/switch")]
pub async fn switch_allowlist(on: bool, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistSwitch).await?;
    services.switch_allowlist(&permit, on, &code).await?;
    guard::go("/security/allowlist");
    Ok(())
}

/// First step of adding an entry.
#[server(endpoint = "allowlist/add/begin")]
pub async fn begin_add_entry(form: EntryForm) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistAddBegin).await?;
    let begun = services.begin_add_entry(&permit, &form.cidr, &form.label, form.broad_ok).await;
    let change = guard::or_draft(&services, &permit, "entry", "new", &form, begun).await?;
    guard::go(&format!("/security/allowlist/new?change={change}"));
    Ok(())
}

/// Second step of adding an entry.
#[server(endpoint = "allowlist/add")]
pub async fn add_entry(change: ChangeSetId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistAdd).await?;
    services.add_entry(&permit, change, &code).await?;
    guard::go("/security/allowlist");
    Ok(())
}

/// The switch of one entry.
#[server(endpoint = "allowlist/entry")]
pub async fn set_entry(
    entry: EntryId,
    enabled: bool,
    code: String,
    #[server(default)] lockout_ok: bool,
) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistSet).await?;
    services.set_entry(&permit, entry, enabled, lockout_ok, &code).await?;
    guard::go("/security/allowlist");
    Ok(())
}

/// Removes one entry.
#[server(endpoint = "allowlist/remove")]
pub async fn remove_entry(
    entry: EntryId,
    code: String,
    #[server(default)] lockout_ok: bool,
) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AllowlistRemove).await?;
    services.remove_entry(&permit, entry, lockout_ok, &code).await?;
    guard::go("/security/allowlist");
    Ok(())
}
