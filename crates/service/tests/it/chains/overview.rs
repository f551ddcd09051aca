//! What the first page reads: sums, what waits, what to look at and what to do first.

use super::{Model, Scene, Shop, catch_up, flow::collects, watcher};
use crate::support::{World, listed, refusal};
use aio_domain::{
    Action, Amount, Clock as _, Problem, Role, Span,
    time::{DAY, HOUR},
};
use aio_service::{Attention, Awaiting, FirstStep};

#[tokio::test]
async fn the_last_24_hours_are_compared_with_those_before_and_a_week_is_drawn() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    let permit = shop.owner.permit(Action::OverviewLoad).await;
    assert_eq!(world.services.received(&permit).await.unwrap(), []);
    for (amount, wait) in [(100, 25 * HOUR), (20, HOUR), (3, 0)] {
        model.pay(&to, amount, &amount.to_string());
        catch_up(&mut watcher).await;
        world.clock.advance(wait);
    }
    let found = world.services.received(&permit).await.unwrap();
    let amount = |units: u64| Amount::from(units);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].now, found[0].before), ((2, amount(23)), (1, amount(100))));
    assert_eq!((found[0].week.len(), Amount::sum(found[0].week.clone())), (7, Some(amount(123))));
    let volume = world.services.volume(&permit, 14).await.unwrap();
    let days = &volume[0].days;
    assert_eq!((volume.len(), days.len()), (1, 14));
    assert_eq!(days[13].0, Span::Day.start(world.clock.now()));
    assert_eq!(days.iter().map(|day| day.1).sum::<i64>(), 3);
    // A week later there is nothing to tell, and the longer chart still has it.
    world.clock.advance(8 * DAY);
    assert_eq!(world.services.received(&permit).await.unwrap(), []);
    let volume = world.services.volume(&permit, 14).await.unwrap();
    assert_eq!(volume[0].days.iter().map(|day| day.1).sum::<i64>(), 3);
}

#[tokio::test]
async fn what_waits_is_counted_without_dust_and_with_its_oldest() {
    let model = Model::new("model");
    model.inside().dust = 10;
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(model).await;
    let permit = shop.owner.permit(Action::OverviewLoad).await;
    let none = Awaiting { detected: 0, confirming: 0, is_more: false, oldest: None };
    assert_eq!(world.services.awaiting(&permit).await.unwrap(), none);
    model.pay(&to, 50, "a");
    model.pay(&to, 9, "b");
    catch_up(&mut watcher).await;
    let first = world.clock.now();
    model.mine();
    world.clock.advance(HOUR);
    model.pay(&to, 60, "c");
    catch_up(&mut watcher).await;
    let some = Awaiting { detected: 1, confirming: 1, is_more: false, oldest: Some(first) };
    assert_eq!(world.services.awaiting(&permit).await.unwrap(), some);
    // Nobody else's.
    let other = world.other_owner().await.permit(Action::OverviewLoad).await;
    assert_eq!(world.services.awaiting(&other).await.unwrap(), none);
    assert_eq!(world.services.received(&other).await.unwrap(), []);
}

#[tokio::test]
async fn attention_is_asked_for_what_the_role_can_do_something_about() {
    let Scene { model, world, shop, mut watcher, to } = Scene::begin(Model::new("model")).await;
    // The shop's own key works from anywhere.
    shop.owner.create_key(listed("Listed", "10.0.0.0/8")).await.unwrap();
    model.pay(&to, 50, "a");
    model.mine();
    model.mine_empty(2);
    catch_up(&mut watcher).await;
    let kinds = async |role: Option<Role>| {
        let person = match role {
            None => shop.owner.clone(),
            Some(role) => world.member(&shop.owner, role).await,
        };
        let permit = person.permit(Action::OverviewLoad).await;
        let found = world.services.attention(&permit).await.unwrap();
        let word = |one: &Attention| match one {
            Attention::NoCollectionAddress(chain) => format!("address {chain}"),
            Attention::NoGas(chain) | Attention::LowGas(chain) => format!("gas {chain}"),
            Attention::FewCodes(left) => format!("codes {left}"),
            Attention::AnyAddress(_, label) => format!("any {label}"),
            Attention::Unused(_, label) => format!("unused {label}"),
        };
        found.iter().map(word).collect::<Vec<_>>()
    };
    let any = "any Shop";
    assert_eq!(kinds(None).await, ["address model", any]);
    assert_eq!(kinds(Some(Role::Finance)).await, ["address model"]);
    assert_eq!(kinds(Some(Role::Developer)).await, [any]);
    assert_eq!(kinds(Some(Role::Viewer)).await, Vec::<String>::new());
}

#[tokio::test]
async fn first_steps_are_told_until_all_of_them_are_done() {
    let model = Model::new("model");
    let world = World::sqlite().await.with_chains(vec![model.port()]).await;
    let owner = world.owner().await;
    let steps = async || {
        let permit = owner.permit(Action::OverviewLoad).await;
        let found = world.services.first_steps(&permit).await.unwrap();
        let open = found.iter().filter(|(_, is_done)| !is_done);
        (found.len(), open.map(|(step, _)| step.clone()).collect::<Vec<_>>())
    };
    let address = FirstStep::CollectionAddress("model".into());
    let rest = vec![address, FirstStep::Subaddress, FirstStep::Payment];
    assert_eq!(steps().await, (4, [vec![FirstStep::Key], rest.clone()].concat()));
    let (_, secret) = owner.key_and_secret("Shop").await;
    assert_eq!(steps().await, (4, rest.clone()));
    let mut watcher = watcher(&world, "model");
    catch_up(&mut watcher).await;
    collects(&world, owner.merchant, "model", 5, 0).await;
    assert_eq!(steps().await, (4, rest[1..].to_vec()));
    let caller = owner.call(&secret).await.unwrap();
    let shop = Shop { caller, owner: owner.clone() };
    let to = shop.address(&world, "model", "ann").await.row.address;
    assert_eq!(steps().await, (4, rest[2..].to_vec()));
    model.pay(&to, 5, "a");
    catch_up(&mut watcher).await;
    assert_eq!(steps().await, (0, Vec::new()));
}

#[tokio::test]
async fn the_first_page_is_read_with_its_own_permit_only() {
    let world = World::sqlite().await;
    let owner = world.owner().await;
    let wrong = owner.permit(Action::KeysList).await;
    let services = &world.services;
    assert_eq!(refusal(services.received(&wrong).await), Problem::Internal);
    assert_eq!(refusal(services.volume(&wrong, 14).await), Problem::Internal);
    assert_eq!(refusal(services.awaiting(&wrong).await), Problem::Internal);
    assert_eq!(refusal(services.attention(&wrong).await), Problem::Internal);
    assert_eq!(refusal(services.first_steps(&wrong).await), Problem::Internal);
}
