//! An id of an encrypted request works once.

use crate::support::{NOW, TestDb, in_parallel, on_both_engines};
use aio_domain::ApiKeyId;

const ID: [u8; 16] = [7; 16];

on_both_engines! {
    aes_05_a_request_id_is_used_once_by_each_key,
    aes_05_one_of_fifty_parallel_uses_of_an_id_is_the_first,
    aes_05_a_second_use_waits_for_the_first_and_wins_only_when_that_is_rolled_back,
    aes_05_used_ids_are_removed_when_their_time_is_over,
    acc_01_another_merchant_cannot_use_up_an_id,
}

async fn aes_05_a_request_id_is_used_once_by_each_key(db: &TestDb) {
    let shop = db.shop("one").await;
    let (key, second) = (db.api_key(&shop, "One").await, db.api_key(&shop, "Two").await);
    let used = async |key, id| {
        db.store.use_request_id(shop.merchant, key, id, NOW.plus(100)).await.unwrap()
    };
    assert!(used(key, ID).await);
    assert!(!used(key, ID).await);
    assert!(used(key, [8; 16]).await);
    assert!(used(second, ID).await, "another key has ids of its own");
    assert!(!used(ApiKeyId::generate(NOW, db).unwrap(), ID).await, "a key that is gone has none");
}

async fn aes_05_one_of_fifty_parallel_uses_of_an_id_is_the_first(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let used = in_parallel(50, |_| {
        let store = db.store.clone();
        async move { store.use_request_id(shop.merchant, key, ID, NOW.plus(100)).await.unwrap() }
    })
    .await;
    assert_eq!(used.iter().filter(|first| **first).count(), 1);
}

async fn aes_05_a_second_use_waits_for_the_first_and_wins_only_when_that_is_rolled_back(
    db: &TestDb,
) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    for (id, kept) in [([1; 16], true), ([2; 16], false)] {
        let mut first = db.store.begin().await.unwrap();
        assert!(first.use_request_id(shop.merchant, key, id, NOW.plus(100)).await.unwrap());
        let store = db.store.clone();
        let second = tokio::spawn(async move {
            store.use_request_id(shop.merchant, key, id, NOW.plus(100)).await.unwrap()
        });
        db.until_it_waits(&second).await;
        if kept {
            first.commit().await.unwrap();
        } else {
            drop(first);
        }
        assert_eq!(second.await.unwrap(), !kept);
    }
}

async fn aes_05_used_ids_are_removed_when_their_time_is_over(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    for number in 0..6_000_u128 {
        let (id, at) = (number.to_be_bytes(), NOW.plus(i64::try_from(number % 2).unwrap()));
        assert!(tx.use_request_id(shop.merchant, key, id, at).await.unwrap());
    }
    tx.commit().await.unwrap();
    assert_eq!(db.store.purge(NOW.plus(-1)).await.unwrap(), 0);
    assert_eq!(db.store.purge(NOW).await.unwrap(), 3_000);
    let used = async |number: u128| {
        let id = number.to_be_bytes();
        db.store.use_request_id(shop.merchant, key, id, NOW).await.unwrap()
    };
    assert_eq!((used(0).await, used(1).await), (true, false));
}

async fn acc_01_another_merchant_cannot_use_up_an_id(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let key = db.api_key(&shop, "Production").await;
    let used =
        async |merchant| db.store.use_request_id(merchant, key, ID, NOW.plus(100)).await.unwrap();
    assert!(!used(other.merchant).await);
    assert!(used(shop.merchant).await);
}
