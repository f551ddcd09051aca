//! Recovery codes, and the day of caution after them.

use crate::support::{
    PASSWORD, Person, World, in_parallel, key_input, on_both_engines, password, refusal, winners,
};
use aio_domain::{
    Action, ApiKeyId, AuthLevel, Problem,
    time::{HOUR, MINUTE},
};

async fn waiting_browser(world: &World, owner: &Person) -> Person {
    let cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
    owner.with_cookie(cookie)
}

async fn recover(person: Person, code: String) -> Result<Person, Problem> {
    let permit = person.try_permit(Action::Recover).await?;
    let done = person.services.recover(&permit, &code).await;
    let token = done.map_err(|error| error.problem())?;
    Ok(person.with_cookie(token.expose().to_owned()))
}

/// The person at a given time, in a fresh session.
async fn later(world: &World, person: &Person, millis: i64) -> Person {
    world.clock.advance(millis);
    let cookie = world.session(person.merchant, person.user, AuthLevel::Full).await;
    person.with_cookie(cookie)
}

/// Both ways to see a secret again: refused a minute before the day is over, done a minute after.
async fn is_held_for_a_day(world: &World, person: &Person, key: ApiKeyId) {
    let early = later(world, person, 23 * HOUR + 59 * MINUTE).await;
    let answer = early.copy_key(key, &early.code()).await;
    assert!(matches!(answer, Err(Problem::OnHold { wait_s: 1..=60 })), "{answer:?}");
    let copy = early.permit(Action::AesCopy).await;
    let answer = refusal(early.services.copy_aes(&copy, key, &early.code()).await);
    assert!(matches!(answer, Problem::OnHold { .. }), "{answer:?}");
    let late = later(world, person, 2 * MINUTE).await;
    assert_eq!(late.copy_key(key, &late.next_code()).await, Ok(()));
    let copy = late.permit(Action::AesCopy).await;
    late.services.copy_aes(&copy, key, &late.next_code()).await.unwrap();
}

async fn owner_with_keys(world: &World) -> (Person, ApiKeyId) {
    let owner = world.owner().await;
    let key = owner.key("Production").await;
    owner.enable_aes(key).await;
    (owner, key)
}

