//! The life of a session.

use crate::support::{PASSWORD, Person, World, in_parallel, on_both_engines, password};
use aio_domain::{
    Action, AuthLevel,
    audit::sha256,
    time::{HOUR, MINUTE},
};

async fn waiting_browser(world: &World, owner: &Person) -> Person {
    let cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
    owner.with_cookie(cookie)
}

on_both_engines! {
    async fn ses_01_the_database_knows_a_cookie_only_by_its_hash(world) {
        let owner = world.owner().await;
        let waiting = owner.second_browser().await;
        let full = waiting
            .with_cookie(waiting.type_code(&owner.next_code()).await.unwrap().expose().to_owned());
        for browser in [&owner, &full] {
            assert_eq!(browser.cookie.len(), 43, "256 bits in base 64");
            assert!(!world.holds(&browser.cookie));
            let hash = crate::support::hex(&sha256(browser.cookie.as_bytes()));
            assert!(
                world.dump().to_lowercase().contains(&hash),
                "the look for it would have found it"
            );
        }
        assert_ne!(owner.cookie, full.cookie);
    }

    async fn ses_02_a_slow_request_never_revives_a_session_that_signed_out(world) {
        let owner = world.owner().await;
        for round in 0..500_usize {
            let cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
            let browser = owner.with_cookie(cookie);
            let sign_out = browser.permit(Action::SignOut).await;
            // Late enough that each request writes when the session was seen last.
            world.clock.advance(61_000);
            in_parallel(3, |caller| {
                let (browser, sign_out) = (browser.clone(), sign_out.clone());
                async move {
                    for _ in 0..(caller * 5 + round) % 7 {
                        tokio::task::yield_now().await;
                    }
                    if caller == 0 {
                        browser.services.sign_out(&sign_out).await.unwrap();
                    } else {
                        browser.try_session().await.unwrap();
                    }
                }
            })
            .await;
            assert!(!browser.is_signed_in().await, "round {round}");
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM sessions"), 1);
    }

    async fn ses_02_a_sign_out_wins_over_a_code_typed_at_the_same_moment(world) {
        let owner = world.owner().await;
        for _ in 0..20 {
            let waiting = waiting_browser(world, &owner).await;
            let (sign_out, code) = (waiting.permit(Action::SignOut).await, owner.next_code());
            let (left, typed) =
                tokio::join!(waiting.services.sign_out(&sign_out), waiting.type_code(&code));
            left.unwrap();
            assert!(!waiting.is_signed_in().await);
            if let Ok(token) = typed {
                // The code came first and made another session; the one that signed out stays dead.
                assert_ne!(token.expose(), waiting.cookie);
            }
        }
    }

    async fn ses_03_the_id_changes_at_every_step_and_the_old_one_is_dead(world) {
        let owner = world.owner().await;
        let waiting = waiting_browser(world, &owner).await;
        let token = waiting.type_code(&owner.next_code()).await.unwrap();
        let full = waiting.with_cookie(token.expose().to_owned());
        assert!(!waiting.is_signed_in().await && full.is_signed_in().await);

        let permit = full.permit(Action::ChangePassword).await;
        let token = full
            .services
            .change_password(
                &permit,
                password(PASSWORD),
                password("amber-lighthouse-41"),
                &owner.next_code(),
            )
            .await
            .unwrap();
        let changed = full.with_cookie(token.expose().to_owned());
        assert!(!full.is_signed_in().await && changed.is_signed_in().await);

        let waiting = waiting_browser(world, &owner).await;
        let recover = waiting.permit(Action::Recover).await;
        let token = waiting.services.recover(&recover, &owner.recovery_codes[3]).await.unwrap();
        let mut recovering = waiting.with_cookie(token.expose().to_owned());
        assert!(!waiting.is_signed_in().await && recovering.is_signed_in().await);

        let before = recovering.clone();
        recovering.enrol().await;
        assert!(!before.is_signed_in().await && recovering.is_signed_in().await);
    }

    async fn ses_03_an_id_that_the_browser_made_up_is_nobodys(world) {
        let owner = world.owner().await;
        for cookie in [
            String::new(),
            "x".into(),
            "A".repeat(43),
            "A".repeat(44),
            owner.cookie.to_uppercase() + "=",
            "😀".repeat(11),
        ] {
            assert!(!owner.with_cookie(cookie).is_signed_in().await);
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM sessions"), 1);
    }

    async fn ses_04_a_session_ends_after_thirty_idle_minutes(world) {
        let owner = world.owner().await;
        for _ in 0..3 {
            world.clock.advance(30 * MINUTE - 1);
            assert!(owner.is_signed_in().await);
        }
        world.clock.advance(30 * MINUTE);
        assert!(!owner.is_signed_in().await);
        world.clock.advance(-30 * MINUTE);
        world.services.purge().await.unwrap();
        assert!(owner.is_signed_in().await, "an earlier clock finds it as it was");
        world.clock.advance(30 * MINUTE);
        world.services.purge().await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM sessions"), 0);
    }

    async fn ses_04_a_session_in_use_ends_after_twelve_hours(world) {
        let owner = world.owner().await;
        for _ in 0..35 {
            world.clock.advance(20 * MINUTE);
            assert!(owner.is_signed_in().await);
        }
        world.clock.advance(20 * MINUTE - 1);
        assert!(owner.is_signed_in().await);
        world.clock.advance(1);
        assert!(!owner.is_signed_in().await);
    }

    async fn ses_04_a_sign_in_without_its_code_ends_after_ten_minutes(world) {
        let owner = world.owner().await;
        let waiting = waiting_browser(world, &owner).await;
        world.clock.advance(10 * MINUTE);
        assert!(!waiting.is_signed_in().await);
    }

    async fn ses_04_a_clock_that_steps_back_a_day_ends_sessions_rather_than_keep_them(world) {
        let owner = world.owner().await;
        world.clock.advance(-24 * HOUR);
        assert!(!owner.is_signed_in().await);
    }

    async fn a_request_notes_when_and_from_where_the_session_was_used(world) {
        let owner = world.owner().await;
        world.clock.advance(MINUTE);
        owner.from("198.51.100.7").session().await;
        let settings =
            owner.services.settings(&owner.permit(Action::SettingsGet).await).await.unwrap();
        let summary = &settings.browsers[0].summary;
        assert_eq!(
            (summary.seen_at, summary.address.to_string()),
            (world.now(), "198.51.100.7".into())
        );
    }

    async fn signing_out_is_audited_and_the_other_browser_stays(world) {
        let owner = world.owner().await;
        let cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
        owner.services.sign_out(&owner.permit(Action::SignOut).await).await.unwrap();
        assert!(!owner.is_signed_in().await);
        assert!(owner.with_cookie(cookie).is_signed_in().await);
        assert_eq!(world.audited("session.signed_out"), 1);
    }
}
