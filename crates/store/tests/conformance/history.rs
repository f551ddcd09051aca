//! The same calls in the same order get the same answers from both engines, whatever the order.

use crate::support::{ADDRESS, NOW, Shop, TestDb, sealed};
use aio_domain::{ApiKeyId, KeyState, step_up::Misses};
use aio_store::{StoreError, Tx};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// A call; small numbers make them meet.
#[derive(Debug, Clone, Copy)]
enum Call {
    AddKey { label: u8 },
    Freeze { key: usize, on: bool },
    DeleteKey { key: usize },
    Rules { key: usize, count: usize },
    AddAes { key: usize, version: i64 },
    ReplaceAes { key: usize, old: i64, new: i64 },
    DeleteAes { key: usize },
    Spend { step: i64 },
    Reserve { from: u32, to: u32, locked: bool },
    Refund,
    Hit { bucket: u8, at: i64 },
    Touch { at: i64 },
    PutFlash,
    TakeFlash { at: i64 },
}

fn calls() -> impl Strategy<Value = Call> {
    let (key, version, at) = (0_usize..3, 0_i64..4, -5_i64..5);
    prop_oneof![
        (0_u8..4).prop_map(|label| Call::AddKey { label }),
        (key.clone(), any::<bool>()).prop_map(|(key, on)| Call::Freeze { key, on }),
        key.clone().prop_map(|key| Call::DeleteKey { key }),
        (key.clone(), 0_usize..3).prop_map(|(key, count)| Call::Rules { key, count }),
        (key.clone(), version.clone()).prop_map(|(key, version)| Call::AddAes { key, version }),
        (key.clone(), version.clone(), version).prop_map(|(key, old, new)| Call::ReplaceAes {
            key,
            old,
            new
        }),
        key.prop_map(|key| Call::DeleteAes { key }),
        (0_i64..9).prop_map(|step| Call::Spend { step }),
        (0_u32..3, 0_u32..7, any::<bool>()).prop_map(|(from, to, locked)| Call::Reserve {
            from,
            to,
            locked
        }),
        Just(Call::Refund),
        (0_u8..2, at.clone()).prop_map(|(bucket, at)| Call::Hit { bucket, at }),
        at.clone().prop_map(|at| Call::Touch { at }),
        Just(Call::PutFlash),
        at.prop_map(|at| Call::TakeFlash { at }),
    ]
}

/// What an answer looks like, without the words in which an engine puts an error.
fn shown<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Ok(value) => format!("{value:?}"),
        Err(StoreError::Unique) => "taken".into(),
        Err(StoreError::Other(_)) => "refused".into(),
        Err(error) => panic!("{error:?}"),
    }
}

async fn run(
    db: &TestDb,
    tx: &mut Tx,
    shop: &Shop,
    keys: &mut Vec<ApiKeyId>,
    call: Call,
) -> String {
    let (merchant, user) = (shop.merchant, shop.user);
    let nobody = ApiKeyId::generate(NOW, db).unwrap();
    let of = |key: usize| keys.get(key).copied().unwrap_or(nobody);
    let misses = |count, locked: bool| Misses { count, locked_until: locked.then_some(NOW) };
    let cell = sealed("cell");
    match call {
        Call::AddKey { label } => {
            let key = db.new_key(shop, &format!("key {label}"), NOW);
            keys.insert(0, key.id);
            shown(tx.insert_api_key(merchant, &key).await)
        }
        Call::Freeze { key, on } => {
            let state = if on { KeyState::Frozen } else { KeyState::Active };
            shown(tx.set_key_state(merchant, of(key), state, NOW).await)
        }
        Call::DeleteKey { key } => shown(tx.delete_api_key(merchant, of(key)).await),
        Call::Rules { key, count } => {
            let rules = db.rules(&["10.0.0.0/8", "2001:db8::/48"][..count.min(2)]);
            shown(tx.replace_rules(merchant, of(key), &rules).await)
        }
        Call::AddAes { key, version } => {
            shown(tx.insert_aes_key(merchant, of(key), version, &cell, NOW).await)
        }
        Call::ReplaceAes { key, old, new } => {
            shown(tx.replace_aes_key(merchant, of(key), old, new, &cell, NOW).await)
        }
        Call::DeleteAes { key } => shown(tx.delete_aes_key(merchant, of(key)).await),
        Call::Spend { step } => shown(tx.spend_step(user, step).await),
        Call::Reserve { from, to, locked } => {
            let locked_now =
                tx.step_counter(user).await.unwrap().unwrap().misses.locked_until.is_some();
            shown(tx.reserve_try(user, misses(from, locked_now), misses(to, locked)).await)
        }
        Call::Refund => shown(tx.refund_try(user).await),
        Call::Hit { bucket, at } => {
            shown(tx.hit(&format!("{merchant} {bucket}"), NOW.plus(at), 4).await)
        }
        Call::Touch { at } => shown(tx.touch_session(&shop.session, NOW.plus(at), ADDRESS).await),
        Call::PutFlash => shown(tx.put_flash(&db.flash(shop.session, "secret", "x")).await),
        Call::TakeFlash { at } => {
            let taken = tx.take_flash(&shop.session, "secret", "key_1", NOW.plus(at)).await;
            shown(taken.map(|flash| flash.map(|flash| flash.id)))
        }
    }
}

/// Every call in a transaction of its own, dropped when it was refused; then what is stored.
async fn history(db: &TestDb, name: &str, calls: &[Call]) -> Vec<String> {
    let shop = db.shop(name).await;
    let (mut keys, mut answers) = (Vec::new(), Vec::new());
    for call in calls {
        let mut tx = db.store.begin().await.unwrap();
        let answer = run(db, &mut tx, &shop, &mut keys, *call).await;
        if !["taken", "refused"].contains(&answer.as_str()) {
            tx.commit().await.unwrap();
        }
        answers.push(answer);
    }
    answers.push(format!("{:?}", db.store.api_keys(shop.merchant).await.unwrap()));
    answers.push(format!("{:?}", db.store.step_counter(shop.user).await.unwrap()));
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dat_08_random_histories_are_the_same_on_both_engines() {
    let Some(postgres) = TestDb::postgres().await else {
        return;
    };
    let sqlite = TestDb::sqlite().await;
    let mut runner = TestRunner::deterministic();
    for round in 0..40 {
        let calls = proptest::collection::vec(calls(), 40).new_tree(&mut runner).unwrap().current();
        let name = format!("shop-{round}");
        let (left, right) =
            (history(&sqlite, &name, &calls).await, history(&postgres, &name, &calls).await);
        for (at, pair) in left.iter().zip(&right).enumerate() {
            assert_eq!(pair.0, pair.1, "answer {at} of {calls:?}");
        }
    }
    postgres.drop_database().await;
}
