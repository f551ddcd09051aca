//! Opening a database, and handing out connections and transactions.

use crate::{StoreError, Tx, conn::Lease, migrate, tx::Inner};
use sqlx::{
    Connection, Executor, PgConnection, PgPool, Row, SqlitePool,
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path, str::FromStr, time::Duration,
};

/// Where the data is, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:path` or `postgres://user@host/name`.
    pub url: String,
    /// Whether a missing SQLite file is made, readable by its owner only.
    pub create: bool,
    /// Connections for reading (SQLite) or in all (Postgres).
    pub readers: u32,
    /// The longest wait for a connection and for a lock, in milliseconds.
    pub busy_timeout_ms: u32,
}

/// Which database is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file on this machine.
    Sqlite,
    /// A server.
    Postgres,
}

/// An open database. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) db: Db,
    patience: Duration,
}

#[derive(Debug, Clone)]
pub(crate) enum Db {
    /// One connection writes, so that writers queue fairly instead of meeting at the file's lock.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// What every SQLite connection is told, and must answer when asked.
const PRAGMAS: [(&str, &str); 5] = [
    ("PRAGMA journal_mode", "wal"),
    ("PRAGMA synchronous", "2"),
    ("PRAGMA foreign_keys", "1"),
    ("PRAGMA secure_delete", "1"),
    ("PRAGMA trusted_schema", "0"),
];

/// What every Postgres connection is told. Lists compare and sort by a whole place of one index; sorting within what another
/// index has sorted by half looks cheap to the planner, and reads all that a merchant has.
pub const POSTGRES_SESSION: &str = "SET enable_incremental_sort = off";

/// Prepared statements that a connection keeps: more than there are.
const STATEMENTS_KEPT: usize = 256;

impl Store {
    /// Opens the database; refuses an unknown URL and a database that does not take the settings it
    /// needs.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let patience = Duration::from_millis(settings.busy_timeout_ms.into());
        let db = match settings.url.split_once(':') {
            Some(("sqlite", path)) => {
                open_sqlite(path.strip_prefix("//").unwrap_or(path), settings, patience).await?
            }
            Some(("postgres" | "postgresql", _)) => open_postgres(settings, patience).await?,
            _ => {
                return Err(StoreError::Schema(
                    "its URL begins neither with sqlite: nor with postgres:".into(),
                ));
            }
        };
        Ok(Self { db, patience })
    }

    /// Which database is open.
    pub const fn engine(&self) -> Engine {
        match self.db {
            Db::Sqlite { .. } => Engine::Sqlite,
            Db::Postgres(_) => Engine::Postgres,
        }
    }

    /// The version of SQLite that is linked in, when SQLite is open.
    pub async fn sqlite_version(&self) -> Result<Option<String>, StoreError> {
        let Db::Sqlite { readers, .. } = &self.db else {
            return Ok(None);
        };
        Ok(Some(sqlx::query_scalar("SELECT sqlite_version()").fetch_one(readers).await?))
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        match self.read().await? {
            Lease::Sqlite(mut conn) => conn.ping().await?,
            Lease::Postgres(mut conn) => conn.ping().await?,
        }
        Ok(())
    }

    /// Begins a transaction. On SQLite it takes the write lock at once: one that reads first and
    /// writes later would fail without waiting when another one wrote in between.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let begin = async {
            Ok(Tx(match &self.db {
                Db::Sqlite { writer, .. } => {
                    Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
                }
                Db::Postgres(pool) => Inner::Postgres(pool.begin().await?),
            }))
        };
        // The turn at the connection and the lock are two waits; together they take no longer than
        // one.
        match tokio::time::timeout(self.patience, begin).await {
            Ok(begun) => begun,
            Err(elapsed) => Err(StoreError::Busy(elapsed.into())),
        }
    }

    /// Leaves no deleted byte behind in the write-ahead log: SQLite copies it into the file, which
    /// overwrites what was deleted, and truncates it. Nothing to do on Postgres, whose files are
    /// not ours.
    pub async fn scrub(&self) -> Result<(), StoreError> {
        let Db::Sqlite { writer, .. } = &self.db else {
            return Ok(());
        };
        // A reader in the middle of a query keeps the log in use; readers are short.
        for _ in 0..5 {
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(writer).await?;
            if row.try_get::<i64, _>(0)? == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(StoreError::Busy("readers keep the write-ahead log in use".into()))
    }

    /// Closes every connection; transactions under way are rolled back.
    pub async fn close(&self) {
        match &self.db {
            Db::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await; // last, as the last connection empties the write-ahead log
            }
            Db::Postgres(pool) => pool.close().await,
        }
    }

    /// Brings the schema up to date; refuses a database that is newer than this program.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.db {
            Db::Sqlite { writer, .. } => migrate::of(Engine::Sqlite).run(writer).await?,
            Db::Postgres(pool) => {
                // A connection of its own, closed afterwards: a migration may take its time, and a
                // failed one must not keep the lock that keeps other servers out.
                let mut conn = pool.acquire().await?.detach();
                conn.execute("SET statement_timeout = 0; SET lock_timeout = 0").await?;
                let done = migrate::of(Engine::Postgres).run(&mut conn).await;
                conn.close().await?;
                done?;
            }
        }
        Ok(())
    }

    /// A connection for reading.
    pub(crate) async fn read(&self) -> Result<Lease, StoreError> {
        Ok(match &self.db {
            Db::Sqlite { readers, .. } => Lease::Sqlite(readers.acquire().await?),
            Db::Postgres(pool) => Lease::Postgres(pool.acquire().await?),
        })
    }
}

