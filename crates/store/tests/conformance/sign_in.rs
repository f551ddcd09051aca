use crate::support::{ADDRESS, NOW, TestDb, on_both_engines, sealed};
use aio_domain::{
    AuthLevel, Role,
    session::{ABSOLUTE, IDLE},
};
use aio_store::Slot;

on_both_engines! {
    a_session_brings_the_person_and_the_membership_of_this_moment,
    ses_02_touching_an_ended_session_changes_nothing_and_never_makes_one,
    ses_06_a_person_ends_one_session_the_others_or_all,
    aut_07_the_old_authenticator_works_until_the_new_one_is_confirmed_in_time,
    aut_11_a_recovery_code_works_once_and_not_after_new_ones,
    ses_04_what_has_expired_is_removed_and_nothing_else,
}

async fn a_session_brings_the_person_and_the_membership_of_this_moment(db: &TestDb) {
    let shop = db.shop("one").await;
    let seen = db.store.session(&shop.session).await.unwrap().unwrap();
    assert_eq!(
        (seen.handle, seen.user, seen.merchant, seen.level),
        (shop.handle, shop.user, Some(shop.merchant), AuthLevel::Full)
    );
    assert_eq!(
        (seen.role, seen.merchant_name.unwrap().as_str(), seen.dashboard_allowlist_on),
        (Some(Role::Owner), "one", Some(false))
    );
    assert_eq!(
        (seen.email.as_str(), seen.user_name.as_str(), seen.enrolled),
        ("owner@one.example", "Ann", false)
    );
    assert_eq!(
        (seen.address, seen.user_agent.as_str(), seen.created_at, seen.seen_at),
        (ADDRESS, "a browser", NOW, NOW)
    );

    let mut tx = db.store.begin().await.unwrap();
    tx.put_pending(shop.user, &sealed("totp"), NOW, NOW.plus(10)).await.unwrap();
    assert!(tx.promote_pending(shop.user, NOW).await.unwrap());
    tx.commit().await.unwrap();
    db.raw("DELETE FROM members").await.unwrap();
    let seen = db.store.session(&shop.session).await.unwrap().unwrap();
    assert_eq!(
        (seen.role, seen.merchant_name, seen.dashboard_allowlist_on, seen.enrolled),
        (None, None, None, true)
    );
    assert!(db.store.session(&[9; 32]).await.unwrap().is_none());
}

async fn ses_02_touching_an_ended_session_changes_nothing_and_never_makes_one(db: &TestDb) {
    let shop = db.shop("one").await;
    let touch =
        async |at| db.store.touch_session(&shop.session, NOW.plus(at), ADDRESS).await.unwrap();
    assert!(touch(10).await);
    assert!(!touch(9).await, "only forward");
    assert_eq!(db.store.session(&shop.session).await.unwrap().unwrap().seen_at, NOW.plus(10));
    assert!(db.store.delete_session(&shop.session).await.unwrap());
    assert!(!touch(20).await);
    assert!(db.store.session(&shop.session).await.unwrap().is_none());
    assert_eq!(db.store.session_alive(&shop.session).await.unwrap(), None);
    assert!(!db.store.delete_session(&shop.session).await.unwrap());
}

async fn ses_06_a_person_ends_one_session_the_others_or_all(db: &TestDb) {
    let shop = db.shop("one").await;
    let (second, third) = (db.session(shop.user, None).await, db.session(shop.user, None).await);
    let stranger = db.user("bob@shop.example").await;
    let of_stranger = db.session(stranger, None).await;
    assert_eq!(db.store.sessions_of(shop.user).await.unwrap().len(), 3);

    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.delete_session_by_handle(stranger, second.handle).await.unwrap());
    assert!(tx.delete_session_by_handle(shop.user, second.handle).await.unwrap());
    assert_eq!(tx.delete_other_sessions(shop.user, &third.id_hash).await.unwrap(), 1);
    assert_eq!(tx.session_alive(&third.id_hash).await.unwrap(), Some(AuthLevel::Full));
    assert_eq!(tx.delete_sessions(shop.user).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert!(db.store.sessions_of(shop.user).await.unwrap().is_empty());
    assert!(db.store.session(&of_stranger.id_hash).await.unwrap().is_some());
}

