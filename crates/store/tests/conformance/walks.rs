//! However long the log, a page of it is a walk of an index: nothing is read whole, nothing sorted.

use crate::support::{TestDb, on_both_engines};
use aio_store::{Engine, POSTGRES_SESSION, catalogue};
use sqlx::{AssertSqlSafe, Executor, Row};

/// What lists are made of, how many values it takes, and the index that each walks on SQLite and
/// on Postgres.
const WALKS: [(&str, usize, [&str; 2]); 28] = [
    ("request_log::OLDER", 5, ["sqlite_autoindex_request_log_1", "request_log_pkey"]),
    ("request_log::NEWER", 5, ["sqlite_autoindex_request_log_1", "request_log_pkey"]),
    ("request_log::OLDER_OF_OUTCOME", 6, ["request_log_by_outcome"; 2]),
    ("request_log::NEWER_OF_OUTCOME", 6, ["request_log_by_outcome"; 2]),
    ("request_log::OLDER_OF_STATUS", 7, ["request_log_by_outcome"; 2]),
    ("request_log::NEWER_OF_STATUS", 7, ["request_log_by_outcome"; 2]),
    ("seen_addresses::OF_KEY", 3, ["sqlite_autoindex_seen_addresses_1", "seen_addresses_pkey"]),
    ("transaction_lists::ALL", 11, ["transactions_of_merchant"; 2]),
    ("transaction_lists::ALL_END", 4, ["transactions_of_merchant"; 2]),
    ("transaction_lists::ALL_TEXT", 11, ["transactions_of_merchant"; 2]),
    ("transaction_lists::OF_STATUS", 12, ["transactions_by_status"; 2]),
    ("transaction_lists::OF_STATUS_END", 5, ["transactions_by_status"; 2]),
    ("transaction_lists::OF_STATUS_TEXT", 12, ["transactions_by_status"; 2]),
    ("transaction_lists::OF_TOKEN", 13, ["transactions_by_token"; 2]),
    ("transaction_lists::OF_TOKEN_END", 6, ["transactions_by_token"; 2]),
    ("transaction_lists::OF_TOKEN_TEXT", 13, ["transactions_by_token"; 2]),
    ("transaction_lists::OF_CUSTOMER", 12, ["transactions_by_customer"; 2]),
    ("transaction_lists::OF_CUSTOMER_END", 5, ["transactions_by_customer"; 2]),
    ("transaction_lists::OF_CUSTOMER_TEXT", 12, ["transactions_by_customer"; 2]),
    ("transaction_lists::OF_SUBADDRESS", 12, ["transactions_of_subaddress"; 2]),
    ("transaction_lists::OF_SUBADDRESS_END", 5, ["transactions_of_subaddress"; 2]),
    ("transaction_lists::OF_SUBADDRESS_TEXT", 12, ["transactions_of_subaddress"; 2]),
    ("transaction_lists::OF_TX", 12, ["transactions_by_tx"; 2]),
    ("transaction_lists::OF_TX_END", 5, ["transactions_by_tx"; 2]),
    ("transaction_lists::OF_TX_TEXT", 12, ["transactions_by_tx"; 2]),
    ("subaddresses::PAGE", 4, ["subaddresses_of_merchant"; 2]),
    ("subaddresses::PAGE_OF_CHAIN", 5, ["subaddresses_of_chain"; 2]),
    ("subaddresses::PAGE_OF_CUSTOMERS", 7, ["subaddresses_by_customer"; 2]),
];

/// What a search looks things up by: its values behind the merchant, and its index.
const SEARCHES: [(&str, &str, &str); 5] = [
    ("OF_TXS", "'hash-41', 'hash-42', 200", "transactions_by_tx"),
    ("OF_CUSTOMERS", "'customer-41', 'customer-42', 200", "transactions_by_customer"),
    ("ADDRESSES", "'address-41', 'address-42', 200", "subaddresses_by_address"),
    ("OF_SUBADDRESSES", "'[[\"sub_100041\"]]', 200", "transactions_of_subaddress"),
    ("OF_IDS", "'[[\"txn_100041\"]]'", "transactions_"),
];

