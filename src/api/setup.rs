//! The first owner and merchant.

use super::ApiError;
use leptos::prelude::*;

/// Makes the first owner and merchant; the token comes from the link that the server printed.
#[server(endpoint = "setup/owner")]
pub async fn create_owner(
    token: String,
    merchant_name: String,
    name: String,
    email: String,
    password: String,
) -> Result<(), ApiError> {
    use crate::server::{cookies, guard};
    use aio_domain::SecretText;
    use aio_service::NewOwner;
    let (services, info) = guard::visitor().await?;
    cookies::keep_typed("/setup", &[&merchant_name, &name, &email]);
    let owner = NewOwner {
        token: SecretText::new(token),
        merchant_name,
        name,
        email,
        password: SecretText::new(password),
    };
    let signed_in = services.create_owner(&info, owner).await?;
    cookies::set_session(&signed_in.token);
    guard::go("/setup/totp");
    Ok(())
}
