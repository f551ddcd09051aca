//! Wrong codes are counted before they are looked at, and waits grow.

use crate::support::{PASSWORD, Person, World, in_parallel, on_both_engines};
use aio_domain::{
    Action, AuthLevel, Problem,
    time::{HOUR, MINUTE, SECOND},
};

fn locked(minutes: u32) -> Problem {
    Problem::CodeLocked { wait_s: minutes * 60 }
}

/// Nine misses with their waits: the tenth is the next one.
async fn miss_nine_times(world: &World, owner: &Person) {
    for _ in 0..9 {
        owner.miss().await;
        world.clock.advance(16 * MINUTE);
    }
}

async fn count(world: &World, owner: &Person) -> u32 {
    let counter = world.store.step_counter(owner.user).await.unwrap();
    counter.unwrap().misses.count
}

on_both_engines! {
    async fn aut_05_of_two_hundred_parallel_wrong_codes_five_are_looked_at(world) {
        let owner = world.owner().await;
        let there = world.another_server().await;
        let (code, before) = (owner.wrong_code(), world.services.codes_evaluated());
        let answers = in_parallel(200, |caller| {
            let (code, owner) =
                (code.clone(), if caller % 2 == 0 { owner.clone() } else { owner.at(&there) });
            async move {
                let permit = owner.try_permit(Action::AllowlistSwitch).await?;
                owner
                    .services
                    .switch_allowlist(&permit, true, &code)
                    .await
                    .map_err(|error| error.problem())
            }
        })
        .await;
        assert!(
            answers.iter().all(|answer| matches!(
                answer,
                Err(Problem::CodeWrong | Problem::CodeLocked { .. } | Problem::Busy)
            )),
            "{answers:?}"
        );
        let looked_at = world.services.codes_evaluated() - before + there.codes_evaluated();
        assert_eq!(looked_at, 5);
        assert_eq!((count(world, &owner).await, world.audited("code.wrong")), (5, 5));
    }

    async fn aut_05_the_count_survives_a_restart(world) {
        let owner = world.owner().await;
        owner.miss_times(4).await;
        let owner = owner.at(&world.another_server().await);
        assert_eq!(owner.miss().await, locked(1));
    }

    async fn aut_05_waits_double_and_during_a_wait_even_the_right_code_is_not_looked_at(world) {
        let owner = world.owner().await;
        owner.miss_times(4).await;
        for minutes in [1, 2, 4, 8] {
            assert_eq!(owner.miss().await, locked(minutes));
            world.clock.advance(i64::from(minutes) * MINUTE - SECOND);
            let before = owner.services.codes_evaluated();
            assert_eq!(
                owner.switch_with(&owner.code()).await,
                Err(Problem::CodeLocked { wait_s: 1 })
            );
            assert_eq!(owner.services.codes_evaluated(), before);
            world.clock.advance(SECOND);
        }
        assert_eq!(owner.switch_with(&owner.code()).await, Ok(()));
        assert_eq!(count(world, &owner).await, 0);
    }

    async fn aut_05_the_tenth_miss_ends_the_session_and_says_so_in_the_log(world) {
        let owner = world.owner().await;
        miss_nine_times(world, &owner).await;
        assert!(owner.is_signed_in().await);
        assert_eq!(owner.miss().await, Problem::SignedOut);
        assert!(!owner.is_signed_in().await);
        assert_eq!(world.audited("code.session_ended"), 1);
    }

    async fn aut_05_after_twenty_misses_no_code_is_looked_at_any_more(world) {
        let mut owner = world.owner().await;
        miss_nine_times(world, &owner).await;
        for _ in 0..11 {
            world.clock.advance(HOUR);
            owner.cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
            assert_eq!(owner.miss().await, Problem::SignedOut);
        }
        world.clock.advance(1_000 * HOUR);
        let before = owner.services.codes_evaluated();
        owner.cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
        assert_eq!(owner.type_code(&owner.code()).await.unwrap_err(), Problem::CodeStopped);
        assert_eq!(owner.services.codes_evaluated(), before);
    }

    async fn aut_05_a_right_code_resets_the_count(world) {
        let owner = world.owner().await;
        owner.miss_times(4).await;
        assert_eq!(owner.switch_with(&owner.next_code()).await, Ok(()));
        assert_eq!(count(world, &owner).await, 0);
    }

    async fn aut_05_a_right_but_used_code_and_one_of_five_digits_are_no_misses(world) {
        let owner = world.owner().await;
        owner.miss_times(4).await;
        let used = owner.code();
        for _ in 0..5 {
            assert_eq!(owner.switch_with(&used).await, Err(Problem::CodeUsed { wait_s: 30 }));
            assert_eq!(owner.switch_with("12345").await, Err(Problem::CodeMalformed));
        }
        assert_eq!(count(world, &owner).await, 4);
    }

    async fn aut_05_all_purposes_share_one_count(world) {
        let owner = world.owner().await;
        owner.miss_times(2).await;
        let cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
        let browser = owner.with_cookie(cookie);
        assert_eq!(browser.type_code(&owner.wrong_code()).await.unwrap_err(), Problem::CodeWrong);
        let replace = owner.permit(Action::ReplaceBegin).await;
        let wrong = owner
            .services
            .replace_begin(&replace, crate::support::password(PASSWORD), &owner.wrong_code())
            .await;
        assert_eq!(wrong.unwrap_err().problem(), Problem::CodeWrong);
        assert_eq!(browser.type_code(&owner.wrong_code()).await.unwrap_err(), locked(1));
    }

    async fn aut_06_whoever_has_neither_password_nor_session_burns_no_tries_of_the_owner(world) {
        let owner = world.owner().await;
        let thief = owner.from("198.51.100.66");
        for _ in 0..11 {
            assert!(thief.type_password("not the password").await.is_err());
        }
        assert_eq!(count(world, &owner).await, 0);
        let browser = owner.second_browser().await;
        assert!(browser.type_code(&owner.next_code()).await.is_ok());
    }
}
