//! The merchant's own log of what its keys did, and the events its shop reads.

use crate::{KeyCaller, KeyPlan, Pending, Permit, ServiceError, Services};
use aio_domain::{Action, AllowlistMode, ApiKeyId, Problem, Timestamp, time::DAY};
use aio_store::{ApiKeyRow, RequestFilter, RequestPage as Place, RuleStats, SeenAddress};
pub use aio_store::{EventRow, RequestLine};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

/// Lines that wait to be written; when a flood brings more before the job comes, the rest is counted only.
const MOST_WAITING: usize = 20_000;
/// Lines written in one transaction: few, because every other write waits for it.
const BATCH: usize = 100;
/// Milliseconds for which lines are kept.
const KEPT: i64 = 30 * DAY;
/// Lines of a page.
const PAGE: i64 = 50;
/// Milliseconds that the preview of an allowlist looks back.
const LOOK_BACK: i64 = 7 * DAY;

/// A page of a key's requests.
#[derive(Debug)]
pub struct RequestPage {
    /// The key.
    pub key: ApiKeyRow,
    /// Newest first.
    pub lines: Vec<RequestLine>,
    /// Whether there are newer ones.
    pub newer: bool,
    /// Whether there are older ones.
    pub older: bool,
}

/// Lines on their way into the database.
#[derive(Default)]
pub struct Requests {
    waiting: Mutex<Vec<RequestLine>>,
    lost: AtomicU64,
}

impl Services {
    /// Notes a request; it is written by [`Services::flush_requests`].
    pub fn note_request(&self, line: RequestLine) {
        let mut waiting = self.0.requests.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            waiting.push(line);
        } else {
            self.0.requests.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the lines noted since the last call. What cannot be written is lost and counted: a log must not fill
    /// the memory while the database is away.
    pub async fn flush_requests(&self) -> Result<(), ServiceError> {
        let lines = std::mem::take(
            &mut *self.0.requests.waiting.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let lost = self.0.requests.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(lost, "request log: more requests than it takes");
        }
        for batch in lines.chunks(BATCH) {
            self.store().append_requests(batch).await?;
        }
        Ok(())
    }

    /// A page of a key's requests, newest first, with the key.
    pub async fn request_page(
        &self,
        permit: &Permit,
        key: ApiKeyId,
        filter: &RequestFilter,
    ) -> Result<RequestPage, ServiceError> {
        permit.is(Action::RequestsList)?;
        let merchant = permit.merchant()?;
        let key = self.store().api_key(merchant, key).await?.ok_or(Problem::NotFound)?;
        let mut lines = self.store().requests(merchant, key.id, filter, PAGE + 1).await?;
        let (newest, behind) = match filter.page {
            Place::Newest => (true, false),
            Place::Before(_) => (false, false),
            Place::After(_) => (false, true),
        };
        let has_more = lines.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
        if has_more {
            // The line too many stands on the side that was walked to.
            if behind { drop(lines.remove(0)) } else { drop(lines.pop()) }
        }
        // Whoever came here from one side can go back to it.
        let (newer, older) =
            if behind { (has_more, true) } else { (!newest && !lines.is_empty(), has_more) };
        Ok(RequestPage { key, lines, newer, older })
    }

    /// One key with what its rules did.
    pub async fn key_page(
        &self,
        permit: &Permit,
        id: ApiKeyId,
    ) -> Result<(ApiKeyRow, Vec<RuleStats>), ServiceError> {
        permit.is(Action::KeyPageGet)?;
        let merchant = permit.merchant()?;
        let key = self.store().api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        Ok((key, self.store().rule_stats(merchant, id).await?))
    }

    /// Removes lines that are too old.
    pub(crate) async fn purge_requests(&self) -> Result<(), ServiceError> {
        self.store().purge_requests(self.now().plus(-KEPT)).await?;
        Ok(())
    }

    /// Addresses that used a key in the last seven days and that a pending change of its allowlist would refuse.
    pub async fn would_be_refused(
        &self,
        permit: &Permit,
        key: ApiKeyId,
        pending: Option<&Pending<KeyPlan>>,
    ) -> Result<Vec<SeenAddress>, ServiceError> {
        let Some(plan) = pending.map(|pending| &pending.plan) else { return Ok(Vec::new()) };
        if plan.allowlist_mode == AllowlistMode::Any {
            return Ok(Vec::new());
        }
        let since: Timestamp = self.now().plus(-LOOK_BACK);
        let mut seen = self.store().addresses_seen(permit.merchant()?, key, since, 1000).await?;
        let ranges = || plan.rules.iter().map(|rule| &rule.cidr);
        seen.retain(|seen| !plan.allowlist_mode.permits(ranges(), seen.address));
        Ok(seen)
    }

    /// Events of the caller's merchant behind a number, and whether there are more.
    pub async fn events_after(
        &self,
        caller: &KeyCaller,
        after: i64,
        limit: i64,
    ) -> Result<(Vec<EventRow>, bool), ServiceError> {
        let mut rows = self.store().events_after(caller.merchant, after, limit + 1).await?;
        let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = rows.len() > wanted;
        rows.truncate(wanted);
        Ok((rows, has_more))
    }
}
