//! Enrolling and replacing an authenticator.

use crate::support::{
    PASSWORD, Person, World, in_parallel, on_both_engines, password, refusal, winners,
};
use aio_domain::{
    Action, AuthLevel, Field, FieldCode, Problem, Role,
    time::{MINUTE, SECOND},
};

/// A member who has given the password for the first time.
async fn newcomer(world: &World) -> Person {
    let owner = world.owner().await;
    let user = world.user("new@shop.example").await;
    world.join(owner.merchant, user, Role::Developer).await;
    let level = AuthLevel::Enrolling;
    let person = world.visitor(owner.merchant, user, "new@shop.example", level).await;
    start(&person).await;
    person
}

async fn start(person: &Person) {
    let permit = person.permit(Action::EnrolStart).await;
    person.services.start_enrolment(&permit).await.unwrap();
}

/// Reads the code of the pending authenticator that the enrolment page shows.
async fn scan(person: &Person) -> Person {
    let totp = person.pending(Action::EnrolPage).await;
    Person { totp, ..person.clone() }
}

async fn confirm(person: Person, code: String) -> Result<(), Problem> {
    let permit = person.try_permit(Action::EnrolConfirm).await?;
    let done = person.services.confirm_enrolment(&permit, &code).await;
    done.map(|_| ()).map_err(|error| error.problem())
}

async fn replace_begin(person: &Person, typed: &str, code: &str) -> Result<(), Problem> {
    let permit = person.try_permit(Action::ReplaceBegin).await?;
    let done = person.services.replace_begin(&permit, password(typed), code).await;
    done.map_err(|error| error.problem())
}

async fn replace_confirm(person: &mut Person, code: &str) -> Result<(), Problem> {
    let permit = person.try_permit(Action::ReplaceConfirm).await?;
    let done = person.services.replace_confirm(&permit, code).await;
    person.becomes(done.map_err(|error| error.problem())?);
    Ok(())
}

