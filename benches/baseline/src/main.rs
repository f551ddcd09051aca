//! The least a server could do for `GET /v1/whoami`: one handler, one prepared `SELECT` by primary key, JSON.
//! No key is checked, nothing is limited, nothing is logged.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get, serve::ListenerExt as _};
use serde::Serialize;
use sqlx::{
    Row as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{env, error::Error, sync::Arc};
use tokio::net::TcpListener;

/// The same number of connections as the product's setting.
const READERS: u32 = 4;

#[derive(Clone)]
struct Shared {
    pool: SqlitePool,
    id: Arc<str>,
}

#[derive(Serialize)]
struct Whoami {
    id: String,
    merchant: String,
    label: String,
    scopes: Vec<String>,
    state: String,
}

/// `aio-baseline DATABASE KEY_ID`: serves on a free port of the loopback interface and prints its address.
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = env::args().skip(1);
    let (Some(file), Some(id)) = (words.next(), words.next()) else {
        return Err("usage: aio-baseline DATABASE KEY_ID".into());
    };
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("query_only", "ON");
    let pool = SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    let router =
        Router::new().route("/v1/whoami", get(whoami)).with_state(Shared { pool, id: id.into() });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("baseline serves http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).await?;
    Ok(())
}

async fn whoami(State(shared): State<Shared>) -> Result<Json<Whoami>, StatusCode> {
    select(&shared).await.map(Json).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

async fn select(shared: &Shared) -> Result<Whoami, sqlx::Error> {
    let row =
        sqlx::query("SELECT id, merchant_id, label, scopes, state FROM api_keys WHERE id = $1")
            .bind(&*shared.id)
            .fetch_one(&shared.pool)
            .await?;
    let scopes: String = row.try_get("scopes")?;
    Ok(Whoami {
        id: row.try_get("id")?,
        merchant: row.try_get("merchant_id")?,
        label: row.try_get("label")?,
        scopes: scopes.split(' ').map(str::to_owned).collect(),
        state: row.try_get("state")?,
    })
}
