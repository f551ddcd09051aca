use crate::support::{NOW, Shop, TestDb, is_unique, on_both_engines, sealed};
use aio_domain::{ChangeSetId, DataKeyId};
use aio_store::{ChangeSetRow, DataKeyRow, NewIdempotency};

fn change(db: &TestDb, shop: &Shop) -> ChangeSetRow {
    ChangeSetRow {
        id: ChangeSetId::generate(NOW, db).unwrap(),
        merchant: shop.merchant,
        user: shop.user,
        session_hash: shop.session,
        action: "KeyCreate".into(),
        target: None,
        params: "{}".into(),
        digest: [7; 32],
        created_at: NOW,
        expires_at: NOW.plus(120_000),
    }
}

on_both_engines! {
    stp_03_a_change_is_taken_once_in_time_by_its_person_in_its_session,
    stp_03_changes_end_with_their_session_or_when_cancelled,
    a_flash_is_replaced_looked_at_and_taken_once,
    a_flash_ends_with_its_session,
    api_05_a_request_is_claimed_once_until_its_time_is_over,
    aes_03_one_data_key_seals_per_purpose_and_owner_and_only_up_to_its_limit,
    aes_09_a_data_key_is_rewrapped_from_the_master_key_it_is_under,
}

async fn stp_03_a_change_is_taken_once_in_time_by_its_person_in_its_session(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let change = change(db, &shop);
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_change_set(&change).await.unwrap();
    let take = async |tx: &mut aio_store::Tx, merchant, user, session, at| {
        tx.take_change_set(merchant, user, &session, change.id, NOW.plus(at)).await.unwrap()
    };
    assert!(take(&mut tx, other.merchant, shop.user, shop.session, 0).await.is_none());
    assert!(take(&mut tx, shop.merchant, other.user, shop.session, 0).await.is_none());
    assert!(take(&mut tx, shop.merchant, shop.user, other.session, 0).await.is_none());
    assert!(take(&mut tx, shop.merchant, shop.user, shop.session, 120_000).await.is_none());
    let shown =
        tx.change_set(shop.merchant, shop.user, &shop.session, change.id, NOW).await.unwrap();
    assert_eq!(shown.unwrap().digest, [7; 32]);
    let taken = take(&mut tx, shop.merchant, shop.user, shop.session, 119_999).await.unwrap();
    assert_eq!(
        (taken.action.as_str(), taken.target, taken.params.as_str()),
        ("KeyCreate", None, "{}")
    );
    assert!(take(&mut tx, shop.merchant, shop.user, shop.session, 0).await.is_none());
}

async fn stp_03_changes_end_with_their_session_or_when_cancelled(db: &TestDb) {
    let shop = db.shop("one").await;
    let again = Shop { session: db.session(shop.user, None).await.id_hash, ..shop };
    let (first, second) = (change(db, &shop), change(db, &again));
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_change_set(&first).await.unwrap();
    tx.insert_change_set(&second).await.unwrap();
    assert!(tx.delete_session(&shop.session).await.unwrap());
    tx.commit().await.unwrap();
    let left = async |change: &ChangeSetRow| {
        db.store
            .change_set(change.merchant, change.user, &change.session_hash, change.id, NOW)
            .await
            .unwrap()
            .is_some()
    };
    assert_eq!((left(&first).await, left(&second).await), (false, true));
    let mut tx = db.store.begin().await.unwrap();
    assert_eq!(tx.cancel_change_sets(shop.user).await.unwrap(), 1);
    assert!(tx.insert_change_set(&first).await.is_err(), "its session has ended");
}

async fn a_flash_is_replaced_looked_at_and_taken_once(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    db.store.put_flash(&db.flash(shop.session, "secret", "old")).await.unwrap();
    db.store.put_flash(&db.flash(shop.session, "secret", "new")).await.unwrap();
    let peek = async |session, kind, at| {
        db.store.peek_flash(&session, kind, "key_1", NOW.plus(at)).await.unwrap()
    };
    assert_eq!(peek(shop.session, "secret", 0).await.unwrap().sealed, sealed("new"));
    assert!(peek(shop.session, "secret", 60_000).await.is_none());
    assert!(peek(other.session, "secret", 0).await.is_none());
    let take = async |session, kind, at| {
        db.store.take_flash(&session, kind, "key_1", NOW.plus(at)).await.unwrap()
    };
    assert!(take(other.session, "secret", 0).await.is_none());
    assert!(take(shop.session, "draft", 0).await.is_none());
    assert!(take(shop.session, "secret", 60_000).await.is_none());
    assert_eq!(take(shop.session, "secret", 0).await.unwrap().sealed, sealed("new"));
    assert!(take(shop.session, "secret", 0).await.is_none());
}

