use crate::support::{ADDRESS, NOW, TestDb, is_unique, label, on_both_engines, sealed};
use aio_domain::{AllowlistMode, ApiKeyId, EncryptionMode, KeyState, Scope, ScopeSet};
use aio_store::{ApiKeyEdit, KeyUse, StoreError};

fn edit(name: &str) -> ApiKeyEdit {
    ApiKeyEdit {
        label: label(name),
        scopes: ScopeSet::from(vec![Scope::SubaddressesRead, Scope::EventsRead]),
        allowlist_mode: AllowlistMode::Nobody,
        encryption_mode: EncryptionMode::Required,
        rate_per_minute: 60,
        expires_at: None,
        updated_at: NOW.plus(5),
    }
}

on_both_engines! {
    a_key_is_listed_with_its_creator_rules_and_aes_key,
    labels_are_unique_in_a_merchant_whatever_their_case,
    an_edit_counts_only_at_the_version_that_was_seen,
    a_key_has_a_rate_that_an_edit_changes_and_the_schema_bounds,
    freezing_twice_changes_nothing_the_second_time,
    key_02_a_request_finds_what_it_is_checked_against,
    key_04_a_key_never_to_be_shown_again_has_no_secret_stored,
    key_07_deleting_a_key_deletes_its_rules_and_its_aes_key,
    key_06_the_last_use_moves_only_forward,
    rules_come_back_in_order_and_are_replaced_as_a_whole,
    ipa_05_a_rule_that_cannot_be_read_is_an_error_and_never_a_shorter_list,
    aes_08_an_api_key_has_at_most_one_aes_key_and_its_version_only_rises,
}

async fn a_key_is_listed_with_its_creator_rules_and_aes_key(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let newer = db.new_key(&shop, "Newer", NOW.plus(1));
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_api_key(shop.merchant, &newer).await.unwrap();
    tx.commit().await.unwrap();

    let listed = db.store.api_keys(shop.merchant).await.unwrap();
    assert_eq!(listed.iter().map(|key| key.id).collect::<Vec<_>>(), [newer.id, id]);
    let key = db.store.api_key(shop.merchant, id).await.unwrap().unwrap();
    assert_eq!(
        (key.label.as_str(), key.last4.as_str(), key.creator_name.as_str()),
        ("Production", "wxyz", "Ann")
    );
    assert_eq!(
        (key.allowlist_mode, key.encryption_mode, key.state),
        (AllowlistMode::Listed, EncryptionMode::Optional, KeyState::Active)
    );
    assert_eq!((key.rule_count, key.version, key.last_aes_version, key.can_copy), (2, 1, 1, true));
    assert_eq!(
        (key.expires_at, key.last_used_at, key.last_used_address),
        (Some(NOW.plus(1)), None, None)
    );
    let aes = key.aes().unwrap();
    assert_eq!((aes.version, aes.created_at, aes.last_used_at), (1, NOW, None));
    assert!(listed[0].aes().is_none());
    assert_eq!(db.store.count_api_keys(shop.merchant).await.unwrap(), 2);
}

async fn labels_are_unique_in_a_merchant_whatever_their_case(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let id = db.api_key(&shop, "Production").await;
    db.api_key(&other, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(is_unique(
        tx.insert_api_key(shop.merchant, &db.new_key(&shop, "production", NOW)).await
    ));
    drop(tx);
    let second = db.api_key(&shop, "Second").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(is_unique(tx.update_api_key(shop.merchant, second, 1, &edit("PRODUCTION")).await));
    drop(tx);
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.update_api_key(shop.merchant, id, 1, &edit("PRODUCTION")).await.unwrap());
}

