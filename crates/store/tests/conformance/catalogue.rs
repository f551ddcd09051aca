//! What a compiler would check of SQL: each statement is accepted by both engines, and none reads a
//! whole table.

use crate::support::TestDb;
use aio_store::catalogue;
use sqlx::{AssertSqlSafe, Either, Executor, Row, SqlSafeStr, Statement as _};
use std::collections::BTreeSet;

/// Statements that are meant to read a whole table, which is small, and who runs them.
const WHOLE_TABLE: [&str; 3] = [
    "aio_store::audit::HEADS",   // the operator's verification
    "aio_store::data_keys::ALL", // the change of a master key
    "aio_store::merchants::ALL", // the operator's list
];

fn may_scan(name: &str) -> bool {
    WHOLE_TABLE.contains(&name)
}

#[test]
fn dat_08_every_file_with_sql_is_in_the_catalogue() {
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let mut with_sql = BTreeSet::new();
    for path in folder.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let declares = text.contains("\nsql! {\n");
        // Only the runner, and what opens a database, may call the driver itself.
        let calls_driver = text.contains("sqlx::query");
        assert!(
            !calls_driver || ["conn", "db"].contains(&name.as_str()),
            "{name} runs SQL of its own"
        );
        if declares {
            with_sql.insert(name);
        }
    }
    let listed: BTreeSet<_> =
        catalogue().map(|one| one.name.split("::").nth(1).unwrap().to_owned()).collect();
    assert_eq!(with_sql, listed);
}

#[test]
fn dat_08_at_most_a_tenth_of_the_statements_differ_between_engines() {
    let differing = catalogue().filter(|one| one.sqlite != one.postgres).count();
    assert!(differing * 10 <= catalogue().count());
}

#[tokio::test]
async fn dat_08_sqlite_accepts_every_statement() {
    let db = TestDb::sqlite().await;
    let mut conn = db.raw_sqlite().await;
    for statement in catalogue() {
        let prepared = (&mut conn).prepare(statement.sqlite.into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
    }
}

#[tokio::test]
async fn dat_08_postgres_accepts_every_statement() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let mut conn = db.raw_postgres().await;
    for statement in catalogue() {
        let prepared = (&mut conn).prepare(statement.postgres.into_sql_str()).await;
        assert!(prepared.is_ok(), "{}: {:?}", statement.name, prepared.err());
    }
    drop(conn);
    db.drop_database().await;
}

#[tokio::test]
async fn no_statement_scans_a_table_on_sqlite() {
    let db = TestDb::sqlite().await;
    let mut conn = db.raw_sqlite().await;
    for statement in catalogue() {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sqlite));
        let plan = sqlx::query(explain).fetch_all(&mut conn).await.unwrap();
        for step in plan.iter().map(|row| row.get::<String, _>("detail")) {
            // `walked` is a walk of an index that ends after a fixed number of rows; `r` are rows that were given.
            let bounded = ["SCAN CONSTANT ROW", "SCAN walked", "SCAN r VIRTUAL TABLE INDEX 1:"]
                .contains(&step.as_str());
            let scans = step.starts_with("SCAN ") && !bounded || step.contains("TEMP B-TREE");
            assert!(!scans || may_scan(statement.name), "{}: {step}", statement.name);
        }
    }
}

#[tokio::test]
async fn no_statement_scans_a_table_on_postgres() {
    let Some(db) = TestDb::postgres().await else {
        return;
    };
    let mut conn = db.raw_postgres().await;
    // On empty tables the planner reads everything unless it is told that this is dear.
    conn.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .await
        .unwrap();
    for statement in catalogue() {
        let prepared = (&mut conn).prepare(statement.postgres.into_sql_str()).await.unwrap();
        let count = match prepared.parameters() {
            Some(Either::Left(types)) => types.len(),
            Some(Either::Right(count)) => count,
            None => 0,
        };
        let nulls = vec!["NULL"; count].join(", ");
        let arguments = if count == 0 { String::new() } else { format!("({nulls})") };
        let text = format!(
            "PREPARE looked_at AS {}; EXPLAIN EXECUTE looked_at{arguments}; DEALLOCATE looked_at",
            statement.postgres
        );
        let plan = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut conn).await.unwrap();
        for step in plan.iter().map(|row| row.get::<String, _>(0)) {
            assert!(
                !step.contains("Seq Scan") || may_scan(statement.name),
                "{}: {step}",
                statement.name
            );
        }
    }
    drop(conn);
    db.drop_database().await;
}
