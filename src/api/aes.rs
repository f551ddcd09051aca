//! The AES key of an API key.

use super::ApiError;
use aio_domain::ApiKeyId;
use leptos::prelude::*;

/// Makes an AES key and shows it once; bodies may be encrypted from now on.
#[server(endpoint = "aes/enable")]
pub async fn enable_aes(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AesEnable).await?;
    services.enable_aes(&permit, id, &code).await?;
    guard::go(&format!("/api-keys/{id}/secret"));
    Ok(())
}

/// Shows the AES key again, once.
#[server(endpoint = "aes/copy")]
pub async fn copy_aes(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AesCopy).await?;
    services.copy_aes(&permit, id, &code).await?;
    guard::go(&format!("/api-keys/{id}/secret"));
    Ok(())
}

/// Replaces the AES key; the old one is gone at once.
#[server(endpoint = "aes/regenerate")]
pub async fn regenerate_aes(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AesRegenerate).await?;
    services.regenerate_aes(&permit, id, &code).await?;
    guard::go(&format!("/api-keys/{id}/secret"));
    Ok(())
}

/// Deletes the AES key and switches encryption off.
#[server(endpoint = "aes/disable")]
pub async fn disable_aes(id: ApiKeyId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::AesDisable).await?;
    services.disable_aes(&permit, id, &code).await?;
    guard::go(&format!("/api-keys?changed={id}"));
    Ok(())
}
