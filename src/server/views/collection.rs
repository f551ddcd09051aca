//! Collection: settings, history, and who pays the network.

use super::allows;
use crate::{
    api::{
        ApiError,
        collection::{
            ADDRESS_DRAFT, CollectionChain, CollectionDetail, CollectionDialog, CollectionPage,
            CollectionRow, CollectionToken, GasRow, RULES_DRAFT, RulesForm,
        },
    },
    server::pages::qr_path,
};
use aio_domain::{
    Action, Amount, ChangeSetId, CollectionId, Passage, Problem,
    time::{HOUR, MINUTE},
};
use aio_service::{
    Collected, Collection, CollectionSettings, GasAddress, Permit, RulesInput, Services,
    Uncollected,
};

/// Rows of a page.
const PAGE: i64 = 30;
/// What the form says before anybody chose: as the services do it.
const BATCH_SIZE: u32 = 50;
const MAX_AGE_MINUTES: i64 = 24 * 60;

/// The page.
pub async fn collections(
    services: &Services,
    permit: &Permit,
    before: Option<CollectionId>,
) -> Result<CollectionPage, ApiError> {
    let found = services.collections(permit, before, PAGE).await?;
    let held = services.uncollected(permit).await?;
    let chains = services.collection_settings(permit).await?;
    Ok(CollectionPage {
        chains: chains.into_iter().map(|settings| chain(settings, &held)).collect(),
        rows: found.rows.into_iter().map(row).collect(),
        is_older: before.is_some(),
        older: found.next,
        may_change: allows(permit, Action::CollectionAddress),
    })
}

fn chain(settings: CollectionSettings, held: &[Uncollected]) -> CollectionChain {
    let row = settings.row.as_ref();
    let next_at = row.and_then(|row| row.next_at);
    let token = |token: aio_service::TokenSettings| {
        let is_it =
            |held: &&Uncollected| held.chain == settings.chain && held.token == token.ticker;
        let amount = held.iter().find(is_it).map_or(Amount::ZERO, |held| held.amount);
        CollectionToken {
            minimum: Amount::decimal(token.minimum, token.decimals),
            uncollected: Amount::decimal(amount, token.decimals),
            ticker: token.ticker,
            waiting: token.waiting,
        }
    };
    CollectionChain {
        automatic: row.is_none_or(|row| row.automatic),
        batch_size: row.map_or(BATCH_SIZE, |row| row.batch_size),
        max_age_minutes: row.map_or(MAX_AGE_MINUTES, |row| row.max_age / MINUTE),
        version: row.map_or(0, |row| row.version),
        address: settings.address.clone(),
        next: settings.next_address.clone().zip(next_at),
        tokens: settings.tokens.clone().into_iter().map(token).collect(),
        chain: settings.chain,
    }
}

fn row(found: Collection) -> CollectionRow {
    let with = |amount: Amount, decimals: u8, ticker: &str| {
        format!("{}\u{a0}{ticker}", Amount::decimal(amount, decimals))
    };
    let row = found.row;
    CollectionRow {
        amount: with(row.amount, found.decimals, &row.token),
        fee: row.fee.map(|fee| with(fee, found.coin_decimals, &found.coin)),
        kept: row.kept.map(|kept| with(kept, found.decimals, &row.token)),
        id: row.id,
        chain: row.chain,
        destination: found.display,
        deposits: row.deposits,
        status: row.status,
        hash: row.tx,
        explorer: found.explorer,
        failure: row.failure,
        created_at: row.created_at,
    }
}

/// One movement with what it carried.
pub fn collection_detail(found: Collected) -> CollectionDetail {
    let Collected { collection, deposits, attempts } = found;
    let (decimals, token) = (collection.decimals, collection.row.token.clone());
    let deposits = deposits.into_iter().map(|deposit| {
        let amount = format!("{}\u{a0}{token}", Amount::decimal(deposit.amount, decimals));
        (
            deposit.id,
            deposit.customer.into(),
            amount,
            matches!(deposit.state, Passage::Carried | Passage::Part),
        )
    });
    CollectionDetail { deposits: deposits.collect(), attempts, row: row(collection) }
}

/// What the dialogs of a chain show. A change of the other dialog is none of this one's.
pub async fn collection_dialog(
    services: &Services,
    permit: &Permit,
    id: &str,
    change: Option<ChangeSetId>,
) -> Result<CollectionDialog, ApiError> {
    let settings = services.collection_settings(permit).await?;
    let settings = settings.into_iter().find(|settings| settings.chain == id);
    let settings = settings.ok_or(Problem::NotFound)?;
    let address = services.pending_collection_address(permit, change).await?;
    let rules = services.pending_collection_rules(permit, change).await?;
    let decimals = |ticker: &str| {
        let token = settings.tokens.iter().find(|token| token.ticker == ticker);
        token.map_or(0, |token| token.decimals)
    };
    let rules = rules.filter(|pending| pending.plan.chain == id).map(|pending| {
        let plan = pending.plan;
        let minimums = plan.rules.minimums.into_iter().map(|(ticker, amount)| {
            let text = Amount::decimal(amount, decimals(&ticker));
            (ticker, text)
        });
        let form = RulesForm {
            automatic: plan.rules.automatic,
            batch_size: plan.rules.batch_size.to_string(),
            max_age: (plan.rules.max_age_ms / MINUTE).to_string(),
            minimums: minimums.collect(),
            version: plan.version,
        };
        (pending.id, form)
    });
    let address = address.filter(|pending| pending.plan.chain == id).map(|pending| {
        let port = services.chain_ports().iter().find(|port| port.id == id);
        let port = port.filter(|_| pending.plan.cools);
        let hours = port.map_or(0, |port| port.outgoing.cooling_ms / HOUR);
        (pending.id, pending.plan.display, hours)
    });
    let held = services.uncollected(permit).await?;
    let typed_address = services.take_draft(permit, ADDRESS_DRAFT, id).await?;
    let typed_rules = services.take_draft(permit, RULES_DRAFT, id).await?;
    let chain = chain(settings, &held);
    Ok(CollectionDialog { chain, address, rules, typed_address, typed_rules })
}

/// Whether this installation reads such a chain.
pub fn is_chain(services: &Services, id: &str) -> bool {
    services.chain_ports().iter().any(|port| port.id == id)
}

/// The form as the services take it.
pub fn rules_input(form: RulesForm) -> RulesInput {
    RulesInput {
        automatic: form.automatic,
        batch_size: form.batch_size,
        max_age_minutes: form.max_age,
        minimums: form.minimums.into_iter().collect(),
        version: form.version,
    }
}

/// Who pays the networks.
pub fn gas(addresses: Vec<GasAddress>) -> Vec<GasRow> {
    let row = |gas: GasAddress| GasRow {
        is_low: gas.is_low,
        balance: gas.balance.map(|balance| {
            format!("{}\u{a0}{}", Amount::decimal(balance, gas.coin.decimals), gas.coin.ticker)
        }),
        chain: gas.row.chain,
        address: gas.display,
        qr: qr_path(&gas.uri),
        uri: gas.uri,
        coin: gas.coin.ticker,
    };
    addresses.into_iter().map(row).collect()
}