/// So many rows that the planner of Postgres finds reading all of them dear, without being told.
const MUCH: [&str; 9] = [
    "INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
    VALUES ('mer', 'Much', false, 1)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
    INSERT INTO request_log (merchant_id, api_key_id, at, request_id, method, path, status,
        took_us, address, encrypted, outcome)
    SELECT 'mer', 'key_' || (i % 40), 1000 + i / 7,
        substr('00000000000000000000000000000000', 1, 32 - length(CAST(i AS TEXT))) ||
        CAST(i AS TEXT), 'GET', '/v1/whoami', CASE i % 9 WHEN 0 THEN 404 ELSE 200 END, 900,
        '203.0.113.7', false, CASE i % 9 WHEN 0 THEN 'refused' ELSE 'ok' END
    FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO seen_addresses (merchant_id, api_key_id, address, day, hits, last_at)
    SELECT 'mer', 'key_' || (i % 40), '10.0.0.' || (i % 5), i, 3, i
    FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
    INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
    SELECT 'mer_' || i, 'One of many', false, 1
    FROM n",
    "INSERT INTO chains (id, network, genesis, height, hash, tip, read_at)
    VALUES ('one', 'test', '0', 1, '1', 1, 1), ('two', 'test', '0', 1, '1', 1, 1)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO subaddresses (id, merchant_id, chain, customer_id, address, address_index,
        number, created_at)
    SELECT 'sub_' || (100000 + i), CASE i % 3 WHEN 0 THEN 'mer_' || (i % 40) ELSE 'mer_1' END, CASE i % 7 WHEN 0 THEN 'one' ELSE 'two' END,
        'customer-' || i, 'address-' || i, i, i, i
    FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
    INSERT INTO transactions (id, merchant_id, subaddress_id, customer_id, chain, token, tx, place,
        address, amount, status, needed, received_at, updated_at)
    SELECT 'txn_' || (100000 + i), CASE i % 3 WHEN 0 THEN 'mer_' || (i % 40) ELSE 'mer_1' END, 'sub_' || (100001 + i % 20000),
        'customer-' || (1 + i % 20000), 'two', CASE i % 7 WHEN 0 THEN 'A' ELSE 'B' END,
        'hash-' || i, '0', 'address-' || (1 + i % 20000),
        '000000000000000000000000000000000000000000000000000000000000000000000000000007',
        CASE i % 9 WHEN 0 THEN 'dropped' ELSE 'detected' END, 1, i, i
    FROM n",
    // One who has nearly nothing.
    "INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
    VALUES ('few', 'Few', false, 1)",
    "INSERT INTO transactions (id, merchant_id, subaddress_id, customer_id, chain, token, tx, place,
        address, amount, status, needed, received_at, updated_at)
    SELECT 'txn_9' || substr(id, 5), 'few', subaddress_id, customer_id, chain, token, 'few-' || tx, place, address, amount,
        status, needed, received_at, updated_at
    FROM transactions
    WHERE id IN ('txn_100001', 'txn_100041', 'txn_100099')",
];

/// The steps in which the open engine would run a statement of the catalogue. Postgres plans for any values or, as
/// it does with pages of lists, for those that are told.
pub async fn plan(db: &TestDb, name: &str, values: usize, told: &str) -> Vec<String> {
    let statement = catalogue().find(|one| one.name == format!("aio_store::{name}")).unwrap();
    if db.store.engine() == Engine::Sqlite {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", statement.sqlite));
        let steps = sqlx::query(explain).fetch_all(&mut db.raw_sqlite().await).await.unwrap();
        return steps.iter().map(|step| step.get("detail")).collect();
    }
    let mut conn = db.raw_postgres().await;
    conn.execute(POSTGRES_SESSION).await.unwrap();
    let nulls = vec!["NULL"; values].join(", ");
    let (told, mode) = match told {
        "" => (nulls.as_str(), "force_generic_plan"),
        told => (told, "force_custom_plan"),
    };
    let mode = AssertSqlSafe(format!("SET plan_cache_mode = {mode}"));
    conn.execute(mode).await.unwrap();
    conn.execute(AssertSqlSafe(format!("PREPARE walk AS {}", statement.postgres))).await.unwrap();
    let text = AssertSqlSafe(format!("EXPLAIN EXECUTE walk({told})"));
    let steps = sqlx::raw_sql(text).fetch_all(&mut conn).await.unwrap();
    steps.iter().map(|step| step.get(0)).collect()
}

