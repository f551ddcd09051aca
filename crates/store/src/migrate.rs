//! The schema's history, built into the program.

use crate::{Engine, Store, StoreError, conn::Conn};
use sqlx::{
    SqlSafeStr,
    migrate::{Migrate, Migration, MigrationType, Migrator},
};
use std::borrow::Cow;

/// One list for both engines: a file that one of them lacks does not compile.
macro_rules! migrations {
    ($($version:literal $name:literal),+ $(,)?) => {
        const FILES: &[(i64, &str, &str, &str)] = &[$((
            $version,
            $name,
            include_str!(concat!("../../../migrations/sqlite/", $name, ".sql")),
            include_str!(concat!("../../../migrations/postgres/", $name, ".sql")),
        )),+];
    };
}

migrations! {
    1 "0001_installation",
    2 "0002_people",
    3 "0003_sign_in",
    4 "0004_api_keys",
    5 "0005_pending",
    6 "0006_records",
    7 "0007_merchant_api",
    8 "0008_chains",
    9 "0009_outgoing",
    10 "0010_departures",
    11 "0011_volumes",
    12 "0012_lists",
    13 "0013_kept_and_left",
    14 "0014_addresses",
    15 "0015_first_account",
}

/// The migrations of an engine.
pub fn of(engine: Engine) -> Migrator {
    let migrations = FILES.iter().map(|(version, name, sqlite, postgres)| {
        let text = match engine {
            Engine::Sqlite => *sqlite,
            Engine::Postgres => *postgres,
        };
        Migration::new(
            *version,
            Cow::Borrowed(*name),
            MigrationType::Simple,
            text.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

/// The names of all migrations, in order.
pub fn migration_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(_, name, ..)| *name)
}

impl Store {
    /// Refuses a database that is newer than this program, older, or changed by another hand.
    pub async fn check_schema(&self) -> Result<(), StoreError> {
        let known = of(self.engine());
        let mut lease = self.read().await?;
        let applied = match lease.conn() {
            Conn::Sqlite(conn) => conn.list_applied_migrations(&known.table_name).await,
            Conn::Postgres(conn) => conn.list_applied_migrations(&known.table_name).await,
        };
        let applied = applied.map_err(|error| match error.into() {
            // Without its table of migrations the database is empty or somebody else's.
            StoreError::Other(_) => {
                StoreError::Schema("it has no schema of this program yet".into())
            }
            other => other,
        })?;
        if let Some(newer) = applied.iter().find(|one| !known.version_exists(one.version)) {
            return Err(StoreError::Schema(format!(
                "it is newer than this program: it knows migration {}",
                newer.version
            )));
        }
        for migration in known.iter() {
            let Some(found) = applied.iter().find(|one| one.version == migration.version) else {
                return Err(StoreError::Schema(format!(
                    "migration {} is still to come",
                    migration.description
                )));
            };
            if found.checksum != migration.checksum {
                return Err(StoreError::Schema(format!(
                    "migration {} was another one",
                    migration.description
                )));
            }
        }
        Ok(())
    }
}
