//! Money that moves out: what can stand in the tables, and what can not.

use crate::support::{NOW, TestDb, on_both_engines};
use aio_domain::{
    Amount, CollectionId, DepositStatus, MerchantId, OutgoingId, OutgoingKind, OutgoingStatus,
    Passage, SubaddressId, TransactionId, text::CustomerId,
};
use aio_store::{
    CollectionSettingsRow, Cursor, GasAddressRow, NewAttempt, NewChain, NewCollection, NewOutgoing,
    NewSubaddress, OutgoingMined, StoreError, TransactionRow,
};

const CHAIN: &str = "bitcoin";
const TOKEN: &str = "BTC";

fn amount(units: u64) -> Amount {
    Amount::from(units)
}

/// A merchant with a chain and confirmed deposits of these amounts, one to each subaddress.
async fn deposits(db: &TestDb, name: &str, amounts: &[u64]) -> (MerchantId, Vec<TransactionId>) {
    let merchant = db.merchant(name).await;
    let cursor = Cursor { height: 7, hash: "seven".into() };
    let (id, network, genesis) = (CHAIN.into(), "test".into(), "genesis".into());
    let mut ids = Vec::new();
    let mut tx = db.store.begin().await.unwrap();
    tx.begin_chain(&NewChain { id, network, genesis, cursor, at: NOW }).await.unwrap();
    for (n, units) in (0_u32..).zip(amounts) {
        let subaddress = SubaddressId::generate(NOW, db).unwrap();
        let customer = CustomerId::parse(&format!("{n}")).unwrap();
        let address = format!("{name} address {n}");
        let new = NewSubaddress {
            id: subaddress,
            chain: CHAIN.into(),
            customer: customer.clone(),
            address: address.clone(),
            address_index: n,
            number: tx.take_watch_numbers(CHAIN, 1).await.unwrap().unwrap(),
            at: NOW,
        };
        tx.insert_subaddresses(merchant, &[new]).await.unwrap();
        let id = TransactionId::generate(NOW.plus(i64::from(n)), db).unwrap();
        let new = TransactionRow {
            merchant,
            id,
            subaddress,
            customer,
            chain: CHAIN.into(),
            token: TOKEN.into(),
            tx: format!("{name}{n}"),
            place: "out:0".into(),
            address,
            sender: None,
            amount: amount(*units),
            status: DepositStatus::Confirming,
            needed: 1,
            block_height: Some(7),
            block_hash: Some("seven".into()),
            ready_height: Some(7),
            received_at: NOW,
            confirmed_at: None,
            updated_at: NOW,
            counted: true,
        };
        tx.insert_transactions(merchant, &[new]).await.unwrap();
        assert_eq!(tx.set_transactions_confirmed(CHAIN, 6, NOW).await.unwrap(), 0);
        assert_eq!(tx.set_transactions_confirmed(CHAIN, 7, NOW).await.unwrap(), 1);
        ids.push(id);
    }
    tx.commit().await.unwrap();
    (merchant, ids)
}

fn wanted(db: &TestDb, key: &str) -> NewOutgoing {
    NewOutgoing {
        id: OutgoingId::generate(NOW, db).unwrap(),
        chain: CHAIN.into(),
        kind: OutgoingKind::Collect,
        key: key.into(),
        token: TOKEN.into(),
        destination: "safe".into(),
        amount: amount(5),
        status: OutgoingStatus::Signed,
        sender: None,
        at: NOW,
    }
}

fn attempt(n: u32, tx: &str) -> NewAttempt {
    let (payload, bytes) = ("unsigned".into(), vec![0, 1, 255]);
    NewAttempt { n, tx: tx.into(), payload, bytes, max_fee: amount(9), at: NOW }
}

