//! Whatever is asked in the name of one merchant about another one's things: nothing is there,
//! nothing changes.

use crate::support::{NOW, TestDb, on_both_engines, sealed};
use aio_domain::{AllowlistMode, ChangeSetId, EncryptionMode, EventId, KeyState, ScopeSet};
use aio_store::{ApiKeyEdit, ChangeSetRow, NewEvent, NewIdempotency, catalogue};

/// Tables whose rows belong to a merchant.
const OF_MERCHANTS: [&str; 18] = [
    "members",
    "api_keys",
    "allowlist_rules",
    "aes_keys",
    "dashboard_allowlist_entries",
    "change_sets",
    "idempotency_keys",
    "event_heads",
    "events",
    "request_log",
    "seen_addresses",
    "used_request_ids",
    "merchant_accounts",
    "account_keys",
    "subaddresses",
    "transactions",
    "ledger_entries",
    "ledger_accounts",
];

/// Statements that touch those tables without naming the merchant, and why.
const WITHOUT_MERCHANT: [(&str, &str); 22] = [
    ("api_keys::FOR_AUTH", "tells whose key it is"),
    ("api_keys::TOUCH", "notes uses of keys that were just checked"),
    ("change_sets::CANCEL", "a person's own, in every merchant"),
    ("throttles::PURGE_CHANGE_SETS", "removes what has expired"),
    ("throttles::PURGE_IDEMPOTENCY", "removes what has expired"),
    ("throttles::PURGE_REQUEST_IDS", "removes what has expired"),
    ("request_log::INSERT", "takes the merchant from its own row"),
    ("request_log::PURGE", "removes what is old"),
    ("seen_addresses::PURGE", "removes what is old"),
    ("merchants::MEMBERSHIPS", "a person's own, in every merchant"),
    ("sessions::FIND", "by the merchant of the session"),
    ("seeds::INSERT_ACCOUNT", "takes the next number after every merchant's"),
    ("subaddresses::BY_ADDRESS", "tells the watcher whose address was paid"),
    ("subaddresses::WATCHED", "what the watcher looks for"),
    ("subaddresses::BY_ADDRESSES", "tells the watcher whose addresses were paid"),
    ("transactions::CONFIRMED", "what a block does to every merchant's"),
    ("transactions::OF_TXS", "the watcher knows the payment, not whose it is"),
    ("transactions::OF_TX", "the watcher knows the payment, not whose it is"),
    ("transactions::READY", "what a block does to every merchant's"),
    ("transactions::ABOVE", "what a reorganisation does to every merchant's"),
    ("transactions::FORGET_CLAIMS", "looks whether a claim is of use to anybody"),
    ("transactions::WAITING", "what the watcher asks the node about"),
];

#[test]
fn acc_01_every_statement_on_a_merchants_tables_names_the_merchant() {
    for statement in catalogue() {
        let words: Vec<_> = statement
            .sqlite
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .collect();
        let touches = words.windows(2).any(|pair| {
            ["FROM", "JOIN", "INTO", "UPDATE"].contains(&pair[0]) && OF_MERCHANTS.contains(&pair[1])
        });
        let name = statement.name.trim_start_matches("aio_store::");
        let named = statement.sqlite.contains("merchant_id = $1")
            || statement.sqlite.contains("merchant_id, id) >= ($1,")
            || statement.sqlite.contains("(merchant_id,")
                && ["VALUES ($1", "SELECT $1,"]
                    .iter()
                    .any(|first| statement.sqlite.contains(first));
        let excused = WITHOUT_MERCHANT.iter().any(|(excused, _)| *excused == name);
        assert!(
            !touches || named || excused || name == "change_sets::INSERT",
            "{name} names no merchant"
        );
    }
}

on_both_engines! {
    acc_01_another_merchants_key_is_not_there,
    acc_01_another_merchants_members_entries_changes_and_events_are_not_there,
    acc_01_the_schema_refuses_a_rule_for_another_merchants_key,
}

