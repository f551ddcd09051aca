//! One API key: what it is, what its rules did, and the log of its requests.

use super::{ApiError, keys::KeyRow};
use aio_domain::{ApiKeyId, RequestOutcome, Rule, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The page of a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyPage {
    /// The key.
    pub key: KeyRow,
    /// From where it works, and what each rule did.
    pub rules: Vec<RuleUse>,
    /// Whether the person's role may change it.
    pub may_change: bool,
    /// Where the merchant API is.
    pub origin: String,
}

/// A rule and what it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleUse {
    /// The rule.
    pub rule: Rule,
    /// Requests it let in.
    pub hits: u64,
    /// When it let one in last.
    pub last_match_at: Option<Timestamp>,
}

/// Which requests are listed; all of it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RequestsFilter {
    /// Only those that ended so.
    pub outcome: Option<RequestOutcome>,
    /// The page behind this place.
    pub before: String,
    /// The page in front of this place.
    pub after: String,
}

/// A page of a key's requests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestsPage {
    /// The key.
    pub key: KeyRow,
    /// Newest first.
    pub lines: Vec<RequestRow>,
    /// What is listed.
    pub filter: RequestsFilter,
    /// The place of the first line, when there are newer ones.
    pub newer: Option<String>,
    /// The place of the last line, when there are older ones.
    pub older: Option<String>,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestRow {
    /// The number that the answer carried.
    pub request_id: String,
    /// When.
    pub at: Timestamp,
    /// Method and path.
    pub asked: String,
    /// Status of the answer.
    pub status: u16,
    /// How it ended.
    pub outcome: RequestOutcome,
    /// Microseconds until the answer.
    pub took_us: u32,
    /// From where.
    pub address: String,
    /// Whether its body was encrypted.
    pub encrypted: bool,
    /// The error code that was answered.
    pub code: Option<String>,
    /// Why, where the answer did not say it.
    pub reason: Option<String>,
}

/// The page of a key.
#[server(endpoint = "keys/page")]
pub async fn load_key_page(id: ApiKeyId) -> Result<KeyPage, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::KeyPageGet).await?;
    let found = services.key_page(&permit, id).await?;
    let (network, now) = (services.network(), services.now());
    Ok(views::key_page(found, &permit, (network, now), guard::origin()?))
}

/// A page of a key's requests.
#[server(endpoint = "keys/requests")]
pub async fn load_requests(
    id: ApiKeyId,
    #[server(default)] filter: RequestsFilter,
) -> Result<RequestsPage, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::RequestsList).await?;
    let wanted = views::request_filter(&filter)?;
    let page = services.request_page(&permit, id, &wanted).await?;
    Ok(views::requests_page(page, filter, services.network(), services.now()))
}
