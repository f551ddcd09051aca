//! API keys: list, dialogs, and every change.

use super::ApiError;
use aio_domain::{
    AllowlistMode, ApiKeyId, ChangeSetId, EncryptionMode, KeyState, Rule, Scope, Timestamp,
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page of API keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyList {
    /// Newest first.
    pub keys: Vec<KeyRow>,
    /// Whether the person's role may change keys.
    pub may_change: bool,
    /// Whether the merchant has as many keys as it may have.
    pub limit_reached: bool,
    /// The server's time.
    pub now: Timestamp,
}

/// One key, without any secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyRow {
    /// Id.
    pub id: ApiKeyId,
    /// What the merchant calls it.
    pub label: String,
    /// `aio_live_01h4…` to `…9c2e`: the first and last characters of the secret.
    pub hint: String,
    /// Powers in the merchant API.
    pub scopes: Vec<Scope>,
    /// Where it works from.
    pub allowlist_mode: AllowlistMode,
    /// How many ranges are listed.
    pub rule_count: u32,
    /// The live AES key, if there is one.
    pub aes: Option<AesInfo>,
    /// Whether bodies are encrypted.
    pub encryption: EncryptionMode,
    /// Requests a minute it may make.
    pub rate_per_minute: u32,
    /// Last use.
    pub last_used: Option<LastUse>,
    /// First instant at which it works no more.
    pub expires_at: Option<Timestamp>,
    /// Whether `expires_at` has passed.
    pub expired: bool,
    /// Active or frozen.
    pub state: KeyState,
    /// Whether the secret cannot be copied.
    pub never_show_again: bool,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// Counts changes; a form sends it back.
    pub version: i64,
}

/// A live AES key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AesInfo {
    /// Its number, which clients send with each request.
    pub version: i64,
    /// Since when.
    pub created_at: Timestamp,
    /// Last use.
    pub last_used_at: Option<Timestamp>,
}

/// When and from where a key was last used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastUse {
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: String,
}

/// What a person types into the create or edit dialog. Field names in the form are `form[label]`,
/// `form[scopes][]`, ...; check boxes send `true`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyForm {
    /// Label.
    pub label: String,
    /// Scopes.
    pub scopes: Vec<Scope>,
    /// Allowlist mode; none is preselected in a new key.
    pub allowlist_mode: Option<AllowlistMode>,
    /// One rule a line.
    pub rules: String,
    /// Very wide ranges are meant.
    pub broad_ok: bool,
    /// `YYYY-MM-DD`, or empty for no end.
    pub expires_on: String,
    /// Only when the key is made.
    pub never_show_again: bool,
    /// Only in the edit dialog.
    pub encryption: Option<EncryptionMode>,
    /// Requests a minute, or empty for the usual number.
    pub rate: String,
}

/// Normalised values as the server stored them: what a code confirms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyValues {
    /// Label.
    pub label: String,
    /// Scopes.
    pub scopes: Vec<Scope>,
    /// Allowlist mode.
    pub allowlist_mode: AllowlistMode,
    /// Rules, canonical.
    pub rules: Vec<Rule>,
    /// First instant at which it works no more.
    pub expires_at: Option<Timestamp>,
    /// Whether the secret cannot be copied later.
    pub never_show_again: bool,
    /// Encryption mode.
    pub encryption: EncryptionMode,
    /// Requests a minute.
    pub rate_per_minute: u32,
}

/// A change waiting for its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingChange {
    /// Id, posted with the code.
    pub id: ChangeSetId,
    /// What will be done.
    pub values: KeyValues,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

/// The dialog of a new key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewKeyDialog {
    /// The change to confirm, on the second step.
    pub change: Option<PendingChange>,
    /// What was typed before: after an error without JavaScript, or when going back from the second step.
    pub form: Option<KeyForm>,
    /// The person's own address, for "Add my address".
    pub own_address: String,
    /// The server's time.
    pub now: Timestamp,
}

/// A dialog about an existing key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyDialog {
    /// The key as it is.
    pub key: KeyRow,
    /// Its rules as they are.
    pub rules: Vec<Rule>,
    /// The change to confirm, on the second step of editing.
    pub change: Option<PendingChange>,
    /// The edit form's content: what was typed before, else the present values.
    pub form: KeyForm,
    /// The person's own address.
    pub own_address: String,
    /// The server's time.
    pub now: Timestamp,
    /// Addresses that used the key in the last seven days and that the change would refuse.
    pub refused: Vec<LastUse>,
}

