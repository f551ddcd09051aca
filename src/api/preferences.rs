//! Language and theme, for everybody; a signed-in person's choice is stored with the account.

use super::ApiError;
use aio_domain::{Language, Theme};
use leptos::prelude::*;

/// The language. `back` is the page to go on with.
#[server(endpoint = "preferences/language")]
pub async fn set_language(
    language: Language,
    #[server(default)] back: String,
) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    let services = guard::services()?;
    cookies::set_language(language);
    services.remember_preferences(guard::session().as_ref(), Some(language), None).await?;
    guard::go(&guard::safe_next(&back).unwrap_or_else(|| "/".into()));
    Ok(())
}

/// The theme.
#[server(endpoint = "preferences/theme")]
pub async fn set_theme(theme: Theme, #[server(default)] back: String) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    let services = guard::services()?;
    cookies::set_theme(theme);
    services.remember_preferences(guard::session().as_ref(), None, Some(theme)).await?;
    guard::go(&guard::safe_next(&back).unwrap_or_else(|| "/".into()));
    Ok(())
}
