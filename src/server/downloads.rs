//! Files that a person takes along: streamed page by page, so that a million rows need no memory.

use super::{
    refusal::{Asked, Refusal},
    site::Site,
    views,
};
use crate::api::transactions::TransactionsFilter;
use aio_domain::{Action, Timestamp};
use aio_service::{Permit, RequestInfo, Services, Session, Transaction};
use aio_store::TransactionFilter;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{Query, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use futures::stream;
use std::io;

/// Rows that are read at once.
const PAGE: i64 = 200;
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
    let rows =
        Rows { services, permit, wanted: Some(wanted), dust: filter.dust == "1", begun: false };
    let body = Body::from_stream(stream::try_unfold(rows, Rows::next));
    let name = "attachment; filename=\"transactions.csv\"";
    let headers =
        [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, name)];
    (headers, body).into_response()
}

/// Where a file is.
struct Rows {
    services: Services,
    permit: Permit,
    /// The next page; none behind the last one.
    wanted: Option<TransactionFilter>,
    dust: bool,
    begun: bool,
}

impl Rows {
    async fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let Some(wanted) = self.wanted.take() else { return Ok(None) };
        // A file that ends early must not look like a whole one: the connection breaks.
        let found = if self.dust {
            self.services.transactions(&self.permit, &wanted, PAGE).await
        } else {
            self.services.transactions_without_dust(&self.permit, &wanted, PAGE).await
        };
        let found = found.map_err(|error| {
            tracing::error!(%error, "a file of transactions was broken off");
            io::Error::other("the list cannot be read")
        })?;
        let mut text = Vec::new();
        if !self.begun {
            text.extend_from_slice(MARK.as_bytes());
        }
        let mut lines =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut text);
        if !self.begun {
            lines.write_record(COLUMNS)?;
        }
        for row in &found.rows {
            lines.write_record(record(row))?;
        }
        lines.flush()?;
        drop(lines);
        self.begun = true;
        self.wanted = found.next.map(|id| TransactionFilter { before: Some(id), ..wanted });
        Ok(Some((Bytes::from(text), self)))
    }
}

fn record(found: &Transaction) -> [String; 15] {
    let row = &found.row;
    let at = |at: Option<Timestamp>| at.map(Timestamp::rfc3339).unwrap_or_default();
    [
        row.id.to_string(),
        row.status.as_str().to_owned(),
        guarded(&row.chain),
        guarded(&row.token),
        found.decimal(),
        guarded(row.customer.as_str()),
        guarded(&found.address),
        guarded(&row.tx),
        guarded(row.sender.as_deref().unwrap_or_default()),
        found.confirmations.to_string(),
        row.needed.to_string(),
        row.block_height.map(|height| height.to_string()).unwrap_or_default(),
        row.received_at.rfc3339(),
        at(row.confirmed_at),
        row.updated_at.rfc3339(),
    ]
}

/// A text that a spreadsheet takes for a text, and never for a formula.
fn guarded(text: &str) -> String {
    let first = text.chars().next();
    let is_formula = matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0'));
    if is_formula { ["'", text].concat() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::guarded;

    #[test]
    fn a_text_that_a_spreadsheet_would_compute_is_marked_as_a_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "customer-1", "a=1", "客户", "0x12", " =1"] {
            assert_eq!(guarded(text), text);
        }
    }
}
