use crate::support::{NOW, TestDb, is_unique, label, on_both_engines};
use aio_domain::{Language, SecretText, Theme, UserId, preferences::Preferences, text::Email};
use aio_store::{NewUser, StoreError};

on_both_engines! {
    a_person_is_found_by_id_and_by_address,
    an_address_belongs_to_one_person,
    what_a_person_changes_is_kept,
    a_stronger_hash_never_overwrites_a_new_password,
    a_stored_value_that_cannot_be_read_is_named,
    an_installation_is_completed_once_and_by_the_last_token_only,
    hits_are_counted_per_bucket_and_window,
    hits_of_the_future_still_count,
}

async fn a_person_is_found_by_id_and_by_address(db: &TestDb) {
    let id = db.user("ann@shop.example").await;
    let found = db.store.user(id).await.unwrap().unwrap();
    let by_email = db.store.user_by_email(&found.email).await.unwrap().unwrap();
    assert_eq!(
        (by_email.id, by_email.email.as_str(), by_email.created_at),
        (id, "ann@shop.example", NOW)
    );
    assert_eq!(
        (found.language, found.theme, found.disabled_at, found.hold_until),
        (None, None, None, None)
    );
    assert_eq!(found.password_hash.expose(), "phc");
    assert!(db.store.user(UserId::generate(NOW, db).unwrap()).await.unwrap().is_none());
    let nobody = Email::parse("nobody@shop.example").unwrap();
    assert!(db.store.user_by_email(&nobody).await.unwrap().is_none());
}

async fn an_address_belongs_to_one_person(db: &TestDb) {
    db.user("ann@shop.example").await;
    let twin = NewUser {
        id: UserId::generate(NOW, db).unwrap(),
        email: Email::parse("ann@shop.example").unwrap(),
        name: label("Twin"),
        password_hash: SecretText::new("x".into()),
        created_at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    assert!(is_unique(tx.insert_user(&twin).await));
}

async fn what_a_person_changes_is_kept(db: &TestDb) {
    let id = db.user("ann@shop.example").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.set_password(id, "new phc", NOW.plus(5)).await.unwrap());
    assert!(tx.set_user_name(id, &label("安")).await.unwrap());
    let chosen = Preferences { language: Language::Zh, theme: Theme::Dark };
    assert!(tx.set_preferences(id, chosen).await.unwrap());
    assert!(tx.set_hold(id, Some(NOW.plus(7))).await.unwrap());
    assert!(tx.set_user_disabled(id, Some(NOW)).await.unwrap());
    let seen = tx.user(id).await.unwrap().unwrap();
    assert_eq!((seen.password_hash.expose(), seen.password_changed_at), ("new phc", NOW.plus(5)));
    assert_eq!(
        (seen.name.as_str(), seen.language, seen.theme),
        ("安", Some(Language::Zh), Some(Theme::Dark))
    );
    assert_eq!((seen.hold_until, seen.disabled_at), (Some(NOW.plus(7)), Some(NOW)));
    assert!(tx.set_hold(id, None).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store.user(id).await.unwrap().unwrap().hold_until, None);
}

async fn a_stronger_hash_never_overwrites_a_new_password(db: &TestDb) {
    let id = db.user("ann@shop.example").await;
    assert!(db.store.rehash_password(id, "phc", "stronger").await.unwrap());
    assert!(!db.store.rehash_password(id, "phc", "stale").await.unwrap());
    let seen = db.store.user(id).await.unwrap().unwrap();
    assert_eq!((seen.password_hash.expose(), seen.password_changed_at), ("stronger", NOW));
}

async fn a_stored_value_that_cannot_be_read_is_named(db: &TestDb) {
    let id = db.user("ann@shop.example").await;
    db.raw("UPDATE users SET email = 'not an address'").await.unwrap();
    let error = db.store.user(id).await.unwrap_err();
    let StoreError::Corrupt { table, column, id: row } = error else { panic!("{error:?}") };
    assert_eq!((table, column, row), ("users", "email", id.to_string()));
}

async fn an_installation_is_completed_once_and_by_the_last_token_only(db: &TestDb) {
    assert!(!db.store.setup_state().await.unwrap().completed);
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.complete_setup(&[1; 32], NOW).await.unwrap());
    assert!(tx.put_setup_token(&[1; 32], NOW).await.unwrap());
    assert!(tx.put_setup_token(&[2; 32], NOW).await.unwrap());
    assert!(!tx.complete_setup(&[1; 32], NOW).await.unwrap());
    assert!(tx.complete_setup(&[2; 32], NOW).await.unwrap());
    assert!(!tx.complete_setup(&[2; 32], NOW).await.unwrap());
    assert!(!tx.put_setup_token(&[3; 32], NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store.setup_state().await.unwrap().completed);
}

async fn hits_are_counted_per_bucket_and_window(db: &TestDb) {
    let hit = async |bucket, at| db.store.hit(bucket, NOW.plus(at), 100).await.unwrap();
    assert_eq!([hit("a", 0).await, hit("a", 99).await, hit("b", 50).await], [1, 2, 1]);
    assert_eq!(db.store.hits("a", NOW.plus(99), 100).await.unwrap(), 2);
    assert_eq!(db.store.hits("a", NOW.plus(100), 100).await.unwrap(), 0);
    assert_eq!(hit("a", 100).await, 1);
    assert_eq!(db.store.hits("never", NOW, 100).await.unwrap(), 0);
}

/// A clock that goes back frees nobody.
async fn hits_of_the_future_still_count(db: &TestDb) {
    let hit = async |at| db.store.hit("a", NOW.plus(at), 100).await.unwrap();
    assert_eq!([hit(1_000).await, hit(0).await], [1, 2]);
}
