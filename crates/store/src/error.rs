//! What can go wrong below the services, told apart by what a caller can do about it.

use sqlx::{migrate::MigrateError, postgres::PgDatabaseError, sqlite::SqliteError};

/// The cause, for the log.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the database did not do what was asked. Nothing was changed, except that an error of
/// [`crate::Tx::commit`] leaves open whether it was.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else held the lock, the connection or the row for too long; trying later may help.
    #[error("the database is busy")]
    Busy(#[source] Cause),
    /// The database cannot be reached, read or written: connection lost, disk full, read-only.
    #[error("the database is unavailable")]
    Unavailable(#[source] Cause),
    /// What had to be unique is there already.
    #[error("a unique value is taken")]
    Unique,
    /// A stored value is not one that this program wrote.
    #[error("unreadable {table}.{column} in row {id}")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// First column of the row, when it can be read.
        id: String,
    },
    /// A sum does not fit into 256 bits.
    #[error("a sum is too large")]
    Overflow,
    /// The database is not one that this program may work with: newer, not migrated, wrong
    /// settings.
    #[error("the database is not used: {0}")]
    Schema(String),
    /// A fault of this program.
    #[error("a statement failed")]
    Other(#[source] Cause),
}

impl StoreError {
    /// Whether the same call may succeed later without anything being changed (HTTP 503).
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_))
    }

    /// A write that must change one row changed another number of them.
    pub(crate) fn row_count(changed: u64) -> Self {
        Self::Other(format!("expected one row, changed {changed}").into())
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::PoolTimedOut => Self::Busy(error.into()),
            E::Io(_) | E::Tls(_) | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(error.into())
            }
            E::Database(cause) if cause.is_unique_violation() => Self::Unique,
            E::Database(cause) => {
                let verdict = match cause.try_downcast_ref::<PgDatabaseError>() {
                    Some(postgres) => of_postgres(postgres.code()),
                    None => cause
                        .try_downcast_ref::<SqliteError>()
                        .and(cause.code())
                        .map_or(Verdict::Other, |code| of_sqlite(&code)),
                };
                match verdict {
                    Verdict::Busy => Self::Busy(error.into()),
                    Verdict::Unavailable => Self::Unavailable(error.into()),
                    Verdict::Other => Self::Other(error.into()),
                }
            }
            _ => Self::Other(error.into()),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
            MigrateError::VersionMissing(version) => {
                Self::Schema(format!("it is newer than this program: it knows migration {version}"))
            }
            other => Self::Schema(other.to_string()),
        }
    }
}

enum Verdict {
    Busy,
    Unavailable,
    Other,
}

/// By SQLSTATE: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(code: &str) -> Verdict {
    match code {
        // serialization_failure, deadlock_detected, too_many_connections, lock_not_available,
        // query_canceled
        "40001" | "40P01" | "53300" | "55P03" | "57014" => Verdict::Busy,
        // read_only_sql_transaction, idle_in_transaction_session_timeout
        "25006" | "25P03" => Verdict::Unavailable,
        // connection exceptions, insufficient resources, operator intervention, system errors
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => {
            Verdict::Unavailable
        }
        _ => Verdict::Other,
    }
}

/// By primary result code: <https://www.sqlite.org/rescode.html>; the low byte of an extended code
/// is the primary one.
fn of_sqlite(code: &str) -> Verdict {
    match code.parse::<u32>().map(|code| code & 0xff) {
        // BUSY, LOCKED, INTERRUPT, PROTOCOL
        Ok(5 | 6 | 9 | 15) => Verdict::Busy,
        // PERM, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB
        Ok(3 | 7 | 8 | 10 | 11 | 13 | 14 | 26) => Verdict::Unavailable,
        _ => Verdict::Other,
    }
}
