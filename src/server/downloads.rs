//! Files that a person takes along: streamed page by page, so that a million rows need no memory.

use super::{
    refusal::{Asked, Refusal},
    site::Site,
    views,
};
use crate::api::transactions::TransactionsFilter;
use aio_domain::{Action, Timestamp};
use aio_service::{FileLine, FilePage, Permit, RequestInfo, ServiceError, Services, Session};
use aio_store::TransactionFilter;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use futures::stream;
use std::{borrow::Cow, io};
use tokio::sync::mpsc::{self, Receiver};

/// Rows that are read at once.
const PAGE: i64 = 2_000;
/// Pages that are read before they can be sent.
const AHEAD: usize = 2;
/// With it, spreadsheets read UTF-8.
const MARK: &str = "\u{feff}";

const COLUMNS: [&str; 15] = [
    "id",
    "status",
    "chain",
    "token",
    "amount",
    "customer_id",
    "address",
    "hash",
    "from",
    "confirmations",
    "confirmations_needed",
    "block",
    "received_at",
    "confirmed_at",
    "updated_at",
];

/// The transactions of the page with the same filters, all of them, newest first.
pub async fn transactions_csv(
    State(site): State<Site>,
    Extension(asked): Extension<Asked>,
    Extension(info): Extension<RequestInfo>,
    Extension(session): Extension<Session>,
    filter: Result<Query<TransactionsFilter>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Ok(Query(filter)) = filter else { return Refusal::Malformed.answer(&asked) };
    let Ok(permit) = session.permit(Action::TransactionsCsv, &info) else {
        return Refusal::Forbidden.answer(&asked);
    };
    let services = site.services.clone();
    let Ok((wanted, _)) = views::wanted(&services, &permit, &filter).await else {
        return Refusal::Unavailable.answer(&asked);
    };
    let dust = filter.dust == "1";
    let pages = pages(services, permit, wanted);
    let services = site.services.clone();
    let rows = Rows { services, pages, dust, begun: false, ended: false, longest: 0 };
    let body = Body::from_stream(stream::try_unfold(rows, Rows::next));
    let name = "attachment; filename=\"transactions.csv\"";
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, name)];
    (headers, body).into_response()
}

/// The pages of a file, which the database writes while the ones before them are sent.
fn pages(
    services: Services,
    permit: Permit,
    mut wanted: TransactionFilter,
) -> Receiver<Result<FilePage, ServiceError>> {
    let (pages, file) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        loop {
            let page = services.transactions_file(&permit, &wanted, PAGE).await;
            let next = page.as_ref().ok().and_then(|page| page.next);
            let is_wanted = pages.send(page).await.is_ok();
            match next {
                Some(next) if is_wanted => wanted.before = Some(next),
                _ => return,
            }
        }
    });
    file
}

/// Where a file is.
struct Rows {
    services: Services,
    pages: Receiver<Result<FilePage, ServiceError>>,
    dust: bool,
    begun: bool,
    ended: bool,
    /// Bytes of the longest page until now: the next one is about as long.
    longest: usize,
}

impl Rows {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        if self.ended {
            return Ok(None);
        }
        // Only the page behind which there is none ends a file.
        let page = self.pages.recv().await.ok_or_else(|| broken_off(&"the reader is gone"))?;
        let page = page.map_err(|error| broken_off(&error))?;
        self.ended = page.next.is_none();
        let mut text = Vec::with_capacity(self.longest);
        if !self.begun {
            text.extend_from_slice(MARK.as_bytes());
        }
        let mut lines =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut text);
        if !self.begun {
            lines.write_record(COLUMNS)?;
        }
        for line in &self.services.file_lines(&page).await.map_err(|error| broken_off(&error))? {
            if self.dust || !line.is_dust {
                lines.write_record(record(line).iter().map(|cell| cell.as_bytes()))?;
            }
        }
        lines.flush()?;
        drop(lines);
        self.begun = true;
        self.longest = self.longest.max(text.len());
        Ok(Some((Bytes::from(text), self)))
    }
}

/// A file that ends early must not look like a whole one: the connection breaks.
fn broken_off(error: &dyn std::fmt::Display) -> io::Error {
    tracing::error!(%error, "a file of transactions was broken off");
    io::Error::other("the list cannot be read")
}

fn record<'t>(line: &'t FileLine<'_>) -> [Cow<'t, str>; 15] {
    let row = &line.row;
    let number = |number: u64| Cow::Owned(number.to_string());
    let at = |millis: i64| Cow::Owned(Timestamp::from_millis(millis).rfc3339());
    [
        Cow::Borrowed(&row.id),
        Cow::Borrowed(&row.status),
        guarded(&row.chain),
        guarded(&row.token),
        Cow::Borrowed(&line.amount),
        guarded(&row.customer),
        guarded(&line.address),
        guarded(&row.tx),
        guarded(row.sender.as_deref().unwrap_or_default()),
        number(line.confirmations),
        number(row.needed.into()),
        row.block_height.map_or(Cow::Borrowed(""), number),
        at(row.received_at),
        row.confirmed_at.map_or(Cow::Borrowed(""), at),
        at(row.updated_at),
    ]
}

/// A text that a spreadsheet takes for a text, and never for a formula.
fn guarded(text: &str) -> Cow<'_, str> {
    let first = text.chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0'));
    if is_formula { Cow::Owned(["'", text].concat()) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::guarded;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn web_08_no_text_begins_as_a_formula_and_none_is_lost(text in "[=+@\\-\t\r\n\0 a客']{0,4}.{0,8}") {
            let cell = guarded(&text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']));
            prop_assert!(*cell == text || cell.strip_prefix('\'') == Some(&text));
        }
    }

    #[test]
    fn web_08_a_text_that_a_spreadsheet_would_compute_is_marked_as_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "customer-1", "a=1", "客户", "0x12", " =1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
