//! What each point of a sign-in opens: the whole policy table, row by row.

use crate::support::{Person, World, on_both_engines, refusal};
use aio_domain::{
    Action, AuthLevel, Problem, Role,
    policy::{Needs, Row, StepUp, Surface, TABLE},
};

/// What the rows of the table answer to a person.
async fn answers(person: &Person) -> Vec<(&'static Row, Result<(), Problem>)> {
    let session = person.session().await;
    let answer = |row: &'static Row| (row, session.permit(row.action, &person.info).map(|_| ()));
    TABLE.iter().map(answer).collect()
}

async fn at_level(world: &World, owner: &Person, level: AuthLevel) -> Person {
    let cookie = world.session(owner.merchant, owner.user, level).await;
    owner.with_cookie(cookie)
}

const fn asks_for_a_code(row: &Row) -> bool {
    matches!(row.step_up, StepUp::Code | StepUp::PasswordAndCode)
}

on_both_engines! {
    async fn aut_09_without_an_authenticator_no_row_that_asks_for_a_code_opens(world) {
        let owner = world.owner().await;
        for level in [AuthLevel::Enrolling, AuthLevel::Recovering] {
            let person = at_level(world, &owner, level).await;
            let mut seen = 0;
            for (row, answer) in
                answers(&person).await.into_iter().filter(|(row, _)| asks_for_a_code(row))
            {
                let expected = if row.action == Action::EnrolConfirm {
                    Ok(())
                } else {
                    Err(Problem::EnrolmentRequired)
                };
                assert_eq!(answer, expected, "{}", row.path);
                seen += 1;
            }
            assert!(seen > 15, "the table lost its rows");
        }
    }

    async fn aut_09_an_authenticator_that_vanished_is_never_no_factor_so_no_check(world) {
        let owner = world.owner().await;
        let key = owner.key("Production").await;
        world.sql("DELETE FROM authenticators");
        let code = owner.next_code();
        assert_eq!(owner.copy_key(key, &code).await, Err(Problem::EnrolmentRequired));
        assert_eq!(owner.delete_key(key, &code).await, Err(Problem::EnrolmentRequired));
        assert_eq!(owner.switch_with(&code).await, Err(Problem::EnrolmentRequired));
        let create = owner.create_key(crate::support::key_input("Another")).await;
        assert_eq!(create, Err(Problem::EnrolmentRequired));
    }

    async fn aut_10_between_password_and_code_only_code_recovery_and_the_way_out_open(world) {
        let owner = world.owner().await;
        let person = at_level(world, &owner, AuthLevel::CodePending).await;
        let mut open = Vec::new();
        for (row, answer) in answers(&person).await {
            match answer {
                Ok(()) if row.needs == Needs::Nothing => {}
                Ok(()) => open.push(row.action),
                Err(Problem::Forbidden) => assert_eq!(row.surface, Surface::Api),
                Err(problem) => assert_eq!(problem, Problem::CodeAwaited, "{}", row.path),
            }
        }
        assert_eq!(
            open,
            [
                Action::ChallengePage,
                Action::RecoverPage,
                Action::VerifyCode,
                Action::Recover,
                Action::SignOut
            ]
        );
    }

    async fn aut_10_a_session_that_waits_for_its_code_sees_no_merchant_data(world) {
        let owner = world.owner().await;
        let person = at_level(world, &owner, AuthLevel::CodePending).await;
        let permit = person.permit(Action::VerifyCode).await;
        // A permit for the code form is none for anything else.
        assert_eq!(refusal(person.services.list_keys(&permit).await), Problem::Internal);
        assert_eq!(refusal(person.services.settings(&permit).await), Problem::Internal);
    }

    async fn the_roles_of_the_table_are_those_of_the_sessions(world) {
        let owner = world.owner().await;
        for role in Role::ALL {
            world.sql(&format!("UPDATE members SET role = '{role}'"));
            for (row, answer) in answers(&owner).await {
                if matches!(row.needs, Needs::Roles(_)) {
                    let expected =
                        if row.action.allows(*role) { Ok(()) } else { Err(Problem::Forbidden) };
                    assert_eq!(answer, expected, "{role} at {}", row.path);
                }
            }
        }
    }

    async fn ses_07_a_role_taken_away_counts_at_the_next_request(world) {
        let owner = world.owner().await;
        let developer = world.member(&owner, Role::Developer).await;
        assert!(developer.try_permit(Action::KeyCreate).await.is_ok());
        world.sql("UPDATE members SET role = 'viewer' WHERE role = 'developer'");
        assert_eq!(developer.try_permit(Action::KeyCreate).await.unwrap_err(), Problem::Forbidden);
        assert_eq!(developer.role().await, Some(Role::Viewer));
        world.sql("DELETE FROM members WHERE role = 'viewer'");
        assert_eq!(developer.try_permit(Action::KeysList).await.unwrap_err(), Problem::Forbidden);
        assert_eq!(developer.session().await.merchant, None);
    }

    async fn ses_07_the_row_of_a_session_holds_no_right_no_counter_and_no_blob(world) {
        let owner = world.owner().await;
        assert!(owner.is_signed_in().await);
        let dump = world.dump();
        let tables = world.is_sqlite().then(|| {
            dump.split("CREATE TABLE sessions")
                .nth(1)
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_lowercase()
        });
        for word in ["role", "scope", "misses", "last_step", "data", "blob_of"] {
            assert!(tables.as_ref().is_none_or(|columns| !columns.contains(word)), "{word}");
        }
    }
}