async fn an_edit_counts_only_at_the_version_that_was_seen(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.update_api_key(shop.merchant, id, 1, &edit("Edited")).await.unwrap());
    assert!(!tx.update_api_key(shop.merchant, id, 1, &edit("Late")).await.unwrap());
    assert!(tx.bump_key_version(shop.merchant, id, NOW).await.unwrap());
    assert!(!tx.update_api_key(shop.merchant, id, 2, &edit("Late")).await.unwrap());
    let key = tx.api_key(shop.merchant, id).await.unwrap().unwrap();
    assert_eq!((key.label.as_str(), key.version, key.expires_at), ("Edited", 3, None));
    assert_eq!(key.scopes, edit("x").scopes);
    assert_eq!(
        (key.allowlist_mode, key.encryption_mode),
        (AllowlistMode::Nobody, EncryptionMode::Required)
    );
}

async fn a_key_has_a_rate_that_an_edit_changes_and_the_schema_bounds(db: &TestDb) {
    let shop = db.shop("one").await;
    let slow = aio_store::NewApiKey { rate_per_minute: 1, ..db.new_key(&shop, "Slow", NOW) };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_api_key(shop.merchant, &slow).await.unwrap();
    assert_eq!(tx.api_key(shop.merchant, slow.id).await.unwrap().unwrap().rate_per_minute, 1);
    assert!(tx.update_api_key(shop.merchant, slow.id, 1, &edit("Faster")).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(db.store.api_key_for_auth(slow.id).await.unwrap().unwrap().rate_per_minute, 60);
    for rate_per_minute in [0, 6_000_001] {
        let mut tx = db.store.begin().await.unwrap();
        let edit = ApiKeyEdit { rate_per_minute, ..edit("Edited") };
        let refused = tx.update_api_key(shop.merchant, slow.id, 2, &edit).await;
        assert!(matches!(refused, Err(StoreError::Other(_))), "{refused:?}");
    }
}

async fn freezing_twice_changes_nothing_the_second_time(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.set_key_state(shop.merchant, id, KeyState::Active, NOW).await.unwrap());
    assert!(tx.set_key_state(shop.merchant, id, KeyState::Frozen, NOW).await.unwrap());
    assert!(!tx.set_key_state(shop.merchant, id, KeyState::Frozen, NOW).await.unwrap());
    assert!(tx.set_encryption(shop.merchant, id, EncryptionMode::Off, NOW).await.unwrap());
    tx.commit().await.unwrap();
    let seen = db.store.api_key_for_auth(id).await.unwrap().unwrap();
    assert_eq!(
        (seen.state, seen.encryption_mode, seen.version),
        (KeyState::Frozen, EncryptionMode::Off, 3)
    );
}

async fn key_02_a_request_finds_what_it_is_checked_against(db: &TestDb) {
    let shop = db.shop("one").await;
    let new = db.new_key(&shop, "Production", NOW);
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_api_key(shop.merchant, &new).await.unwrap();
    tx.commit().await.unwrap();
    let seen = db.store.api_key_for_auth(new.id).await.unwrap().unwrap();
    assert_eq!(
        (seen.merchant, seen.verifier, seen.scopes),
        (shop.merchant, new.verifier, new.scopes)
    );
    assert_eq!(
        (seen.aes_version, seen.expires_at, seen.merchant_name.as_str()),
        (None, new.expires_at, "one")
    );
    assert!(
        db.store.api_key_for_auth(ApiKeyId::generate(NOW, db).unwrap()).await.unwrap().is_none()
    );
}

async fn key_04_a_key_never_to_be_shown_again_has_no_secret_stored(db: &TestDb) {
    let shop = db.shop("one").await;
    let kept = db.api_key(&shop, "Kept").await;
    let mut never = db.new_key(&shop, "Never", NOW);
    never.sealed_secret = None;
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_api_key(shop.merchant, &never).await.unwrap();
    assert_eq!(tx.sealed_secret(shop.merchant, kept).await.unwrap(), Some(Some(sealed("secret"))));
    assert_eq!(tx.sealed_secret(shop.merchant, never.id).await.unwrap(), Some(None));
    let unknown = ApiKeyId::generate(NOW, db).unwrap();
    assert_eq!(tx.sealed_secret(shop.merchant, unknown).await.unwrap(), None);
    assert!(!tx.api_key(shop.merchant, never.id).await.unwrap().unwrap().can_copy);
}

