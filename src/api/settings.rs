//! A person's own settings.

use super::ApiError;
use aio_domain::{SessionRef, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The settings pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The person's name.
    pub name: String,
    /// The person's e-mail address.
    pub email: String,
    /// Since when the authenticator is the present one.
    pub authenticator_since: Option<Timestamp>,
    /// Recovery codes not yet used.
    pub codes_left: u32,
    /// Until when secrets cannot be copied, after a recovery or change of a factor.
    pub hold_until: Option<Timestamp>,
    /// Live sessions, this one first.
    pub sessions: Vec<SessionRow>,
    /// The server's time.
    pub now: Timestamp,
}

/// One signed-in browser.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Handle for revoking it.
    pub handle: SessionRef,
    /// Whether it is this one.
    pub current: bool,
    /// The browser's own description, cut to a sensible length.
    pub user_agent: String,
    /// Where it was opened from.
    pub address: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
}

/// What the settings pages show.
#[server(endpoint = "settings/get")]
pub async fn load_settings() -> Result<Settings, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SettingsGet).await?;
    Ok(views::settings(services.settings(&permit).await?, services.now()))
}

/// The person's name.
#[server(endpoint = "settings/name")]
pub async fn rename(name: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::Rename).await?;
    services.rename(&permit, &name).await?;
    guard::go("/settings/profile?saved=1");
    Ok(())
}

/// A new password; all other sessions end.
#[server(endpoint = "settings/password")]
pub async fn change_password(
    password: String,
    new_password: String,
    code: String,
) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::{Action, SecretText};
    let (services, permit) = guard::permit(Action::ChangePassword).await?;
    let (old, new) = (SecretText::new(password), SecretText::new(new_password));
    let token = services.change_password(&permit, old, new, &code).await?;
    cookies::set_session(&token);
    guard::go("/settings/security?saved=1");
    Ok(())
}

/// Ends one other session.
#[server(endpoint = "settings/revoke")]
pub async fn revoke_session(handle: SessionRef) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::RevokeSession).await?;
    services.revoke_session(&permit, handle).await?;
    guard::go("/settings/security");
    Ok(())
}

/// Ends all other sessions.
#[server(endpoint = "settings/revoke-others")]
pub async fn revoke_others() -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::RevokeOthers).await?;
    services.revoke_others(&permit).await?;
    guard::go("/settings/security");
    Ok(())
}
