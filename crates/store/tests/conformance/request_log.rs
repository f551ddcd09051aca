//! The log of what was asked with a key.

use crate::support::{ADDRESS, NOW, TestDb, in_parallel, on_both_engines};
use aio_domain::{ApiKeyId, MerchantId, RequestOutcome, time::DAY};
use aio_store::{RequestFilter, RequestLine, RequestPage};
use std::net::IpAddr;

/// A line of so many milliseconds later, whose id tells the place in the test.
fn line(merchant: MerchantId, key: ApiKeyId, at: i64, id: u32, status: u16) -> RequestLine {
    RequestLine {
        request_id: format!("{id:032x}"),
        merchant,
        key,
        at: NOW.plus(at),
        method: "GET".into(),
        path: "/v1/whoami".into(),
        status,
        took_us: 1_234,
        address: ADDRESS,
        encrypted: false,
        code: None,
        reason: None,
    }
}

fn ids(lines: &[RequestLine]) -> Vec<u32> {
    lines.iter().map(|line| u32::from_str_radix(&line.request_id, 16).unwrap()).collect()
}

fn only(outcome: Option<RequestOutcome>, status: Option<u16>) -> RequestFilter {
    RequestFilter { outcome, status, page: RequestPage::Newest }
}

on_both_engines! {
    a_line_comes_back_as_it_was_written,
    a_line_that_is_there_or_whose_merchant_is_gone_is_passed_over,
    the_log_is_walked_in_both_directions_without_gap_or_repetition,
    each_filter_finds_what_a_slow_search_finds,
    lines_outlive_their_key_and_are_removed_by_age,
    a_removal_takes_more_than_a_slice,
    addresses_are_counted_when_their_requests_were_let_in,
    parallel_batches_count_every_request,
    acc_01_another_merchant_finds_neither_lines_nor_addresses,
}

async fn a_line_comes_back_as_it_was_written(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let written = RequestLine {
        request_id: "0123456789abcdef0123456789abcdef".into(),
        method: "POST".into(),
        path: format!("/v1/{}", "上".repeat(196)),
        took_us: u32::MAX,
        address: "2001:db8::7".parse::<IpAddr>().unwrap(),
        encrypted: true,
        code: Some("bad_request".into()),
        reason: Some("replayed".into()),
        ..line(shop.merchant, key, 0, 0, 400)
    };
    let plain = line(shop.merchant, key, -1, 1, 200);
    let lines = [written.clone(), plain.clone()];
    assert_eq!(db.store.append_requests(&lines).await.unwrap(), 2);
    let read = db.store.requests(shop.merchant, key, &RequestFilter::default(), 9).await.unwrap();
    assert_eq!(read, lines);
    assert_eq!(read[0].outcome(), RequestOutcome::Refused);
    assert_eq!(db.store.append_requests(&[]).await.unwrap(), 0);
}

async fn a_line_that_is_there_or_whose_merchant_is_gone_is_passed_over(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let gone = MerchantId::generate(NOW, db).unwrap();
    let first = line(shop.merchant, key, 0, 1, 200);
    let again = RequestLine { status: 500, ..first.clone() };
    let last = line(shop.merchant, key, 0, 2, 200);
    let lines = [first.clone(), line(gone, key, 0, 3, 200), again.clone(), last.clone()];
    assert_eq!(db.store.append_requests(&lines).await.unwrap(), 2);
    assert_eq!(db.store.append_requests(&lines).await.unwrap(), 0, "a batch that is tried again");
    let read = db.store.requests(shop.merchant, key, &RequestFilter::default(), 9).await.unwrap();
    assert_eq!(read, [last, first]);
    assert!(db.store.requests(gone, key, &RequestFilter::default(), 9).await.unwrap().is_empty());
    assert_eq!(db.store.addresses_seen(shop.merchant, key, NOW, 9).await.unwrap()[0].count, 2);
}

