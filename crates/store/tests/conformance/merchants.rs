use crate::support::{NOW, TestDb, is_unique, on_both_engines};
use aio_domain::{EntryId, Role};
use aio_store::NewEntry;

on_both_engines! {
    a_member_has_one_role_in_each_merchant,
    merchants_are_listed_and_the_allowlist_is_switched,
    entries_are_added_switched_touched_and_removed,
}

async fn a_member_has_one_role_in_each_merchant(db: &TestDb) {
    let shop = db.shop("one").await;
    let second = db.merchant("two").await;
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_member(second, shop.user, Role::Viewer, NOW.plus(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.store.member_role(shop.merchant, shop.user).await.unwrap(), Some(Role::Owner));
    let of_user = db.store.memberships(shop.user).await.unwrap();
    let seen: Vec<_> =
        of_user.iter().map(|one| (one.merchant, one.merchant_name.as_str(), one.role)).collect();
    assert_eq!(seen, [(shop.merchant, "one", Role::Owner), (second, "two", Role::Viewer)]);
    let mut tx = db.store.begin().await.unwrap();
    assert!(is_unique(tx.insert_member(second, shop.user, Role::Owner, NOW).await));
}

async fn merchants_are_listed_and_the_allowlist_is_switched(db: &TestDb) {
    let (one, two) = (db.merchant("one").await, db.merchant("two").await);
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.set_dashboard_allowlist(two, true).await.unwrap());
    tx.commit().await.unwrap();
    let listed = db.store.merchants().await.unwrap();
    assert_eq!(listed.len(), 2);
    let on = async |id| db.store.merchant(id).await.unwrap().unwrap().dashboard_allowlist_on;
    assert_eq!((on(one).await, on(two).await), (false, true));
}

async fn entries_are_added_switched_touched_and_removed(db: &TestDb) {
    let shop = db.shop("one").await;
    let first = db.new_entry(&shop, "10.0.0.0/8");
    let second = NewEntry { created_at: NOW.plus(1), ..db.new_entry(&shop, "2001:db8::/48") };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_entry(shop.merchant, &first).await.unwrap();
    tx.insert_entry(shop.merchant, &second).await.unwrap();
    assert!(tx.set_entry_enabled(shop.merchant, second.id, false).await.unwrap());
    assert!(!tx.set_entry_enabled(shop.merchant, second.id, false).await.unwrap());
    tx.commit().await.unwrap();
    assert!(db.store.touch_entry(shop.merchant, first.id, NOW.plus(9)).await.unwrap());
    assert!(!db.store.touch_entry(shop.merchant, first.id, NOW.plus(8)).await.unwrap());

    let entries = db.store.entries(shop.merchant).await.unwrap();
    let seen: Vec<_> =
        entries.iter().map(|one| (one.cidr.to_string(), one.enabled, one.last_seen_at)).collect();
    let expected = [
        ("10.0.0.0/8".to_owned(), true, Some(NOW.plus(9))),
        ("2001:db8::/48".to_owned(), false, None),
    ];
    assert_eq!(seen, expected);
    assert_eq!((entries[0].created_by, entries[0].creator_name.as_str()), (shop.user, "Ann"));

    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.delete_entry(shop.merchant, first.id).await.unwrap());
    assert!(!tx.delete_entry(shop.merchant, first.id).await.unwrap());
    let twin = NewEntry { id: EntryId::generate(NOW, db).unwrap(), ..second };
    assert!(is_unique(tx.insert_entry(shop.merchant, &twin).await));
}