async fn collect(
    db: &TestDb,
    merchant: MerchantId,
    key: &str,
    ids: &[TransactionId],
) -> Result<(OutgoingId, CollectionId), StoreError> {
    let new = wanted(db, key);
    let mut deposits = Vec::new();
    for id in ids {
        let row = db.store.transaction(merchant, *id).await.unwrap().unwrap();
        deposits.push((row.id, row.subaddress, row.amount));
    }
    let collection = NewCollection {
        id: CollectionId::generate(NOW, db).unwrap(),
        outgoing: new.id,
        chain: CHAIN.into(),
        token: TOKEN.into(),
        destination: "safe".into(),
        amount: Amount::sum(deposits.iter().map(|one| one.2)).unwrap(),
        deposits,
        at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_outgoing(merchant, &new).await?;
    tx.insert_collection(merchant, &collection).await?;
    tx.commit().await.unwrap();
    Ok((new.id, collection.id))
}

async fn collectable(db: &TestDb, merchant: MerchantId) -> Vec<TransactionId> {
    let mut ids = Vec::new();
    // Page by page.
    while let [row] = &db
        .store
        .to_collect(merchant, (CHAIN, TOKEN), amount(3), ids.last().copied(), 1)
        .await
        .unwrap()[..]
    {
        ids.push(row.id);
    }
    ids
}

on_both_engines! {
    a_key_is_wanted_once_and_bytes_are_kept_as_they_were_signed,
    a_number_of_a_lane_is_given_out_once,
    a_deposit_is_in_one_collection_until_that_lets_it_go,
    what_is_mined_and_taken_back_keeps_its_bytes,
    somebody_else_who_takes_what_is_ours_is_noted_and_forgotten_with_his_block,
    settings_change_only_from_the_version_that_was_read,
}

async fn a_key_is_wanted_once_and_bytes_are_kept_as_they_were_signed(db: &TestDb) {
    let (merchant, _) = deposits(db, "one", &[]).await;
    let (other, _) = deposits(db, "two", &[]).await;
    let new = wanted(db, "key");
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_outgoing(merchant, &new).await.unwrap();
    // Another merchant's keys are another matter.
    tx.insert_outgoing(other, &wanted(db, "key")).await.unwrap();
    tx.insert_attempt(new.id, CHAIN, &attempt(1, "tx 1")).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.store.begin().await.unwrap();
    let again = tx.insert_outgoing(merchant, &wanted(db, "key")).await;
    assert!(matches!(again, Err(StoreError::Unique)), "{again:?}");
    drop(tx);
    let row = db.store.outgoing_by_key(merchant, "key").await.unwrap().unwrap();
    assert_eq!((row.id, row.status, row.tries), (new.id, OutgoingStatus::Signed, 0));
    assert!(db.store.outgoing(other, new.id).await.unwrap().is_none());

    for (n, tx_id) in [(1, "tx 2"), (2, "tx 1")] {
        let mut tx = db.store.begin().await.unwrap();
        let again = tx.insert_attempt(new.id, CHAIN, &attempt(n, tx_id)).await;
        assert!(matches!(again, Err(StoreError::Unique)), "{n} {tx_id}: {again:?}");
    }
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_attempt(new.id, CHAIN, &attempt(2, "tx 2")).await.unwrap();
    for at in [NOW.plus(1), NOW.plus(2)] {
        tx.set_attempt_sent(new.id, 1, at).await.unwrap();
    }
    tx.commit().await.unwrap();
    let attempts = db.store.attempts(new.id).await.unwrap();
    let told: Vec<_> = attempts.iter().map(|one| (one.n, one.tx.as_str(), one.sent_at)).collect();
    assert_eq!(told, [(1, "tx 1", Some(NOW.plus(1))), (2, "tx 2", None)]);
    assert_eq!(attempts[0].bytes, [0, 1, 255]);
    for change in [
        "UPDATE outgoing_attempts SET bytes = bytes",
        "UPDATE outgoing_attempts SET n = 7",
        "DELETE FROM outgoing_attempts",
    ] {
        assert!(db.raw(change).await.is_err(), "{change}");
    }
}

async fn a_number_of_a_lane_is_given_out_once(db: &TestDb) {
    let (merchant, _) = deposits(db, "one", &[]).await;
    let gas = GasAddressRow {
        address: "gas".into(),
        chain: CHAIN.into(),
        key_index: 0,
        next_number: None,
        balance: None,
        created_at: NOW,
    };
    let mut tx = db.store.begin().await.unwrap();
    for address in ["gas", "another"] {
        let gas = GasAddressRow { address: address.into(), ..gas.clone() };
        tx.insert_gas_address(merchant, &gas).await.unwrap();
    }
    assert!(!tx.take_number(merchant, CHAIN, 0).await.unwrap());
    for number in [41, 12] {
        tx.raise_lane(merchant, CHAIN, number).await.unwrap();
    }
    assert!(tx.take_number(merchant, CHAIN, 41).await.unwrap());
    assert!(!tx.take_number(merchant, CHAIN, 41).await.unwrap());
    let with =
        |key, number| NewOutgoing { sender: Some(("gas".to_owned(), number)), ..wanted(db, key) };
    tx.insert_outgoing(merchant, &with("a", 41)).await.unwrap();
    tx.commit().await.unwrap();
    let row = db.store.gas_address(merchant, CHAIN).await.unwrap().unwrap();
    assert_eq!((row.address.as_str(), row.next_number), ("gas", Some(42)));
    assert!(db.store.gas_address_at(CHAIN, "gas").await.unwrap().is_some());
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.set_gas_balance(merchant, CHAIN, amount(7)).await.unwrap());
    assert!(!tx.set_gas_balance(merchant, "another", amount(7)).await.unwrap());
    tx.commit().await.unwrap();
    let row = db.store.gas_address(merchant, CHAIN).await.unwrap().unwrap();
    assert_eq!(row.balance, Some(amount(7)));
    let mut tx = db.store.begin().await.unwrap();
    let again = tx.insert_outgoing(merchant, &with("b", 41)).await;
    assert!(matches!(again, Err(StoreError::Unique)), "{again:?}");
}

