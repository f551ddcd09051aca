//! The first step of a sign-in: a password, and how often one may be tried.

use crate::support::{
    PASSWORD, PHC, Person, World, in_parallel, on_both_engines, password, refusal,
};
use aio_domain::{
    Action, AuthLevel, Problem,
    time::{HOUR, MINUTE},
};

/// [`PASSWORD`] hashed with weaker settings than today's.
const WEAK: &str = "$argon2id$v=19$m=64,t=1,p=1$c2FsdC1mb3ItdGVzdHMtMQ$kve4S9MlfO2l8cKARYu62KaKU6ia5EcItSR29tn8HGA";

async fn sign_in(
    world: &World,
    email: &str,
    typed: &str,
    from: &str,
) -> Result<AuthLevel, Problem> {
    let info = crate::support::info(from);
    let done = world.services.sign_in(&info, email, password(typed)).await;
    done.map(|signed_in| signed_in.level).map_err(|error| error.problem())
}

fn is_throttled(answer: &Result<AuthLevel, Problem>) -> bool {
    matches!(answer, Err(Problem::TooManyTries { wait_s: 1.. }))
}

async fn waiting(world: &World, owner: &Person) -> Person {
    let cookie = world.session(owner.merchant, owner.user, AuthLevel::CodePending).await;
    owner.with_cookie(cookie)
}