async fn open_sqlite(
    path: &str,
    settings: &StoreSettings,
    patience: Duration,
) -> Result<Db, StoreError> {
    if path.is_empty() || path.starts_with(':') || path.contains('?') {
        return Err(StoreError::Schema("a SQLite URL is sqlite: and the path of a file".into()));
    }
    if settings.create {
        create_private(Path::new(path))?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(patience)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("secure_delete", "ON")
        .pragma("trusted_schema", "OFF")
        .pragma("journal_size_limit", "67108864")
        .statement_cache_capacity(STATEMENTS_KEPT);
    let pool = || {
        PoolOptions::<sqlx::Sqlite>::new()
            .acquire_timeout(patience)
            .max_lifetime(None)
            .idle_timeout(None)
            .test_before_acquire(false) // was tested when it came back
    };
    // A connection whose transaction ended behind its back (a full disk does that) is not used
    // again.
    let writer = pool().max_connections(1).after_release(|conn, _| {
        Box::pin(async move {
            conn.ping().await?;
            Ok(!conn.is_in_transaction())
        })
    });
    let writer = writer.connect_with(options.clone()).await?;
    check_pragmas(&mut *writer.acquire().await?).await?;
    let readers = pool().max_connections(settings.readers.max(1));
    let readers = readers.connect_with(options.pragma("query_only", "ON")).await?;
    check_pragmas(&mut *readers.acquire().await?).await?;
    Ok(Db::Sqlite { writer, readers })
}

/// Makes the file before SQLite does, so that nobody else can ever read it; the log files take its
/// mode over.
fn create_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            Err(StoreError::Unavailable(error.into()))
        }
        _ => Ok(()),
    }
}

async fn check_pragmas(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    for (pragma, wanted) in PRAGMAS {
        let row = conn.fetch_one(pragma).await?;
        let found: String = row.try_get_unchecked(0)?;
        if found != wanted {
            return Err(StoreError::Schema(format!("{pragma} is {found}, not {wanted}")));
        }
    }
    Ok(())
}

async fn open_postgres(settings: &StoreSettings, patience: Duration) -> Result<Db, StoreError> {
    let lock_timeout = settings.busy_timeout_ms.to_string();
    let options = PgConnectOptions::from_str(&settings.url)
        .map_err(|_| StoreError::Schema("a Postgres URL is postgres://user@host/name".into()))?
        .application_name("aio")
        .statement_cache_capacity(STATEMENTS_KEPT)
        .options([
            ("default_transaction_isolation", "read committed"),
            ("lock_timeout", &lock_timeout),
            ("statement_timeout", "30s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
    let pool = PoolOptions::new()
        .acquire_timeout(patience)
        .max_connections(settings.readers.max(2))
        .after_connect(|conn: &mut PgConnection, _| {
            Box::pin(async move { conn.execute(POSTGRES_SESSION).await.map(|_| ()) })
        });
    let pool: PgPool = pool.connect_with(options).await?;
    let commit: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&pool).await?;
    if commit == "off" {
        return Err(StoreError::Schema(
            "synchronous_commit is off: answered writes could be lost".into(),
        ));
    }
    Ok(Db::Postgres(pool))
}

#[cfg(test)]
mod tests;
