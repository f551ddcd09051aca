//! The first page, card by card.

use super::{
    allows,
    payments::{short, transaction_row},
};
use crate::{
    api::{
        overview::{Awaiting, Bar, Card, Item, Overview, Received, Volume, What},
        transactions::TransactionRow,
    },
    server::guard::card,
};
use aio_domain::Amount;
use aio_service::{Attention, FirstStep, Permit, ServiceError, Services, TokenVolume};
use aio_store::TransactionFilter;
use std::cmp::Ordering;

/// Periods of the chart; the first when none is named.
const PERIODS: [i64; 3] = [14, 30, 90];
/// Deposits on the page, and how many are looked at to find so many that are no dust.
const NEWEST: usize = 8;
const LOOKED_AT: i64 = 32;
/// Balances on the page.
const TOP: usize = 3;
/// The small picture.
const SPARK_WIDTH: usize = 84;
const SPARK_HEIGHT: u32 = 24;

/// The page.
pub async fn overview(services: &Services, permit: &Permit, days: &str, token: &str) -> Overview {
    let days = days.parse().ok().filter(|days| PERIODS.contains(days)).unwrap_or(PERIODS[0]);
    let volumes = services.volume(permit, days).await;
    Overview {
        received: card(services.received(permit).await)
            .map(|found| found.into_iter().map(received).collect()),
        awaiting: card(services.awaiting(permit).await).map(awaiting),
        uncollected: card(uncollected(services, permit).await),
        volume: card(volumes).map(|found| volume(found, token)),
        latest: latest(services, permit).await,
        attention: card(services.attention(permit).await)
            .map(|found| found.into_iter().map(attention).collect()),
        steps: card(services.first_steps(permit).await).map(|found| {
            found.into_iter().map(|(step, is_done)| first_step(permit, step, is_done)).collect()
        }),
    }
}

fn number(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}

/// An amount as exact as a card allows, with its ticker.
fn told(amount: Amount, decimals: u8, ticker: &str) -> String {
    [&short(&amount.decimal(decimals)), "\u{a0}", ticker].concat()
}

fn received(found: aio_service::Received) -> Received {
    let (deposits, amount) = found.now;
    let told = |amount| told(amount, found.decimals, &found.token);
    Received {
        amount: told(amount),
        chain: found.chain,
        deposits: number(deposits),
        before: (found.before.0 > 0).then(|| told(found.before.1)),
        change: match amount.cmp(&found.before.1) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        },
        spark: spark(&found.week),
    }
}

/// A line from day to day, the highest at the top.
fn spark(week: &[Amount]) -> String {
    let top = week.iter().max().copied().unwrap_or_default();
    let step = SPARK_WIDTH / week.len().saturating_sub(1).max(1);
    let point = |(at, amount): (usize, &Amount)| {
        // A pixel above and below, for the width of the line.
        let y = SPARK_HEIGHT - 1 - amount.parts_of(top, SPARK_HEIGHT - 2);
        let sign = if at == 0 { "M" } else { "L" };
        format!("{sign}{} {y}", at * step)
    };
    week.iter().enumerate().map(point).collect()
}

fn awaiting(found: aio_service::Awaiting) -> Awaiting {
    Awaiting {
        detected: number(found.detected),
        confirming: number(found.confirming),
        is_more: found.is_more,
        oldest: found.oldest,
    }
}

/// The largest balances. What tokens are worth is not known here: they stand in the order of the whole coins.
async fn uncollected(
    services: &Services,
    permit: &Permit,
) -> Result<(Vec<String>, usize), ServiceError> {
    let held = services.uncollected(permit).await?;
    let mut told: Vec<_> = held
        .into_iter()
        .filter(|one| !one.amount.is_zero())
        .map(|one| {
            let port = services.chain_ports().iter().find(|port| port.id == one.chain);
            let token = port.and_then(|port| port.token(&one.token));
            let decimals = token.map_or(0, |token| token.decimals);
            let whole = one.amount.decimal(decimals);
            let digits = whole.split('.').next().map_or(0, str::len);
            ((digits, whole), told(one.amount, decimals, &one.token))
        })
        .collect();
    told.sort_by(|(one, _), (other, _)| other.cmp(one));
    let more = told.len().saturating_sub(TOP);
    Ok((told.into_iter().take(TOP).map(|(_, told)| told).collect(), more))
}

/// The newest deposits that are no dust.
async fn latest(services: &Services, permit: &Permit) -> Card<Vec<TransactionRow>> {
    let all = TransactionFilter::default();
    let found = card(services.transactions_without_dust(permit, &all, LOOKED_AT).await)?;
    Ok(found.rows.into_iter().take(NEWEST).map(transaction_row).collect())
}

fn name_of(volume: &TokenVolume) -> String {
    [&volume.chain, ":", &volume.token].concat()
}