async fn a_deposit_is_in_one_collection_until_that_lets_it_go(db: &TestDb) {
    let (merchant, ids) = deposits(db, "one", &[2, 3, 4, 5]).await;
    let (other, theirs) = deposits(db, "two", &[9]).await;
    // The first one is dust.
    assert_eq!(collectable(db, merchant).await, ids[1..]);
    let (_, first) = collect(db, merchant, "a", &ids[1..3]).await.unwrap();
    assert_eq!(collectable(db, merchant).await, ids[3..]);
    assert_eq!(collectable(db, other).await, theirs);
    let again = collect(db, merchant, "b", &ids[2..]).await;
    assert!(matches!(again, Err(StoreError::Unique)), "{again:?}");

    let rows = db.store.collected(merchant, first).await.unwrap();
    assert!(db.store.collected(other, first).await.unwrap().is_empty());
    let mut tx = db.store.begin().await.unwrap();
    tx.set_passage(first, &rows[0], Passage::Carried).await.unwrap();
    assert!(tx.set_transaction_collected(merchant, ids[1], true, NOW).await.unwrap());
    assert!(!tx.set_transaction_collected(merchant, ids[1], true, NOW).await.unwrap());
    tx.set_passage(first, &rows[1], Passage::Released).await.unwrap();
    tx.commit().await.unwrap();
    let of = async |id| db.store.collection_of(merchant, id).await.unwrap().map(|row| row.id);
    assert_eq!((of(ids[1]).await, of(ids[2]).await), (Some(first), None));
    let (_, second) = collect(db, merchant, "b", &ids[2..]).await.unwrap();
    assert_eq!(of(ids[2]).await, Some(second));
    assert_eq!(db.store.times_collected(ids[2]).await.unwrap(), 2);
    let page = async |before, limit| {
        let rows = db.store.collections(merchant, before, limit).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let all = page(None, 9).await;
    assert_eq!(all.len(), 2);
    assert_eq!([page(None, 1).await, page(Some(all[0]), 1).await].concat(), all);
    assert!(db.store.collections(other, None, 9).await.unwrap().is_empty());
    assert!(db.store.collection(other, first).await.unwrap().is_none());
}

async fn what_is_mined_and_taken_back_keeps_its_bytes(db: &TestDb) {
    let (merchant, _) = deposits(db, "one", &[]).await;
    let new = wanted(db, "key");
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_outgoing(merchant, &new).await.unwrap();
    tx.insert_attempt(new.id, CHAIN, &attempt(1, "tx 1")).await.unwrap();
    let row = tx.outgoing(merchant, new.id).await.unwrap().unwrap();
    let mined = OutgoingMined {
        tx: "tx 1".into(),
        fee: amount(1),
        kept: Some(amount(2)),
        failure: None,
        height: 8,
        hash: "eight".into(),
        final_height: 9,
    };
    tx.set_outgoing_mined(&row, &mined, NOW).await.unwrap();
    tx.commit().await.unwrap();
    // Whoever still believes the old status changes nothing.
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.set_outgoing_mined(&row, &mined, NOW).await.is_err());
    drop(tx);
    let open = db.store.outgoing_open(CHAIN, None, 10).await.unwrap();
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [new.id]);
    assert!(db.store.outgoing_open(CHAIN, Some(new.id), 10).await.unwrap().is_empty());
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.outgoing_above(CHAIN, 8).await.unwrap().is_empty());
    let above = tx.outgoing_above(CHAIN, 7).await.unwrap();
    tx.set_outgoing_status(&above[0], OutgoingStatus::Final, None, NOW).await.unwrap();
    let above = tx.outgoing_above(CHAIN, 7).await.unwrap();
    tx.set_outgoing_unmined(&above[0], NOW.plus(5)).await.unwrap();
    let row = tx.outgoing(merchant, new.id).await.unwrap().unwrap();
    assert_eq!((row.status, row.block_height, row.fee), (OutgoingStatus::Broadcast, None, None));
    tx.try_outgoing_again(&row, 2, NOW.plus(9), Some("not_enough")).await.unwrap();
    tx.commit().await.unwrap();
    let row = db.store.outgoing(merchant, new.id).await.unwrap().unwrap();
    assert_eq!((row.tries, row.next_try_at), (2, NOW.plus(9)));
    assert_eq!(db.store.attempts(new.id).await.unwrap().len(), 1);
}