on_both_engines! {
    async fn aut_07_each_enrolment_shows_a_fresh_secret_of_160_bits(world) {
        let person = newcomer(world).await;
        let first = scan(&person).await.totp.unwrap();
        start(&person).await;
        let second = scan(&person).await.totp.unwrap();
        assert_eq!(first.expose().len() * 8, 160);
        assert_ne!(first.expose(), second.expose());
        assert_eq!(confirm(person.clone(), scan(&person).await.code()).await, Ok(()));
    }

    async fn aut_07_the_code_of_a_secret_drawn_before_is_wrong(world) {
        let person = newcomer(world).await;
        let old = scan(&person).await;
        start(&person).await;
        assert_eq!(confirm(person, old.code()).await, Err(Problem::CodeWrong));
    }

    async fn aut_07_a_pending_secret_expires_after_ten_minutes(world) {
        let person = newcomer(world).await;
        world.clock.advance(10 * MINUTE - SECOND);
        let late = scan(&person).await;
        assert!(late.totp.is_some());
        world.clock.advance(SECOND);
        assert!(person.pending(Action::EnrolPage).await.is_none());
        assert_eq!(confirm(person.clone(), late.code()).await, Err(Problem::EnrolmentExpired));
        start(&person).await;
        assert_eq!(confirm(person.clone(), scan(&person).await.code()).await, Ok(()));
    }

    async fn aut_07_of_two_concurrent_enrolments_one_wins(world) {
        let person = newcomer(world).await;
        let cookie = world.session(person.merchant, person.user, AuthLevel::Enrolling).await;
        let (one, other) = (scan(&person).await, scan(&person.with_cookie(cookie)).await);
        let answers = in_parallel(8, |at| {
            let person = if at % 2 == 0 { one.clone() } else { other.clone() };
            let code = person.code();
            confirm(person, code)
        })
        .await;
        assert_eq!(winners(&answers), 1);
        assert_eq!(
            world.count(&format!(
                "SELECT COUNT(*) FROM authenticators WHERE user_id = '{}'",
                person.user
            )),
            1
        );
        assert_eq!(
            world.count(&format!(
                "SELECT COUNT(*) FROM recovery_codes WHERE user_id = '{}'",
                person.user
            )),
            10
        );
        assert_eq!(
            world
                .count(&format!("SELECT COUNT(*) FROM sessions WHERE user_id = '{}'", person.user)),
            1
        );
    }

    async fn aut_07_once_enrolled_the_enrolment_page_is_out_of_reach(world) {
        let owner = world.owner().await;
        for action in [Action::EnrolPage, Action::EnrolStart, Action::EnrolConfirm] {
            assert_eq!(owner.try_permit(action).await.unwrap_err(), Problem::AlreadyDone);
        }
    }

    async fn aut_07_a_cookie_alone_cannot_replace_the_authenticator(world) {
        let mut thief = world.owner().await;
        assert_eq!(
            replace_begin(&thief, "not the password", &thief.next_code()).await,
            Err(Problem::field(Field::Password, FieldCode::Wrong))
        );
        assert_eq!(
            replace_begin(&thief, PASSWORD, &thief.wrong_code()).await,
            Err(Problem::CodeWrong)
        );
        assert!(thief.pending(Action::ReplaceConfirmPage).await.is_none());
        let code = thief.next_code();
        assert_eq!(replace_confirm(&mut thief, &code).await, Err(Problem::EnrolmentExpired));
    }

    async fn aut_07_a_secret_left_pending_by_a_recovery_is_of_no_use_to_a_later_session(world) {
        let owner = world.owner().await;
        let waiting = owner.second_browser().await;
        let recover = waiting.permit(Action::Recover).await;
        waiting.services.recover(&recover, &owner.recovery_codes[0]).await.unwrap();
        // The old authenticator turned up after all; its owner signs in and the cookie is stolen.
        let mut thief = owner.second_browser().await;
        thief.becomes(thief.type_code(&owner.next_code()).await.unwrap());
        assert!(
            thief.pending(Action::ReplaceConfirmPage).await.is_none(),
            "the page shows no secret"
        );
        let code = thief.next_code();
        assert_eq!(replace_confirm(&mut thief, &code).await, Err(Problem::EnrolmentExpired));
    }

    async fn aut_07_the_old_secret_works_until_the_switch_and_the_new_one_is_another(world) {
        let mut owner = world.owner().await;
        let old = owner.clone();
        assert_eq!(replace_begin(&owner, PASSWORD, &owner.next_code()).await, Ok(()));
        let new = owner.pending(Action::ReplaceConfirmPage).await.unwrap();
        assert_ne!(new.expose(), old.totp.as_ref().unwrap().expose());
        assert_eq!(owner.switch_with(&owner.next_code()).await, Ok(()), "the old one still works");
        owner.totp = Some(new);
        let code = owner.next_code();
        assert_eq!(replace_confirm(&mut owner, &code).await, Ok(()));
        let disable = owner.permit(Action::AllowlistSwitch).await;
        assert_eq!(
            refusal(owner.services.switch_allowlist(&disable, false, &old.next_code()).await),
            Problem::CodeWrong
        );
        assert_eq!(
            refusal(owner.services.switch_allowlist(&disable, false, &code).await),
            Problem::CodeUsed { wait_s: 30 },
            "the code of the switch is spent"
        );
        owner.services.switch_allowlist(&disable, false, &owner.next_code()).await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM authenticators"), 1);
    }

    async fn aut_07_a_replacement_not_confirmed_in_ten_minutes_leaves_the_old_authenticator(world) {
        let mut owner = world.owner().await;
        assert_eq!(replace_begin(&owner, PASSWORD, &owner.next_code()).await, Ok(()));
        let old = owner.totp.clone();
        owner.totp = owner.pending(Action::ReplaceConfirmPage).await;
        world.clock.advance(10 * MINUTE);
        let code = owner.next_code();
        assert_eq!(replace_confirm(&mut owner, &code).await, Err(Problem::EnrolmentExpired));
        owner.totp = old;
        assert_eq!(owner.switch_with(&owner.next_code()).await, Ok(()));
    }

    async fn aut_07_the_code_of_the_old_authenticator_does_not_confirm_the_new_one(world) {
        let mut owner = world.owner().await;
        assert_eq!(replace_begin(&owner, PASSWORD, &owner.next_code()).await, Ok(()));
        let code = owner.next_code();
        assert_eq!(replace_confirm(&mut owner, &code).await, Err(Problem::CodeWrong));
    }
}