on_both_engines! {
    async fn aut_13_a_weaker_hash_is_replaced_at_the_next_sign_in(world) {
        let owner = world.owner().await;
        world.sql(&format!("UPDATE users SET password_hash = '{WEAK}'"));
        assert_eq!(
            sign_in(world, &owner.email, "not the password", "203.0.113.7").await,
            Err(Problem::WrongCredentials)
        );
        assert_eq!(world.ask("SELECT password_hash FROM users"), [WEAK]);
        assert!(owner.type_password(PASSWORD).await.is_ok());
        let stored = world.ask("SELECT password_hash FROM users").concat();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(owner.type_password(PASSWORD).await.is_ok());
        assert_eq!(world.ask("SELECT password_hash FROM users").concat(), stored, "once");
    }

    async fn aut_13_the_password_counts_to_the_last_byte_and_an_endless_one_is_only_wrong(world) {
        let owner = world.owner().await;
        for typed in [
            &PASSWORD[..16],
            &PASSWORD.to_uppercase(),
            &format!("{PASSWORD} "),
            &format!("{PASSWORD}\0"),
            &"x".repeat(1 << 20),
            "",
        ] {
            assert_eq!(owner.type_password(typed).await.unwrap_err(), Problem::WrongCredentials);
        }
    }

    async fn aut_16_unknown_wrong_disabled_and_homeless_are_one_answer_and_leave_one_trace(world) {
        let owner = world.owner().await;
        let (disabled, homeless) =
            (world.user("off@shop.example").await, world.user("alone@shop.example").await);
        world.join(owner.merchant, disabled, aio_domain::Role::Viewer).await;
        world.sql(&format!("UPDATE users SET disabled_at = 1 WHERE id = '{disabled}'"));
        let sessions = world.count("SELECT COUNT(*) FROM sessions");
        for (email, typed) in [
            ("nobody@shop.example", PASSWORD),
            ("not an address", PASSWORD),
            ("", PASSWORD),
            (owner.email.as_str(), "not the password"),
            ("off@shop.example", PASSWORD),
            ("alone@shop.example", PASSWORD),
        ] {
            assert_eq!(
                sign_in(world, email, typed, "203.0.113.7").await,
                Err(Problem::WrongCredentials),
                "{email}"
            );
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM sessions"), sessions);
        assert_eq!(
            world.count(&format!("SELECT COUNT(*) FROM members WHERE user_id = '{homeless}'")),
            0
        );
    }

    async fn a_person_who_enrolled_is_asked_for_a_code_and_another_for_enrolment(world) {
        let owner = world.owner().await;
        assert_eq!(
            sign_in(world, " ANN@Shop.Example ", PASSWORD, "203.0.113.7").await,
            Ok(AuthLevel::CodePending)
        );
        let user = world.user("new@shop.example").await;
        world.join(owner.merchant, user, aio_domain::Role::Viewer).await;
        assert_eq!(
            sign_in(world, "new@shop.example", PASSWORD, "203.0.113.7").await,
            Ok(AuthLevel::Enrolling)
        );
        assert_eq!(world.audited("session.password"), 2);
    }

    async fn aut_17_ten_wrong_passwords_close_an_account_to_their_network_only(world) {
        let owner = world.owner().await;
        let email = owner.email.as_str();
        for _ in 0..10 {
            assert_eq!(
                sign_in(world, email, "not the password", "2001:db8:1:2::9").await,
                Err(Problem::WrongCredentials)
            );
        }
        assert!(
            is_throttled(&sign_in(world, email, PASSWORD, "2001:db8:1:2:ffff::1").await),
            "the same /64"
        );
        assert_eq!(
            sign_in(world, email, PASSWORD, "2001:db8:1:3::1").await,
            Ok(AuthLevel::CodePending),
            "aut_06: the owner comes in"
        );
        world.clock.advance(15 * MINUTE);
        assert_eq!(
            sign_in(world, email, PASSWORD, "2001:db8:1:2::9").await,
            Ok(AuthLevel::CodePending)
        );
    }

    async fn aut_17_of_forty_parallel_tries_ten_are_looked_at(world) {
        let owner = world.owner().await;
        let answers = in_parallel(40, |_| {
            let owner = owner.clone();
            async move { owner.type_password("not the password").await.map(|_| ()) }
        })
        .await;
        let looked_at = answers
            .iter()
            .filter(|answer| matches!(answer, Err(Problem::WrongCredentials)))
            .count();
        assert_eq!(looked_at, 10, "{answers:?}");
    }

    async fn aut_17_one_network_may_try_a_hundred_times_whatever_the_accounts(world) {
        let owner = world.owner().await;
        assert!(sign_in(world, "a@b.example", "x", "198.51.100.5").await.is_err());
        world.sql("UPDATE throttles SET hits = 100 WHERE bucket = 'sign-in 198.51.100.5'");
        assert!(is_throttled(&sign_in(world, &owner.email, PASSWORD, "198.51.100.5").await));
        assert!(sign_in(world, &owner.email, PASSWORD, "198.51.100.6").await.is_ok());
    }

    async fn aut_17_one_account_may_be_tried_five_hundred_times_an_hour_from_all_networks(world) {
        let owner = world.owner().await;
        assert!(sign_in(world, &owner.email, "x", "198.51.100.5").await.is_err());
        world.sql("UPDATE throttles SET hits = 500 WHERE bucket NOT LIKE '%198.51.100.5'");
        assert!(is_throttled(&sign_in(world, &owner.email, PASSWORD, "198.51.100.6").await));
        world.clock.advance(HOUR);
        assert!(sign_in(world, &owner.email, PASSWORD, "198.51.100.6").await.is_ok());
    }

    async fn aut_17_a_right_password_forgets_the_wrong_ones_before_it(world) {
        let owner = world.owner().await;
        for _ in 0..2 {
            for _ in 0..6 {
                assert!(owner.type_password("not the password").await.is_err());
            }
            assert!(owner.type_password(PASSWORD).await.is_ok());
        }
    }

    async fn aut_17_every_other_secret_is_throttled_too(world) {
        let owner = world.owner().await;
        let browser = waiting(world, &owner).await;
        let recover = browser.permit(Action::Recover).await;
        for _ in 0..10 {
            assert_eq!(
                refusal(browser.services.recover(&recover, "0000-0000-0000-0000").await),
                Problem::RecoveryWrong
            );
        }
        let throttled = refusal(browser.services.recover(&recover, &owner.recovery_codes[0]).await);
        assert!(matches!(throttled, Problem::TooManyTries { .. }), "{throttled:?}");

        let renew = owner.permit(Action::RenewCodes).await;
        for _ in 0..10 {
            let wrong = owner
                .services
                .renew_recovery_codes(&renew, password("not the password"), "123456")
                .await;
            assert!(matches!(refusal(wrong), Problem::Invalid { .. }));
        }
        let throttled = refusal(
            owner
                .services
                .renew_recovery_codes(&renew, password(PASSWORD), &owner.next_code())
                .await,
        );
        assert!(matches!(throttled, Problem::TooManyTries { .. }), "{throttled:?}");
    }

    async fn aut_17_no_address_stands_in_the_throttles_in_the_clear(world) {
        let owner = world.owner().await;
        assert!(owner.type_password("not the password").await.is_err());
        let buckets = world.ask("SELECT bucket FROM throttles").join(" ");
        assert!(
            buckets.contains("sign-in")
                && !buckets.contains("ann")
                && !buckets.contains("shop.example"),
            "{buckets}"
        );
        assert!(PHC.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }
}
