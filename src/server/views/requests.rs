//! One key and its requests.

use super::{allows, key_row};
use crate::api::{
    ApiError,
    requests::{KeyPage, RequestRow, RequestsFilter, RequestsPage, RuleUse},
};
use aio_domain::{Action, Network, Problem, Rule, Timestamp, request_log::Place};
use aio_service::{Permit, RequestLine, RequestPage};
use aio_store::{ApiKeyRow, RequestFilter, RequestPage as Part, RuleStats};

/// The page of a key.
pub fn key_page(
    (key, rules): (ApiKeyRow, Vec<RuleStats>),
    permit: &Permit,
    (network, now): (Network, Timestamp),
    origin: String,
) -> KeyPage {
    let rules = rules.into_iter().map(|stats| RuleUse {
        rule: Rule { cidr: stats.cidr, label: stats.label },
        hits: u64::try_from(stats.hits).unwrap_or_default(),
        last_match_at: stats.last_match_at,
    });
    KeyPage {
        rules: rules.collect(),
        key: key_row(key, network, now),
        may_change: allows(permit, Action::KeyEdit),
        origin,
    }
}

/// What is asked of the log. A place that nobody could have been given is a bad request.
pub fn request_filter(filter: &RequestsFilter) -> Result<RequestFilter, ApiError> {
    let page = match (filter.before.as_str(), filter.after.as_str()) {
        ("", "") => Part::Newest,
        (before, "") => Part::Before(place(before)?),
        ("", after) => Part::After(place(after)?),
        _ => return Err(Problem::BadRequest.into()),
    };
    Ok(RequestFilter { outcome: filter.outcome, status: None, page })
}

fn place(text: &str) -> Result<(Timestamp, String), ApiError> {
    let place = Place::parse(text).ok_or(Problem::BadRequest)?;
    Ok((place.at, place.request_id))
}

/// A page of a key's requests.
pub fn requests_page(
    page: RequestPage,
    filter: RequestsFilter,
    network: Network,
    now: Timestamp,
) -> RequestsPage {
    let place = |line: &RequestLine| {
        let (at, request_id) = line.place();
        Place { at, request_id }.to_string()
    };
    RequestsPage {
        newer: page.lines.first().filter(|_| page.newer).map(place),
        older: page.lines.last().filter(|_| page.older).map(place),
        lines: page.lines.into_iter().map(request_row).collect(),
        key: key_row(page.key, network, now),
        filter,
    }
}

fn request_row(line: RequestLine) -> RequestRow {
    RequestRow {
        outcome: line.outcome(),
        request_id: line.request_id,
        at: line.at,
        asked: format!("{} {}", line.method, line.path),
        status: line.status,
        took_us: line.took_us,
        address: line.address.to_string(),
        encrypted: line.encrypted,
        code: line.code,
        reason: line.reason,
    }
}
