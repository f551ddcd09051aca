//! Where money goes by itself, and when: who may say so, with which proof, and what waits.

use super::{Model, flow::Flow};
use crate::support::{Person, World, refusal};
use aio_domain::{Action, Amount, AuthLevel, Field, FieldCode, Problem, Role, time::DAY};
use aio_service::{CollectionSettings, RulesInput};

/// Runs each case on a fresh SQLite file and, where a server is told, in a fresh Postgres database.
macro_rules! on_both_engines {
    ($($case:ident),+ $(,)?) => { $(
        mod $case {
            use crate::support::World;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$case(World::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = World::postgres().await {
                    super::$case(world).await.drop_database().await;
                }
            }
        }
    )+ };
}

on_both_engines! {
    the_first_address_counts_at_once_and_a_changed_one_waits_a_day,
    a_changed_address_is_taken_back_without_a_code_while_it_waits,
    without_a_fresh_code_or_the_right_role_nothing_changes,
    an_address_of_this_installation_is_refused_in_both_steps,
    rules_are_checked_confirmed_and_followed,
    another_merchants_collections_are_not_there,
}

async fn begin(world: World) -> Flow {
    Flow::begin_on(world, Model::with("model", 1, 20)).await
}

async fn try_begin(person: &Person, address: &str) -> Result<aio_domain::ChangeSetId, Problem> {
    let permit = person.try_permit(Action::CollectionAddressBegin).await?;
    let begun = person.services.begin_collection_address(&permit, "model", address).await;
    begun.map_err(|error| error.problem())
}

async fn set(person: &Person, address: &str) -> Result<(), Problem> {
    let change = try_begin(person, address).await?;
    let permit = person.try_permit(Action::CollectionAddress).await?;
    let services = &person.services;
    let done = services.set_collection_address(&permit, change, &person.next_code()).await;
    done.map_err(|error| error.problem())
}

async fn cancel(person: &Person) -> Result<(), Problem> {
    let permit = person.try_permit(Action::CollectionAddressCancel).await?;
    let done = person.services.cancel_collection_address(&permit, "model").await;
    done.map_err(|error| error.problem())
}

/// The same person signed in anew, with the same authenticator: sessions do not last for days.
async fn again(flow: &Flow) -> Person {
    let owner = &flow.shop.owner;
    let visitor = flow.world.visitor(owner.merchant, owner.user, &owner.email, AuthLevel::Full);
    Person { totp: owner.totp.clone(), ..visitor.await }
}

async fn shown(person: &Person) -> CollectionSettings {
    let permit = person.permit(Action::HomePage).await;
    person.services.collection_settings(&permit).await.unwrap().remove(0)
}

fn rules(version: i64) -> RulesInput {
    RulesInput {
        automatic: true,
        batch_size: "1".into(),
        max_age_minutes: "0".into(),
        minimums: vec![("COIN".into(), "0.5".into())],
        version,
    }
}

async fn set_rules(person: &Person, input: &RulesInput) -> Result<(), Problem> {
    let permit = person.try_permit(Action::CollectionRulesBegin).await?;
    let begun = person.services.begin_collection_rules(&permit, "model", input).await;
    let change = begun.map_err(|error| error.problem())?;
    let permit = person.try_permit(Action::CollectionRules).await?;
    let pending = person.services.pending_collection_rules(&permit, Some(change)).await.unwrap();
    assert_eq!(pending.unwrap().plan.rules.automatic, input.automatic);
    let done = person.services.set_collection_rules(&permit, change, &person.next_code()).await;
    done.map_err(|error| error.problem())
}

fn fields(problem: Problem) -> Vec<(Field, FieldCode)> {
    let Problem::Invalid { errors } = problem else { panic!("{problem}") };
    errors.into_iter().map(|error| (error.field, error.code)).collect()
}

