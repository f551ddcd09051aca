//! Two requests with one `Idempotency-Key` at the same time.

use crate::support::{NOW, Shop, TestDb, on_both_engines};
use aio_store::{IdempotencyRow, NewIdempotency, Store, StoreError, StoreSettings};

const PATH: &str = "/v1/withdrawals";

fn claim() -> NewIdempotency {
    NewIdempotency {
        path: PATH.into(),
        idem_key: "abc".into(),
        request_hash: [1; 32],
        created_at: NOW,
        expires_at: NOW.plus(100),
    }
}

/// Whether the claim was won, and what is remembered then.
async fn ask(store: Store, shop: Shop) -> Result<(bool, Option<IdempotencyRow>), StoreError> {
    let mut tx = store.begin().await?;
    let won = tx.claim_idempotency(shop.merchant, &claim()).await?;
    let seen = tx.idempotency(shop.merchant, PATH, "abc").await?;
    tx.commit().await?;
    Ok((won, seen))
}

on_both_engines! {
    api_05_the_second_of_two_requests_waits_and_reads_the_answer_of_the_first,
    api_05_the_second_of_two_requests_runs_when_the_first_is_rolled_back,
    api_05_a_request_that_waits_too_long_for_the_first_is_busy,
    api_05_a_claim_without_an_answer_can_be_taken_back,
}

async fn api_05_the_second_of_two_requests_waits_and_reads_the_answer_of_the_first(db: &TestDb) {
    let shop = db.shop("one").await;
    let mut first = db.store.begin().await.unwrap();
    assert!(first.claim_idempotency(shop.merchant, &claim()).await.unwrap());
    let second = tokio::spawn(ask(db.store.clone(), shop));
    db.until_it_waits(&second).await;
    assert!(!second.is_finished());
    assert!(first.finish_idempotency(shop.merchant, PATH, "abc", 201, "done").await.unwrap());
    first.commit().await.unwrap();
    let (won, seen) = second.await.unwrap().unwrap();
    let seen = seen.unwrap();
    assert_eq!((won, seen.status, seen.body.as_deref()), (false, Some(201), Some("done")));
}

async fn api_05_the_second_of_two_requests_runs_when_the_first_is_rolled_back(db: &TestDb) {
    let shop = db.shop("one").await;
    let mut first = db.store.begin().await.unwrap();
    assert!(first.claim_idempotency(shop.merchant, &claim()).await.unwrap());
    let second = tokio::spawn(ask(db.store.clone(), shop));
    db.until_it_waits(&second).await;
    drop(first);
    let (won, seen) = second.await.unwrap().unwrap();
    assert_eq!((won, seen.unwrap().status), (true, None));
}

async fn api_05_a_request_that_waits_too_long_for_the_first_is_busy(db: &TestDb) {
    let shop = db.shop("one").await;
    let settings = StoreSettings { busy_timeout_ms: 100, ..db.settings.clone() };
    let impatient = Store::open(&settings).await.unwrap();
    let mut first = db.store.begin().await.unwrap();
    assert!(first.claim_idempotency(shop.merchant, &claim()).await.unwrap());
    let refused = ask(impatient.clone(), shop).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    first.commit().await.unwrap();
    let (won, seen) = ask(impatient.clone(), shop).await.unwrap();
    assert_eq!((won, seen.unwrap().status), (false, None), "committed without its answer");
    impatient.close().await;
}

async fn api_05_a_claim_without_an_answer_can_be_taken_back(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.forget_idempotency(shop.merchant, PATH, "abc").await.unwrap());
    assert!(tx.claim_idempotency(shop.merchant, &claim()).await.unwrap());
    assert!(!tx.forget_idempotency(other.merchant, PATH, "abc").await.unwrap());
    assert!(!tx.forget_idempotency(shop.merchant, "/v1/other", "abc").await.unwrap());
    assert!(tx.forget_idempotency(shop.merchant, PATH, "abc").await.unwrap());
    assert!(tx.claim_idempotency(shop.merchant, &claim()).await.unwrap());
    assert!(tx.finish_idempotency(shop.merchant, PATH, "abc", 201, "done").await.unwrap());
    assert!(!tx.forget_idempotency(shop.merchant, PATH, "abc").await.unwrap(), "answered");
    let seen = tx.idempotency(shop.merchant, PATH, "abc").await.unwrap().unwrap();
    assert_eq!(seen.body.as_deref(), Some("done"));
}
