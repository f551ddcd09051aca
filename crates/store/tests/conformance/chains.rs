//! The cursor of a chain, its lease, and the numbers of its addresses.

use crate::support::{NOW, TestDb, on_both_engines, sealed};
use aio_domain::{SeedId, SubaddressId, text::CustomerId};
use aio_store::{Cursor, NewChain, NewSubaddress, StoreError, SubaddressFilter};

const CHAIN: &str = "model";

fn at(height: i64, hash: &str) -> Cursor {
    Cursor { height, hash: hash.into() }
}

/// A chain that is read up to block 7.
async fn begun(db: &TestDb) {
    let new = NewChain {
        id: CHAIN.into(),
        network: "model".into(),
        genesis: "genesis".into(),
        cursor: at(7, "seven"),
        at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.begin_chain(&new).await.unwrap();
    // A second server that begins changes nothing.
    tx.begin_chain(&NewChain { cursor: at(9, "nine"), ..new }).await.unwrap();
    tx.commit().await.unwrap();
}

async fn moves(db: &TestDb, holder: &str, from: Cursor, to: Cursor) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let moved = tx.move_cursor(CHAIN, holder, (&from, &to), NOW).await.unwrap();
    tx.commit().await.unwrap();
    moved
}

on_both_engines! {
    the_cursor_moves_only_from_where_it_stands_and_for_who_has_the_lease,
    of_two_servers_one_has_the_lease_until_it_ends_or_is_given_back,
    addresses_are_numbered_without_a_gap_and_a_number_that_was_not_kept_is_given_again,
    merchants_are_numbered_from_where_the_seed_says,
}

async fn the_cursor_moves_only_from_where_it_stands_and_for_who_has_the_lease(db: &TestDb) {
    begun(db).await;
    assert!(db.store.take_lease(CHAIN, "one", NOW, NOW.plus(10)).await.unwrap());
    assert!(!moves(db, "two", at(7, "seven"), at(8, "eight")).await);
    assert!(!moves(db, "one", at(7, "another seven"), at(8, "eight")).await);
    assert!(!moves(db, "one", at(6, "seven"), at(8, "eight")).await);
    let row = db.store.chain(CHAIN).await.unwrap().unwrap();
    assert_eq!((row.height, row.hash.as_str(), row.tip), (7, "seven", 7));
    assert!(moves(db, "one", at(7, "seven"), at(8, "eight")).await);
    assert!(!moves(db, "one", at(7, "seven"), at(8, "eight")).await);
    // Back, too; the tip is what the node has.
    assert!(moves(db, "one", at(8, "eight"), at(7, "seven")).await);
    let row = db.store.chain(CHAIN).await.unwrap().unwrap();
    assert_eq!((row.height, row.tip, row.network.as_str()), (7, 8, "model"));
}

async fn of_two_servers_one_has_the_lease_until_it_ends_or_is_given_back(db: &TestDb) {
    begun(db).await;
    let take = async |holder, now| {
        db.store.take_lease(CHAIN, holder, NOW.plus(now), NOW.plus(now + 10)).await.unwrap()
    };
    assert!(take("one", 0).await && take("one", 5).await);
    assert!(!take("two", 15).await);
    assert!(take("two", 16).await);
    assert!(!take("one", 17).await);
    db.store.release_lease(CHAIN, "one").await.unwrap();
    assert!(!take("one", 18).await);
    db.store.release_lease(CHAIN, "two").await.unwrap();
    assert!(take("one", 19).await);
}