async fn aut_07_the_old_authenticator_works_until_the_new_one_is_confirmed_in_time(db: &TestDb) {
    let user = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.promote_pending(user, NOW).await.unwrap());
    tx.put_pending(user, &sealed("first"), NOW, NOW.plus(10)).await.unwrap();
    assert!(tx.promote_pending(user, NOW.plus(9)).await.unwrap());
    tx.put_pending(user, &sealed("second"), NOW, NOW.plus(10)).await.unwrap();
    tx.put_pending(user, &sealed("third"), NOW, NOW.plus(10)).await.unwrap();
    assert!(!tx.promote_pending(user, NOW.plus(10)).await.unwrap(), "too late");
    let active = tx.authenticator(user, Slot::Active).await.unwrap().unwrap();
    assert_eq!(
        (active.sealed, active.created_at, active.expires_at),
        (sealed("first"), NOW.plus(9), None)
    );
    assert!(tx.promote_pending(user, NOW.plus(9)).await.unwrap());
    tx.commit().await.unwrap();
    let active = db.store.authenticator(user, Slot::Active).await.unwrap().unwrap();
    assert_eq!(active.sealed, sealed("third"));
    assert!(db.store.authenticator(user, Slot::Pending).await.unwrap().is_none());

    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.delete_authenticators(user).await.unwrap());
    assert!(tx.authenticator(user, Slot::Active).await.unwrap().is_none());
}

async fn aut_11_a_recovery_code_works_once_and_not_after_new_ones(db: &TestDb) {
    let (user, other) = (db.user("ann@shop.example").await, db.user("bob@shop.example").await);
    let mut tx = db.store.begin().await.unwrap();
    tx.replace_recovery_codes(user, &[[1; 32], [2; 32], [3; 32]], NOW).await.unwrap();
    assert!(!tx.use_recovery_code(other, &[1; 32], NOW).await.unwrap());
    assert!(tx.use_recovery_code(user, &[1; 32], NOW).await.unwrap());
    assert!(!tx.use_recovery_code(user, &[1; 32], NOW).await.unwrap());
    assert_eq!(tx.recovery_codes_left(user).await.unwrap(), 2);
    tx.replace_recovery_codes(user, &[[4; 32]], NOW).await.unwrap();
    assert!(!tx.use_recovery_code(user, &[2; 32], NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store.recovery_codes_left(user).await.unwrap(), 1);
    assert_eq!(db.store.recovery_codes_left(other).await.unwrap(), 0);
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.delete_recovery_codes(user).await.unwrap());
    assert!(!tx.delete_recovery_codes(user).await.unwrap());
}

async fn ses_04_what_has_expired_is_removed_and_nothing_else(db: &TestDb) {
    let shop = db.shop("one").await;
    let kept = db.session(shop.user, None).await;
    db.store.put_flash(&db.flash(kept.id_hash, "kept", "x")).await.unwrap();
    db.store.hit("a", NOW, 1_000).await.unwrap();
    let used = NOW.plus(IDLE);
    assert!(db.store.touch_session(&kept.id_hash, used, ADDRESS).await.unwrap());
    assert_eq!(db.store.purge(NOW).await.unwrap(), 0);
    // The idle session, the flash and the throttle are past; the session in use is not.
    assert_eq!(db.store.purge(used).await.unwrap(), 3);
    assert!(db.store.session(&shop.session).await.unwrap().is_none());
    assert!(db.store.session(&kept.id_hash).await.unwrap().is_some());
    let last = NOW.plus(ABSOLUTE);
    assert!(db.store.touch_session(&kept.id_hash, last.plus(-1), ADDRESS).await.unwrap());
    assert_eq!(db.store.purge(last).await.unwrap(), 1);
}
