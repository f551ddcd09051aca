//! Running sums: they add, they take away, they never go below nothing, and two at once lose nothing.

use crate::{
    support::{NOW, TestDb, in_parallel, on_both_engines},
    walks::plan,
};
use aio_domain::{Amount, DepositStatus, MerchantId, Span, time::DAY};
use aio_store::{Cursor, NewChain, StoreError, VolumeChange, VolumeKey, VolumeRow, WaitingRow};

async fn shop(db: &TestDb, name: &str) -> MerchantId {
    let merchant = db.merchant(name).await;
    let mut tx = db.store.begin().await.unwrap();
    let cursor = Cursor { height: 7, hash: "seven".into() };
    let (id, network, genesis) = ("model".into(), "test".into(), "genesis".into());
    tx.begin_chain(&NewChain { id, network, genesis, cursor, at: NOW }).await.unwrap();
    tx.commit().await.unwrap();
    merchant
}

fn key(merchant: MerchantId, span: Span, days: i64) -> VolumeKey {
    VolumeKey {
        merchant,
        span,
        start_at: span.start(NOW).plus(days * DAY),
        chain: "model".into(),
        token: "COIN".into(),
    }
}

fn added(units: u64) -> VolumeChange {
    VolumeChange { added: (1, Amount::from(units)), ..VolumeChange::default() }
}

fn taken(units: u64) -> VolumeChange {
    VolumeChange { taken: (1, Amount::from(units)), ..VolumeChange::default() }
}

async fn change(db: &TestDb, key: &VolumeKey, change: &VolumeChange) -> Result<(), StoreError> {
    let mut tx = db.store.begin().await.unwrap();
    tx.change_volume(key, change).await?;
    tx.commit().await
}

on_both_engines! {
    sums_add_and_take_away_and_are_read_from_a_day_on,
    more_than_there_is_cannot_leave_a_sum,
    many_at_once_lose_nothing,
    a_sum_is_found_by_its_index_and_so_is_what_waits,
    nothing_waits_in_an_empty_shop,
}

async fn sums_add_and_take_away_and_are_read_from_a_day_on(db: &TestDb) {
    let ours = shop(db, "one").await;
    let theirs = db.merchant("two").await;
    let today = key(ours, Span::Day, 0);
    change(db, &today, &added(5)).await.unwrap();
    change(db, &today, &added(7)).await.unwrap();
    change(db, &today, &taken(5)).await.unwrap();
    change(db, &key(ours, Span::Day, -2), &added(1)).await.unwrap();
    change(db, &key(ours, Span::Hour, 0), &added(9)).await.unwrap();
    change(db, &key(theirs, Span::Day, 0), &added(100)).await.unwrap();
    let row = |key: &VolumeKey, units: u64| VolumeRow {
        chain: key.chain.clone(),
        token: key.token.clone(),
        start_at: key.start_at,
        deposits: 1,
        amount: Amount::from(units),
    };
    let since = today.start_at.plus(-2 * DAY);
    let read = db.store.volumes(ours, Span::Day, since).await.unwrap();
    assert_eq!(read, [row(&key(ours, Span::Day, -2), 1), row(&today, 7)]);
    assert_eq!(db.store.volumes(ours, Span::Day, since.plus(1)).await.unwrap(), [row(&today, 7)]);
    let hours = db.store.volumes(ours, Span::Hour, since).await.unwrap();
    assert_eq!(hours, [row(&key(ours, Span::Hour, 0), 9)]);
    // The largest amount comes back as it was.
    let most = VolumeChange { added: (1, Amount::MAX), taken: (1, Amount::from(7_u64)) };
    let refused = change(db, &today, &most).await;
    assert!(matches!(refused, Err(StoreError::Overflow)), "{refused:?}");
    change(db, &today, &taken(7)).await.unwrap();
    let most = VolumeChange { added: (1, Amount::MAX), ..VolumeChange::default() };
    change(db, &today, &most).await.unwrap();
    assert_eq!(db.store.volumes(ours, Span::Day, since).await.unwrap()[1].amount, Amount::MAX);
}