async fn the_log_is_walked_in_both_directions_without_gap_or_repetition(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let second = db.api_key(&shop, "Second").await;
    // Four lines a millisecond: their ids decide.
    let mut lines: Vec<_> =
        (0..50).map(|id| line(shop.merchant, key, i64::from(id / 4), id, 200)).collect();
    lines.push(line(shop.merchant, second, 3, 99, 200));
    lines.reverse();
    db.store.append_requests(&lines).await.unwrap();
    let page = async |page| {
        let filter = RequestFilter { page, ..RequestFilter::default() };
        db.store.requests(shop.merchant, key, &filter, 7).await.unwrap()
    };
    let (mut older, mut last) = (Vec::new(), page(RequestPage::Newest).await);
    let mut oldest = last.clone();
    while let Some(end) = last.last() {
        older.extend(ids(&last));
        oldest = last.clone();
        last = page(RequestPage::Before(end.place())).await;
    }
    assert_eq!(older, (0..50).rev().collect::<Vec<_>>());

    let (mut newer, mut last) = (ids(&oldest), oldest);
    while let Some(start) = last.first() {
        last = page(RequestPage::After(start.place())).await;
        newer.splice(0..0, ids(&last));
    }
    assert_eq!(newer, older);
}

async fn each_filter_finds_what_a_slow_search_finds(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let statuses = [200, 201, 304, 400, 401, 404, 429, 500, 503];
    let lines: Vec<_> = (0..90)
        .map(|id| (id, statuses[usize::try_from(id * id % 11 % 9).unwrap()]))
        .map(|(id, status)| line(shop.merchant, key, i64::from(id / 4), id, status))
        .collect();
    db.store.append_requests(&lines).await.unwrap();
    let outcomes = RequestOutcome::ALL.iter().copied().map(Some).chain([None]);
    for outcome in outcomes {
        for status in statuses.into_iter().map(Some).chain([None, Some(204)]) {
            for middle in [0, 1, 44, 89] {
                let place = lines[middle].place();
                for (page, side) in [
                    (RequestPage::Newest, 0..90),
                    (RequestPage::Before(place.clone()), 0..middle),
                    (RequestPage::After(place), middle + 1..90),
                ] {
                    let slow = lines[side].iter().filter(|line| {
                        outcome.is_none_or(|outcome| line.outcome() == outcome)
                            && status.is_none_or(|status| line.status == status)
                    });
                    let mut slow: Vec<_> = slow.cloned().collect();
                    if matches!(page, RequestPage::After(_)) {
                        slow.truncate(5);
                        slow.reverse();
                    } else {
                        slow.reverse();
                        slow.truncate(5);
                    }
                    let filter = RequestFilter { outcome, status, page };
                    let found = db.store.requests(shop.merchant, key, &filter, 5).await.unwrap();
                    assert_eq!(found, slow, "{filter:?}");
                }
            }
        }
    }
}

async fn lines_outlive_their_key_and_are_removed_by_age(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let lines = [-1, 0, 1].map(|at| line(shop.merchant, key, at, 1, 200));
    db.store.append_requests(&lines).await.unwrap();
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.delete_api_key(shop.merchant, key).await.unwrap());
    tx.commit().await.unwrap();
    let left =
        async || db.store.requests(shop.merchant, key, &RequestFilter::default(), 9).await.unwrap();
    assert_eq!(left().await.len(), 3);
    assert_eq!(db.store.purge_requests(NOW.plus(-1)).await.unwrap(), 0);
    assert_eq!(db.store.purge_requests(NOW).await.unwrap(), 1);
    assert_eq!(left().await, [lines[2].clone(), lines[1].clone()]);
    assert_eq!(db.store.purge_requests(NOW.plus(2)).await.unwrap(), 3, "and the address");
    assert!(left().await.is_empty());
    assert!(db.store.addresses_seen(shop.merchant, key, NOW, 9).await.unwrap().is_empty());
}

async fn a_removal_takes_more_than_a_slice(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let lines: Vec<_> = (0..10_001)
        .map(|id| line(shop.merchant, key, i64::from(id / 7), id, 401))
        .map(|line| RequestLine { reason: Some("wrong_secret".into()), ..line })
        .collect();
    assert_eq!(db.store.append_requests(&lines).await.unwrap(), 10_001);
    assert_eq!(db.store.purge_requests(NOW.plus(1_428)).await.unwrap(), 9_996);
    let left = db.store.requests(shop.merchant, key, &RequestFilter::default(), 9).await.unwrap();
    assert_eq!(ids(&left), [10_000, 9_999, 9_998, 9_997, 9_996]);
}

