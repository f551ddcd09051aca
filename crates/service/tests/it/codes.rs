//! A code works once, for one purpose, in its own half minute and the next.

use crate::support::{Person, START, World, in_parallel, on_both_engines, winners};
use aio_domain::{ApiKeyId, AuthLevel, Problem, Timestamp, time::HOUR};

/// Spends a code for whatever this browser needs one for.
async fn spend(person: Person, key: ApiKeyId, code: String) -> Result<(), Problem> {
    match person.try_session().await?.map(|session| session.level) {
        Some(AuthLevel::CodePending) => person.type_code(&code).await.map(|_| ()),
        _ => person.regenerate_aes(key, &code).await,
    }
}

/// A browser of the person that has given the password only.
async fn waiting_browser(world: &World, owner: &Person) -> Person {
    let cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
    owner.with_cookie(cookie)
}

/// How many wrong codes are held against the person, and whether there is a wait.
async fn misses(world: &World, owner: &Person) -> (u32, Option<Timestamp>) {
    let counter = world.store.step_counter(owner.user).await.unwrap().unwrap();
    (counter.misses.count, counter.misses.locked_until)
}

async fn owner_with_aes_key(world: &World) -> (Person, ApiKeyId) {
    let owner = world.owner().await;
    let key = owner.key("Production").await;
    owner.enable_aes(key).await;
    (owner, key)
}

on_both_engines! {
    async fn aut_02_fifty_parallel_requests_with_one_code_have_one_winner(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        for round in 2..7 {
            let code = owner.next_code();
            let answers = in_parallel(50, |_| spend(owner.clone(), key, code.clone())).await;
            assert_eq!(winners(&answers), 1);
            assert_eq!(world.count("SELECT version FROM aes_keys"), round);
            assert_eq!(
                misses(world, &owner).await,
                (0, None),
                "right codes are held against nobody"
            );
        }
    }

    async fn aut_02_one_code_works_once_across_sign_ins_actions_and_servers(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        let there = owner.at(&world.another_server().await);
        for (left_signs_in, right_signs_in) in [(true, true), (true, false), (false, false)] {
            for _ in 0..4 {
                let mut people = Vec::new();
                for _ in 0..8 {
                    let left = if left_signs_in {
                        waiting_browser(world, &owner).await
                    } else {
                        owner.clone()
                    };
                    let right = if right_signs_in {
                        waiting_browser(world, &there).await
                    } else {
                        there.clone()
                    };
                    people.extend([left, right]);
                }
                let code = owner.next_code();
                let answers =
                    in_parallel(16, |at| spend(people[at].clone(), key, code.clone())).await;
                assert_eq!(winners(&answers), 1);
            }
        }
    }

    async fn aut_03_the_code_typed_at_enrolment_confirms_nothing_else(world) {
        let owner = world.owner().await;
        let code = owner.code();
        let browser = waiting_browser(world, &owner).await;
        assert!(matches!(browser.type_code(&code).await, Err(Problem::CodeUsed { wait_s: 30 })));
        let switch = owner.permit(aio_domain::Action::AllowlistSwitch).await;
        let answer = owner.services.switch_allowlist(&switch, true, &code).await;
        assert_eq!(answer.unwrap_err().problem(), Problem::CodeUsed { wait_s: 30 });
        assert!(browser.type_code(&owner.next_code()).await.is_ok());
    }

    async fn aut_03_the_code_typed_at_sign_in_confirms_no_action(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        let mut browser = waiting_browser(world, &owner).await;
        let code = owner.next_code();
        browser.becomes(browser.type_code(&code).await.unwrap());
        assert_eq!(browser.copy_key(key, &code).await, Err(Problem::CodeUsed { wait_s: 30 }));
        assert_eq!(world.audited("api_key.copied"), 0);
        assert_eq!(browser.copy_key(key, &owner.next_code()).await, Ok(()));
    }

    async fn aut_04_a_code_is_taken_in_its_step_and_the_next_and_no_longer(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        let try_after = async |millis: i64| {
            let code = owner.next_code();
            world.clock.advance(millis);
            let answer = owner.regenerate_aes(key, &code).await;
            world.clock.advance(120_000);
            answer
        };
        assert_eq!(try_after(0).await, Ok(()));
        assert_eq!(try_after(29_999).await, Ok(()));
        assert_eq!(try_after(30_000).await, Ok(()));
        assert_eq!(try_after(59_999).await, Ok(()));
        assert_eq!(try_after(60_000).await, Err(Problem::CodeWrong));
        assert_eq!(try_after(-1).await, Err(Problem::CodeWrong), "the code of a step to come");
    }

    async fn aut_04_the_code_of_the_step_before_a_spent_one_is_spent_too(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        let older = owner.next_code();
        assert_eq!(owner.regenerate_aes(key, &owner.next_code()).await, Ok(()));
        assert_eq!(owner.regenerate_aes(key, &older).await, Err(Problem::CodeUsed { wait_s: 30 }));
    }

    async fn aut_04_a_clock_that_steps_back_an_hour_opens_no_code_again(world) {
        let (owner, key) = owner_with_aes_key(world).await;
        world.clock.set(START.plus(2 * HOUR));
        let mut owner = owner;
        owner.cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
        assert_eq!(owner.regenerate_aes(key, &owner.next_code()).await, Ok(()));
        let spent = world.now();
        world.clock.advance(-HOUR);
        while world.now() < spent {
            let answer = owner.regenerate_aes(key, &owner.code()).await;
            assert_eq!(answer, Err(Problem::CodeUsed { wait_s: 30 }));
            world.clock.advance(10 * 30_000);
        }
        world.clock.set(spent);
        assert_eq!(owner.regenerate_aes(key, &owner.next_code()).await, Ok(()));
    }
}
