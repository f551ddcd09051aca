//! What is counted of an allowlist's rules, and of AES keys.

use crate::support::{ADDRESS, NOW, Shop, TestDb, in_parallel, label, on_both_engines, sealed};
use aio_domain::{ApiKeyId, Cidr, MerchantId, Rule, Timestamp};
use aio_store::{AesUse, KeyUse, RuleUse, StoreError};

fn used(merchant: MerchantId, key: ApiKeyId, range: &str, hits: u32, at: i64) -> RuleUse {
    let cidr = Cidr::parse(range).unwrap();
    RuleUse { merchant, key, cidr, hits, last_match_at: NOW.plus(at) }
}

/// Range, hits and last match of each rule.
async fn stats(db: &TestDb, shop: &Shop, key: ApiKeyId) -> Vec<(String, i64, Option<Timestamp>)> {
    let stats = db.store.rule_stats(shop.merchant, key).await.unwrap();
    stats.into_iter().map(|rule| (rule.cidr.to_string(), rule.hits, rule.last_match_at)).collect()
}

async fn replace(db: &TestDb, shop: &Shop, key: ApiKeyId, ranges: &[&str]) {
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_rules(shop.merchant, key, &db.rules(ranges)).await.unwrap());
    tx.commit().await.unwrap();
}

on_both_engines! {
    uses_of_a_rule_add_up_and_the_last_one_moves_only_forward,
    a_range_that_stays_in_the_list_keeps_its_count,
    a_list_with_a_broken_rule_can_be_replaced,
    uses_noted_while_the_list_is_edited_are_not_lost,
    batches_of_uses_in_opposite_orders_never_wait_in_a_circle,
    acc_01_another_merchant_neither_reads_nor_moves_the_count,
    aes_08_a_use_of_a_replaced_aes_key_is_not_one_of_the_new_key,
}

async fn uses_of_a_rule_add_up_and_the_last_one_moves_only_forward(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let other = db.api_key(&shop, "Other").await;
    let of = |range, hits, at| used(shop.merchant, key, range, hits, at);
    db.store.touch_rules(&[of("10.0.0.0/8", 3, 9), of("192.0.2.0/24", 1, 9)]).await.unwrap();
    db.store.touch_rules(&[of("10.0.0.0/8", 2, 5)]).await.unwrap();
    db.store.touch_rules(&[]).await.unwrap();
    let untouched = ("2001:db8::/48".to_owned(), 0, None);
    let expected = [("10.0.0.0/8".to_owned(), 5, Some(NOW.plus(9))), untouched.clone()];
    assert_eq!(stats(db, &shop, key).await, expected);
    assert_eq!(stats(db, &shop, other).await, [("10.0.0.0/8".to_owned(), 0, None), untouched]);
}

async fn a_range_that_stays_in_the_list_keeps_its_count(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let of = |range, hits, at| used(shop.merchant, key, range, hits, at);
    let uses = [of("10.0.0.0/8", 3, 1), of("2001:db8::/48", u32::MAX, 2)];
    db.store.touch_rules(&uses).await.unwrap();
    let before = db.store.rule_stats(shop.merchant, key).await.unwrap();

    let mut rules = db.rules(&["192.0.2.0/24", "2001:db8::/48"]);
    rules[1].1.label = Some(label("moved"));
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_rules(shop.merchant, key, &rules).await.unwrap());
    tx.commit().await.unwrap();
    let after = db.store.rule_stats(shop.merchant, key).await.unwrap();
    let shown: Vec<_> = after.iter().map(|rule| (rule.id, rule.hits, rule.last_match_at)).collect();
    let kept = (rules[1].0, i64::from(u32::MAX), Some(NOW.plus(2)));
    assert_eq!(shown, [(rules[0].0, 0, None), kept]);
    assert_ne!(after[1].id, before[1].id);
    let as_rules: Vec<_> =
        after.into_iter().map(|rule| Rule { cidr: rule.cidr, label: rule.label }).collect();
    assert_eq!(db.store.rules(shop.merchant, key).await.unwrap(), as_rules);

    replace(db, &shop, key, &["192.0.2.0/24"]).await;
    replace(db, &shop, key, &["2001:db8::/48"]).await;
    let again = ("2001:db8::/48".to_owned(), 0, None);
    assert_eq!(stats(db, &shop, key).await, [again], "a range that was away begins anew");
}

async fn a_list_with_a_broken_rule_can_be_replaced(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    db.raw("UPDATE allowlist_rules SET cidr = '10.0.0.0/99' WHERE position = 0").await.unwrap();
    db.raw("UPDATE allowlist_rules SET hits = 4 WHERE position = 1").await.unwrap();
    assert!(db.store.rule_stats(shop.merchant, key).await.is_err());
    replace(db, &shop, key, &["10.0.0.0/8", "2001:db8::/48"]).await;
    let expected = [("10.0.0.0/8".to_owned(), 0, None), ("2001:db8::/48".to_owned(), 4, None)];
    assert_eq!(stats(db, &shop, key).await, expected);
}

