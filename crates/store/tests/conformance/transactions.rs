//! Lists of deposits: each filter finds what fits and nothing else, and pages neither lose nor repeat a row.

use crate::support::{NOW, TestDb, on_both_engines};
use aio_domain::{
    Amount, DepositStatus, MerchantId, SubaddressId, TransactionId, text::CustomerId,
};
use aio_store::{By, Cursor, NewChain, NewSubaddress, TransactionFilter, TransactionRow};

const CHAINS: [(&str, &str); 2] = [("bitcoin", "BTC"), ("ethereum", "USDT")];

struct Seeded {
    merchant: MerchantId,
    /// Of the first customer on the first chain.
    first: SubaddressId,
    /// All, oldest first.
    ids: Vec<TransactionId>,
}

/// Twelve deposits: two chains, three customers each, two deposits each; the second one is in a block.
async fn seeded(db: &TestDb, shop: &str) -> Seeded {
    let merchant = db.merchant(shop).await;
    let (mut first, mut ids) = (None, Vec::new());
    let mut tx = db.store.begin().await.unwrap();
    for (chain, token) in CHAINS {
        let cursor = Cursor { height: 7, hash: "seven".into() };
        let (id, network, genesis) = (chain.into(), "test".into(), "genesis".into());
        tx.begin_chain(&NewChain { id, network, genesis, cursor, at: NOW }).await.unwrap();
        for n in 0..3_u32 {
            let customer = CustomerId::parse(&format!("客户-{n}")).unwrap();
            let address = format!("{shop}-{chain}-address-{n}");
            let subaddress = SubaddressId::generate(NOW, db).unwrap();
            let number = tx.take_watch_numbers(chain, 1).await.unwrap().unwrap();
            let new = NewSubaddress {
                id: subaddress,
                chain: chain.into(),
                customer: customer.clone(),
                address: address.clone(),
                address_index: n,
                number,
                at: NOW,
            };
            tx.insert_subaddresses(merchant, &[new]).await.unwrap();
            first.get_or_insert(subaddress);
            for is_mined in [false, true] {
                let at = NOW.plus(i64::try_from(ids.len()).unwrap());
                let id = TransactionId::generate(at, db).unwrap();
                let mined = u64::from(is_mined);
                let new = TransactionRow {
                    merchant,
                    id,
                    subaddress,
                    customer: customer.clone(),
                    chain: chain.into(),
                    token: token.into(),
                    tx: format!("{shop}-hash-{}", ids.len()),
                    place: "top".into(),
                    address: address.clone(),
                    sender: None,
                    amount: Amount::from(9 + u64::from(n) + 90 * mined),
                    status: if is_mined {
                        DepositStatus::Confirming
                    } else {
                        DepositStatus::Detected
                    },
                    needed: 2,
                    block_height: is_mined.then_some(8),
                    block_hash: is_mined.then(|| "eight".into()),
                    ready_height: is_mined.then_some(9),
                    received_at: at,
                    confirmed_at: None,
                    updated_at: at,
                    counted: true,
                };
                tx.insert_transactions(merchant, std::slice::from_ref(&new)).await.unwrap();
                assert_eq!(tx.transaction(merchant, id).await.unwrap(), Some(new));
                ids.push(id);
            }
        }
    }
    tx.commit().await.unwrap();
    Seeded { merchant, first: first.unwrap(), ids }
}

/// Which of the seeded ones a filter finds, by their numbers, newest first, three to a page.
async fn found(db: &TestDb, seeded: &Seeded, filter: TransactionFilter) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut filter = filter;
    loop {
        let page = db.store.transactions(seeded.merchant, &filter, 3).await.unwrap();
        let number = |id| seeded.ids.iter().position(|one| *one == id).unwrap();
        numbers.extend(page.rows.iter().map(|row| number(row.id)));
        filter.before = page.next;
        if page.next.is_none() {
            return numbers;
        }
    }
}

/// The same of the file with this filter, page by page.
async fn in_the_file(db: &TestDb, seeded: &Seeded, filter: TransactionFilter) -> Vec<usize> {
    let mut numbers = Vec::new();
    let mut filter = filter;
    loop {
        let page = db.store.transactions_text(seeded.merchant, &filter, 3).await.unwrap();
        let number = |id: &str| seeded.ids.iter().position(|one| one.to_string() == id).unwrap();
        numbers.extend(page.lines().unwrap().iter().map(|line| number(&line.id)));
        filter.before = page.last;
        if page.last.is_none() {
            return numbers;
        }
    }
}

on_both_engines! {
    each_filter_finds_what_fits_and_pages_lose_nothing,
    what_is_rare_is_found_behind_many_others,
    what_begins_rarely_is_found_however_old_it_is,
    a_file_says_of_a_deposit_what_is_stored,
}