async fn a_flash_ends_with_its_session(db: &TestDb) {
    let shop = db.shop("one").await;
    db.store.put_flash(&db.flash(shop.session, "secret", "x")).await.unwrap();
    assert!(db.store.delete_session(&shop.session).await.unwrap());
    assert!(db.store.take_flash(&shop.session, "secret", "key_1", NOW).await.unwrap().is_none());
    assert!(db.store.put_flash(&db.flash(shop.session, "secret", "x")).await.is_err());
}

async fn api_05_a_request_is_claimed_once_until_its_time_is_over(db: &TestDb) {
    let shop = db.shop("one").await;
    let claim = |at, hash| NewIdempotency {
        path: "/v1/withdrawals".into(),
        idem_key: "abc".into(),
        request_hash: [hash; 32],
        created_at: NOW.plus(at),
        expires_at: NOW.plus(at + 100),
    };
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.claim_idempotency(shop.merchant, &claim(0, 1)).await.unwrap());
    assert!(!tx.claim_idempotency(shop.merchant, &claim(99, 2)).await.unwrap());
    let finish = async |tx: &mut aio_store::Tx, body| {
        tx.finish_idempotency(shop.merchant, "/v1/withdrawals", "abc", 201, body).await.unwrap()
    };
    assert!(finish(&mut tx, "first").await);
    assert!(!finish(&mut tx, "second").await);
    tx.commit().await.unwrap();
    let seen =
        db.store.idempotency(shop.merchant, "/v1/withdrawals", "abc").await.unwrap().unwrap();
    assert_eq!(
        (seen.request_hash, seen.status, seen.body.as_deref()),
        ([1; 32], Some(201), Some("first"))
    );
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.claim_idempotency(shop.merchant, &claim(100, 2)).await.unwrap());
    let seen = tx.idempotency(shop.merchant, "/v1/withdrawals", "abc").await.unwrap().unwrap();
    assert_eq!((seen.request_hash, seen.status, seen.body), ([2; 32], None, None));
}

async fn aes_03_one_data_key_seals_per_purpose_and_owner_and_only_up_to_its_limit(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = |merchant| DataKeyRow {
        id: DataKeyId::generate(NOW, db).unwrap(),
        purpose: "cells".into(),
        merchant,
        kek_id: "kek one".into(),
        wrapped: sealed("wrapped"),
        messages: 0,
        created_at: NOW,
        retired_at: None,
    };
    let (own, of_shop) = (key(None), key(Some(shop.merchant)));
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_data_key(&own).await.unwrap();
    tx.insert_data_key(&of_shop).await.unwrap();
    tx.commit().await.unwrap();
    for taken in [key(None), key(Some(shop.merchant))] {
        let mut tx = db.store.begin().await.unwrap();
        assert!(is_unique(tx.insert_data_key(&taken).await));
    }
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.count_message(own.id, 1).await.unwrap());
    assert!(!tx.count_message(own.id, 1).await.unwrap());
    assert!(tx.retire_data_key(own.id, NOW).await.unwrap());
    assert!(!tx.retire_data_key(own.id, NOW).await.unwrap());
    assert!(!tx.count_message(own.id, 9).await.unwrap());
    assert!(tx.active_data_key("cells", None).await.unwrap().is_none());
    tx.insert_data_key(&key(None)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store.data_keys().await.unwrap().len(), 3);
    assert_eq!(db.store.data_key(own.id).await.unwrap().unwrap().messages, 1);
}

async fn aes_09_a_data_key_is_rewrapped_from_the_master_key_it_is_under(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = DataKeyRow {
        id: DataKeyId::generate(NOW, db).unwrap(),
        purpose: "cells".into(),
        merchant: Some(shop.merchant),
        kek_id: "one".into(),
        wrapped: sealed("under one"),
        messages: 3,
        created_at: NOW,
        retired_at: None,
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_data_key(&key).await.unwrap();
    assert!(!tx.rewrap_data_key(key.id, "two", "three", &sealed("x")).await.unwrap());
    assert!(tx.rewrap_data_key(key.id, "one", "two", &sealed("under two")).await.unwrap());
    assert!(!tx.rewrap_data_key(key.id, "one", "two", &sealed("x")).await.unwrap());
    let seen = tx.active_data_key("cells", Some(shop.merchant)).await.unwrap().unwrap();
    assert_eq!(
        (seen.kek_id.as_str(), seen.wrapped, seen.messages),
        ("two", sealed("under two"), 3)
    );
}
