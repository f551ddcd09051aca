//! Authenticator and recovery codes.

use super::ApiError;
use leptos::prelude::*;

/// Draws a fresh pending secret, when the one shown expired.
#[server(endpoint = "authenticator/start")]
pub async fn start_enrolment() -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::EnrolStart).await?;
    services.start_enrolment(&permit).await?;
    guard::go("/setup/totp");
    Ok(())
}

/// The first code of the new authenticator: it becomes the person's only one.
#[server(endpoint = "authenticator/confirm")]
pub async fn confirm_enrolment(code: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::EnrolConfirm).await?;
    let token = services.confirm_enrolment(&permit, &code).await?;
    cookies::set_session(&token);
    guard::go("/setup/recovery-codes");
    Ok(())
}

/// The person says that the recovery codes are stored safely.
#[server(endpoint = "authenticator/codes-saved")]
pub async fn codes_saved(#[server(default)] saved: bool) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CodesSaved).await?;
    services.codes_saved(&permit, saved)?;
    guard::go(guard::LANDING);
    Ok(())
}

/// First step of a change of authenticator: password and a code of the old one.
#[server(endpoint = "authenticator/replace")]
pub async fn replace_begin(password: String, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::{Action, SecretText};
    let (services, permit) = guard::permit(Action::ReplaceBegin).await?;
    services.replace_begin(&permit, SecretText::new(password), &code).await?;
    guard::go("/settings/security/authenticator/confirm");
    Ok(())
}

/// Second step: a code of the new authenticator; all other sessions end.
#[server(endpoint = "authenticator/replace-confirm")]
pub async fn replace_confirm(code: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::ReplaceConfirm).await?;
    let token = services.replace_confirm(&permit, &code).await?;
    cookies::set_session(&token);
    guard::go("/setup/recovery-codes");
    Ok(())
}

/// Ten new recovery codes; the old ones stop working.
#[server(endpoint = "authenticator/recovery-codes")]
pub async fn renew_recovery_codes(password: String, code: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::{Action, SecretText};
    let (services, permit) = guard::permit(Action::RenewCodes).await?;
    let token = services.renew_recovery_codes(&permit, SecretText::new(password), &code).await?;
    cookies::set_session(&token);
    guard::go("/setup/recovery-codes");
    Ok(())
}
