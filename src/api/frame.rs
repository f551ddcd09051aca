//! What the frame around every dashboard page shows.

use super::ApiError;
use aio_domain::{Language, Network, Role, Theme};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The signed-in person and the merchant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The person's name.
    pub user_name: String,
    /// The person's e-mail address.
    pub email: String,
    /// The merchant's name.
    pub merchant_name: String,
    /// The person's role there.
    pub role: Role,
    /// Real money or test networks.
    pub network: Network,
    /// Language of the page.
    pub language: Language,
    /// Theme of the page.
    pub theme: Theme,
    /// Recovery codes not yet used; a banner asks for new ones at three or fewer.
    pub codes_left: u32,
}

/// The frame.
#[server(endpoint = "frame")]
pub async fn load_frame() -> Result<Frame, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::Frame).await?;
    let left = services.recovery_codes_left(&permit).await?;
    Ok(views::frame(&permit, left, services.network(), guard::preferences()))
}
