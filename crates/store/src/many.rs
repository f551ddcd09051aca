//! Many rows in one statement. They come as one JSON text, an array of arrays, which both engines take apart: a block
//! with a thousand deposits costs a few statements, not thousands. The rows of a file leave in the same way.

use crate::{StoreError, cells::Value};
use serde_json::Value as Json;

/// The rows of a placeholder in the text for SQLite; `r.value ->> 0` is the first value of each.
macro_rules! sqlite_rows {
    ($place:literal) => {
        concat!("json_each(", $place, ") AS r")
    };
}
pub(crate) use sqlite_rows;

/// The same in the text for Postgres.
macro_rules! postgres_rows {
    ($place:literal) => {
        concat!("jsonb_array_elements(CAST(", $place, " AS JSONB)) AS r (value)")
    };
}
pub(crate) use postgres_rows;

/// The other way: what a statement finds, as such a text, in the statement for SQLite.
macro_rules! sqlite_text {
    ($columns:literal) => {
        concat!("json_group_array(json_array(", $columns, "))")
    };
}
pub(crate) use sqlite_text;

/// The same in the statement for Postgres.
macro_rules! postgres_text {
    ($columns:literal) => {
        concat!("CAST(COALESCE(json_agg(json_build_array(", $columns, ")), '[]') AS TEXT)")
    };
}
pub(crate) use postgres_text;

/// The value of such a placeholder.
pub fn rows(rows: impl IntoIterator<Item = Vec<Value>>) -> Value {
    let rows = rows.into_iter().map(|row| row.into_iter().map(cell).collect());
    Value::Text(Some(Json::Array(rows.collect()).to_string()))
}

/// One value in each row.
pub fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    rows(texts.into_iter().map(|text| vec![Value::Text(Some(text.to_owned()))]))
}

fn cell(value: Value) -> Json {
    match value {
        Value::Text(text) => text.into(),
        Value::Int(number) => number.into(),
        Value::Flag(flag) => flag.into(),
        // No statement takes bytes in this way; no column takes what becomes of them.
        Value::Bytes(bytes) => bytes.into(),
    }
}

/// As many rows as were given, or a fault.
pub fn all_of(given: usize, done: u64) -> Result<(), StoreError> {
    if u64::try_from(given) == Ok(done) { Ok(()) } else { Err(StoreError::row_count(done)) }
}
