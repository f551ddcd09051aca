//! Many callers at once: one wins, nothing is lost, nothing stays stuck.

use crate::support::{ADDRESS, NOW, TestDb, in_parallel, on_both_engines, sealed};
use aio_domain::{ChangeSetId, EventId};
use aio_store::{ChangeSetRow, NewEvent, NewIdempotency, Store};
use std::{future::poll_fn, task::Poll};

/// Which of the callers got it.
fn winners(answers: &[bool]) -> usize {
    answers.iter().filter(|won| **won).count()
}

fn event(id: EventId) -> NewEvent {
    NewEvent { id, kind: "x".into(), object_id: None, payload: "{}".into(), at: NOW }
}

/// Drops the future after so many turns: while it waits for an answer, or when the answer is there
/// but not yet seen. None when it was dropped.
async fn hang_up<F: Future>(work: F, turns: u8, while_waiting: bool) -> Option<F::Output> {
    let mut work = Box::pin(work);
    let mut left = turns;
    poll_fn(move |context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Pending if left == 0 && while_waiting => Poll::Ready(None),
            turn => turn.map(Some),
        }
    })
    .await
}

on_both_engines! {
    a_flash_is_taken_by_one_of_forty_parallel_readers,
    stp_03_a_change_is_taken_by_one_of_forty_parallel_confirmations,
    aut_11_a_recovery_code_is_used_by_one_of_forty_parallel_callers,
    ops_03_one_of_two_first_visitors_sets_the_installation_up,
    api_05_one_of_a_hundred_equal_requests_runs,
    aes_08_one_of_fifty_parallel_regenerations_replaces_the_key_it_saw,
    ses_02_a_request_that_ends_late_never_revives_a_session,
    dat_01_sixty_four_parallel_writers_all_get_through,
    dat_04_five_hundred_callers_that_hang_up_leave_all_or_nothing_and_every_connection,
}

async fn a_flash_is_taken_by_one_of_forty_parallel_readers(db: &TestDb) {
    let shop = db.shop("one").await;
    db.store.put_flash(&db.flash(shop.session, "secret", "x")).await.unwrap();
    let taken =
        in_parallel(40, |_| {
            let store = db.store.clone();
            async move {
                store.take_flash(&shop.session, "secret", "key_1", NOW).await.unwrap().is_some()
            }
        })
        .await;
    assert_eq!(winners(&taken), 1);
}

async fn stp_03_a_change_is_taken_by_one_of_forty_parallel_confirmations(db: &TestDb) {
    let shop = db.shop("one").await;
    let change = ChangeSetRow {
        id: ChangeSetId::generate(NOW, db).unwrap(),
        merchant: shop.merchant,
        user: shop.user,
        session_hash: shop.session,
        action: "KeyCreate".into(),
        target: None,
        params: "{}".into(),
        digest: [0; 32],
        created_at: NOW,
        expires_at: NOW.plus(9),
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_change_set(&change).await.unwrap();
    tx.commit().await.unwrap();
    let taken = in_parallel(40, |_| {
        let (store, id) = (db.store.clone(), change.id);
        async move {
            let mut tx = store.begin().await.unwrap();
            let taken =
                tx.take_change_set(shop.merchant, shop.user, &shop.session, id, NOW).await.unwrap();
            tx.commit().await.unwrap();
            taken.is_some()
        }
    })
    .await;
    assert_eq!(winners(&taken), 1);
}

async fn aut_11_a_recovery_code_is_used_by_one_of_forty_parallel_callers(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    tx.replace_recovery_codes(user, &[[1; 32], [2; 32]], NOW).await.unwrap();
    tx.commit().await.unwrap();
    let used = in_parallel(40, |_| {
        let store = db.store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let used = tx.use_recovery_code(user, &[1; 32], NOW).await.unwrap();
            tx.commit().await.unwrap();
            used
        }
    })
    .await;
    assert_eq!((winners(&used), db.store.recovery_codes_left(user).await.unwrap()), (1, 1));
}

async fn ops_03_one_of_two_first_visitors_sets_the_installation_up(db: &TestDb) {
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.put_setup_token(&[1; 32], NOW).await.unwrap());
    tx.commit().await.unwrap();
    let completed = in_parallel(2, |_| {
        let store = db.store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let completed = tx.complete_setup(&[1; 32], NOW).await.unwrap();
            tx.commit().await.unwrap();
            completed
        }
    })
    .await;
    assert_eq!(winners(&completed), 1);
}

