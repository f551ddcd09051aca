//! Faults that can only be made on the store's own connections.

use super::{Db, PRAGMAS, Store, StoreSettings, check_pragmas};
use crate::StoreError;
use aio_domain::Timestamp;
use sqlx::{Executor, SqliteConnection, SqlitePool};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

async fn open(folder: &tempfile::TempDir) -> Store {
    let url = format!("sqlite:{}", folder.path().join("aio.db").display());
    let settings = StoreSettings { url, create: true, readers: 3, busy_timeout_ms: 5_000 };
    let store = Store::open(&settings).await.unwrap();
    store.migrate().await.unwrap();
    store
}

fn pools(store: &Store) -> (&SqlitePool, &SqlitePool) {
    let Db::Sqlite { writer, readers } = &store.db else { panic!("not SQLite") };
    (writer, readers)
}

/// A write of about so many bytes.
async fn write(store: &Store, bucket: &str, bytes: usize) -> Result<i64, StoreError> {
    store.hit(&format!("{bucket}{}", "x".repeat(bytes)), NOW, 1_000).await
}

#[tokio::test]
async fn dat_01_every_connection_answers_with_the_settings_it_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (writer, readers) = pools(&store);
    check_pragmas(&mut writer.acquire().await.unwrap()).await.unwrap();
    // Named here a second time: a weaker value in the table would be set, asked for and found alike.
    let durable: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await.unwrap();
    assert_eq!(durable, 2, "FULL: an answered write is on the disk");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut conn = readers.acquire().await.unwrap();
        check_pragmas(&mut conn).await.unwrap();
        let busy: i64 =
            sqlx::query_scalar("PRAGMA busy_timeout").fetch_one(&mut *conn).await.unwrap();
        assert_eq!(busy, 5_000);
        held.push(conn);
    }
}

#[tokio::test]
async fn dat_01_a_connection_with_other_settings_is_refused() {
    let mut conn =
        <SqliteConnection as sqlx::Connection>::connect("sqlite::memory:").await.unwrap();
    assert!(matches!(check_pragmas(&mut conn).await, Err(StoreError::Schema(_))));
    assert_eq!(PRAGMAS.len(), 5);
}

#[tokio::test]
async fn dat_09_a_full_disk_is_unavailable_changes_nothing_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (writer, _) = pools(&store);
    write(&store, "before", 10).await.unwrap();
    writer.execute("PRAGMA max_page_count = 1").await.unwrap();
    for _ in 0..5 {
        let full = write(&store, "during", 100_000).await;
        assert!(matches!(full, Err(StoreError::Unavailable(_))), "{full:?}");
    }
    assert_eq!(store.hits(&format!("during{}", "x".repeat(100_000)), NOW, 1_000).await.unwrap(), 0);
    writer.execute("PRAGMA max_page_count = 1000000").await.unwrap();
    assert_eq!(write(&store, "during", 100_000).await.unwrap(), 1);
    assert_eq!(write(&store, "before", 10).await.unwrap(), 2);
}

#[tokio::test]
async fn dat_09_a_read_only_database_is_unavailable_for_writing_and_heals() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (writer, _) = pools(&store);
    writer.execute("PRAGMA query_only = ON").await.unwrap();
    let refused = write(&store, "a", 1).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(store.hits("ax", NOW, 1_000).await.unwrap(), 0);
    writer.execute("PRAGMA query_only = OFF").await.unwrap();
    assert_eq!(write(&store, "a", 1).await.unwrap(), 1);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (_, readers) = pools(&store);
    assert!(readers.execute("DELETE FROM throttles").await.is_err());
}

#[tokio::test]
async fn dat_04_a_connection_whose_transaction_was_lost_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for _ in 0..3 {
        let mut tx = store.begin().await.unwrap();
        // As SQLite itself does after some errors: the driver still believes in the transaction.
        let crate::conn::Conn::Sqlite(conn) = tx.conn() else { panic!("not SQLite") };
        conn.execute("ROLLBACK").await.unwrap();
        drop(tx);
    }
    assert_eq!(write(&store, "a", 1).await.unwrap(), 1);
}
