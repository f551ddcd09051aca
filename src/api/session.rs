//! Signing in and out.

use super::ApiError;
use leptos::prelude::*;

/// E-mail and password. `next` is the page asked for, if any.
#[server(endpoint = "session/sign-in")]
pub async fn sign_in(
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::SecretText;
    let (services, info) = guard::visitor().await?;
    cookies::keep_typed("/sign-in", &[&email]);
    let signed_in = services.sign_in(&info, &email, SecretText::new(password)).await?;
    cookies::set_session(&signed_in.token);
    guard::go(&guard::after_password(signed_in.level, &next));
    Ok(())
}

/// The code of the authenticator app.
#[server(endpoint = "session/code")]
pub async fn verify_code(code: String, #[server(default)] next: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::VerifyCode).await?;
    let token = services.verify_code(&permit, &code).await?;
    cookies::set_session(&token);
    guard::go(&guard::after_code(&next));
    Ok(())
}

/// A recovery code in place of the authenticator: leads to a new enrolment.
#[server(endpoint = "session/recover")]
pub async fn recover(code: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::Recover).await?;
    let token = services.recover(&permit, &code).await?;
    cookies::set_session(&token);
    guard::go("/setup/totp");
    Ok(())
}

/// Ends the session at once.
#[server(endpoint = "session/sign-out")]
pub async fn sign_out() -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SignOut).await?;
    services.sign_out(&permit).await?;
    cookies::clear_session();
    guard::go("/sign-in");
    Ok(())
}
