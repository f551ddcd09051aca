//! Subaddresses and deposits.

use super::allows;
use crate::{
    api::{
        ApiError,
        subaddresses::{
            PaymentCode, SubaddressDetail, SubaddressRow, SubaddressesFilter, SubaddressesPage,
        },
        transactions::{
            ChainChoice, TransactionDetail, TransactionRow, TransactionsFilter, TransactionsPage,
        },
    },
    server::pages::qr_path,
};
use aio_domain::{
    Action, Amount, DepositStatus, SubaddressId, Timestamp, TransactionId, time::DAY,
};
use aio_service::{Collection, Permit, Services, Subaddress, Transaction};
use aio_store::{By, SubaddressFilter, TransactionFilter};

/// Rows of a page.
const PAGE: i64 = 50;
/// Deposits on the page of a subaddress.
const NEWEST: i64 = 10;
/// Decimals that columns show.
const PLACES: usize = 8;
/// The longest text that is looked for.
const LONGEST: usize = 128;

/// A page of deposits.
pub async fn transactions(
    services: &Services,
    permit: &Permit,
    filter: TransactionsFilter,
) -> Result<TransactionsPage, ApiError> {
    let (wanted, ignored) = wanted(services, permit, &filter).await?;
    let found = if filter.dust == "1" {
        services.transactions(permit, &wanted, PAGE).await?
    } else {
        services.transactions_without_dust(permit, &wanted, PAGE).await?
    };
    Ok(TransactionsPage {
        rows: found.rows.into_iter().map(transaction_row).collect(),
        filter,
        ignored: ignored.into_iter().map(str::to_owned).collect(),
        older: found.next,
        chains: chain_choices(services).await?,
        may_export: allows(permit, Action::TransactionsCsv),
    })
}

/// What the filter of the address asks for, and the names of what in it cannot be read.
pub async fn wanted(
    services: &Services,
    permit: &Permit,
    filter: &TransactionsFilter,
) -> Result<(TransactionFilter, Vec<&'static str>), ApiError> {
    let mut ignored = Vec::new();
    let text: String = filter.q.trim().chars().take(LONGEST).collect();
    let mut wanted = if text.is_empty() {
        TransactionFilter::default()
    } else {
        services.search(permit, &text).await?
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut read = |name: &'static str, text: &str, is_good: bool| {
        if !text.is_empty() && !is_good {
            ignored.push(name);
        }
    };
    wanted.status = DepositStatus::from_name(&filter.status);
    read("status", &filter.status, wanted.status.is_some());
    let ports = services.chain_ports();
    wanted.chain = some(&filter.chain).filter(|id| ports.iter().any(|port| port.id == *id));
    read("chain", &filter.chain, wanted.chain.is_some());
    let of_chain = |port: &&aio_service::ChainPort| {
        wanted.chain.as_ref().is_none_or(|chain| *chain == port.id)
    };
    let tokens = || ports.iter().filter(of_chain).filter_map(|port| port.token(&filter.token));
    let token = tokens().next();
    wanted.token = token.map(|token| token.ticker.clone());
    read("token", &filter.token, token.is_some());
    // An amount means something only in units of one size.
    let decimals = token.map(|token| token.decimals);
    let decimals = decimals.filter(|first| tokens().all(|token| token.decimals == *first));
    let amount = |text: &str| decimals.and_then(|decimals| Amount::parse(text, decimals).ok());
    wanted.least = amount(&filter.least);
    read("least", &filter.least, wanted.least.is_some());
    wanted.most = amount(&filter.most);
    read("most", &filter.most, wanted.most.is_some());
    let from = Timestamp::end_of_day(&filter.from).map(|end| end.plus(-DAY));
    read("from", &filter.from, from.is_some());
    wanted.since = from.map(TransactionId::first_at);
    let until = Timestamp::end_of_day(&filter.until);
    read("until", &filter.until, until.is_some());
    let before: Option<TransactionId> = filter.before.parse().ok();
    read("before", &filter.before, before.is_some());
    wanted.before = before.into_iter().chain(until.map(TransactionId::first_at)).min();
    Ok((wanted, ignored))
}

/// The chains of this installation.
pub async fn chain_choices(services: &Services) -> Result<Vec<ChainChoice>, ApiError> {
    let mut choices = Vec::new();
    for port in services.chain_ports() {
        choices.push(ChainChoice {
            id: port.id.clone(),
            tokens: port.tokens.iter().map(|token| token.ticker.clone()).collect(),
            halted: services.chain_halted(&port.id).await?,
        });
    }
    Ok(choices)
}

