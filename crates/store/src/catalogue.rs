//! Every statement of the program, so that a test can prepare each on both engines.

use crate::{
    Statement, aes_keys, allowlist_rules, api_keys, audit, authenticators, chains, change_sets,
    collection_settings, collections, dashboard_allowlist, data_keys, departures, events, flashes,
    idempotency, installation, ledger, merchants, outgoing, outgoing_claims, request_log, seeds,
    seen_addresses, sessions, step_up, subaddresses, throttles, transaction_lists,
    transaction_search, transactions, used_request_ids, users, volumes,
};

/// Every statement there is.
pub fn catalogue() -> impl Iterator<Item = &'static Statement> {
    [
        aes_keys::STATEMENTS,
        allowlist_rules::STATEMENTS,
        api_keys::STATEMENTS,
        audit::STATEMENTS,
        authenticators::STATEMENTS,
        chains::STATEMENTS,
        change_sets::STATEMENTS,
        collection_settings::STATEMENTS,
        collections::STATEMENTS,
        dashboard_allowlist::STATEMENTS,
        data_keys::STATEMENTS,
        departures::STATEMENTS,
        events::STATEMENTS,
        flashes::STATEMENTS,
        idempotency::STATEMENTS,
        installation::STATEMENTS,
        ledger::STATEMENTS,
        merchants::STATEMENTS,
        outgoing::STATEMENTS,
        outgoing_claims::STATEMENTS,
        request_log::STATEMENTS,
        seeds::STATEMENTS,
        seen_addresses::STATEMENTS,
        sessions::STATEMENTS,
        step_up::STATEMENTS,
        subaddresses::STATEMENTS,
        throttles::STATEMENTS,
        transaction_lists::STATEMENTS,
        transaction_search::STATEMENTS,
        transactions::STATEMENTS,
        used_request_ids::STATEMENTS,
        users::STATEMENTS,
        volumes::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}
