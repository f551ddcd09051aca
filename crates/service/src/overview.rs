//! What the first page tells at a glance. Nothing here adds deposits up: sums are rows that deposits keep, and what is
//! counted is counted up to a limit.

use crate::{CollectionSettings, Permit, ServiceError, Services};
use aio_domain::{
    Action, AllowlistMode, Amount, ApiKeyId, DepositStatus, KeyState, MerchantId, Span, Timestamp,
    Waiting, time::DAY,
};
use aio_store::{ApiKeyRow, SubaddressFilter, TransactionFilter, VolumeRow};

/// Hours of "the last 24 hours": the one that is not over yet and those before it.
const HOURS: i64 = 24;
/// Days of a small picture.
const WEEK: i64 = 7;
/// Deposits that wait are counted up to here, in each status.
const MOST_WAITING: i64 = 1000;
/// A key that did nothing for so long is told of.
const UNUSED: i64 = 90 * DAY;
/// So few recovery codes are told of.
const FEW_CODES: u32 = 3;

/// What came in of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
    /// Decimals of the amounts.
    pub decimals: u8,
    /// How many deposits in the last 24 hours, and how much.
    pub now: (i64, Amount),
    /// How many in the 24 hours before, and how much.
    pub before: (i64, Amount),
    /// How much on each of the last seven days, today last.
    pub week: Vec<Amount>,
}

/// Deposits that do not count yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaiting {
    /// How many are in no block.
    pub detected: i64,
    /// How many are in a block.
    pub confirming: i64,
    /// Whether there may be more than were counted.
    pub is_more: bool,
    /// When the oldest was first seen.
    pub oldest: Option<Timestamp>,
}

/// What came in of a token, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenVolume {
    /// On which chain.
    pub chain: String,
    /// Of which token.
    pub token: String,
    /// Decimals of the amounts.
    pub decimals: u8,
    /// Each day's beginning, deposits and amount, today last.
    pub days: Vec<(Timestamp, i64, Amount)>,
}

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attention {
    /// A chain has money on subaddresses and no collection address.
    NoCollectionAddress(String),
    /// On a chain money waits because the gas address has too little.
    NoGas(String),
    /// A gas address has little left.
    LowGas(String),
    /// So few recovery codes are left.
    FewCodes(u32),
    /// A key works from any address.
    AnyAddress(ApiKeyId, String),
    /// A key was not used for a long time.
    Unused(ApiKeyId, String),
}

impl Attention {
    /// The page where something can be done about it.
    pub const fn page(&self) -> Action {
        match self {
            Self::NoCollectionAddress(_) => Action::CollectionAddressPage,
            Self::NoGas(_) | Self::LowGas(_) => Action::GasPage,
            Self::FewCodes(_) => Action::RenewCodesPage,
            Self::AnyAddress(..) => Action::KeyEditPage,
            Self::Unused(..) => Action::KeyPage,
        }
    }
}

/// One thing to do before the first customer pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstStep {
    /// An API key.
    Key,
    /// A collection address on this chain.
    CollectionAddress(String),
    /// An address for a customer.
    Subaddress,
    /// A payment to it.
    Payment,
}

impl FirstStep {
    /// The page where it is done.
    pub const fn page(&self) -> Action {
        match self {
            Self::Key => Action::KeyNewPage,
            Self::CollectionAddress(_) => Action::CollectionAddressPage,
            Self::Subaddress => Action::SubaddressNewPage,
            Self::Payment => Action::SubaddressesPage,
        }
    }
}

impl Services {
    /// What came in during the last 24 hours, of each token that came in during the week; the most often paid first.
    pub async fn received(&self, permit: &Permit) -> Result<Vec<Received>, ServiceError> {
        permit.is(Action::OverviewLoad)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let since = Span::Hour.first_of(now, 2 * HOURS);
        let hours = self.store().volumes(merchant, Span::Hour, since).await?;
        let since = Span::Day.first_of(now, WEEK);
        let days = self.store().volumes(merchant, Span::Day, since).await?;
        let today = Span::Hour.first_of(now, HOURS);
        let mut found = Vec::new();
        for volume in self.by_day(&days, now, WEEK) {
            let own = || hours.iter().filter(|row| is_of(row, &volume));
            let late = sum(own().filter(|row| row.start_at >= today));
            let early = sum(own().filter(|row| row.start_at < today));
            let week: Vec<_> = volume.days.iter().map(|(_, _, amount)| *amount).collect();
            if late.0 > 0 || early.0 > 0 || volume.days.iter().any(|(_, deposits, _)| *deposits > 0)
            {
                let TokenVolume { chain, token, decimals, .. } = volume;
                found.push(Received { chain, token, decimals, now: late, before: early, week });
            }
        }
        found.sort_by_key(|one| std::cmp::Reverse(one.now.0));
        Ok(found)
    }

    /// What came in of each token on each of the last days.
    pub async fn volume(
        &self,
        permit: &Permit,
        days: i64,
    ) -> Result<Vec<TokenVolume>, ServiceError> {
        permit.is(Action::OverviewLoad)?;
        let now = self.now();
        let since = Span::Day.first_of(now, days);
        let rows = self.store().volumes(permit.merchant()?, Span::Day, since).await?;
        Ok(self.by_day(&rows, now, days))
    }