async fn each_filter_finds_what_fits_and_pages_lose_nothing(db: &TestDb) {
    let (ours, theirs) = (seeded(db, "one").await, seeded(db, "two").await);
    let all = TransactionFilter::default;
    let some = |text: &str| Some(text.to_owned());
    let customer = || By::Customer(CustomerId::parse("客户-1").unwrap());
    let cases: Vec<(&str, TransactionFilter, Vec<usize>)> = vec![
        ("all", all(), (0..12).rev().collect()),
        ("chain", TransactionFilter { chain: some("bitcoin"), ..all() }, (0..6).rev().collect()),
        ("token", TransactionFilter { token: some("USDT"), ..all() }, (6..12).rev().collect()),
        (
            "chain and token",
            TransactionFilter { chain: some("bitcoin"), token: some("BTC"), ..all() },
            (0..6).rev().collect(),
        ),
        (
            "status",
            TransactionFilter { status: Some(DepositStatus::Confirming), ..all() },
            vec![11, 9, 7, 5, 3, 1],
        ),
        ("customer", TransactionFilter { by: customer(), ..all() }, vec![9, 8, 3, 2]),
        (
            "customer and status",
            TransactionFilter { by: customer(), status: Some(DepositStatus::Detected), ..all() },
            vec![8, 2],
        ),
        ("subaddress", TransactionFilter { by: By::Subaddress(ours.first), ..all() }, vec![1, 0]),
        ("hash", TransactionFilter { by: By::Hash("one-hash-4".into()), ..all() }, vec![4]),
        ("no such hash", TransactionFilter { by: By::Hash("two-hash-4".into()), ..all() }, vec![]),
        // As numbers, not as text: 9 is less than 10.
        (
            "least",
            TransactionFilter { least: Some(Amount::from(100_u64)), ..all() },
            vec![11, 9, 5, 3],
        ),
        ("most", TransactionFilter { most: Some(Amount::from(9_u64)), ..all() }, vec![6, 0]),
        ("customers", TransactionFilter { prefix: some("客户-2"), ..all() }, vec![11, 10, 5, 4]),
        ("hashes", TransactionFilter { prefix: some("one-hash-1"), ..all() }, vec![11, 10, 1]),
        (
            "addresses",
            TransactionFilter { prefix: some("one-ethereum-address-0"), ..all() },
            vec![7, 6],
        ),
        ("a hash in capitals", TransactionFilter { prefix: some("ONE-hash-4"), ..all() }, vec![4]),
        (
            "an address in capitals",
            TransactionFilter { prefix: some("One-Bitcoin-Address-1"), ..all() },
            vec![3, 2],
        ),
        (
            "hashes, and all else",
            TransactionFilter {
                prefix: some("one-hash-"),
                chain: some("ethereum"),
                token: some("USDT"),
                status: Some(DepositStatus::Confirming),
                least: Some(Amount::from(100_u64)),
                most: Some(Amount::from(100_u64)),
                since: Some(ours.ids[1]),
                before: Some(ours.ids[11]),
                ..all()
            },
            vec![9],
        ),
        ("a sign is no wildcard", TransactionFilter { prefix: some("%"), ..all() }, vec![]),
        ("since", TransactionFilter { since: Some(ours.ids[10]), ..all() }, vec![11, 10]),
        ("before", TransactionFilter { before: Some(ours.ids[2]), ..all() }, vec![1, 0]),
    ];
    for (case, filter, wanted) in cases {
        assert_eq!(found(db, &ours, filter.clone()).await, wanted, "{case}");
        assert_eq!(in_the_file(db, &ours, filter).await, wanted, "{case} in the file");
    }
    // Another merchant's are never among them, and are not there by their id.
    assert_eq!(found(db, &theirs, all()).await.len(), 12);
    assert!(db.store.transaction(theirs.merchant, ours.ids[0]).await.unwrap().is_none());
    assert!(db.store.transaction(ours.merchant, ours.ids[0]).await.unwrap().is_some());
}

