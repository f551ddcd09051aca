//! A database of an earlier version is brought up to date with what is in it.

use crate::support::{NOW, TestDb};
use aio_domain::{ApiKeyId, MerchantId, RuleId, UserId};
use aio_store::Engine;
use sqlx::migrate::Migrator;
use std::path::Path;

/// Brings an empty database to the schema of this migration.
async fn migrate_to(db: &TestDb, version: i64) {
    let engine = if db.store.engine() == Engine::Sqlite { "sqlite" } else { "postgres" };
    let folder = format!("{}/../../migrations/{engine}", env!("CARGO_MANIFEST_DIR"));
    let all = Migrator::new(Path::new(&folder)).await.unwrap();
    let first = all.iter().filter(|one| one.version <= version).cloned();
    let first = Migrator::with_migrations(first.collect());
    if db.store.engine() == Engine::Sqlite {
        first.run(&mut db.raw_sqlite().await).await.unwrap();
    } else {
        first.run(&mut db.raw_postgres().await).await.unwrap();
    }
}

/// A key of before the merchant API's rules is limited like a new one, and its rules begin to
/// count.
async fn keys_and_rules_of_before_get_a_rate_and_a_count(db: &TestDb) {
    migrate_to(db, 6).await;
    let key = ApiKeyId::generate(NOW, db).unwrap();
    let merchant = MerchantId::generate(NOW, db).unwrap();
    let user = UserId::generate(NOW, db).unwrap();
    let rule = RuleId::generate(NOW, db).unwrap();
    let verifier = match db.store.engine() {
        Engine::Sqlite => "zeroblob(32)",
        Engine::Postgres => "decode(repeat('00', 32), 'hex')",
    };
    for text in [
        format!(
            "INSERT INTO users (id, email, name, password_hash, password_changed_at, created_at)
            VALUES ('{user}', 'ann@shop.example', 'Ann', 'phc', 1, 1)"
        ),
        format!(
            "INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
            VALUES ('{merchant}', 'Shop', false, 1)"
        ),
        format!(
            "INSERT INTO api_keys (id, merchant_id, label, label_key, scopes, verifier, last4,
                allowlist_mode, encryption_mode, state, aes_version, version, created_by,
                created_at, updated_at)
            VALUES ('{key}', '{merchant}', 'Old', 'old', '', {verifier}, 'wxyz', 'listed', 'off',
                'active', 0, 1, '{user}', 1, 1)"
        ),
        format!(
            "INSERT INTO allowlist_rules (id, merchant_id, api_key_id, position, cidr)
            VALUES ('{rule}', '{merchant}', '{key}', 0, '10.0.0.0/8')"
        ),
    ] {
        db.raw(&text).await.unwrap();
    }
    assert!(db.store.check_schema().await.is_err());
    db.store.migrate().await.unwrap();
    db.store.check_schema().await.unwrap();
    let seen = db.store.api_key(merchant, key).await.unwrap().unwrap();
    assert_eq!((seen.label.as_str(), seen.rate_per_minute, seen.version), ("Old", 3_000, 1));
    let stats = db.store.rule_stats(merchant, key).await.unwrap();
    assert_eq!((stats[0].id, stats[0].hits, stats[0].last_match_at), (rule, 0, None));
}

#[tokio::test]
async fn dat_06_a_sqlite_database_of_before_is_brought_up_to_date() {
    keys_and_rules_of_before_get_a_rate_and_a_count(&TestDb::empty_sqlite().await).await;
}

#[tokio::test]
async fn dat_06_a_postgres_database_of_before_is_brought_up_to_date() {
    let Some(db) = TestDb::empty_postgres().await else {
        return;
    };
    keys_and_rules_of_before_get_a_rate_and_a_count(&db).await;
    db.drop_database().await;
}