async fn somebody_else_who_takes_what_is_ours_is_noted_and_forgotten_with_his_block(db: &TestDb) {
    let (merchant, _) = deposits(db, "one", &[]).await;
    let new = wanted(db, "key");
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_outgoing(merchant, &new).await.unwrap();
    tx.insert_attempt(new.id, CHAIN, &attempt(1, "ours")).await.unwrap();
    for claim in ["a", "b"] {
        tx.insert_outgoing_claim(CHAIN, claim, new.id).await.unwrap();
    }
    assert!(!tx.take_outgoing_claim(CHAIN, "a", ("ours", 8)).await.unwrap());
    assert!(tx.take_outgoing_claim(CHAIN, "b", ("theirs", 8)).await.unwrap());
    tx.commit().await.unwrap();
    let numbers = async |after| {
        let rows = db.store.outgoing_claims_after(CHAIN, after, 10).await.unwrap();
        rows.into_iter().map(|row| (row.claim, row.number)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0).await, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(numbers(1).await, [("b".to_owned(), 2)]);
    let taken = async || {
        let rows = db.store.claims_of_outgoing(new.id).await.unwrap();
        rows.into_iter().filter_map(|row| row.taken_height).collect::<Vec<_>>()
    };
    assert_eq!(taken().await, [8]);
    let mut tx = db.store.begin().await.unwrap();
    tx.give_outgoing_claims_back(CHAIN, 8).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(taken().await, [8]);
    let mut tx = db.store.begin().await.unwrap();
    tx.give_outgoing_claims_back(CHAIN, 7).await.unwrap();
    // Nothing is forgotten while it may matter, and the last number is never given twice.
    tx.forget_outgoing_claims(CHAIN, 100).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((taken().await, numbers(0).await.len()), (vec![], 2));
    let mut tx = db.store.begin().await.unwrap();
    let row = tx.outgoing(merchant, new.id).await.unwrap().unwrap();
    tx.set_outgoing_status(&row, OutgoingStatus::Overtaken, Some("taken"), NOW).await.unwrap();
    tx.forget_outgoing_claims(CHAIN, 100).await.unwrap();
    let second = wanted(db, "second");
    tx.insert_outgoing(merchant, &second).await.unwrap();
    tx.insert_outgoing_claim(CHAIN, "a", second.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(numbers(0).await, [("b".to_owned(), 2), ("a".to_owned(), 3)]);
}

async fn settings_change_only_from_the_version_that_was_read(db: &TestDb) {
    let (merchant, _) = deposits(db, "one", &[]).await;
    let first = CollectionSettingsRow {
        chain: CHAIN.into(),
        merchant,
        address: "safe".into(),
        next_address: None,
        next_at: None,
        automatic: true,
        batch_size: 50,
        max_age: 1000,
        version: 0,
        updated_at: NOW,
    };
    let set = async |row: &CollectionSettingsRow| {
        let mut tx = db.store.begin().await.unwrap();
        let set = tx.set_collection_settings(row).await.unwrap();
        tx.commit().await.unwrap();
        set
    };
    assert!(set(&first).await);
    assert!(!set(&CollectionSettingsRow { address: "thief".into(), ..first.clone() }).await);
    let read = db.store.collection_settings(merchant, CHAIN).await.unwrap().unwrap();
    assert_eq!((read.version, read.address_at(NOW)), (1, Some("safe")));
    let (next_address, next_at) = (Some("new".to_owned()), Some(NOW.plus(10)));
    let changed = CollectionSettingsRow { next_address, next_at, ..read.clone() };
    assert!(set(&changed).await && !set(&changed).await);
    let read = db.store.collection_settings(merchant, CHAIN).await.unwrap().unwrap();
    assert_eq!((read.address_at(NOW.plus(9)), read.address_at(NOW.plus(10))), (None, Some("new")));
    assert_eq!(
        db.store.automatic_settings(CHAIN, None, 9).await.unwrap(),
        std::slice::from_ref(&read)
    );
    assert!(db.store.automatic_settings(CHAIN, Some(merchant), 9).await.unwrap().is_empty());
    assert!(set(&CollectionSettingsRow { automatic: false, ..read }).await);
    assert!(db.store.automatic_settings(CHAIN, None, 9).await.unwrap().is_empty());

    let mut tx = db.store.begin().await.unwrap();
    tx.set_collection_waiting(merchant, (CHAIN, TOKEN), Some("fee_cap")).await.unwrap();
    tx.set_collection_minimum(merchant, (CHAIN, TOKEN), amount(7)).await.unwrap();
    tx.commit().await.unwrap();
    let row = db.store.collection_token(merchant, CHAIN, TOKEN).await.unwrap().unwrap();
    assert_eq!((row.minimum, row.waiting.as_deref()), (amount(7), Some("fee_cap")));
    let mut tx = db.store.begin().await.unwrap();
    tx.set_collection_waiting(merchant, (CHAIN, TOKEN), None).await.unwrap();
    tx.commit().await.unwrap();
    let rows = db.store.collection_tokens(merchant).await.unwrap();
    assert_eq!((rows.len(), rows[0].minimum, rows[0].waiting.as_ref()), (1, amount(7), None));
}