    /// Each token of the settings, with a place for each day.
    fn by_day(&self, rows: &[VolumeRow], now: Timestamp, days: i64) -> Vec<TokenVolume> {
        let first = Span::Day.first_of(now, days);
        let mut found = Vec::new();
        for port in self.chain_ports() {
            for token in &port.tokens {
                let empty = |day| (first.plus(day * DAY), 0, Amount::ZERO);
                let mut volume = TokenVolume {
                    chain: port.id.clone(),
                    token: token.ticker.clone(),
                    decimals: token.decimals,
                    days: (0..days).map(empty).collect(),
                };
                let is_its = |row: &&VolumeRow| row.chain == port.id && row.token == token.ticker;
                for row in rows.iter().filter(is_its) {
                    let place = usize::try_from(row.start_at.since(first) / DAY).ok();
                    if let Some(day) = place.and_then(|place| volume.days.get_mut(place)) {
                        (day.1, day.2) = (row.deposits, row.amount);
                    }
                }
                found.push(volume);
            }
        }
        found
    }

    /// The deposits that wait to be mined or for confirmations.
    pub async fn awaiting(&self, permit: &Permit) -> Result<Awaiting, ServiceError> {
        permit.is(Action::OverviewLoad)?;
        let merchant = permit.merchant()?;
        let waiting = async |status| {
            let found = self.store().waiting_deposits(merchant, status, MOST_WAITING);
            found.await
        };
        let detected = waiting(DepositStatus::Detected).await?;
        let confirming = waiting(DepositStatus::Confirming).await?;
        Ok(Awaiting {
            detected: detected.deposits,
            confirming: confirming.deposits,
            is_more: detected.deposits >= MOST_WAITING || confirming.deposits >= MOST_WAITING,
            oldest: detected.oldest.into_iter().chain(confirming.oldest).min(),
        })
    }

    /// What a person of this role should look at, the most urgent first.
    pub async fn attention(&self, permit: &Permit) -> Result<Vec<Attention>, ServiceError> {
        permit.is(Action::OverviewLoad)?;
        let mut found = Vec::new();
        let held = self.uncollected(permit).await?;
        for chain in self.collection_settings(permit).await? {
            let has_money =
                held.iter().any(|one| one.chain == chain.chain && !one.amount.is_zero());
            let gas = Some(Waiting::NotEnough.as_str());
            if chain.row.is_none() && has_money {
                found.push(Attention::NoCollectionAddress(chain.chain));
            } else if chain.tokens.iter().any(|token| token.waiting.as_deref() == gas) {
                found.push(Attention::NoGas(chain.chain));
            } else if self.is_gas_low(permit.merchant()?, &chain).await? {
                found.push(Attention::LowGas(chain.chain));
            }
        }
        let left = self.store().recovery_codes_left(permit.user()).await?;
        if left <= FEW_CODES {
            found.push(Attention::FewCodes(left));
        }
        let now = self.now();
        let mut keys = self.store().api_keys(permit.merchant()?).await?;
        keys.retain(|key| works(key, now));
        for key in keys.iter().filter(|key| key.allowlist_mode == AllowlistMode::Any) {
            found.push(Attention::AnyAddress(key.id, key.label.to_string()));
        }
        let is_unused =
            |key: &&ApiKeyRow| now.since(key.last_used_at.unwrap_or(key.created_at)) >= UNUSED;
        for key in keys.iter().filter(is_unused) {
            found.push(Attention::Unused(key.id, key.label.to_string()));
        }
        found.retain(|one| may_open(permit, one.page()));
        Ok(found)
    }

    /// Whether collections will soon wait, by what was last seen on the gas address.
    async fn is_gas_low(
        &self,
        merchant: MerchantId,
        chain: &CollectionSettings,
    ) -> Result<bool, ServiceError> {
        let is_automatic = chain.row.as_ref().is_some_and(|row| row.automatic);
        let Some(port) = self.chain_port(&chain.chain).filter(|_| is_automatic) else {
            return Ok(false);
        };
        let row = self.store().gas_address(merchant, &port.id).await?;
        let balance = row.and_then(|row| row.balance);
        Ok(balance.is_some_and(|balance| port.outgoing.is_low(balance)))
    }

    /// What must be done before customers can pay, and whether it is; nothing when all of it is.
    pub async fn first_steps(
        &self,
        permit: &Permit,
    ) -> Result<Vec<(FirstStep, bool)>, ServiceError> {
        permit.is(Action::OverviewLoad)?;
        let merchant = permit.merchant()?;
        let keys = self.store().count_api_keys(merchant).await?;
        let mut steps = vec![(FirstStep::Key, keys > 0)];
        let chains = self.collection_settings(permit).await?;
        if !chains.is_empty() {
            for chain in chains {
                steps.push((FirstStep::CollectionAddress(chain.chain), chain.row.is_some()));
            }
            let any = SubaddressFilter::default();
            let addresses = self.store().subaddresses(merchant, &any, 1).await?;
            steps.push((FirstStep::Subaddress, !addresses.is_empty()));
            let any = TransactionFilter::default();
            let payments = self.store().transactions(merchant, &any, 1).await?;
            steps.push((FirstStep::Payment, !payments.rows.is_empty()));
        }
        if steps.iter().all(|(_, is_done)| *is_done) {
            steps.clear();
        }
        Ok(steps)
    }
}

fn is_of(row: &VolumeRow, volume: &TokenVolume) -> bool {
    row.chain == volume.chain && row.token == volume.token
}

/// Sums of sums: each is far below what would not fit.
fn sum<'a>(rows: impl Iterator<Item = &'a VolumeRow>) -> (i64, Amount) {
    rows.fold((0, Amount::ZERO), |(deposits, amount), row| {
        (deposits + row.deposits, amount.checked_add(row.amount).unwrap_or(Amount::MAX))
    })
}

fn works(key: &ApiKeyRow, now: Timestamp) -> bool {
    key.state == KeyState::Active && key.expires_at.is_none_or(|at| now < at)
}

/// Whether the person's role opens a page.
pub(crate) fn may_open(permit: &Permit, page: Action) -> bool {
    permit.role().is_some_and(|role| page.allows(role))
}