/// The list.
#[server(endpoint = "keys/list")]
pub async fn list_keys() -> Result<KeyList, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeysList).await?;
    let keys = services.list_keys(&permit).await?;
    Ok(views::key_list(keys, &permit, services.network(), services.now()))
}

/// The dialog of a new key; `change` names the stored change, `edit` the one to go back to.
#[server(endpoint = "keys/new")]
pub async fn load_new_key(
    #[server(default)] change: Option<ChangeSetId>,
    #[server(default)] edit: Option<ChangeSetId>,
) -> Result<NewKeyDialog, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyNewGet).await?;
    let pending = services.pending_key(&permit, change.or(edit), None).await?;
    let draft = services.take_draft(&permit, "key", "new").await?;
    Ok(views::new_key_dialog(pending, draft, edit.is_some(), &permit, services.now()))
}

/// A dialog about a key.
#[server(endpoint = "keys/get")]
pub async fn load_key(
    id: ApiKeyId,
    #[server(default)] change: Option<ChangeSetId>,
    #[server(default)] edit: Option<ChangeSetId>,
) -> Result<KeyDialog, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyGet).await?;
    let key = services.get_key(&permit, id).await?;
    let pending = services.pending_key(&permit, change.or(edit), Some(id)).await?;
    let draft = services.take_draft(&permit, "key", &id.to_string()).await?;
    let refused = services.would_be_refused(&permit, id, pending.as_ref()).await?;
    let (back, network, now) = (edit.is_some(), services.network(), services.now());
    let dialog = views::key_dialog(key, network, pending, draft, back, &permit, now);
    Ok(KeyDialog { refused: views::seen(refused), ..dialog })
}

/// First step of a new key: checks the form, stores the change, goes to the second step.
#[server(endpoint = "keys/create/begin")]
pub async fn begin_create(form: KeyForm) -> Result<(), ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyCreateBegin).await?;
    let begun = services.begin_create_key(&permit, views::key_input(&form)).await;
    let change = guard::or_draft(&services, &permit, "key", "new", &form, begun).await?;
    guard::go(&format!("/api-keys/new?change={change}"));
    Ok(())
}

/// Second step: the code confirms the stored change; the secret is shown on the next page.
#[server(endpoint = "keys/create")]
pub async fn create_key(change: ChangeSetId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyCreate).await?;
    let id = services.create_key(&permit, change, &code).await?;
    guard::go(&format!("/api-keys/{id}/secret"));
    Ok(())
}

/// First step of an edit; `version` is the one the form was filled from.
#[server(endpoint = "keys/edit/begin")]
pub async fn begin_edit(id: ApiKeyId, version: i64, form: KeyForm) -> Result<(), ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyEditBegin).await?;
    let begun = services.begin_edit_key(&permit, id, version, views::key_input(&form)).await;
    let change = guard::or_draft(&services, &permit, "key", &id.to_string(), &form, begun).await?;
    guard::go(&format!("/api-keys/{id}/edit?change={change}"));
    Ok(())
}

/// Second step of an edit.
#[server(endpoint = "keys/edit")]
pub async fn edit_key(change: ChangeSetId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyEdit).await?;
    let id = services.edit_key(&permit, change, &code).await?;
    guard::go(&format!("/api-keys?changed={id}"));
    Ok(())
}

/// Shows the secret again, once.
#[server(endpoint = "keys/copy")]
pub async fn copy_key(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyCopy).await?;
    services.copy_key(&permit, id, &code).await?;
    guard::go(&format!("/api-keys/{id}/secret"));
    Ok(())
}

/// Switches a key off at once; no code, since it only takes power away.
#[server(endpoint = "keys/freeze")]
pub async fn freeze_key(id: ApiKeyId) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyFreeze).await?;
    services.freeze_key(&permit, id).await?;
    guard::go(&format!("/api-keys?changed={id}"));
    Ok(())
}

/// Switches a frozen key on again.
#[server(endpoint = "keys/unfreeze")]
pub async fn unfreeze_key(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyUnfreeze).await?;
    services.unfreeze_key(&permit, id, &code).await?;
    guard::go(&format!("/api-keys?changed={id}"));
    Ok(())
}

/// Deletes a key for good.
#[server(endpoint = "keys/delete")]
pub async fn delete_key(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyDelete).await?;
    services.delete_key(&permit, id, &code).await?;
    guard::go("/api-keys?deleted=1");
    Ok(())
}