/// One deposit with everything that is known of it.
pub fn transaction_detail(found: Transaction, carried: Option<Collection>) -> TransactionDetail {
    let row = &found.row;
    TransactionDetail {
        sender: row.sender.clone(),
        block: row.block_height.zip(row.block_hash.clone()),
        confirmed_at: row.confirmed_at,
        updated_at: row.updated_at,
        collection: carried.map(|collection| (collection.row.id, collection.row.status)),
        row: transaction_row(found),
    }
}

pub(super) fn transaction_row(found: Transaction) -> TransactionRow {
    let amount = found.decimal();
    let row = found.row;
    TransactionRow {
        id: row.id,
        status: row.status,
        short: short(&amount),
        amount,
        token: row.token,
        chain: row.chain,
        subaddress: row.subaddress,
        customer: row.customer.into(),
        address: found.address,
        hash: row.tx,
        explorer: found.explorer,
        confirmations: found.confirmations,
        needed: row.needed,
        is_dust: found.is_dust,
        received_at: row.received_at,
    }
}

/// An amount as exact as columns allow: cut, never rounded up.
pub(super) fn short(amount: &str) -> String {
    match amount.split_once('.') {
        Some((whole, rest)) if rest.len() > PLACES => {
            let rest = rest.get(..PLACES).unwrap_or_default().trim_end_matches('0');
            if rest.is_empty() { format!("{whole}…") } else { format!("{whole}.{rest}…") }
        }
        _ => amount.to_owned(),
    }
}

/// A page of subaddresses.
pub async fn subaddresses(
    services: &Services,
    permit: &Permit,
    filter: SubaddressesFilter,
) -> Result<SubaddressesPage, ApiError> {
    let text: String = filter.q.trim().chars().take(LONGEST).collect();
    let may_change = allows(permit, Action::SubaddressNew);
    let chains = chain_choices(services).await?;
    if !text.is_empty()
        && let By::Subaddress(id) = services.search(permit, &text).await?.by
    {
        let found = services.subaddress(permit, id).await;
        let rows = found.into_iter().map(subaddress_row).collect();
        return Ok(SubaddressesPage { rows, filter, more: None, chains, may_change });
    }
    let wanted = SubaddressFilter {
        customers: (!text.is_empty()).then_some(text),
        chain: Some(filter.chain.clone()).filter(|chain| !chain.is_empty()),
        archived: filter.archived == "1",
        after: filter.after.parse().ok(),
    };
    let found = services.subaddresses(permit, &wanted, PAGE).await?;
    let rows = found.rows.into_iter().map(subaddress_row).collect();
    Ok(SubaddressesPage { rows, filter, more: found.next, chains, may_change })
}

fn subaddress_row(found: Subaddress) -> SubaddressRow {
    SubaddressRow {
        id: found.row.id,
        chain: found.row.chain,
        customer: found.row.customer.into(),
        address: found.display,
        created_at: found.row.created_at,
        archived: found.row.archived_at.is_some(),
    }
}

/// One subaddress with its codes, totals and newest deposits.
pub async fn subaddress_detail(
    services: &Services,
    permit: &Permit,
    id: SubaddressId,
) -> Result<SubaddressDetail, ApiError> {
    let found = services.subaddress(permit, id).await?;
    let totals = services.subaddress_totals(permit, id).await?;
    let by = By::Subaddress(id);
    let wanted = TransactionFilter { by, ..TransactionFilter::default() };
    let newest = services.transactions(permit, &wanted, NEWEST).await?;
    let code = |(token, uri): &(String, String)| PaymentCode {
        token: token.clone(),
        qr: qr_path(uri),
        uri: uri.clone(),
    };
    let total = |total: aio_service::Total| {
        (total.token, Amount::decimal(total.amount, total.decimals), total.deposits)
    };
    Ok(SubaddressDetail {
        codes: found.uris.iter().map(code).collect(),
        row: subaddress_row(found),
        totals: totals.into_iter().map(total).collect(),
        rows: newest.rows.into_iter().map(transaction_row).collect(),
        more: newest.next.is_some(),
        may_change: allows(permit, Action::SubaddressArchive),
    })
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn an_amount_in_a_column_is_cut_and_never_rounded_up() {
        for (amount, told) in [
            ("0.25", "0.25"),
            ("12", "12"),
            ("0.12345678", "0.12345678"),
            ("0.123456789999", "0.12345678…"),
            ("1.000000000000000001", "1…"),
            ("0.999999999999999999", "0.99999999…"),
            ("1.100000000000000001", "1.1…"),
        ] {
            assert_eq!(short(amount), told);
        }
    }
}
