//! Where money goes by itself, when, and what was moved.

use super::ApiError;
use aio_domain::{ChangeSetId, CollectionId, OutgoingStatus, Timestamp, TransactionId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The names under which refused forms are kept.
#[cfg(feature = "ssr")]
pub const ADDRESS_DRAFT: &str = "collection-address";
#[cfg(feature = "ssr")]
pub const RULES_DRAFT: &str = "collection-rules";

/// The page: a card for each chain, and the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionPage {
    /// How each chain is collected.
    pub chains: Vec<CollectionChain>,
    /// Newest first.
    pub rows: Vec<CollectionRow>,
    /// Whether this is not the newest page.
    pub is_older: bool,
    /// Where older ones begin.
    pub older: Option<CollectionId>,
    /// Whether the person's role may change it.
    pub may_change: bool,
}

/// How one chain is collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionChain {
    /// Which.
    pub chain: String,
    /// The collection address; none before one was set.
    pub address: Option<String>,
    /// A changed one that waits, and until when.
    pub next: Option<(String, Timestamp)>,
    /// Whether it happens by itself.
    pub automatic: bool,
    /// Subaddresses in one collection.
    pub batch_size: u32,
    /// Minutes that a deposit waits for others.
    pub max_age_minutes: i64,
    /// The version of these settings.
    pub version: i64,
    /// Its tokens.
    pub tokens: Vec<CollectionToken>,
}

/// How one token is collected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionToken {
    /// Ticker.
    pub ticker: String,
    /// The least that a subaddress must hold.
    pub minimum: String,
    /// What counts and lies on subaddresses.
    pub uncollected: String,
    /// Why it waits although it is due: a word.
    pub waiting: Option<String>,
}

/// One movement to the collection address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionRow {
    /// Id.
    pub id: CollectionId,
    /// Chain.
    pub chain: String,
    /// How much, with its ticker.
    pub amount: String,
    /// Where to.
    pub destination: String,
    /// Deposits in it.
    pub deposits: u32,
    /// How far it is.
    pub status: OutgoingStatus,
    /// The chain's id of its transaction.
    pub hash: Option<String>,
    /// Where the chain can be looked at.
    pub explorer: Option<String>,
    /// What the network took, with its ticker.
    pub fee: Option<String>,
    /// What the token kept on the way, with its ticker.
    pub kept: Option<String>,
    /// What went wrong, or why it waits: a word.
    pub failure: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One movement with what it carried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionDetail {
    /// As in the list.
    pub row: CollectionRow,
    /// Deposit, customer, amount, and whether it was moved.
    pub deposits: Vec<(TransactionId, String, String, bool)>,
    /// The chain's ids of all signed forms of its transaction, when there are several.
    pub attempts: Vec<String>,
}

/// What the dialogs of a chain show: the form, or what a code will confirm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectionDialog {
    /// The chain as it is.
    pub chain: CollectionChain,
    /// A stored address: the change, the address, and the hours that it waits.
    pub address: Option<(ChangeSetId, String, i64)>,
    /// Stored rules: the change, and the chain as it would be.
    pub rules: Option<(ChangeSetId, RulesForm)>,
    /// The address that was typed and refused.
    pub typed_address: Option<String>,
    /// The rules that were typed and refused.
    pub typed_rules: Option<RulesForm>,
}

/// When to collect, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesForm {
    /// Whether it happens by itself.
    #[serde(default)]
    pub automatic: bool,
    /// Subaddresses in one collection.
    #[serde(default)]
    pub batch_size: String,
    /// Minutes that a deposit waits for others.
    #[serde(default)]
    pub max_age: String,
    /// For each token, the least that a subaddress must hold.
    #[serde(default)]
    pub minimums: BTreeMap<String, String>,
    /// The version of the settings that the form showed.
    #[serde(default)]
    pub version: i64,
}

/// An address that pays the network, with what is on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GasRow {
    /// Chain.
    pub chain: String,
    /// The address.
    pub address: String,
    /// The link behind its code.
    pub uri: String,
    /// The code: path and side.
    pub qr: Option<(String, u32)>,
    /// What is on it, with its ticker; none while the node does not answer.
    pub balance: Option<String>,
    /// Whether it has little or nothing.
    pub is_low: bool,
    /// The coin's ticker.
    pub coin: String,
}

/// The page.
#[server(endpoint = "collection/get")]
pub async fn load_collections(
    #[server(default)] before: Option<CollectionId>,
) -> Result<CollectionPage, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionsLoad).await?;
    views::collections(&services, &permit, before).await
}

/// One movement.
#[server(endpoint = "collection/one")]
pub async fn load_collection(collection: CollectionId) -> Result<CollectionDetail, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionLoad).await?;
    Ok(views::collection_detail(services.collection(&permit, collection).await?))
}

/// What the dialogs of a chain show.
#[server(endpoint = "collection/dialog")]
pub async fn load_collection_dialog(
    chain: String,
    #[server(default)] change: Option<ChangeSetId>,
) -> Result<CollectionDialog, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionDialogLoad).await?;
    views::collection_dialog(&services, &permit, &chain, change).await
}

/// First step of setting where money goes.
#[server(endpoint = "collection/address-begin")]
pub async fn begin_collection_address(chain: String, address: String) -> Result<(), ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionAddressBegin).await?;
    let begun = services.begin_collection_address(&permit, &chain, &address).await;
    let change = if views::is_chain(&services, &chain) {
        guard::or_draft(&services, &permit, ADDRESS_DRAFT, &chain, &address, begun).await?
    } else {
        begun?
    };
    guard::go(&format!("/collection/{chain}/address?change={change}"));
    Ok(())
}

/// Second step: sets it.
#[server(endpoint = "collection/address")]
pub async fn set_collection_address(change: ChangeSetId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionAddress).await?;
    services.set_collection_address(&permit, change, &code).await?;
    guard::go("/collection");
    Ok(())
}

/// Takes a changed address back while it waits.
#[server(endpoint = "collection/address-cancel")]
pub async fn cancel_collection_address(chain: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionAddressCancel).await?;
    services.cancel_collection_address(&permit, &chain).await?;
    guard::go("/collection");
    Ok(())
}

/// First step of setting when money is moved.
#[server(endpoint = "collection/rules-begin")]
pub async fn begin_collection_rules(
    chain: String,
    #[server(default)] form: RulesForm,
) -> Result<(), ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionRulesBegin).await?;
    let input = views::rules_input(form.clone());
    let begun = services.begin_collection_rules(&permit, &chain, &input).await;
    let change = if views::is_chain(&services, &chain) {
        guard::or_draft(&services, &permit, RULES_DRAFT, &chain, &form, begun).await?
    } else {
        begun?
    };
    guard::go(&format!("/collection/{chain}/rules?change={change}"));
    Ok(())
}

/// Second step: sets it.
#[server(endpoint = "collection/rules")]
pub async fn set_collection_rules(change: ChangeSetId, code: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::CollectionRules).await?;
    services.set_collection_rules(&permit, change, &code).await?;
    guard::go("/collection");
    Ok(())
}

/// The addresses that pay the networks.
#[server(endpoint = "gas/get")]
pub async fn load_gas() -> Result<Vec<GasRow>, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::GasLoad).await?;
    Ok(views::gas(services.gas_addresses(&permit).await?))
}