async fn the_first_address_counts_at_once_and_a_changed_one_waits_a_day(world: World) -> World {
    let mut flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    set(&owner, "Safe").await.unwrap();
    let now = shown(&owner).await;
    assert_eq!((now.address.as_deref(), now.next_address), (Some("SAFE"), None));
    set_rules(&owner, &rules(1)).await.unwrap();
    flow.deposit(100, "a").await;
    flow.settle().await;
    assert_eq!(flow.collections().await[0].destination, "safe");
    flow.mine(1).await;

    let change = try_begin(&owner, "vault").await.unwrap();
    let permit = owner.permit(Action::CollectionAddress).await;
    let pending = owner.services.pending_collection_address(&permit, Some(change)).await.unwrap();
    assert!(pending.unwrap().plan.cools);
    set(&owner, "vault").await.unwrap();
    let now = shown(&owner).await;
    assert_eq!(
        (now.address.as_deref(), now.next_address.as_deref()),
        (Some("SAFE"), Some("VAULT"))
    );
    // Nothing is collected while it waits, to the old address neither.
    flow.deposit(200, "b").await;
    flow.settle().await;
    let left = now.row.unwrap().next_at.unwrap().millis() - flow.world.now().millis();
    assert!((DAY - 60_000..=DAY).contains(&left));
    flow.world.clock.advance(left - 1);
    flow.settle().await;
    assert_eq!(flow.told().await, ["final"]);
    flow.world.clock.advance(1);
    flow.settle().await;
    flow.mine(1).await;
    let rows = flow.collections().await;
    assert_eq!((rows.len(), rows[1].destination.as_str()), (2, "vault"));
    let balance = |address| flow.model.inside().balance(address);
    assert_eq!((balance("safe"), balance("vault")), (99, 199));
    assert_eq!(flow.world.audited("collection.address_set"), 2);
    // Changing it again begins from the one that counts now.
    let owner = again(&flow).await;
    set(&owner, "third").await.unwrap();
    let now = shown(&owner).await;
    assert_eq!(
        (now.address.as_deref(), now.next_address.as_deref()),
        (Some("VAULT"), Some("THIRD"))
    );
    flow.world
}

async fn a_changed_address_is_taken_back_without_a_code_while_it_waits(world: World) -> World {
    let flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    assert_eq!(cancel(&owner).await, Err(Problem::NotFound));
    set(&owner, "safe").await.unwrap();
    assert_eq!(cancel(&owner).await, Err(Problem::AlreadyDone));
    assert_eq!(set(&owner, "SAFE").await, Err(Problem::AlreadyDone));
    set(&owner, "thief").await.unwrap();
    let finance = flow.world.member(&owner, Role::Finance).await;
    cancel(&finance).await.unwrap();
    let now = shown(&owner).await;
    assert_eq!((now.address.as_deref(), now.next_address), (Some("SAFE"), None));
    assert_eq!(flow.world.audited("collection.address_cancelled"), 1);
    // Setting the old one again takes the changed one back too, and does not wait.
    set(&owner, "thief").await.unwrap();
    set(&owner, "safe").await.unwrap();
    assert_eq!(shown(&owner).await.next_address, None);
    // Too late is too late.
    set(&owner, "new").await.unwrap();
    flow.world.clock.advance(DAY);
    assert_eq!(cancel(&again(&flow).await).await, Err(Problem::AlreadyDone));
    flow.world
}

async fn without_a_fresh_code_or_the_right_role_nothing_changes(world: World) -> World {
    let flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    for role in [Role::Developer, Role::Viewer] {
        let person = flow.world.member(&owner, role).await;
        assert_eq!(try_begin(&person, "thief").await, Err(Problem::Forbidden));
        assert_eq!(set(&person, "thief").await, Err(Problem::Forbidden));
        assert_eq!(cancel(&person).await, Err(Problem::Forbidden));
        assert_eq!(set_rules(&person, &rules(0)).await, Err(Problem::Forbidden));
    }
    let change = try_begin(&owner, "safe").await.unwrap();
    let permit = owner.permit(Action::CollectionAddress).await;
    let services = &owner.services;
    let wrong = services.set_collection_address(&permit, change, &owner.wrong_code()).await;
    assert_eq!(refusal(wrong), Problem::CodeWrong);
    assert!(shown(&owner).await.row.is_none());
    let code = owner.next_code();
    services.set_collection_address(&permit, change, &code).await.unwrap();
    // The change and the code are used up.
    let again = services.set_collection_address(&permit, change, &code).await;
    assert_eq!(refusal(again), Problem::ChangeGone);
    let change = try_begin(&owner, "thief").await.unwrap();
    let again = services.set_collection_address(&permit, change, &code).await;
    assert!(matches!(refusal(again), Problem::CodeUsed { .. }));
    // A change of the address is no change of the rules.
    let permit = owner.permit(Action::CollectionRules).await;
    let other = services.set_collection_rules(&permit, change, &owner.next_code()).await;
    assert_eq!(refusal(other), Problem::ChangeGone);
    assert_eq!(shown(&owner).await.row.unwrap().version, 1);
    flow.world
}

