//! Handing out addresses.

use super::{Model, Shop, catch_up, shop, watcher, wish, world_of};
use crate::support::refusal;
use aio_domain::Problem;
use aio_store::SubaddressFilter;

#[tokio::test]
async fn a_customer_has_one_address_on_a_chain_however_often_it_is_asked_for() {
    let (one, two) = (Model::new("one"), Model::new("two"));
    let world = world_of(&[&one, &two]).await;
    let shop = shop(&world).await;
    for chain in ["one", "two"] {
        catch_up(&mut watcher(&world, chain)).await;
    }
    let wishes = [wish("two", "ann"), wish("one", "bob"), wish("one", "ann"), wish("two", "ann")];
    let first = world.services.hand_out(&shop.caller, &wishes).await.unwrap();
    let brief: Vec<_> = first
        .iter()
        .map(|one| (one.row.chain.as_str(), one.row.customer.as_str(), one.created))
        .collect();
    assert_eq!(brief[..3], [("two", "ann", true), ("one", "bob", true), ("one", "ann", true)]);
    assert_eq!((brief[3], first[3].row.id), (("two", "ann", false), first[0].row.id));
    let again = world.services.hand_out(&shop.caller, &wishes).await.unwrap();
    assert!(again.iter().all(|one| !one.created));
    for (was, is) in first.iter().zip(&again) {
        assert_eq!(was.row, is.row);
    }
    assert_eq!(shop.kinds(&world).await, ["subaddress.created"; 3]);
}

#[tokio::test]
async fn many_requests_of_several_servers_at_once_give_one_address_per_customer_and_no_gap() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let shop = shop(&world).await;
    catch_up(&mut watcher(&world, "model")).await;
    let mut tasks = Vec::new();
    for n in 0..40 {
        let services = world.another_server().await;
        let caller = shop.caller.clone();
        let wishes = [wish("model", &format!("customer {}", n % 10))];
        tasks.push(tokio::spawn(async move { services.hand_out(&caller, &wishes).await }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let rows = world
        .store
        .subaddresses(shop.caller.merchant, &SubaddressFilter::default(), 100)
        .await
        .unwrap();
    let mut numbers: Vec<_> = rows.iter().map(|row| row.address_index).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert_eq!(world.store.watched_after("model", 0, 100).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_share_a_transaction_get_what_they_asked_for_also_when_some_go_away() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let other = world.other_owner().await;
    let (_, secret) = other.key_and_secret("Other").await;
    let other = Shop { caller: other.call(&secret).await.unwrap(), owner: other };
    let shops = [shop(&world).await, other];
    catch_up(&mut watcher(&world, "model")).await;
    let mut tasks = Vec::new();
    for n in 0..300_usize {
        let (services, caller) = (world.services.clone(), shops[n % 2].caller.clone());
        let customer = format!("customer {}", n / 2 % 20);
        let name = customer.clone();
        let task = tokio::spawn(async move {
            let wishes = [wish("model", &name), wish("model", "everybody"), wish("model", &name)];
            services.hand_out(&caller, &wishes).await
        });
        tasks.push((n % 2, customer, task));
    }
    // Whoever has the turn may be among them.
    for (_, _, task) in tasks.iter().step_by(7) {
        task.abort();
    }
    let mut created = std::collections::HashMap::new();
    for (shop, customer, task) in tasks {
        let Ok(told) = task.await else { continue };
        let told = told.unwrap();
        let names: Vec<_> = told.iter().map(|one| one.row.customer.as_str()).collect();
        assert_eq!(names, [customer.as_str(), "everybody", customer.as_str()]);
        assert!(told.iter().all(|one| one.row.merchant == shops[shop].caller.merchant));
        assert_eq!((&told[0].row, told[2].created), (&told[2].row, false));
        for one in told.iter().filter(|one| one.created) {
            *created.entry(one.row.id).or_insert(0) += 1;
        }
    }
    assert!(created.values().all(|times| *times == 1), "{created:?}");
    for shop in &shops {
        let all = SubaddressFilter::default();
        let rows = world.store.subaddresses(shop.caller.merchant, &all, 100).await.unwrap();
        let mut numbers: Vec<_> = rows.iter().map(|row| row.address_index).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..21).collect::<Vec<_>>());
        assert_eq!(shop.kinds(&world).await, ["subaddress.created"; 21]);
    }
    assert_eq!(world.store.watched_after("model", 0, 100).await.unwrap().len(), 42);
}

#[tokio::test]
async fn one_request_that_cannot_be_done_spoils_none_that_share_its_transaction() {
    let (read, new) = (Model::new("read"), Model::new("new"));
    let world = world_of(&[&read, &new]).await;
    let shop = shop(&world).await;
    catch_up(&mut watcher(&world, "read")).await;
    let services = &world.services;
    let (good, bad) = ([wish("read", "ann")], [wish("read", "ann"), wish("new", "ann")]);
    for _ in 0..5 {
        let (one, two, three) = tokio::join!(
            services.hand_out(&shop.caller, &good),
            services.hand_out(&shop.caller, &bad),
            services.hand_out(&shop.caller, &good),
        );
        assert_eq!(refusal(two), Problem::Unavailable);
        assert_eq!(one.unwrap()[0].row.id, three.unwrap()[0].row.id);
    }
}

#[tokio::test]
async fn another_merchant_gets_other_addresses_for_the_same_customer() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let shop = shop(&world).await;
    catch_up(&mut watcher(&world, "model")).await;
    let other = world.other_owner().await;
    let (_, secret) = other.key_and_secret("Other").await;
    let caller = other.call(&secret).await.unwrap();
    let wishes = [wish("model", "ann")];
    let ours = world.services.hand_out(&shop.caller, &wishes).await.unwrap().remove(0);
    let theirs = world.services.hand_out(&caller, &wishes).await.unwrap().remove(0);
    assert_ne!(ours.row.address, theirs.row.address);
    assert!(world.store.subaddress(caller.merchant, ours.row.id).await.unwrap().is_none());
}

#[tokio::test]
async fn no_address_is_handed_out_on_a_chain_that_nobody_reads_yet_and_none_on_an_unknown_one() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let shop = shop(&world).await;
    for (chain, problem) in [("model", Problem::Unavailable), ("moon", Problem::NotFound)] {
        let refused = world.services.hand_out(&shop.caller, &[wish(chain, "ann")]).await;
        assert_eq!(refused.unwrap_err().problem(), problem);
    }
    // Of a batch with one bad wish nothing is handed out.
    catch_up(&mut watcher(&world, "model")).await;
    let wishes = [wish("model", "ann"), wish("moon", "ann")];
    assert!(world.services.hand_out(&shop.caller, &wishes).await.is_err());
    let rows = world
        .store
        .subaddresses(shop.caller.merchant, &SubaddressFilter::default(), 100)
        .await
        .unwrap();
    assert!(rows.is_empty());
}