async fn key_07_deleting_a_key_deletes_its_rules_and_its_aes_key(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.delete_api_key(shop.merchant, id).await.unwrap());
    assert!(!tx.delete_api_key(shop.merchant, id).await.unwrap());
    assert!(tx.rules(shop.merchant, id).await.unwrap().is_empty());
    assert!(tx.aes_key(shop.merchant, id).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert!(db.store.api_key_for_auth(id).await.unwrap().is_none());
}

async fn key_06_the_last_use_moves_only_forward(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let unknown = ApiKeyId::generate(NOW, db).unwrap();
    let at = |id, at| KeyUse { id, at: NOW.plus(at), address: ADDRESS };
    db.store.touch_keys(&[at(id, 9), at(unknown, 9), at(id, 5)]).await.unwrap();
    assert!(db.store.touch_aes_key(shop.merchant, id, NOW.plus(9)).await.unwrap());
    assert!(!db.store.touch_aes_key(shop.merchant, id, NOW.plus(5)).await.unwrap());
    let key = db.store.api_key(shop.merchant, id).await.unwrap().unwrap();
    assert_eq!(
        (key.last_used_at, key.last_used_address, key.version),
        (Some(NOW.plus(9)), Some(ADDRESS), 1)
    );
    assert_eq!(key.aes().unwrap().last_used_at, Some(NOW.plus(9)));
}

async fn rules_come_back_in_order_and_are_replaced_as_a_whole(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let rules = db.rules(&["192.0.2.0/24", "10.0.0.0/8", "198.51.100.7"]);
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_rules(shop.merchant, id, &rules).await.unwrap());
    tx.commit().await.unwrap();
    let expected: Vec<_> = rules.into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(db.store.rules(shop.merchant, id).await.unwrap(), expected);
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_rules(shop.merchant, id, &[]).await.unwrap());
    assert!(tx.rules(shop.merchant, id).await.unwrap().is_empty());
}

async fn ipa_05_a_rule_that_cannot_be_read_is_an_error_and_never_a_shorter_list(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    db.raw("UPDATE allowlist_rules SET cidr = '10.0.0.0/99' WHERE position = 1").await.unwrap();
    let error = db.store.rules(shop.merchant, id).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Corrupt { table: "allowlist_rules", column: "cidr", .. }),
        "{error:?}"
    );
    assert!(
        db.raw("UPDATE api_keys SET allowlist_mode = ''").await.is_err(),
        "the schema knows the modes"
    );
}

async fn aes_08_an_api_key_has_at_most_one_aes_key_and_its_version_only_rises(db: &TestDb) {
    let shop = db.shop("one").await;
    let id = db.api_key(&shop, "Production").await;
    let (merchant, next) = (shop.merchant, sealed("aes two"));
    let mut tx = db.store.begin().await.unwrap();
    assert!(!tx.replace_aes_key(merchant, id, 2, 3, &next, NOW).await.unwrap());
    assert!(tx.replace_aes_key(merchant, id, 1, 2, &next, NOW.plus(1)).await.unwrap());
    assert!(!tx.replace_aes_key(merchant, id, 1, 3, &next, NOW).await.unwrap());
    assert!(tx.set_aes_version(merchant, id, 2).await.unwrap());
    assert!(!tx.set_aes_version(merchant, id, 1).await.unwrap());
    let live = tx.aes_key(merchant, id).await.unwrap().unwrap();
    assert_eq!(
        (live.key, live.version, live.sealed, live.created_at),
        (id, 2, next.clone(), NOW.plus(1))
    );
    assert!(tx.delete_aes_key(merchant, id).await.unwrap());
    assert!(!tx.delete_aes_key(merchant, id).await.unwrap());
    assert!(tx.insert_aes_key(merchant, id, 3, &next, NOW).await.unwrap());
    assert!(is_unique(tx.insert_aes_key(merchant, id, 4, &next, NOW).await));
}
