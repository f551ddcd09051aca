use crate::support::{ADDRESS, NOW, TestDb, in_parallel, on_both_engines};
use aio_domain::{
    AuditId, EventId,
    audit::{ActorKind, AuditEntry, Outcome, START},
};
use aio_store::{AuditRow, NewEvent, Store};

async fn write(store: &Store, id: AuditId, scope: &str) {
    let mut tx = store.begin().await.unwrap();
    let (seq, prev_hash) = tx.next_audit(scope).await.unwrap();
    let entry = AuditEntry {
        id,
        scope: scope.into(),
        seq,
        at: NOW,
        actor_kind: ActorKind::User,
        actor_id: Some("usr_1".into()),
        action: "api_key.created".into(),
        target: None,
        outcome: Outcome::Done,
        address: Some(ADDRESS),
        request_id: None,
        detail: "{}".into(),
    };
    let hash = entry.hash(&prev_hash);
    tx.insert_audit(&AuditRow { entry, merchant: None, prev_hash, hash }).await.unwrap();
    tx.commit().await.unwrap();
}

fn audit_id(db: &TestDb) -> AuditId {
    AuditId::generate(NOW, db).unwrap()
}

fn event(db: &TestDb, kind: &str) -> NewEvent {
    let id = EventId::generate(NOW, db).unwrap();
    NewEvent {
        id,
        kind: kind.into(),
        object_id: Some("key_1".into()),
        payload: "{}".into(),
        at: NOW,
    }
}

on_both_engines! {
    ops_01_twenty_parallel_writers_make_one_unbroken_chain,
    ops_01_an_audit_entry_can_be_neither_changed_nor_deleted,
    ops_01_a_place_taken_in_a_transaction_that_is_dropped_is_given_again,
    events_of_a_merchant_are_numbered_without_gaps,
}

async fn ops_01_twenty_parallel_writers_make_one_unbroken_chain(db: &TestDb) {
    let ids: Vec<_> = (0..60).map(|_| audit_id(db)).collect();
    in_parallel(20, |writer| {
        let (store, ids) = (db.store.clone(), ids.clone());
        async move {
            for id in &ids[writer * 3..writer * 3 + 3] {
                write(&store, *id, "mer_1").await;
            }
        }
    })
    .await;
    write(&db.store, audit_id(db), "installation").await;

    let mut previous = START;
    let mut after = 0;
    while let Some(page) =
        Some(db.store.audit_page("mer_1", after, 25).await.unwrap()).filter(|page| !page.is_empty())
    {
        for row in page {
            assert_eq!((row.entry.seq, row.prev_hash), (after + 1, previous));
            assert_eq!(row.entry.hash(&previous), row.hash);
            (after, previous) = (row.entry.seq, row.hash);
        }
    }
    assert_eq!(after, 60);
    let heads = db.store.audit_scopes().await.unwrap();
    let heads: Vec<_> = heads.iter().map(|head| (head.scope.as_str(), head.seq)).collect();
    assert_eq!(heads, [("installation", 1), ("mer_1", 60)]);
    assert_eq!(db.store.audit_scopes().await.unwrap()[1].hash, previous);
}

async fn ops_01_an_audit_entry_can_be_neither_changed_nor_deleted(db: &TestDb) {
    write(&db.store, audit_id(db), "mer_1").await;
    for text in ["UPDATE audit_entries SET action = 'other'", "DELETE FROM audit_entries"] {
        let error = db.raw(text).await.unwrap_err().to_string();
        assert!(error.contains("audit entries are append-only"), "{error}");
    }
    let kept = db.store.audit_page("mer_1", 0, 10).await.unwrap();
    assert_eq!((kept.len(), kept[0].entry.action.as_str()), (1, "api_key.created"));
}

async fn ops_01_a_place_taken_in_a_transaction_that_is_dropped_is_given_again(db: &TestDb) {
    let mut tx = db.store.begin().await.unwrap();
    assert_eq!(tx.next_audit("mer_1").await.unwrap(), (1, START));
    drop(tx);
    let mut tx = db.store.begin().await.unwrap();
    assert_eq!(tx.next_audit("mer_1").await.unwrap(), (1, START));
}

async fn events_of_a_merchant_are_numbered_without_gaps(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let events: Vec<_> = (0..20).map(|_| event(db, "api_key.created")).collect();
    in_parallel(20, |writer| {
        let (store, event) = (db.store.clone(), events[writer].clone());
        async move {
            let mut tx = store.begin().await.unwrap();
            tx.append_event(shop.merchant, &event).await.unwrap();
            if writer % 2 == 0 {
                tx.commit().await.unwrap();
            }
        }
    })
    .await;
    let seen = db.store.events_after(shop.merchant, 0, 100).await.unwrap();
    assert_eq!(
        seen.iter().map(|event| event.seq).collect::<Vec<_>>(),
        (1..=10).collect::<Vec<_>>()
    );
    assert_eq!(db.store.events_after(shop.merchant, 8, 1).await.unwrap()[0].seq, 9);
    assert!(db.store.events_after(other.merchant, 0, 100).await.unwrap().is_empty());
}
