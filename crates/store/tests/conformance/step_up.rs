use crate::support::{NOW, TestDb, in_parallel, on_both_engines};
use aio_domain::step_up::{FIRST_WAIT, Misses};
use aio_store::StepCounter;

const fn misses(count: u32, locked: bool) -> Misses {
    Misses { count, locked_until: if locked { Some(NOW) } else { None } }
}

on_both_engines! {
    aut_02_a_step_is_spent_once_and_only_forward,
    aut_02_of_fifty_callers_with_one_code_one_wins,
    aut_02_a_code_spent_in_a_transaction_that_is_dropped_is_not_spent,
    aut_05_a_try_is_reserved_only_from_what_is_stored,
    aut_05_of_two_hundred_parallel_tries_each_count_is_reserved_once,
    aut_05_two_hundred_callers_who_saw_the_same_count_reserve_one_try,
    aut_05_a_try_given_back_opens_the_wait_it_made,
}

async fn aut_02_a_step_is_spent_once_and_only_forward(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.spend_step(user, 100).await.unwrap());
    assert!(!tx.spend_step(user, 100).await.unwrap());
    assert!(!tx.spend_step(user, 99).await.unwrap());
    assert!(tx.spend_step(user, 101).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store.step_counter(user).await.unwrap().unwrap().last_step, 101);
}

async fn aut_02_of_fifty_callers_with_one_code_one_wins(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    for round in 1..=4 {
        let won = in_parallel(50, |_| {
            let store = db.store.clone();
            async move {
                let mut tx = store.begin().await.unwrap();
                let won = tx.spend_step(user, round).await.unwrap();
                tx.commit().await.unwrap();
                won
            }
        })
        .await;
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
    }
}

async fn aut_02_a_code_spent_in_a_transaction_that_is_dropped_is_not_spent(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.spend_step(user, 100).await.unwrap());
    drop(tx);
    assert_eq!(db.store.step_counter(user).await.unwrap().unwrap().last_step, 0);
}

async fn aut_05_a_try_is_reserved_only_from_what_is_stored(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.reserve_try(user, misses(1, false), misses(2, false)).await.unwrap());
    assert!(!tx.reserve_try(user, misses(0, true), misses(1, false)).await.unwrap());
    assert!(tx.reserve_try(user, misses(0, false), misses(5, true)).await.unwrap());
    assert!(!tx.reserve_try(user, misses(5, false), misses(6, true)).await.unwrap());
    assert!(tx.reserve_try(user, misses(5, true), misses(6, true)).await.unwrap());
    let seen = tx.step_counter(user).await.unwrap().unwrap();
    assert_eq!(seen, StepCounter { last_step: 0, misses: misses(6, true) });
}

async fn aut_05_of_two_hundred_parallel_tries_each_count_is_reserved_once(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let reserved = in_parallel(200, |caller| {
        let store = db.store.clone();
        async move {
            let from = u32::try_from(caller % 20).unwrap();
            let mut tx = store.begin().await.unwrap();
            let seen = tx.step_counter(user).await.unwrap().unwrap().misses;
            let stale =
                tx.reserve_try(user, misses(from + 1_000, false), misses(0, false)).await.unwrap();
            let won = tx.reserve_try(user, seen, misses(seen.count + 1, false)).await.unwrap();
            tx.commit().await.unwrap();
            assert!(!stale);
            won
        }
    })
    .await;
    let won = reserved.iter().filter(|won| **won).count();
    let stored = db.store.step_counter(user).await.unwrap().unwrap().misses.count;
    assert_eq!(u32::try_from(won).unwrap(), stored);
}

async fn aut_05_two_hundred_callers_who_saw_the_same_count_reserve_one_try(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let reserved = in_parallel(200, |_| {
        let store = db.store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let won = tx.reserve_try(user, misses(0, false), misses(1, false)).await.unwrap();
            tx.commit().await.unwrap();
            won
        }
    })
    .await;
    assert_eq!(reserved.iter().filter(|won| **won).count(), 1);
}

async fn aut_05_a_try_given_back_opens_the_wait_it_made(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.refund_try(user).await.unwrap());
    assert!(tx.reserve_try(user, misses(0, false), misses(FIRST_WAIT + 1, true)).await.unwrap());
    assert!(tx.refund_try(user).await.unwrap());
    let counted =
        async |tx: &mut aio_store::Tx| tx.step_counter(user).await.unwrap().unwrap().misses;
    assert_eq!(counted(&mut tx).await, misses(FIRST_WAIT, false));
    assert!(tx.refund_try(user).await.unwrap());
    assert_eq!(counted(&mut tx).await, misses(FIRST_WAIT - 1, false));
    assert!(tx.reset_misses(user).await.unwrap());
    assert_eq!(counted(&mut tx).await, misses(0, false));
    assert!(tx.spend_step(user, 7).await.unwrap());
    assert!(tx.reset_step_counter(user).await.unwrap());
    assert_eq!(tx.step_counter(user).await.unwrap().unwrap().last_step, 0);
}