async fn addresses_are_numbered_without_a_gap_and_a_number_that_was_not_kept_is_given_again(
    db: &TestDb,
) {
    begun(db).await;
    let merchant = db.merchant("one").await;
    let mut tx = db.store.begin().await.unwrap();
    assert_eq!(tx.take_watch_numbers("another", 1).await.unwrap(), None);
    assert_eq!(tx.take_watch_numbers(CHAIN, 5).await.unwrap(), Some(1));
    assert_eq!(tx.take_watch_numbers(CHAIN, 2).await.unwrap(), Some(6));
    drop(tx);
    for number in 1..=3_i64 {
        let mut tx = db.store.begin().await.unwrap();
        let given = tx.take_watch_numbers(CHAIN, 1).await.unwrap().unwrap();
        let new = NewSubaddress {
            // Ids of one instant have no order.
            id: SubaddressId::generate(NOW.plus(number), db).unwrap(),
            chain: CHAIN.into(),
            customer: CustomerId::parse(&format!("客户 {number}")).unwrap(),
            address: format!("address {number}"),
            address_index: u32::try_from(number).unwrap(),
            number: given,
            at: NOW,
        };
        tx.insert_subaddresses(merchant, std::slice::from_ref(&new)).await.unwrap();
        tx.commit().await.unwrap();
        // The customer has one now.
        let mut tx = db.store.begin().await.unwrap();
        let again = NewSubaddress { id: SubaddressId::generate(NOW, db).unwrap(), ..new };
        let refused = tx.insert_subaddresses(merchant, &[again]).await;
        assert!(matches!(refused, Err(StoreError::Unique)), "{refused:?}");
    }
    let watched = db.store.watched_after(CHAIN, 1, 10).await.unwrap();
    let watched: Vec<_> = watched.iter().map(|row| (row.number, row.address.as_str())).collect();
    assert_eq!(watched, [(2, "address 2"), (3, "address 3")]);
    let customers = async |filter: SubaddressFilter, limit: i64| {
        let rows = db.store.subaddresses(merchant, &filter, limit).await.unwrap();
        let names: Vec<_> = rows.iter().map(|row| row.customer.to_string()).collect();
        (names, rows.last().map(|row| row.id))
    };
    let begins =
        |text: &str| SubaddressFilter { customers: Some(text.into()), ..Default::default() };
    assert_eq!(customers(begins("客户 2"), 10).await.0, ["客户 2"]);
    // By name when it is a search, else newest first; each goes on where the page before ended.
    let (first, last) = customers(begins("客户"), 2).await;
    assert_eq!(first, ["客户 1", "客户 2"]);
    let behind = SubaddressFilter { after: last, ..begins("客户") };
    assert_eq!(customers(behind, 2).await.0, ["客户 3"]);
    let (first, last) = customers(SubaddressFilter::default(), 2).await;
    assert_eq!(first, ["客户 3", "客户 2"]);
    let behind = SubaddressFilter { after: last, ..Default::default() };
    assert_eq!(customers(behind, 2).await.0, ["客户 1"]);
    let chain = |id: &str| SubaddressFilter { chain: Some(id.into()), ..Default::default() };
    assert_eq!(customers(chain(CHAIN), 9).await.0.len(), 3);
    assert_eq!(customers(chain("other"), 9).await.0.len(), 0);
    let elsewhere = SubaddressFilter { chain: Some("other".into()), ..begins("客户") };
    assert_eq!(customers(elsewhere, 9).await.0.len(), 0);

    // What is put out of sight is still watched.
    let found = db.store.subaddress_at(merchant, CHAIN, "address 2").await.unwrap().unwrap();
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.archive_subaddress(merchant, found.id, Some(NOW)).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(customers(SubaddressFilter::default(), 9).await.0, ["客户 3", "客户 1"]);
    assert_eq!(customers(begins("客户"), 9).await.0, ["客户 1", "客户 3"]);
    let all = SubaddressFilter { archived: true, ..Default::default() };
    assert_eq!(customers(all, 9).await.0.len(), 3);
    assert_eq!(db.store.watched_after(CHAIN, 0, 10).await.unwrap().len(), 3);
}

async fn merchants_are_numbered_from_where_the_seed_says(db: &TestDb) {
    let mut tx = db.store.begin().await.unwrap();
    let id = SeedId::generate(NOW, db).unwrap();
    tx.insert_seed(id, &sealed("words"), 40, NOW).await.unwrap();
    tx.commit().await.unwrap();
    for (name, number) in [("one", 40), ("two", 41), ("three", 42)] {
        let merchant = db.merchant(name).await;
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_merchant_account(merchant).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.merchant_account(merchant).await.unwrap(), Some(number));
    }
}