on_both_engines! {
    async fn aut_11_ten_codes_of_eighty_bits_are_shown_once_and_kept_as_hashes(world) {
        let owner = world.owner().await;
        assert_eq!(owner.recovery_codes.len(), 10);
        for code in &owner.recovery_codes {
            assert_eq!(code.replace('-', "").len() * 5, 80);
            assert!(!world.holds(code) && !world.holds(&code.replace('-', "")));
        }
        let page = owner.permit(Action::RecoveryCodesPage).await;
        assert!(owner.services.take_codes(&page).await.unwrap().is_none(), "shown once");
        let saved = owner.permit(Action::CodesSaved).await;
        assert_eq!(refusal(owner.services.codes_saved(&saved, false)), Problem::CodesNotSaved);
        owner.services.codes_saved(&saved, true).unwrap();
    }

    async fn aut_11_of_parallel_uses_of_one_code_one_succeeds(world) {
        let owner = world.owner().await;
        let mut browsers = Vec::new();
        for _ in 0..9 {
            browsers.push(waiting_browser(world, &owner).await);
        }
        let answers =
            in_parallel(9, |at| recover(browsers[at].clone(), owner.recovery_codes[0].clone()))
                .await;
        assert_eq!(winners(&answers), 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL"), 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM sessions WHERE auth_level = 'recovering'"), 1);
    }

    async fn aut_11_a_used_code_is_wrong_and_another_one_works(world) {
        let owner = world.owner().await;
        let first = waiting_browser(world, &owner).await;
        recover(first, owner.recovery_codes[0].clone()).await.unwrap();
        let again = waiting_browser(world, &owner).await;
        assert_eq!(
            recover(again.clone(), owner.recovery_codes[0].clone()).await.map(|_| ()),
            Err(Problem::RecoveryWrong)
        );
        let typed = owner.recovery_codes[1].to_uppercase().replace('-', " ");
        assert!(recover(again, typed).await.is_ok(), "typed in capitals with spaces");
    }

    async fn aut_11_a_recovery_code_of_another_person_is_wrong(world) {
        let (owner, other) = (world.owner().await, world.other_owner().await);
        let waiting = waiting_browser(world, &owner).await;
        assert_eq!(
            recover(waiting, other.recovery_codes[0].clone()).await.map(|_| ()),
            Err(Problem::RecoveryWrong)
        );
        assert_eq!(world.audited("recovery_code.wrong"), 1);
    }

    async fn aut_11_a_recovery_code_confirms_no_action(world) {
        let (owner, key) = owner_with_keys(world).await;
        let code = &owner.recovery_codes[0];
        assert_eq!(owner.copy_key(key, code).await, Err(Problem::CodeMalformed));
        assert_eq!(owner.delete_key(key, code).await, Err(Problem::CodeMalformed));
        assert_eq!(owner.switch_with(code).await, Err(Problem::CodeMalformed));
        let begin = owner.permit(Action::KeyCreateBegin).await;
        let change = owner.services.begin_create_key(&begin, key_input("Another")).await.unwrap();
        let create = owner.permit(Action::KeyCreate).await;
        assert_eq!(
            refusal(owner.services.create_key(&create, change, code).await),
            Problem::CodeMalformed
        );
    }

    async fn aut_11_a_recovered_session_opens_enrolment_and_nothing_else(world) {
        let (owner, _) = owner_with_keys(world).await;
        let waiting = waiting_browser(world, &owner).await;
        let mut recovered = recover(waiting, owner.recovery_codes[0].clone()).await.unwrap();
        assert!(!owner.is_signed_in().await, "all sessions before it ended");
        assert_eq!(
            recovered.try_permit(Action::KeysList).await.unwrap_err(),
            Problem::EnrolmentRequired
        );
        assert_eq!(
            recovered.try_permit(Action::KeyCopy).await.unwrap_err(),
            Problem::EnrolmentRequired
        );
        recovered.enrol().await;
        assert!(recovered.try_permit(Action::KeysList).await.is_ok());
        assert_eq!(world.count("SELECT COUNT(*) FROM authenticators"), 1, "the lost one is gone");
    }

    async fn aut_11_recovery_opens_a_count_that_had_stopped(world) {
        let owner = world.owner().await;
        world.sql("UPDATE step_up_counters SET misses = 20");
        let waiting = waiting_browser(world, &owner).await;
        assert_eq!(waiting.type_code(&owner.next_code()).await.unwrap_err(), Problem::CodeStopped);
        let mut recovered = recover(waiting, owner.recovery_codes[0].clone()).await.unwrap();
        recovered.enrol().await;
        assert_eq!(recovered.switch_with(&recovered.next_code()).await, Ok(()));
    }

    async fn aut_12_after_a_recovery_secrets_are_held_for_a_day(world) {
        let (owner, key) = owner_with_keys(world).await;
        let waiting = waiting_browser(world, &owner).await;
        let mut recovered = recover(waiting, owner.recovery_codes[0].clone()).await.unwrap();
        recovered.enrol().await;
        is_held_for_a_day(world, &recovered, key).await;
    }

    async fn aut_12_after_a_new_authenticator_secrets_are_held_for_a_day(world) {
        let (mut owner, key) = owner_with_keys(world).await;
        let begin = owner.permit(Action::ReplaceBegin).await;
        owner.services.replace_begin(&begin, password(PASSWORD), &owner.next_code()).await.unwrap();
        owner.totp = owner.pending(Action::ReplaceConfirmPage).await;
        let confirm = owner.permit(Action::ReplaceConfirm).await;
        owner.becomes(owner.services.replace_confirm(&confirm, &owner.code()).await.unwrap());
        is_held_for_a_day(world, &owner, key).await;
    }

    async fn aut_12_after_a_new_password_secrets_are_held_for_a_day(world) {
        let (mut owner, key) = owner_with_keys(world).await;
        let change = owner.permit(Action::ChangePassword).await;
        let token = owner
            .services
            .change_password(
                &change,
                password(PASSWORD),
                password("amber-lighthouse-41"),
                &owner.next_code(),
            )
            .await;
        owner.becomes(token.unwrap());
        is_held_for_a_day(world, &owner, key).await;
    }

    async fn aut_12_after_a_reset_by_the_operator_secrets_are_held_for_a_day(world) {
        let (owner, key) = owner_with_keys(world).await;
        world.services.reset_authenticator(&owner.email).await.unwrap();
        assert!(!owner.is_signed_in().await);
        assert_eq!(world.count("SELECT COUNT(*) FROM recovery_codes"), 0);
        let log = world
            .ask("SELECT actor_kind FROM audit_entries WHERE action = 'user.authenticator_reset'");
        assert_eq!(log, ["operator"]);
        let signed_in = owner.type_password(PASSWORD).await.unwrap();
        assert_eq!(signed_in.level, AuthLevel::Enrolling);
        let mut owner = owner.with_cookie(signed_in.token.expose().to_owned());
        owner.enrol().await;
        is_held_for_a_day(world, &owner, key).await;
    }
}