/// The chart of the token that the address names; else of the one that was paid most often.
fn volume(found: Vec<TokenVolume>, wanted: &str) -> Option<Volume> {
    let often = |volume: &TokenVolume| volume.days.iter().map(|day| day.1).sum::<i64>();
    let tokens = found
        .iter()
        .map(|volume| {
            let words = [&volume.token, " · ", &volume.chain].concat();
            (name_of(volume), words)
        })
        .collect();
    let named = found.iter().position(|volume| name_of(volume) == wanted);
    // Of several that were paid as often, the first of the settings.
    let most = || found.iter().enumerate().rev().max_by_key(|(_, volume)| often(volume));
    let chosen = found.get(named.or_else(|| most().map(|(at, _)| at))?)?;
    let amounts = || chosen.days.iter().map(|day| day.2);
    let top = amounts().max().unwrap_or_default();
    let decimal = |amount: Amount| amount.decimal(chosen.decimals);
    let bars = chosen.days.iter().map(|(at, deposits, amount)| Bar {
        day: at.date(),
        amount: decimal(*amount),
        deposits: number(*deposits),
        // What came in is never shown as nothing.
        height: amount.parts_of(top, 100).max(u32::from(!amount.is_zero())),
    });
    Some(Volume {
        bars: bars.collect(),
        tokens,
        token: name_of(chosen),
        ticker: chosen.token.clone(),
        days: chosen.days.len(),
        total: decimal(Amount::sum(amounts()).unwrap_or(Amount::MAX)),
        deposits: number(often(chosen)),
        top: short(&decimal(top)),
    })
}

fn attention(found: Attention) -> Item {
    let key = |id: &dyn std::fmt::Display, rest: &str| format!("/api-keys/{id}{rest}");
    let (what, name, href) = match found {
        Attention::NoCollectionAddress(chain) => {
            let href = collection_address(&chain);
            (What::NoCollectionAddress, chain, href)
        }
        Attention::NoGas(chain) => (What::NoGas, chain, "/gas".to_owned()),
        Attention::LowGas(chain) => (What::LowGas, chain, "/gas".to_owned()),
        Attention::FewCodes(left) => {
            (What::FewCodes, left.to_string(), "/settings/security/recovery-codes".to_owned())
        }
        Attention::AnyAddress(id, label) => (What::AnyAddress, label, key(&id, "/edit")),
        Attention::Unused(id, label) => (What::Unused, label, key(&id, "")),
    };
    Item { what, name, href: Some(href), is_done: false }
}

fn first_step(permit: &Permit, step: FirstStep, is_done: bool) -> Item {
    let may = allows(permit, step.page());
    let (what, name, href) = match step {
        FirstStep::Key => (What::Key, String::new(), "/api-keys/new".to_owned()),
        FirstStep::CollectionAddress(chain) => {
            let href = collection_address(&chain);
            (What::CollectionAddress, chain, href)
        }
        FirstStep::Subaddress => (What::Subaddress, String::new(), "/subaddresses/new".to_owned()),
        FirstStep::Payment => (What::Payment, String::new(), "/subaddresses".to_owned()),
    };
    Item { what, name, href: Some(href).filter(|_| may && !is_done), is_done }
}

fn collection_address(chain: &str) -> String {
    ["/collection/", chain, "/address"].concat()
}

#[cfg(test)]
mod tests {
    use super::{spark, volume};
    use aio_domain::{Amount, Timestamp, time::DAY};
    use aio_service::TokenVolume;

    fn of(token: &str, days: &[(i64, u64)]) -> TokenVolume {
        let day = |(at, (deposits, amount)): (usize, &(i64, u64))| {
            let at = i64::try_from(at).unwrap() * DAY;
            (Timestamp::from_millis(at), *deposits, Amount::from(*amount))
        };
        TokenVolume {
            chain: "model".into(),
            token: token.into(),
            decimals: 2,
            days: days.iter().enumerate().map(day).collect(),
        }
    }

    #[test]
    fn a_spark_goes_from_the_bottom_to_the_top_and_lies_flat_without_money() {
        let week = [0_u64, 0, 5, 10, 0, 0, 10].map(Amount::from);
        assert_eq!(spark(&week), "M0 23L14 23L28 12L42 1L56 23L70 23L84 1");
        assert_eq!(spark(&[Amount::ZERO; 2]), "M0 23L84 23");
    }

    #[test]
    fn the_chart_is_of_the_token_asked_for_or_of_the_one_paid_most_often() {
        let found = || vec![of("A", &[(1, 5)]), of("B", &[(2, 1)]), of("C", &[(2, 1)])];
        let token = |wanted: &str| volume(found(), wanted).unwrap().token;
        assert_eq!([token(""), token("model:A"), token("no")], ["model:B", "model:A", "model:B"]);
        assert!(volume(Vec::new(), "").is_none());
    }

    #[test]
    fn bars_are_parts_of_the_highest_and_what_came_in_is_seen() {
        let chart =
            volume(vec![of("A", &[(0, 0), (1, 1), (3, 100_000), (2, 50_000)])], "").unwrap();
        let heights: Vec<_> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [0, 1, 100, 50]);
        assert_eq!(
            (chart.total.as_str(), chart.deposits, chart.top.as_str()),
            ("1500.01", 6, "1000")
        );
        assert_eq!(
            (chart.bars[2].day.as_str(), chart.bars[2].amount.as_str()),
            ("1970-01-03", "1000")
        );
    }
}
