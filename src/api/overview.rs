//! The first page: what came in, what waits, and what to do next. Each card is there or has an error of its own.

use super::{ApiError, transactions::TransactionRow};
use aio_domain::Timestamp;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What a card shows, or why it cannot.
pub type Card<T> = Result<T, ApiError>;

/// The page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// What came in during the last 24 hours.
    pub received: Card<Vec<Received>>,
    /// What does not count yet.
    pub awaiting: Card<Awaiting>,
    /// What lies on subaddresses: amounts with their tickers, and how many more there are.
    pub uncollected: Card<(Vec<String>, usize)>,
    /// What came in day by day; nothing without a chain.
    pub volume: Card<Option<Volume>>,
    /// The newest deposits.
    pub latest: Card<Vec<TransactionRow>>,
    /// What to look at.
    pub attention: Card<Vec<Item>>,
    /// What to do first; nothing when all is done.
    pub steps: Card<Vec<Item>>,
}

/// What came in of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The amount with its ticker.
    pub amount: String,
    /// Chain.
    pub chain: String,
    /// How many deposits.
    pub deposits: usize,
    /// The 24 hours before, when something came in then.
    pub before: Option<String>,
    /// Whether this is more than that, less, or as much: above, below, or zero.
    pub change: i8,
    /// Seven days as path data, 84 wide and 24 high.
    pub spark: String,
}

/// What does not count yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaiting {
    /// In no block.
    pub detected: usize,
    /// In a block.
    pub confirming: usize,
    /// Whether there may be more.
    pub is_more: bool,
    /// When the oldest was seen.
    pub oldest: Option<Timestamp>,
}

/// What came in of one token, day by day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Which tokens there are, as the address names them, and in words.
    pub tokens: Vec<(String, String)>,
    /// Which one this is.
    pub token: String,
    /// Its ticker.
    pub ticker: String,
    /// How many days.
    pub days: usize,
    /// How much in all.
    pub total: String,
    /// How many deposits in all.
    pub deposits: usize,
    /// The highest bar.
    pub top: String,
    /// The days, today last.
    pub bars: Vec<Bar>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bar {
    /// Which: `2026-11-23`.
    pub day: String,
    /// How much.
    pub amount: String,
    /// How many deposits.
    pub deposits: usize,
    /// How high, of a hundred.
    pub height: u32,
}

/// Something to look at or to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// What.
    pub what: What,
    /// Which one, or how many.
    pub name: String,
    /// Where something can be done about it, when the person's role may.
    pub href: Option<String>,
    /// Whether it is done.
    pub is_done: bool,
}

/// What there is to look at or to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// A chain has money on subaddresses and no collection address.
    NoCollectionAddress,
    /// A gas address has too little.
    NoGas,
    /// A gas address has little left.
    LowGas,
    /// Few recovery codes are left.
    FewCodes,
    /// A key works from any address.
    AnyAddress,
    /// A key was not used for long.
    Unused,
    /// Make an API key.
    Key,
    /// Set a collection address.
    CollectionAddress,
    /// Hand an address out.
    Subaddress,
    /// Receive a payment.
    Payment,
}

/// The page. Days and token are those of the chart; what cannot be read is left out.
#[server(endpoint = "overview")]
pub async fn load_overview(
    #[server(default)] days: String,
    #[server(default)] token: String,
) -> Result<Overview, ApiError> {
    use crate::server::{guard, views};
    use aio_domain::Action;
    let (services, permit) = guard::permit(Action::OverviewLoad).await?;
    Ok(views::overview(&services, &permit, &days, &token).await)
}
