//! The front door of the merchant API: who is let in, and how fast a "no" takes effect.

use crate::support::{Person, World, key_input, listed, on_both_engines};
use aio_domain::{
    Action, AllowlistMode, ApiKeyId, EncryptionMode, Network, Scope, Timestamp,
    api_key::ApiKeySecret,
    time::{DAY, HOUR},
};
use aio_service::{KeyInput, KeyRefused, RefusalReason};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

/// Two hundred callers knock, some at another server, while the key loses its power. Gives how many got in
/// whose call began after the answer, and how many got in at all.
async fn knock_while(
    world: &World,
    owner: &Person,
    secret: &str,
    act: impl AsyncFnOnce(),
) -> (u32, u32) {
    let answered = Arc::new(AtomicBool::new(false));
    let late = Arc::new(AtomicU32::new(0));
    let all = Arc::new(AtomicU32::new(0));
    let there = owner.at(&world.another_server().await);
    let callers: Vec<_> = (0..200)
        .map(|at| {
            let person = if at % 2 == 0 { owner.clone() } else { there.clone() };
            let (answered, late, all, secret) =
                (Arc::clone(&answered), Arc::clone(&late), Arc::clone(&all), secret.to_owned());
            tokio::spawn(async move {
                // Ten calls before the answer was seen at the earliest, three after it.
                let mut after = 0;
                while after < 3 {
                    let began_after = answered.load(Ordering::SeqCst);
                    let let_in = person.call(&secret).await.is_ok();
                    all.fetch_add(u32::from(let_in), Ordering::SeqCst);
                    late.fetch_add(u32::from(let_in && began_after), Ordering::SeqCst);
                    after += u32::from(began_after);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    while all.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    act().await;
    answered.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    (late.load(Ordering::SeqCst), all.load(Ordering::SeqCst))
}

async fn unavailable(person: &Person, secret: &str) -> bool {
    let answer = person.services.authenticate_key(secret, &person.info).await;
    matches!(answer, Err(KeyRefused::Unavailable(_)))
}

/// Writes into a column what its checks would refuse.
fn force(world: &World, table: &str, constraint: &str, update: &str) {
    if world.is_sqlite() {
        world.sql(&format!("PRAGMA ignore_check_constraints = 1; {update}"));
    } else {
        world.sql(&format!("ALTER TABLE {table} DROP CONSTRAINT {constraint}; {update}"));
    }
}

on_both_engines! {
    async fn acc_03_no_call_that_begins_after_the_answer_gets_in_with_a_deleted_key(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        let code = owner.next_code();
        let (late, all) = knock_while(world, &owner, &secret, async || {
            owner.delete_key(id, &code).await.unwrap();
        })
        .await;
        assert_eq!(late, 0);
        assert!(all > 0, "nobody got in before: the test proves nothing");
        assert_eq!(owner.call(&secret).await.unwrap_err(), RefusalReason::Unknown);
    }

    async fn acc_03_no_call_that_begins_after_the_answer_gets_in_with_a_frozen_key(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        let freeze = owner.permit(Action::KeyFreeze).await;
        let (late, all) = knock_while(world, &owner, &secret, async || {
            owner.services.freeze_key(&freeze, id).await.unwrap();
        })
        .await;
        assert_eq!(late, 0);
        assert!(all > 0, "nobody got in before: the test proves nothing");
        owner.unfreeze_key(id, &owner.next_code()).await.unwrap();
        assert!(owner.call(&secret).await.is_ok());
    }

    async fn acc_03_edited_scopes_and_rules_count_at_the_next_call_on_every_server(world) {
        let owner = world.owner().await;
        let there = owner.at(&world.another_server().await);
        let id = owner.create_key(listed("Production", "203.0.113.0/24")).await.unwrap();
        let secret = owner.reveal(id).await.unwrap().secret.unwrap().expose().to_owned();
        for server in [&owner, &there] {
            assert!(server.call(&secret).await.unwrap().scopes.has(Scope::EventsRead));
        }
        let input = KeyInput { scopes: vec![], ..listed("Production", "198.51.100.0/24") };
        owner.edit_key(id, input).await.unwrap();
        for server in [&owner, &there] {
            assert_eq!(server.call(&secret).await.unwrap_err(), RefusalReason::Address);
            assert!(server.from("198.51.100.1").call(&secret).await.unwrap().scopes.is_empty());
        }
    }

    async fn key_06_a_key_works_to_the_end_of_its_last_day(world) {
        let owner = world.owner().await;
        let day = world.now().date();
        let input = KeyInput { expires_on: day.clone(), ..key_input("Today") };
        let id = owner.create_key(input).await.unwrap();
        let secret = owner.reveal(id).await.unwrap().secret.unwrap().expose().to_owned();
        let end = Timestamp::end_of_day(&day).unwrap();
        world.clock.set(end.plus(-1));
        assert!(owner.call(&secret).await.is_ok());
        world.clock.set(end);
        assert_eq!(owner.call(&secret).await.unwrap_err(), RefusalReason::Expired);
    }

    async fn key_06_an_expired_key_is_edited_without_a_new_last_day_or_given_one(world) {
        let owner = world.owner().await;
        let today = KeyInput { expires_on: world.now().date(), ..key_input("Today") };
        let id = owner.create_key(today.clone()).await.unwrap();
        world.clock.advance(2 * DAY);
        let cookie = world.session(owner.merchant, owner.user, aio_domain::AuthLevel::Full).await;
        let owner = owner.with_cookie(cookie);
        let renamed = KeyInput { label: "Yesterday".into(), ..today };
        assert!(owner.edit_key(id, renamed).await.is_ok());
        assert!(owner.edit_key(id, key_input("For good")).await.is_ok());
        assert_eq!(world.count("SELECT COUNT(*) FROM api_keys WHERE expires_at IS NULL"), 1);
    }

    async fn key_06_last_use_is_written_when_flushed_and_never_goes_back(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        let there = owner.at(&world.another_server().await);
        there.call(&secret).await.unwrap();
        world.clock.advance(HOUR);
        owner.from("198.51.100.7").call(&secret).await.unwrap();
        assert_eq!(
            owner.from("198.51.100.8").call(&format!("{secret}x")).await.unwrap_err(),
            RefusalReason::Malformed
        );
        let used = world.now();
        for services in [&owner.services, &there.services, &owner.services] {
            services.flush_key_uses().await.unwrap();
        }
        let cookie = world.session(owner.merchant, owner.user, aio_domain::AuthLevel::Full).await;
        let owner = owner.with_cookie(cookie);
        let (row, _) =
            owner.services.get_key(&owner.permit(Action::KeyGet).await, id).await.unwrap();
        assert_eq!(
            (row.last_used_at, row.last_used_address.map(|at| at.to_string())),
            (Some(used), Some("198.51.100.7".into()))
        );
    }

    async fn key_07_a_deleted_key_leaves_nothing_and_its_id_is_not_used_again(world) {
        let owner = world.owner().await;
        let id = owner.create_key(listed("Production", "203.0.113.0/24")).await.unwrap();
        owner.enable_aes(id).await;
        owner.delete_key(id, &owner.next_code()).await.unwrap();
        for table in ["api_keys", "allowlist_rules", "aes_keys"] {
            assert_eq!(world.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        assert_ne!(owner.key("Production").await, id, "its label is free again");
    }

    async fn key_09_every_reason_to_refuse_is_the_same_kind_of_answer(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        let forged = ApiKeySecret::generate(Network::Live, id, world.random.as_ref()).unwrap();
        let unknown = ApiKeyId::generate(world.now(), world.random.as_ref()).unwrap();
        let unknown =
            ApiKeySecret::generate(Network::Live, unknown, world.random.as_ref()).unwrap();
        let test = ApiKeySecret::generate(Network::Test, id, world.random.as_ref()).unwrap();
        for (shown, reason) in [
            ("", RefusalReason::Malformed),
            ("Bearer", RefusalReason::Malformed),
            (&secret[..secret.len() - 1], RefusalReason::Malformed),
            (&format!(" {secret}"), RefusalReason::Malformed),
            (&owner.cookie, RefusalReason::Malformed),
            (forged.expose(), RefusalReason::WrongSecret),
            (unknown.expose(), RefusalReason::Unknown),
            (test.expose(), RefusalReason::WrongSecret),
        ] {
            assert_eq!(owner.call(shown).await.unwrap_err(), reason, "{shown}");
        }
        owner.services.freeze_key(&owner.permit(Action::KeyFreeze).await, id).await.unwrap();
        assert_eq!(owner.call(&secret).await.unwrap_err(), RefusalReason::Frozen);
        assert_eq!(
            owner.call(forged.expose()).await.unwrap_err(),
            RefusalReason::WrongSecret,
            "nobody learns that a key is frozen"
        );
    }

    async fn key_08_a_caller_is_told_whose_key_it_is_and_what_it_may(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        let caller = owner.call(&secret).await.unwrap();
        assert_eq!(
            (caller.id, caller.merchant, caller.label.as_str(), caller.merchant_name.as_str()),
            (id, owner.merchant, "Production", "Corner Shop")
        );
        assert_eq!((caller.encryption, caller.aes_version), (EncryptionMode::Off, None));
        owner.enable_aes(id).await;
        let caller = owner.call(&secret).await.unwrap();
        assert_eq!((caller.encryption, caller.aes_version), (EncryptionMode::Optional, Some(1)));
    }

    async fn ipa_03_a_listed_key_takes_its_ranges_in_either_form_and_nothing_else(world) {
        let owner = world.owner().await;
        let id = owner.create_key(listed("Production", "203.0.113.0/24")).await.unwrap();
        let secret = owner.reveal(id).await.unwrap().secret.unwrap().expose().to_owned();
        for (from, inside) in [
            ("203.0.113.7", true),
            ("::ffff:203.0.113.255", true),
            ("203.0.114.0", false),
            ("::ffff:203.0.112.255", false),
            ("2001:db8::1", false),
            ("::1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(owner.from(from).call(&secret).await.is_ok(), inside, "{from}");
        }
    }

    async fn ipa_05_nobody_means_nobody(world) {
        let owner = world.owner().await;
        let input =
            KeyInput { allowlist_mode: Some(AllowlistMode::Nobody), ..key_input("Production") };
        let id = owner.create_key(input).await.unwrap();
        let secret = owner.reveal(id).await.unwrap().secret.unwrap().expose().to_owned();
        assert_eq!(owner.call(&secret).await.unwrap_err(), RefusalReason::Nobody);
    }

    async fn ipa_05_a_list_that_vanished_or_cannot_be_read_never_means_any(world) {
        let owner = world.owner().await;
        let id = owner
            .create_key(listed("Production", "203.0.113.0/24\n198.51.100.0/24"))
            .await
            .unwrap();
        let secret = owner.reveal(id).await.unwrap().secret.unwrap().expose().to_owned();
        assert!(owner.call(&secret).await.is_ok());
        world.sql("UPDATE allowlist_rules SET cidr = 'anything' WHERE position = 1");
        assert!(unavailable(&owner.at(&world.another_server().await), &secret).await);
        world.sql("UPDATE allowlist_rules SET cidr = '' WHERE position = 1");
        assert!(unavailable(&owner.at(&world.another_server().await), &secret).await);
        world.sql("DELETE FROM allowlist_rules");
        let fresh = owner.at(&world.another_server().await);
        assert_eq!(fresh.call(&secret).await.unwrap_err(), RefusalReason::Address);
        force(
            world,
            "api_keys",
            "api_keys_allowlist_mode_check",
            "UPDATE api_keys SET allowlist_mode = 'everybody'",
        );
        assert!(unavailable(&fresh, &secret).await);
        assert!(unavailable(&owner, &secret).await, "nor does what a server remembers");
    }
}