async fn api_05_one_of_a_hundred_equal_requests_runs(db: &TestDb) {
    let shop = db.shop("one").await;
    let claimed = in_parallel(100, |_| {
        let store = db.store.clone();
        let claim = NewIdempotency {
            path: "/v1/withdrawals".into(),
            idem_key: "abc".into(),
            request_hash: [0; 32],
            created_at: NOW,
            expires_at: NOW.plus(9),
        };
        async move {
            let mut tx = store.begin().await.unwrap();
            let claimed = tx.claim_idempotency(shop.merchant, &claim).await.unwrap();
            tx.commit().await.unwrap();
            claimed
        }
    })
    .await;
    assert_eq!(winners(&claimed), 1);
}

async fn aes_08_one_of_fifty_parallel_regenerations_replaces_the_key_it_saw(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let replaced = in_parallel(50, |_| {
        let store = db.store.clone();
        async move {
            let mut tx = store.begin().await.unwrap();
            let replaced =
                tx.replace_aes_key(shop.merchant, key, 1, 2, &sealed("two"), NOW).await.unwrap();
            tx.commit().await.unwrap();
            replaced
        }
    })
    .await;
    assert_eq!(winners(&replaced), 1);
}

async fn ses_02_a_request_that_ends_late_never_revives_a_session(db: &TestDb) {
    let shop = db.shop("one").await;
    for round in 0..50_usize {
        let session = db.session(shop.user, None).await.id_hash;
        in_parallel(6, |caller| {
            let store = db.store.clone();
            async move {
                for _ in 0..(caller * 7 + round) % 11 {
                    tokio::task::yield_now().await;
                }
                if caller == 0 {
                    store.delete_session(&session).await.unwrap();
                } else {
                    let at = NOW.plus(i64::try_from(caller).unwrap());
                    store.touch_session(&session, at, ADDRESS).await.unwrap();
                }
            }
        })
        .await;
        assert!(db.store.session(&session).await.unwrap().is_none());
    }
}

async fn dat_01_sixty_four_parallel_writers_all_get_through(db: &TestDb) {
    let second = Store::open(&db.settings).await.unwrap();
    in_parallel(64, |writer| {
        // Two processes, as far as the database can tell.
        let store = if writer % 2 == 0 { db.store.clone() } else { second.clone() };
        async move {
            for _ in 0..4 {
                store.hit("all", NOW, 1_000).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(db.store.hits("all", NOW, 1_000).await.unwrap(), 256);
}

/// Each caller writes two events in one transaction and hangs up at another point on the way.
async fn dat_04_five_hundred_callers_that_hang_up_leave_all_or_nothing_and_every_connection(
    db: &TestDb,
) {
    let shop = db.shop("one").await;
    let ids: Vec<_> = (0..1_000).map(|_| EventId::generate(NOW, db).unwrap()).collect();
    let mut answered = 0;
    for batch in ids.chunks(20) {
        let cuts = db.hash();
        let answers = in_parallel(10, |caller| {
            let (store, cut) = (db.store.clone(), cuts[caller]);
            let events = [batch[caller * 2], batch[caller * 2 + 1]].map(event);
            let work = async move {
                let mut tx = store.begin().await.unwrap();
                for event in &events {
                    tx.append_event(shop.merchant, event).await.unwrap();
                }
                tx.commit().await.unwrap();
            };
            hang_up(work, cut % 16, cut >= 128)
        })
        .await;
        answered += answers.iter().flatten().count();
    }
    // The pool is whole: more readers and writers than it has connections get through.
    in_parallel(40, |_| {
        let store = db.store.clone();
        async move {
            store.ping().await.unwrap();
            store.hit("after", NOW, 1_000).await.unwrap();
        }
    })
    .await;
    let events = db.store.events_after(shop.merchant, 0, 2_000).await.unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>());
    assert_eq!(numbers.len() % 2, 0, "a half transaction is there");
    assert!(numbers.len() >= 2 * answered, "an answered write is lost");
    assert!(
        (50..450).contains(&answered),
        "{answered} of 500 were answered: the test proves little"
    );
}