async fn more_than_there_is_cannot_leave_a_sum(db: &TestDb) {
    let key = key(shop(db, "one").await, Span::Day, 0);
    change(db, &key, &added(5)).await.unwrap();
    let refused = change(db, &key, &taken(6)).await;
    assert!(matches!(refused, Err(StoreError::Overflow)), "{refused:?}");
    change(db, &key, &taken(5)).await.unwrap();
    // Nothing is left to take, and the database itself says so.
    assert!(change(db, &key, &taken(0)).await.is_err());
}

async fn many_at_once_lose_nothing(db: &TestDb) {
    let key = key(shop(db, "one").await, Span::Hour, 0);
    let done = in_parallel(16, |n| {
        let (store, key) = (db.store.clone(), key.clone());
        async move {
            let mut tx = store.begin().await?;
            tx.change_volume(&key, &added(u64::try_from(n).unwrap())).await?;
            tx.commit().await
        }
    });
    assert!(done.await.iter().all(Result::is_ok));
    let read = db.store.volumes(key.merchant, Span::Hour, key.start_at).await.unwrap();
    assert_eq!((read[0].deposits, read[0].amount), (16, Amount::from(120_u64)));
}

/// So many rows that the planner of Postgres finds reading all of them dear.
const MUCH: [&str; 5] = [
    "INSERT INTO merchants (id, name, dashboard_allowlist_on, created_at)
    VALUES ('mer', 'Much', false, 1)",
    "INSERT INTO chains (id, network, genesis, height, hash, tip, read_at)
    VALUES ('model', 'test', 'genesis', 7, 'seven', 7, 1)",
    "INSERT INTO subaddresses
        (id, merchant_id, chain, customer_id, address, address_index, number, created_at)
    VALUES ('sub', 'mer', 'model', 'ann', 'a', 0, 1, 1)",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO volumes (merchant_id, span, start_at, chain, token, deposits, amount)
    SELECT 'mer', 'day', CAST(i AS BIGINT) * 86400000, 'model', 'COIN', 0,
        substr('000000000000000000000000000000000000000000000000000000000000000000000000000000', 1, 78)
    FROM n",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO transactions (id, merchant_id, subaddress_id, customer_id, chain, token, tx, place,
        address, amount, status, needed, received_at, updated_at)
    SELECT 'txn_' || i, 'mer', 'sub', 'ann', 'model', 'COIN', 'tx' || i, 'out:0', 'a',
        substr('000000000000000000000000000000000000000000000000000000000000000000000000000000', 1, 78),
        CASE i % 100 WHEN 0 THEN 'detected' ELSE 'dropped' END, 1, i, i
    FROM n",
];

async fn a_sum_is_found_by_its_index_and_so_is_what_waits(db: &TestDb) {
    for text in MUCH {
        db.raw(text).await.unwrap();
    }
    db.raw("ANALYZE").await.unwrap();
    for (name, values, indexes) in [
        ("volumes::SINCE", 3, ["sqlite_autoindex_volumes_1", "volumes_pkey"]),
        ("volumes::WAITING", 3, ["transactions_by_status"; 2]),
    ] {
        let plan = plan(db, name, values, "").await;
        assert!(
            plan.iter().any(|step| indexes.iter().any(|index| step.contains(index))),
            "{name}: {plan:#?}"
        );
        for bad in ["SCAN volumes", "SCAN transactions", "TEMP B-TREE", "Seq Scan", "Sort"] {
            assert!(!plan.iter().any(|step| step.contains(bad)), "{name}: {plan:#?}");
        }
    }
}

async fn nothing_waits_in_an_empty_shop(db: &TestDb) {
    let merchant = db.merchant("one").await;
    let none = WaitingRow { deposits: 0, oldest: None };
    for status in [DepositStatus::Detected, DepositStatus::Confirming] {
        assert_eq!(db.store.waiting_deposits(merchant, status, 10).await.unwrap(), none);
    }
}