/// So many later deposits like the first one.
async fn later(db: &TestDb, seeded: &Seeded, count: i64) {
    let mut tx = db.store.begin().await.unwrap();
    let model = tx.transaction(seeded.merchant, seeded.ids[0]).await.unwrap().unwrap();
    let later = (0..count).map(|n| TransactionRow {
        id: TransactionId::generate(NOW.plus(1_000 + n), db).unwrap(),
        tx: format!("later-{n}"),
        amount: Amount::from(if n == 1_400 { 7_777_u64 } else { 5 }),
        ..model.clone()
    });
    tx.insert_transactions(seeded.merchant, &later.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn what_begins_rarely_is_found_however_old_it_is(db: &TestDb) {
    let seeded = seeded(db, "one").await;
    later(db, &seeded, 21_000).await;
    let of = |prefix: &str| TransactionFilter {
        prefix: Some(prefix.to_owned()),
        ..TransactionFilter::default()
    };
    // Behind more than a walk looks at: by a hash, by addresses, by customers of whom there are few.
    for (prefix, wanted) in [
        ("one-hash-1", vec![11, 10, 1]),
        ("one-ethereum-address-0", vec![7, 6]),
        ("客户-1", vec![9, 8, 3, 2]),
    ] {
        assert_eq!(found(db, &seeded, of(prefix)).await, wanted, "{prefix}");
    }
    // What begins often is walked to: the newest first, and with them all that are older.
    let mut walked = TransactionFilter { before: Some(seeded.ids[4]), ..of("客户-") };
    assert_eq!(found(db, &seeded, walked.clone()).await, vec![3, 2, 1, 0]);
    walked.before = None;
    let page = db.store.transactions(seeded.merchant, &walked, 3).await.unwrap();
    let hashes: Vec<_> = page.rows.iter().map(|row| row.tx.as_str()).collect();
    assert_eq!(hashes, ["later-20999", "later-20998", "later-20997"]);
    // Nothing begins so; nobody needs to be asked to look further.
    let page = db.store.transactions(seeded.merchant, &of("zzzz"), 3).await.unwrap();
    assert!(page.rows.is_empty() && page.next.is_none());
}

async fn what_is_rare_is_found_behind_many_others(db: &TestDb) {
    let seeded = seeded(db, "one").await;
    later(db, &seeded, 2_500).await;
    let of = |units: u64| TransactionFilter {
        least: Some(Amount::from(units)),
        ..TransactionFilter::default()
    };
    // Behind the first thousand, and behind all of them.
    let page = db.store.transactions(seeded.merchant, &of(7_777), 3).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (1, None));
    let page = db.store.transactions(seeded.merchant, &of(99), 3).await.unwrap();
    assert_eq!(page.rows.len(), 3);
    let rest = TransactionFilter { before: page.next, ..of(99) };
    let rest = db.store.transactions(seeded.merchant, &rest, 30).await.unwrap();
    assert_eq!((3 + rest.rows.len(), rest.next), (7, None));
    let none = db.store.transactions(seeded.merchant, &of(9_999), 3).await.unwrap();
    assert!(none.rows.is_empty() && none.next.is_none());
}

async fn a_file_says_of_a_deposit_what_is_stored(db: &TestDb) {
    let seeded = seeded(db, "one").await;
    let mut tx = db.store.begin().await.unwrap();
    let plain = tx.transaction(seeded.merchant, seeded.ids[1]).await.unwrap().unwrap();
    let hostile = TransactionRow {
        id: TransactionId::generate(NOW.plus(1_000), db).unwrap(),
        customer: CustomerId::parse(r#"c,"\',[]{}伟&\u0041"#).unwrap(),
        tx: "=1+1\"\\\t\u{1f}".into(),
        sender: Some("0xab\"".into()),
        amount: Amount::MAX,
        needed: u32::MAX,
        confirmed_at: Some(NOW.plus(7)),
        ..plain.clone()
    };
    tx.insert_transactions(seeded.merchant, std::slice::from_ref(&hostile)).await.unwrap();
    tx.commit().await.unwrap();
    let all = TransactionFilter::default();
    let page = db.store.transactions_text(seeded.merchant, &all, 50).await.unwrap();
    assert_eq!((page.count, page.last), (13, None));
    let lines = page.lines().unwrap();
    for row in [&plain, &db.store.transaction(seeded.merchant, hostile.id).await.unwrap().unwrap()]
    {
        let line = lines.iter().find(|line| line.id == row.id.to_string()).unwrap();
        let texts =
            [&line.status, &line.chain, &line.token, &line.customer, &line.address, &line.tx];
        let stored = [row.status.as_str(), &row.chain, &row.token, row.customer.as_str()];
        assert_eq!(texts.map(AsRef::as_ref), [&stored[..], &[&row.address, &row.tx]].concat()[..]);
        assert_eq!(line.amount, row.amount.to_cell());
        assert_eq!((&line.sender, line.needed), (&row.sender, row.needed));
        assert_eq!(line.block_height, Some(8));
        assert_eq!(line.received_at, row.received_at.millis());
        assert_eq!(line.confirmed_at, row.confirmed_at.map(aio_domain::Timestamp::millis));
        assert_eq!(line.updated_at, row.updated_at.millis());
    }
    assert_eq!(lines.last().unwrap().block_height, None);
    // A merchant without deposits has a file without lines.
    let nobody = db.merchant("nobody").await;
    let page = db.store.transactions_text(nobody, &all, 50).await.unwrap();
    assert_eq!((page.count, page.last, page.lines().unwrap().len()), (0, None, 0));
}