async fn acc_01_another_merchants_key_is_not_there(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let key = db.api_key(&shop, "Production").await;
    let before = format!("{:?}", db.store.api_key(shop.merchant, key).await.unwrap());
    let stranger = other.merchant;
    let edit = ApiKeyEdit {
        label: crate::support::label("Stolen"),
        scopes: ScopeSet::default(),
        allowlist_mode: AllowlistMode::Any,
        encryption_mode: EncryptionMode::Off,
        rate_per_minute: 1,
        expires_at: None,
        updated_at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.api_key(stranger, key).await.unwrap().is_none());
    assert!(tx.api_keys(stranger).await.unwrap().is_empty());
    assert_eq!(tx.count_api_keys(stranger).await.unwrap(), 0);
    assert!(tx.sealed_secret(stranger, key).await.unwrap().is_none());
    assert!(!tx.update_api_key(stranger, key, 1, &edit).await.unwrap());
    assert!(!tx.set_key_state(stranger, key, KeyState::Frozen, NOW).await.unwrap());
    assert!(!tx.set_encryption(stranger, key, EncryptionMode::Off, NOW).await.unwrap());
    assert!(!tx.bump_key_version(stranger, key, NOW).await.unwrap());
    assert!(!tx.delete_api_key(stranger, key).await.unwrap());
    assert!(tx.rules(stranger, key).await.unwrap().is_empty());
    assert!(!tx.replace_rules(stranger, key, &db.rules(&["0.0.0.0/0"])).await.unwrap());
    assert!(tx.aes_key(stranger, key).await.unwrap().is_none());
    assert!(!tx.insert_aes_key(stranger, key, 1, &sealed("x"), NOW).await.unwrap());
    assert!(!tx.replace_aes_key(stranger, key, 1, 2, &sealed("x"), NOW).await.unwrap());
    assert!(!tx.delete_aes_key(stranger, key).await.unwrap());
    assert!(!tx.set_aes_version(stranger, key, 9).await.unwrap());
    assert!(!tx.touch_aes_key(stranger, key, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store.api_keys(stranger).await.unwrap().is_empty());
    assert_eq!(format!("{:?}", db.store.api_key(shop.merchant, key).await.unwrap()), before);
    assert_eq!(db.store.rules(shop.merchant, key).await.unwrap().len(), 2);
    assert_eq!(
        db.store.aes_key(shop.merchant, key).await.unwrap().unwrap().sealed,
        sealed("aes one")
    );
}

async fn acc_01_another_merchants_members_entries_changes_and_events_are_not_there(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let entry = db.new_entry(&shop, "10.0.0.0/8");
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
    let claim = NewIdempotency {
        path: "/v1".into(),
        idem_key: "abc".into(),
        request_hash: [0; 32],
        created_at: NOW,
        expires_at: NOW.plus(9),
    };
    let id = EventId::generate(NOW, db).unwrap();
    let event = NewEvent { id, kind: "x".into(), object_id: None, payload: "{}".into(), at: NOW };
    let stranger = other.merchant;
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_entry(shop.merchant, &entry).await.unwrap();
    tx.insert_change_set(&change).await.unwrap();
    tx.append_event(shop.merchant, &event).await.unwrap();
    assert!(tx.claim_idempotency(shop.merchant, &claim).await.unwrap());

    assert!(tx.member_role(stranger, shop.user).await.unwrap().is_none());
    assert!(tx.entries(stranger).await.unwrap().is_empty());
    assert!(!tx.set_entry_enabled(stranger, entry.id, false).await.unwrap());
    assert!(!tx.touch_entry(stranger, entry.id, NOW).await.unwrap());
    assert!(!tx.delete_entry(stranger, entry.id).await.unwrap());
    assert!(
        tx.change_set(stranger, shop.user, &shop.session, change.id, NOW).await.unwrap().is_none()
    );
    assert!(
        tx.take_change_set(stranger, shop.user, &shop.session, change.id, NOW)
            .await
            .unwrap()
            .is_none()
    );
    assert!(tx.events_after(stranger, 0, 9).await.unwrap().is_empty());
    assert!(tx.idempotency(stranger, "/v1", "abc").await.unwrap().is_none());
    assert!(!tx.finish_idempotency(stranger, "/v1", "abc", 200, "").await.unwrap());
    assert!(
        tx.claim_idempotency(stranger, &claim).await.unwrap(),
        "the same key of another merchant is another one"
    );
}

/// Not even a fault of this program can hang a rule on another merchant's key.
async fn acc_01_the_schema_refuses_a_rule_for_another_merchants_key(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let key = db.api_key(&shop, "Production").await;
    let insert = format!(
        "INSERT INTO allowlist_rules (id, merchant_id, api_key_id, position, cidr)
         VALUES ('alr_1', '{}', '{key}', 5, '0.0.0.0/0')",
        other.merchant
    );
    assert!(
        db.raw(&insert).await.unwrap_err().as_database_error().unwrap().is_foreign_key_violation()
    );
}
