//! Deposit addresses of customers.

use super::{
    ApiError,
    transactions::{ChainChoice, TransactionRow},
};
use aio_domain::{SubaddressId, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is listed, as it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubaddressesFilter {
    /// An address, or how the customer's id begins.
    pub q: String,
    /// The chain.
    pub chain: String,
    /// `1` to see archived ones too.
    pub archived: String,
    /// Only those behind this one.
    pub after: String,
}

/// A page of subaddresses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubaddressesPage {
    /// Newest first, or by the customer's id in a search.
    pub rows: Vec<SubaddressRow>,
    /// What is listed.
    pub filter: SubaddressesFilter,
    /// The place to go on behind, when there are more.
    pub more: Option<SubaddressId>,
    /// What can be chosen.
    pub chains: Vec<ChainChoice>,
    /// Whether the person's role may make and archive some.
    pub may_change: bool,
}

/// One subaddress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubaddressRow {
    /// Id.
    pub id: SubaddressId,
    /// Chain.
    pub chain: String,
    /// The merchant's name for the customer.
    pub customer: String,
    /// The address, with its checksum.
    pub address: String,
    /// When it was handed out.
    pub created_at: Timestamp,
    /// Whether it was put out of sight.
    pub archived: bool,
}

/// One subaddress with its codes, totals and newest deposits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubaddressDetail {
    /// As in the list.
    pub row: SubaddressRow,
    /// For each token, the link and its QR code: path and side.
    pub codes: Vec<PaymentCode>,
    /// Token, amount, number of deposits.
    pub totals: Vec<(String, String, usize)>,
    /// The newest deposits.
    pub rows: Vec<TransactionRow>,
    /// Whether there are more.
    pub more: bool,
    /// Whether the person's role may archive it.
    pub may_change: bool,
}

/// A link to pay with, and its QR code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PaymentCode {
    /// Ticker.
    pub token: String,
    /// The link.
    pub uri: String,
    /// The dark modules as path data, and modules a side.
    pub qr: Option<(String, u32)>,
}

/// A page of subaddresses.
#[server(endpoint = "subaddresses/list")]
pub async fn list_subaddresses(
    #[server(default)] filter: SubaddressesFilter,
) -> Result<SubaddressesPage, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SubaddressesLoad).await?;
    views::subaddresses(&services, &permit, filter).await
}

/// One subaddress.
#[server(endpoint = "subaddresses/get")]
pub async fn load_subaddress(subaddress: SubaddressId) -> Result<SubaddressDetail, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SubaddressLoad).await?;
    views::subaddress_detail(&services, &permit, subaddress).await
}

/// What the dialog of a new subaddress shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewSubaddressForm {
    /// What can be chosen from.
    pub chains: Vec<ChainChoice>,
    /// Chain and customer of a form that was refused.
    pub typed: (String, String),
}

/// The dialog of a new subaddress.
#[server(endpoint = "subaddresses/new")]
pub async fn load_new_subaddress() -> Result<NewSubaddressForm, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SubaddressNewLoad).await?;
    let typed = services.take_draft(&permit, "subaddress", "new").await?.unwrap_or_default();
    Ok(NewSubaddressForm { chains: views::chain_choices(&services).await?, typed })
}

/// Hands an address out to a customer, and shows it.
#[server(endpoint = "subaddresses/create")]
pub async fn create_subaddress(chain: String, customer: String) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SubaddressNew).await?;
    let made = services.create_subaddress(&permit, &chain, &customer).await;
    let typed = (chain, customer);
    let made = guard::or_draft(&services, &permit, "subaddress", "new", &typed, made).await?;
    let word = if made.created { "created" } else { "known" };
    guard::go(&format!("/subaddresses/{}?{word}=1", made.row.id));
    Ok(())
}

/// Puts a subaddress out of sight, or back.
#[server(endpoint = "subaddresses/archive")]
pub async fn archive_subaddress(subaddress: SubaddressId, on: bool) -> Result<(), ApiError> {
    use crate::server::guard;
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::SubaddressArchive).await?;
    services.archive_subaddress(&permit, subaddress, on).await?;
    guard::go(&format!("/subaddresses/{subaddress}"));
    Ok(())
}