/// The values of a list of deposits or subaddresses: of a merchant who has many of them, and of one who has few.
fn told(name: &str, merchant: &str) -> String {
    let lead = name.trim_start_matches("transaction_lists::");
    let lead = match lead.trim_end_matches("_END").trim_end_matches("_TEXT") {
        "ALL" => "",
        "OF_STATUS" => ", 'confirmed'",
        "OF_TOKEN" => ", 'two', 'A'",
        "OF_CUSTOMER" => ", 'customer-41'",
        "OF_SUBADDRESS" => ", 'sub_100041'",
        "OF_TX" => ", 'hash-41'",
        "subaddresses::PAGE" => return format!("'{merchant}', 'sub`', 50, 0"),
        "subaddresses::PAGE_OF_CHAIN" => return format!("'{merchant}', 'sub`', 50, 0, 'two'"),
        "subaddresses::PAGE_OF_CUSTOMERS" => {
            return format!("'{merchant}', '', 50, 0, 'customer-1', 'customer-2', NULL");
        }
        _ => return String::new(),
    };
    let filters =
        if name.ends_with("_END") { "" } else { ", NULL, NULL, NULL, NULL, NULL, NULL, NULL" };
    format!("'{merchant}', 'txn`', 'txn', 50{filters}{lead}")
}

on_both_engines! {
    every_list_walks_its_index_and_sorts_nothing,
}

async fn every_list_walks_its_index_and_sorts_nothing(db: &TestDb) {
    for text in MUCH {
        db.raw(text).await.unwrap();
    }
    // On SQLite nothing keeps statistics; on Postgres the server does.
    if db.store.engine() == Engine::Postgres {
        db.raw("ANALYZE").await.unwrap();
    }
    for (name, values, [sqlite, postgres]) in WALKS {
        let index = if db.store.engine() == Engine::Sqlite { sqlite } else { postgres };
        for merchant in ["mer_1", "mer_7", "few"] {
            check(name, index, &plan(db, name, values, &told(name, merchant)).await);
        }
    }
    for (name, told, index) in SEARCHES {
        for merchant in ["mer_1", "mer_7", "few"] {
            let name = format!("transaction_search::{name}");
            let plan = plan(db, &name, 0, &format!("'{merchant}', {told}")).await;
            check_steps(&name, index, 200, &plan);
        }
    }
}

fn is_at_most(page: u32, step: &str) -> bool {
    let rows = step.split_once(" Sort ").and_then(|(_, rest)| rest.split_once("rows="));
    let rows = rows.and_then(|(_, rows)| rows.split_once(' '));
    rows.is_some_and(|(rows, _)| rows.parse::<u32>().is_ok_and(|rows| rows <= page))
}

fn check(name: &str, index: &str, plan: &[String]) {
    check_steps(name, index, 50, plan);
    // A page far down the log costs what the first one costs.
    let from_place = [
        "(at,request_id)",
        "ROW(at, request_id)",
        ",id)<(?",
        ", id) < ROW(",
        "(customer_id,id)>",
        "ROW(customer_id, id)",
    ];
    let bounded = plan.iter().any(|step| from_place.iter().any(|place| step.contains(place)));
    assert!(bounded || name.starts_with("seen"), "{name}: {plan:#?}");
}

fn check_steps(name: &str, index: &str, page: u32, plan: &[String]) {
    assert!(plan.iter().any(|step| step.contains(index)), "{name}: {plan:#?}");
    for step in plan {
        let mut bad = ["SCAN ", "TEMP B-TREE", "Seq Scan", "Sort"].iter();
        // A text is made of what its list found; `r` are rows that were given.
        let good = ["Sort Key", "SCAN walked", "SCAN r VIRTUAL TABLE INDEX 1:"];
        let is_good = good.iter().any(|good| step.contains(good));
        let is_bad = bad.any(|bad| step.contains(bad)) && !is_good;
        // Postgres may sort what is no more than a page.
        assert!(!is_bad || is_at_most(page, step), "{name}: {plan:#?}");
    }
}