async fn an_address_of_this_installation_is_refused_in_both_steps(world: World) -> World {
    let flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    let other = flow.world.other_owner().await;
    let (_, secret) = other.key_and_secret("Other").await;
    let caller = other.call(&secret).await.unwrap();
    let wishes = [super::wish("model", "eve")];
    let theirs = flow.world.services.hand_out(&caller, &wishes).await.unwrap().remove(0);
    let own = (Field::CollectionAddress, FieldCode::OwnAddress);
    for address in [&flow.to, &theirs.row.address, "account0/1/0"] {
        assert_eq!(fields(try_begin(&owner, address).await.unwrap_err()), [own], "{address}");
    }
    for (text, code) in [("", FieldCode::Required), ("n!", FieldCode::NotAnAddress)] {
        let wanted = (Field::CollectionAddress, code);
        assert_eq!(fields(try_begin(&owner, text).await.unwrap_err()), [wanted]);
    }
    // Somebody is given that very address between the two steps.
    let change = try_begin(&owner, "account0/0/1").await.unwrap();
    let bob = flow.shop.address(&flow.world, "model", "bob").await.row.address;
    assert_eq!(bob, "account0/0/1");
    let permit = owner.permit(Action::CollectionAddress).await;
    let done = owner.services.set_collection_address(&permit, change, &owner.next_code()).await;
    assert_eq!(fields(refusal(done)), [own]);
    assert!(shown(&owner).await.row.is_none());
    let permit = owner.permit(Action::CollectionAddressBegin).await;
    let nowhere = owner.services.begin_collection_address(&permit, "nowhere", "safe").await;
    assert_eq!(refusal(nowhere), Problem::NotFound);
    flow.world
}

async fn rules_are_checked_confirmed_and_followed(world: World) -> World {
    let mut flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    let first = set_rules(&owner, &rules(0)).await.unwrap_err();
    assert_eq!(fields(first), [(Field::CollectionAddress, FieldCode::Required)]);
    set(&owner, "safe").await.unwrap();
    let bad = RulesInput {
        batch_size: "0".into(),
        max_age_minutes: " ".into(),
        minimums: vec![("COIN".into(), "1.001".into()), ("GOLD".into(), "1".into())],
        ..rules(1)
    };
    assert_eq!(
        fields(set_rules(&owner, &bad).await.unwrap_err()),
        [
            (Field::BatchSize, FieldCode::OutOfRange),
            (Field::MaxAge, FieldCode::Required),
            (Field::Minimum, FieldCode::NotAnAmount),
            (Field::Minimum, FieldCode::NotAnAmount)
        ]
    );
    assert_eq!(set_rules(&owner, &rules(7)).await, Err(Problem::Stale));
    set_rules(&owner, &rules(1)).await.unwrap();
    let token = shown(&owner).await.tokens.remove(0);
    assert_eq!((token.minimum, token.waiting), (Amount::from(50_u64), None));
    // Switched off, nothing moves.
    set_rules(&owner, &RulesInput { automatic: false, ..rules(2) }).await.unwrap();
    flow.deposit(50, "a").await;
    flow.settle().await;
    assert_eq!(flow.told().await, [""; 0]);
    set_rules(&owner, &rules(3)).await.unwrap();
    flow.settle().await;
    assert_eq!(flow.told().await, ["broadcast"]);
    assert_eq!(flow.world.audited("collection.rules_set"), 3);
    // Two forms that were opened at once: the second one is told so.
    let begin = owner.permit(Action::CollectionRulesBegin).await;
    let services = &owner.services;
    let one = services.begin_collection_rules(&begin, "model", &rules(4)).await.unwrap();
    let two = services.begin_collection_rules(&begin, "model", &rules(4)).await.unwrap();
    let permit = owner.permit(Action::CollectionRules).await;
    services.set_collection_rules(&permit, one, &owner.next_code()).await.unwrap();
    let late = services.set_collection_rules(&permit, two, &owner.next_code()).await;
    assert_eq!(refusal(late), Problem::Stale);
    flow.world
}

async fn another_merchants_collections_are_not_there(world: World) -> World {
    let mut flow = begin(world).await;
    let owner = flow.shop.owner.clone();
    set(&owner, "safe").await.unwrap();
    set_rules(&owner, &rules(1)).await.unwrap();
    flow.deposit(50, "a").await;
    flow.settle().await;
    let row = flow.collections().await.remove(0);
    let thief = flow.world.other_owner().await;
    let permit = thief.permit(Action::HomePage).await;
    let services = &thief.services;
    assert_eq!(refusal(services.collection(&permit, row.id).await), Problem::NotFound);
    let deposit = flow.world.store.collected(flow.merchant(), row.id).await.unwrap().remove(0);
    assert!(services.collection_of(&permit, deposit.id).await.unwrap().is_none());
    assert!(services.collections(&permit, None, 9).await.unwrap().rows.is_empty());
    assert!(shown(&thief).await.row.is_none());
    assert!(services.gas_addresses(&permit).await.unwrap().is_empty());
    let mine = owner.permit(Action::HomePage).await;
    assert_eq!(services.collections(&mine, None, 9).await.unwrap().rows.len(), 1);
    flow.world
}
