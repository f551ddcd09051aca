//! The schema: the same on both engines, and never one that this program does not know.

use crate::support::{TestDb, on_both_engines, sqlite_settings};
use aio_store::{Store, StoreError};
use sqlx::Row;
use std::collections::BTreeSet;

fn folder(engine: &str) -> BTreeSet<String> {
    let path = format!("{}/../../migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn dat_08_both_engines_have_the_same_migration_files() {
    let files = folder("sqlite");
    assert_eq!(files, folder("postgres"));
    assert_eq!(files.len(), aio_store::migration_names().count());
    assert!(aio_store::migration_names().all(|name| files.contains(&format!("{name}.sql"))));
}

/// Table, column, whether it must hold a value, and its type in Postgres' words.
type Columns = BTreeSet<(String, String, bool, String)>;

async fn sqlite_columns(db: &TestDb) -> Columns {
    let text = "SELECT m.name AS t, p.name AS c, p.\"notnull\" = 1 OR p.pk > 0 AS required,
            p.type AS kind
        FROM sqlite_master m JOIN pragma_table_info(m.name) p
        WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\'
          AND m.name NOT LIKE 'sqlite%'";
    let rows = sqlx::query(text).fetch_all(&mut db.raw_sqlite().await).await.unwrap();
    let kind = |name: &str| {
        match name {
            "INTEGER" => "bigint",
            "BLOB" => "bytea",
            other => return other.to_lowercase(),
        }
        .to_owned()
    };
    rows.iter()
        .map(|row| (row.get("t"), row.get("c"), row.get("required"), kind(row.get("kind"))))
        .collect()
}

async fn postgres_columns(db: &TestDb) -> Columns {
    let text =
        "SELECT table_name::text AS t, column_name::text AS c, is_nullable = 'NO' AS required,
            CASE data_type WHEN 'boolean' THEN 'bigint' ELSE data_type END::text AS kind
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
    let rows = sqlx::query(text).fetch_all(&mut db.raw_postgres().await).await.unwrap();
    rows.iter()
        .map(|row| (row.get("t"), row.get("c"), row.get("required"), row.get("kind")))
        .collect()
}

#[tokio::test]
async fn dat_08_both_engines_have_the_same_tables_and_columns() {
    let Some(postgres) = TestDb::postgres().await else {
        return;
    };
    let sqlite = TestDb::sqlite().await;
    let (left, right) = (sqlite_columns(&sqlite).await, postgres_columns(&postgres).await);
    assert_eq!(left.symmetric_difference(&right).collect::<Vec<_>>(), Vec::<&_>::new());
    assert!(left.len() > 100);
    postgres.drop_database().await;
}

#[tokio::test]
async fn dat_08_both_engines_have_the_same_named_indexes() {
    let Some(postgres) = TestDb::postgres().await else {
        return;
    };
    let sqlite = TestDb::sqlite().await;
    let text =
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";
    let left: Vec<String> =
        sqlx::query_scalar(text).fetch_all(&mut sqlite.raw_sqlite().await).await.unwrap();
    let text = "SELECT i.relname::text FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_namespace n ON n.oid = i.relnamespace
        LEFT JOIN pg_constraint c ON c.conindid = i.oid AND c.contype IN ('p', 'u')
        WHERE n.nspname = 'public' AND c.oid IS NULL ORDER BY i.relname COLLATE \"C\"";
    let right: Vec<String> =
        sqlx::query_scalar(text).fetch_all(&mut postgres.raw_postgres().await).await.unwrap();
    assert_eq!(left, right);
    postgres.drop_database().await;
}

on_both_engines! {
    dat_06_migrating_again_changes_nothing,
    dat_06_a_newer_schema_is_refused,
    dat_06_a_schema_of_another_history_is_refused,
    dat_06_an_older_schema_is_not_worked_with,
}

async fn dat_06_migrating_again_changes_nothing(db: &TestDb) {
    db.store.check_schema().await.unwrap();
    db.user("ann@shop.example").await;
    db.store.migrate().await.unwrap();
    db.store.check_schema().await.unwrap();
}

async fn dat_06_a_newer_schema_is_refused(db: &TestDb) {
    db.raw("UPDATE _sqlx_migrations SET version = 9999 WHERE version = 7").await.unwrap();
    for refused in [db.store.check_schema().await, db.store.migrate().await] {
        assert!(matches!(refused, Err(StoreError::Schema(_))), "{refused:?}");
    }
}

async fn dat_06_a_schema_of_another_history_is_refused(db: &TestDb) {
    db.raw("UPDATE _sqlx_migrations SET checksum = description WHERE version = 1")
        .await
        .or(db.raw("UPDATE _sqlx_migrations SET checksum = 'x' WHERE version = 1").await)
        .unwrap();
    for refused in [db.store.check_schema().await, db.store.migrate().await] {
        assert!(matches!(refused, Err(StoreError::Schema(_))), "{refused:?}");
    }
}

async fn dat_06_an_older_schema_is_not_worked_with(db: &TestDb) {
    db.raw("DELETE FROM _sqlx_migrations WHERE version = 7").await.unwrap();
    assert!(matches!(db.store.check_schema().await, Err(StoreError::Schema(_))));
}

#[tokio::test]
async fn dat_06_an_empty_database_is_not_worked_with() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_settings(&folder.path().join("aio.db"))).await.unwrap();
    assert!(matches!(store.check_schema().await, Err(StoreError::Schema(_))));
}
