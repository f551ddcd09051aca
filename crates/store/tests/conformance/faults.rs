//! A database that is busy or away: an error that says so, nothing half-done, and it heals by
//! itself.

use crate::support::{NOW, TestDb, on_both_engines};
use aio_store::{Engine, Store, StoreError, StoreSettings};
use sqlx::Executor;

/// The same database, for a program that does not wait long.
async fn impatient(db: &TestDb) -> Store {
    let settings = StoreSettings { busy_timeout_ms: 300, ..db.settings.clone() };
    Store::open(&settings).await.unwrap()
}

on_both_engines! {
    dat_09_a_lock_held_too_long_is_busy_and_nothing_changes,
    dat_09_no_free_connection_is_busy,
    dat_04_a_dropped_transaction_is_rolled_back_and_the_next_one_begins,
    an_error_inside_a_transaction_leaves_the_connection_usable,
    dat_09_a_closed_database_is_unavailable,
}

async fn dat_09_a_lock_held_too_long_is_busy_and_nothing_changes(db: &TestDb) {
    let store = impatient(db).await;
    let user = db.user("ann@shop.example").await;
    let rename = async || {
        let mut tx = store.begin().await?;
        tx.set_user_name(user, &crate::support::label("Bob")).await?;
        tx.commit().await
    };
    if db.store.engine() == Engine::Sqlite {
        let mut holder = db.raw_sqlite().await;
        holder.execute("BEGIN IMMEDIATE").await.unwrap();
        assert!(matches!(rename().await, Err(StoreError::Busy(_))));
        assert!(store.user(user).await.unwrap().is_some(), "reading goes on");
        holder.execute("ROLLBACK").await.unwrap();
    } else {
        let mut holder = db.raw_postgres().await;
        holder.execute("BEGIN; UPDATE users SET name = name").await.unwrap();
        assert!(matches!(rename().await, Err(StoreError::Busy(_))));
        assert!(store.user(user).await.unwrap().is_some(), "reading goes on");
        holder.execute("ROLLBACK").await.unwrap();
    }
    assert_eq!(store.user(user).await.unwrap().unwrap().name.as_str(), "Ann");
    rename().await.unwrap();
    assert_eq!(store.user(user).await.unwrap().unwrap().name.as_str(), "Bob");
}

async fn dat_09_no_free_connection_is_busy(db: &TestDb) {
    let store = impatient(db).await;
    let mut held = vec![store.begin().await.unwrap()];
    if store.engine() == Engine::Postgres {
        for _ in 1..db.settings.readers {
            held.push(store.begin().await.unwrap());
        }
    }
    assert!(matches!(store.begin().await, Err(StoreError::Busy(_))));
    drop(held);
    store.hit("a", NOW, 1).await.unwrap();
}

async fn dat_04_a_dropped_transaction_is_rolled_back_and_the_next_one_begins(db: &TestDb) {
    for _ in 0..20 {
        let mut tx = db.store.begin().await.unwrap();
        tx.hit("a", NOW, 1_000).await.unwrap();
    }
    assert_eq!(db.store.hits("a", NOW, 1_000).await.unwrap(), 0);
}

async fn an_error_inside_a_transaction_leaves_the_connection_usable(db: &TestDb) {
    let shop = db.shop("one").await;
    for _ in 0..20 {
        let mut tx = db.store.begin().await.unwrap();
        tx.hit("a", NOW, 1_000).await.unwrap();
        let again = tx.insert_member(shop.merchant, shop.user, aio_domain::Role::Viewer, NOW).await;
        assert!(matches!(again, Err(StoreError::Unique)));
    }
    assert_eq!(db.store.hit("a", NOW, 1_000).await.unwrap(), 1);
}

async fn dat_09_a_closed_database_is_unavailable(db: &TestDb) {
    let store = impatient(db).await;
    store.close().await;
    let (read, begun) = (store.ping().await, store.begin().await);
    assert!(matches!(read, Err(StoreError::Unavailable(_))));
    assert!(matches!(begun, Err(StoreError::Unavailable(_))));
    assert!(begun.unwrap_err().is_temporary());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dat_09_a_lost_postgres_connection_is_unavailable_and_the_next_call_gets_a_new_one() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.hit("a", NOW, 1_000).await.unwrap();
    let mut admin = db.raw_postgres().await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.execute(cut).await.unwrap();
    assert!(matches!(tx.hit("a", NOW, 1_000).await, Err(StoreError::Unavailable(_))));
    drop(tx);
    assert_eq!(db.store.hit("a", NOW, 1_000).await.unwrap(), 1);
    db.drop_database().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dat_09_a_read_only_postgres_is_unavailable() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let (_, name) = db.settings.url.rsplit_once('/').unwrap();
    db.raw(&format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on"))
        .await
        .unwrap();
    let store = impatient(&db).await;
    assert!(matches!(store.hit("a", NOW, 1_000).await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.hits("a", NOW, 1_000).await.unwrap(), 0);
    store.close().await;
    db.drop_database().await;
}

#[tokio::test]
async fn dat_09_a_postgres_that_is_not_there_is_unavailable() {
    let url = "postgres://nobody@127.0.0.1:1/none".into();
    let settings = StoreSettings { url, create: false, readers: 2, busy_timeout_ms: 500 };
    let error = Store::open(&settings).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
}
