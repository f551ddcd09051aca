//! Where the secret of an API key is seen, and where never.

use crate::support::{Person, in_parallel, key_input, on_both_engines, winners};
use aio_domain::{
    Action, ApiKeyId, Network, Problem, Role,
    api_key::ApiKeySecret,
    time::{DAY, MINUTE},
};
use aio_service::{KeyInput, OsRandom, RevealedFor};
use std::collections::HashSet;

/// The random part of a secret, without the checksum.
fn core(secret: &str) -> &str {
    let random = secret.rsplit('_').next().unwrap();
    &random[..43]
}

/// Copies a key's secret from its reveal page.
async fn copied(person: &Person, id: ApiKeyId) -> String {
    person.copy_key(id, &person.next_code()).await.unwrap();
    let shown = person.reveal(id).await.unwrap();
    assert_eq!(shown.occasion, RevealedFor::Copied);
    shown.secret.unwrap().expose().to_owned()
}

#[test]
fn key_03_ten_thousand_secrets_of_the_operating_systems_generator_differ() {
    let now = aio_domain::Timestamp::from_millis(1_795_000_000_000);
    let mut seen = HashSet::new();
    for _ in 0..10_000 {
        let id = ApiKeyId::generate(now, &OsRandom).unwrap();
        let secret = ApiKeySecret::generate(Network::Live, id, &OsRandom).unwrap();
        assert!(seen.insert(core(secret.expose()).to_owned()));
    }
}

on_both_engines! {
    async fn key_02_no_table_holds_a_secret_that_was_shown(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let waiting_on_its_page = world.dump();
        let shown = owner.reveal(id).await.unwrap();
        let secret = shown.secret.unwrap().expose().to_owned();
        assert!(!waiting_on_its_page.contains(core(&secret)));
        assert!(!world.holds(&secret) && !world.holds(core(&secret)));
        assert!(world.holds(&id.to_string()), "the look for it would have found it");
        assert!(owner.call(&secret).await.is_ok());
    }

    async fn key_04_a_secret_is_in_no_list_no_log_and_no_event(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        owner.enable_aes(id).await;
        let aes = owner.reveal(id).await.unwrap().aes_key.unwrap().0.expose().to_owned();
        let list = owner.services.list_keys(&owner.permit(Action::KeysList).await).await.unwrap();
        let one = owner.services.get_key(&owner.permit(Action::KeyGet).await, id).await.unwrap();
        let told = format!("{list:?} {one:?} {}", world.dump());
        assert!(!told.contains(core(&secret)) && !told.contains(&aes));
        assert!(
            world.count("SELECT COUNT(*) FROM audit_entries WHERE action = 'api_key.created'") == 1
        );
    }

    async fn key_04_a_copy_is_the_same_secret_and_the_sixth_of_a_day_is_refused(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        for _ in 0..5 {
            assert_eq!(copied(&owner, id).await, secret);
        }
        let before = owner.services.codes_evaluated();
        let code = owner.next_code();
        assert_eq!(owner.copy_key(id, &code).await, Err(Problem::CopyLimit));
        assert_eq!(owner.services.codes_evaluated(), before, "no code is looked at for it");
        assert_eq!(world.audited("api_key.copied"), 5);
        world.clock.advance(DAY - 5 * MINUTE);
        let cookie = world.session(owner.merchant, owner.user, aio_domain::AuthLevel::Full).await;
        let owner = owner.with_cookie(cookie);
        assert_eq!(owner.copy_key(id, &owner.next_code()).await, Err(Problem::CopyLimit));
        world.clock.advance(5 * MINUTE);
        assert_eq!(copied(&owner, id).await, secret);
    }

    async fn key_04_two_people_together_get_no_sixth_copy(world) {
        let owner = world.owner().await;
        let admin = world.member(&owner, Role::Admin).await;
        let id = owner.key("Production").await;
        for _ in 0..4 {
            copied(&owner, id).await;
        }
        world.clock.next_step();
        let people = [owner, admin];
        let answers = in_parallel(2, |at| {
            let person = people[at].clone();
            async move { person.copy_key(id, &person.code()).await }
        })
        .await;
        assert_eq!(winners(&answers), 1, "{answers:?}");
        assert!(answers.contains(&Err(Problem::CopyLimit)), "{answers:?}");
    }

    async fn key_04_a_spent_code_copies_nothing(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        owner.reveal(id).await.unwrap();
        assert!(matches!(owner.copy_key(id, &owner.code()).await, Err(Problem::CodeUsed { .. })));
        assert!(owner.reveal(id).await.is_none());
    }

    async fn key_04_a_key_never_shown_again_has_nothing_to_unseal(world) {
        let owner = world.owner().await;
        let input = KeyInput { never_show_again: true, ..key_input("Once") };
        let id = owner.create_key(input).await.unwrap();
        let shown = owner.reveal(id).await.unwrap();
        assert!(shown.never_again && owner.call(shown.secret.unwrap().expose()).await.is_ok());
        assert_eq!(world.count("SELECT COUNT(*) FROM api_keys WHERE sealed_secret IS NULL"), 1);
        assert_eq!(owner.copy_key(id, &owner.next_code()).await, Err(Problem::NeverShownAgain));
        let (row, _) =
            owner.services.get_key(&owner.permit(Action::KeyGet).await, id).await.unwrap();
        assert!(!row.can_copy);
    }

    async fn key_04_a_viewer_copies_nothing_and_opens_no_reveal_page(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        for role in [Role::Viewer, Role::Finance] {
            let member = world.member(&owner, role).await;
            assert_eq!(member.copy_key(id, &member.next_code()).await, Err(Problem::Forbidden));
            assert_eq!(
                member.try_permit(Action::KeySecretPage).await.unwrap_err(),
                Problem::Forbidden
            );
        }
    }

    async fn a_reveal_page_shows_its_secret_once_in_one_session_for_ten_minutes(world) {
        let owner = world.owner().await;
        let cookie = world.session(owner.merchant, owner.user, aio_domain::AuthLevel::Full).await;
        let elsewhere = owner.with_cookie(cookie);
        let id = owner.key("Production").await;
        assert!(elsewhere.reveal(id).await.is_none(), "another session of the same person");
        let answers = in_parallel(10, |_| {
            let owner = owner.clone();
            async move { owner.reveal(id).await.is_some() }
        })
        .await;
        assert_eq!(answers.iter().filter(|seen| **seen).count(), 1);
        owner.copy_key(id, &owner.next_code()).await.unwrap();
        world.clock.advance(10 * MINUTE);
        assert!(owner.reveal(id).await.is_none());
    }
}