async fn addresses_are_counted_when_their_requests_were_let_in(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    let from = |text, at, id, status| RequestLine {
        address: address(text),
        ..line(shop.merchant, key, at, id, status)
    };
    let refused = |reason: &str, line| RequestLine { reason: Some(reason.to_owned()), ..line };
    let today = NOW.plus(-NOW.millis().rem_euclid(DAY)).since(NOW);
    let lines = [
        from("10.0.0.1", today - 1, 1, 200),
        from("10.0.0.1", today, 2, 200),
        from("10.0.0.1", today + 7, 3, 404),
        from("2001:db8::1", today + 8, 4, 503),
        refused("wrong_secret", from("10.0.0.1", today + 9, 5, 401)),
        refused("address", from("192.0.2.1", today + 9, 6, 401)),
        from("10.0.0.2", today - 2, 7, 200),
    ];
    db.store.append_requests(&lines).await.unwrap();
    let seen = async |since, limit| {
        let since = NOW.plus(since);
        let seen = db.store.addresses_seen(shop.merchant, key, since, limit).await.unwrap();
        seen.into_iter()
            .map(|one| (one.address, one.count, one.last_at.since(NOW) - today))
            .collect::<Vec<_>>()
    };
    let (first, second) = (address("10.0.0.1"), address("2001:db8::1"));
    let all = [(second, 1, 8), (first, 3, 7), (address("10.0.0.2"), 1, -2)];
    assert_eq!(seen(today - DAY, 9).await, all);
    assert_eq!(seen(today - 1, 9).await, all[..2], "not used since");
    assert_eq!(seen(today, 9).await, [(second, 1, 8), (first, 2, 7)], "today alone");
    assert_eq!(seen(today + 7, 9).await, [(second, 1, 8), (first, 2, 7)], "the day counts whole");
    assert_eq!(seen(today + 8, 9).await, [(second, 1, 8)]);
    assert_eq!(seen(today - DAY, 1).await, all[..1]);
}

async fn parallel_batches_count_every_request(db: &TestDb) {
    let shop = db.shop("one").await;
    let (one, two) = (db.api_key(&shop, "One").await, db.api_key(&shop, "Two").await);
    let added = in_parallel(8, |caller| {
        let store = db.store.clone();
        let ids = (0..10).map(|id| u32::try_from(caller).unwrap() * 10 + id);
        let mut lines: Vec<_> = ids
            .flat_map(|id| [one, two].map(|key| line(shop.merchant, key, 0, id, 200)))
            .map(|line| RequestLine { address: "10.0.0.9".parse().unwrap(), ..line })
            .chain([line(shop.merchant, two, 0, 1_000, 200)])
            .collect();
        if caller % 2 == 0 {
            lines.reverse();
        }
        async move { store.append_requests(&lines).await.unwrap() }
    })
    .await;
    assert_eq!(added.iter().sum::<u64>(), 161, "the line they share is one of them's");
    let seen = async |key| db.store.addresses_seen(shop.merchant, key, NOW, 9).await.unwrap();
    assert_eq!(seen(one).await[0].count, 80);
    assert_eq!(seen(two).await.iter().map(|one| one.count).collect::<Vec<_>>(), [80, 1]);
}

async fn acc_01_another_merchant_finds_neither_lines_nor_addresses(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let key = db.api_key(&shop, "Production").await;
    db.store.append_requests(&[line(shop.merchant, key, 0, 1, 404)]).await.unwrap();
    let refused = Some(RequestOutcome::Refused);
    for filter in [only(None, None), only(refused, None), only(None, Some(404))] {
        let own = db.store.requests(shop.merchant, key, &filter, 9).await.unwrap();
        assert_eq!(ids(&own), [1]);
        assert!(db.store.requests(other.merchant, key, &filter, 9).await.unwrap().is_empty());
    }
    assert_eq!(db.store.addresses_seen(shop.merchant, key, NOW, 9).await.unwrap().len(), 1);
    assert!(db.store.addresses_seen(other.merchant, key, NOW, 9).await.unwrap().is_empty());
}
