//! The first owner, by a link that only the operator sees.

use crate::support::{PASSWORD, World, in_parallel, info, on_both_engines, password, winners};
use aio_domain::{Action, AuthLevel, Field, FieldCode, Problem, Role};
use aio_service::NewOwner;

fn form(token: &str) -> NewOwner {
    NewOwner {
        token: password(token),
        merchant_name: "Corner Shop".into(),
        name: "Ann".into(),
        email: "ann@shop.example".into(),
        password: password(PASSWORD),
    }
}

async fn token(world: &World) -> String {
    let token = world.services.issue_setup_token().await.unwrap();
    token.expect("no owner yet").expose().to_owned()
}

async fn try_form(world: &World, form: NewOwner) -> Result<String, Problem> {
    let done = world.services.create_owner(&info("203.0.113.7"), form).await;
    done.map(|signed_in| signed_in.token.expose().to_owned()).map_err(|error| error.problem())
}

on_both_engines! {
    async fn ops_03_nobody_is_there_before_the_link_is_used(world) {
        assert!(!world.services.is_set_up().await.unwrap());
        for table in ["users", "merchants", "members", "sessions", "api_keys"] {
            assert_eq!(world.count(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(try_form(world, form("")).await, Err(Problem::SetupLink));
        assert_eq!(
            try_form(world, form("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")).await,
            Err(Problem::SetupLink)
        );
    }

    async fn ops_03_the_link_makes_the_owner_once_and_leads_to_enrolment(world) {
        let token = token(world).await;
        assert!(token.len() >= 43 && !world.holds(&token), "256 bits, kept as a hash");
        let cookie = try_form(world, form(&token)).await.unwrap();
        let session = world.services.session(&cookie, &info("203.0.113.7")).await.unwrap().unwrap();
        assert_eq!((session.level, session.role), (AuthLevel::Enrolling, Some(Role::Owner)));
        assert_eq!(
            session.permit(Action::KeysList, &info("203.0.113.7")).unwrap_err(),
            Problem::EnrolmentRequired
        );
        assert_eq!(try_form(world, form(&token)).await, Err(Problem::SetupLink));
        assert!(world.services.issue_setup_token().await.unwrap().is_none());
        assert!(world.services.is_set_up().await.unwrap());
        assert_eq!(world.audited("merchant.created"), 1);
        let stored = world.ask("SELECT password_hash FROM users").concat();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "aut_13: {stored}");
    }

    async fn ops_03_of_two_racing_visitors_one_wins(world) {
        let token = token(world).await;
        let there = world.another_server().await;
        let answers = in_parallel(6, |at| {
            let services = if at % 2 == 0 { world.services.clone() } else { there.clone() };
            let form = NewOwner { email: format!("visitor{at}@shop.example"), ..form(&token) };
            async move {
                services
                    .create_owner(&info("203.0.113.7"), form)
                    .await
                    .map(|_| ())
                    .map_err(|error| error.problem())
            }
        })
        .await;
        assert_eq!(winners(&answers), 1, "{answers:?}");
        assert_eq!(
            world.ask("SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM merchants)"),
            ["1|1"]
        );
    }

    async fn ops_03_a_new_link_ends_the_one_before(world) {
        let (old, new) = (token(world).await, token(world).await);
        assert_eq!(try_form(world, form(&old)).await, Err(Problem::SetupLink));
        assert!(try_form(world, form(&new)).await.is_ok());
    }

    async fn ops_03_a_form_with_errors_does_not_use_the_link_up(world) {
        let token = token(world).await;
        let bad = NewOwner {
            merchant_name: " ".into(),
            name: "x".repeat(65),
            email: "ann".into(),
            password: password("password123456789"),
            ..form(&token)
        };
        let Err(Problem::Invalid { errors }) = try_form(world, bad).await else {
            panic!("it was taken")
        };
        let found: Vec<_> = errors.iter().map(|error| (error.field, error.code)).collect();
        assert_eq!(
            found,
            [
                (Field::MerchantName, FieldCode::Required),
                (Field::Name, FieldCode::TooLong),
                (Field::Email, FieldCode::NotAnEmail),
                (Field::NewPassword, FieldCode::Common),
            ]
        );
        assert!(try_form(world, form(&token)).await.is_ok());
    }

    async fn aut_14_the_first_password_has_fifteen_characters_and_is_not_the_shops_name(world) {
        let token = token(world).await;
        for (typed, why) in [
            ("fourteen chars", FieldCode::TooShort),
            ("we love corner shop", FieldCode::Common),
            ("qwertyuiop12345", FieldCode::Common),
        ] {
            let answer =
                try_form(world, NewOwner { password: password(typed), ..form(&token) }).await;
            assert_eq!(answer, Err(Problem::field(Field::NewPassword, why)), "{typed}");
        }
    }

    async fn aut_17_the_link_is_guessed_thirty_times_a_quarter_and_no_more(world) {
        let token = token(world).await;
        assert_eq!(try_form(world, form("guess")).await, Err(Problem::SetupLink));
        world.sql("UPDATE throttles SET hits = 30");
        assert!(matches!(try_form(world, form(&token)).await, Err(Problem::TooManyTries { .. })));
    }
}