async fn uses_noted_while_the_list_is_edited_are_not_lost(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_rules(shop.merchant, key, &db.rules(&["10.0.0.0/8"])).await.unwrap());
    let (store, of_rule) = (db.store.clone(), used(shop.merchant, key, "10.0.0.0/8", 3, 1));
    let touch = tokio::spawn(async move { store.touch_rules(&[of_rule]).await });
    db.until_it_waits(&touch).await;
    tx.commit().await.unwrap();
    touch.await.unwrap().unwrap();
    let expected = ("10.0.0.0/8".to_owned(), 3, Some(NOW.plus(1)));
    assert_eq!(stats(db, &shop, key).await, [expected]);
}

/// On Postgres they would be told of a deadlock. Batches are newer and newer, so that there is
/// something to write.
async fn batches_of_uses_in_opposite_orders_never_wait_in_a_circle(db: &TestDb) {
    let shop = db.shop("one").await;
    let mut keys = Vec::new();
    for number in 0..8 {
        keys.push(db.api_key(&shop, &format!("key {number}")).await);
    }
    let noted = in_parallel(8, |caller| {
        let (store, mut keys) = (db.store.clone(), keys.clone());
        if caller % 2 == 0 {
            keys.reverse();
        }
        let rounds = (0..20).map(move |round| round * 8 + i64::try_from(caller).unwrap());
        async move {
            for round in rounds.clone() {
                let rule = |key: &ApiKeyId| used(shop.merchant, *key, "10.0.0.0/8", 1, round);
                store.touch_rules(&keys.iter().map(rule).collect::<Vec<_>>()).await?;
            }
            for at in rounds.clone().map(|round| NOW.plus(round)) {
                let uses = keys.iter().map(|key| KeyUse { id: *key, at, address: ADDRESS });
                store.touch_keys(&uses.collect::<Vec<_>>()).await?;
            }
            for at in rounds.map(|round| NOW.plus(round)) {
                let aes = |key| AesUse { merchant: shop.merchant, key, version: 1, at };
                store.touch_aes(&keys.iter().copied().map(aes).collect::<Vec<_>>()).await?;
            }
            Ok::<_, StoreError>(())
        }
    })
    .await;
    assert!(noted.iter().all(Result::is_ok), "{noted:?}");
    let last = Some(NOW.plus(159));
    for id in keys {
        let key = db.store.api_key(shop.merchant, id).await.unwrap().unwrap();
        assert_eq!((key.last_used_at, key.aes_last_used_at), (last, last));
        assert_eq!(stats(db, &shop, id).await[0], ("10.0.0.0/8".to_owned(), 160, last));
    }
}

async fn acc_01_another_merchant_neither_reads_nor_moves_the_count(db: &TestDb) {
    let (shop, other) = (db.shop("one").await, db.shop("two").await);
    let key = db.api_key(&shop, "Production").await;
    let aes = AesUse { merchant: other.merchant, key, version: 1, at: NOW.plus(1) };
    db.store.touch_rules(&[used(other.merchant, key, "10.0.0.0/8", 3, 1)]).await.unwrap();
    db.store.touch_aes(&[aes]).await.unwrap();
    assert!(db.store.rule_stats(other.merchant, key).await.unwrap().is_empty());
    assert_eq!(stats(db, &shop, key).await[0], ("10.0.0.0/8".to_owned(), 0, None));
    assert_eq!(db.store.aes_key(shop.merchant, key).await.unwrap().unwrap().last_used_at, None);
}

async fn aes_08_a_use_of_a_replaced_aes_key_is_not_one_of_the_new_key(db: &TestDb) {
    let shop = db.shop("one").await;
    let key = db.api_key(&shop, "Production").await;
    let of = |version, at| AesUse { merchant: shop.merchant, key, version, at: NOW.plus(at) };
    let last = async || db.store.aes_key(shop.merchant, key).await.unwrap().unwrap().last_used_at;
    db.store.touch_aes(&[of(1, 5), of(1, 3)]).await.unwrap();
    assert_eq!(last().await, Some(NOW.plus(5)));
    let mut tx = db.store.begin().await.unwrap();
    assert!(tx.replace_aes_key(shop.merchant, key, 1, 2, &sealed("two"), NOW).await.unwrap());
    tx.commit().await.unwrap();
    db.store.touch_aes(&[of(1, 9)]).await.unwrap();
    assert_eq!(last().await, None);
    db.store.touch_aes(&[of(1, 9), of(2, 8)]).await.unwrap();
    assert_eq!(last().await, Some(NOW.plus(8)));
}
