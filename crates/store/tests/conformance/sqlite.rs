//! What only SQLite has: one file, and what is in it.

use crate::support::{NOW, TestDb, sealed, sqlite_settings};
use aio_store::{Engine, Store, StoreError};
use sqlx::Executor;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn dat_02_the_linked_sqlite_has_the_write_ahead_log_fix() {
    let db = TestDb::sqlite().await;
    let version = db.store.sqlite_version().await.unwrap().unwrap();
    let parts: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(parts >= vec![3, 51, 3], "{version}");
    assert_eq!(db.store.engine(), Engine::Sqlite);
}

/// One cache for all connections forgets pages while they are read (docs/adr/0017): `.cargo/config.toml` switches it off.
#[tokio::test]
async fn each_connection_of_the_linked_sqlite_has_a_page_cache_of_its_own() {
    let db = TestDb::sqlite().await;
    let mut conn = db.raw_sqlite().await;
    let options: Vec<String> =
        sqlx::query_scalar("PRAGMA compile_options").fetch_all(&mut conn).await.unwrap();
    assert!(options.iter().any(|option| option.starts_with("THREADSAFE=")), "{options:?}");
    assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}

#[tokio::test]
async fn dat_01_foreign_keys_are_enforced() {
    let db = TestDb::sqlite().await;
    let stranger = aio_domain::UserId::generate(NOW, &db).unwrap();
    let mut tx = db.store.begin().await.unwrap();
    assert!(matches!(tx.insert_step_counter(stranger).await, Err(StoreError::Other(_))));
}

/// One that took the lock only when it writes would fail there, after reading what is stale by then.
#[tokio::test]
async fn dat_01_a_transaction_holds_the_write_lock_from_its_beginning() {
    let db = TestDb::sqlite().await;
    let mut other = db.raw_sqlite().await;
    other.execute("PRAGMA busy_timeout = 0").await.unwrap();
    let mut tx = db.store.begin().await.unwrap();
    let refused = other.execute("BEGIN IMMEDIATE").await.unwrap_err().to_string();
    assert!(refused.contains("database is locked"), "{refused}");
    tx.hit("a", NOW, 1).await.unwrap();
    tx.commit().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
}

#[tokio::test]
async fn ops_07_the_files_are_readable_by_their_owner_only() {
    let db = TestDb::sqlite().await;
    db.store.hit("a", NOW, 1).await.unwrap();
    for file in db.files() {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_missing_file_is_made_only_when_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = sqlite_settings(&folder.path().join("aio.db"));
    settings.create = false;
    assert!(matches!(Store::open(&settings).await, Err(StoreError::Unavailable(_))));
    assert!(!folder.path().join("aio.db").exists());
}

#[tokio::test]
async fn dat_06_an_unknown_url_is_refused() {
    let urls = [
        "",
        "aio.db",
        "mysql://root@127.0.0.1/aio",
        "sqlite:",
        "sqlite::memory:",
        "sqlite://aio.db?mode=memory",
        "postgres://:::",
    ];
    for url in urls {
        let mut settings = sqlite_settings(std::path::Path::new("unused"));
        settings.url = url.into();
        assert!(matches!(Store::open(&settings).await, Err(StoreError::Schema(_))), "{url}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aio.db");
    std::fs::write(&path, [0x5a; 8192]).unwrap();
    assert!(matches!(Store::open(&sqlite_settings(&path)).await, Err(StoreError::Unavailable(_))));
}

/// Whether any of the files holds the bytes.
fn holds(db: &TestDb, needle: &[u8]) -> bool {
    db.files().iter().any(|file| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aes_08_no_byte_of_a_replaced_or_deleted_aes_key_stays_in_the_files() {
    let db = TestDb::sqlite().await;
    let shop = db.shop("one").await;
    let first = b"aes one";
    let mut keys = Vec::new();
    for number in 0..30 {
        keys.push(db.api_key(&shop, &format!("key {number}")).await);
    }
    assert!(holds(&db, first), "the test would prove nothing");
    for (number, key) in keys.iter().enumerate() {
        let mut tx = db.store.begin().await.unwrap();
        let longer = sealed(&format!("number two {}", "x".repeat(number * 20)));
        assert!(tx.replace_aes_key(shop.merchant, *key, 1, 2, &longer, NOW).await.unwrap());
        tx.commit().await.unwrap();
    }
    db.store.scrub().await.unwrap();
    assert!(!holds(&db, first));
    assert!(holds(&db, b"number two"));

    for (number, key) in keys.iter().enumerate() {
        let mut tx = db.store.begin().await.unwrap();
        if number % 2 == 0 {
            assert!(tx.delete_aes_key(shop.merchant, *key).await.unwrap());
        } else {
            assert!(tx.delete_api_key(shop.merchant, *key).await.unwrap());
        }
        tx.commit().await.unwrap();
    }
    db.store.scrub().await.unwrap();
    assert!(!holds(&db, b"number two"));
}
