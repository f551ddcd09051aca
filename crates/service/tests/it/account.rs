//! A person's own account: what a new password, authenticator or set of recovery codes ends.

use crate::support::{PASSWORD, Person, World, key_input, on_both_engines, password, refusal};
use aio_domain::{Action, AuthLevel, Field, FieldCode, Language, Problem, Theme};
use aio_service::SessionToken;

const NEW_PASSWORD: &str = "amber-lighthouse-41";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Codes,
    Password,
    Authenticator,
}
use Change::{Authenticator, Codes, Password};

/// The one step, or the first of two, that asks for the password and a code.
async fn try_change(
    person: &Person,
    change: Change,
    old: &str,
    code: &str,
) -> Result<Option<SessionToken>, Problem> {
    let services = &person.services;
    match change {
        Codes => {
            let permit = person.permit(Action::RenewCodes).await;
            services.renew_recovery_codes(&permit, password(old), code).await.map(Some)
        }
        Password => {
            let permit = person.permit(Action::ChangePassword).await;
            services
                .change_password(&permit, password(old), password(NEW_PASSWORD), code)
                .await
                .map(Some)
        }
        Authenticator => {
            let permit = person.permit(Action::ReplaceBegin).await;
            services.replace_begin(&permit, password(old), code).await.map(|()| None)
        }
    }
    .map_err(|error| error.problem())
}

/// Carries a change through to its end.
async fn do_change(person: &mut Person, change: Change) {
    let token = try_change(person, change, PASSWORD, &person.next_code()).await.unwrap();
    let token = if let Some(token) = token {
        token
    } else {
        person.totp = person.pending(Action::ReplaceConfirmPage).await;
        let permit = person.permit(Action::ReplaceConfirm).await;
        person.services.replace_confirm(&permit, &person.next_code()).await.unwrap()
    };
    person.becomes(token);
}

async fn second_session(world: &World, owner: &Person) -> Person {
    let cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
    owner.with_cookie(cookie)
}

on_both_engines! {
    async fn aut_08_neither_the_password_nor_a_code_alone_changes_a_factor(world) {
        let owner = world.owner().await;
        let before = world.ask("SELECT password_hash FROM users");
        for change in [Codes, Password, Authenticator] {
            let wrong = try_change(&owner, change, "not the password", &owner.next_code()).await;
            assert_eq!(
                wrong.unwrap_err(),
                Problem::field(Field::Password, FieldCode::Wrong),
                "{change:?}"
            );
            let wrong = try_change(&owner, change, PASSWORD, &owner.wrong_code()).await;
            assert_eq!(wrong.unwrap_err(), Problem::CodeWrong, "{change:?}");
        }
        assert!(owner.is_signed_in().await);
        assert_eq!(world.ask("SELECT password_hash FROM users"), before);
        assert_eq!(world.count("SELECT COUNT(*) FROM authenticators"), 1);
        assert_eq!(world.count("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NULL"), 10);
    }

    async fn aut_08_a_wrong_password_leaves_the_code_unspent(world) {
        let owner = world.owner().await;
        let code = owner.next_code();
        assert!(try_change(&owner, Codes, "not the password", &code).await.is_err());
        assert!(try_change(&owner, Codes, PASSWORD, &code).await.is_ok());
    }

    async fn aut_08_a_changed_factor_ends_other_sessions_and_drops_pending_changes(world) {
        let mut owner = world.owner().await;
        for (change, audit) in [
            (Codes, "recovery_codes.renewed"),
            (Authenticator, "authenticator.replaced"),
            (Password, "user.password_changed"),
        ] {
            let other = second_session(world, &owner).await;
            for browser in [&owner, &other] {
                let begin = browser.permit(Action::KeyCreateBegin).await;
                browser.services.begin_create_key(&begin, key_input("Production")).await.unwrap();
            }
            let old = owner.clone();
            do_change(&mut owner, change).await;
            assert!(owner.is_signed_in().await, "{change:?}");
            assert!(!other.is_signed_in().await, "{change:?}");
            assert!(!old.is_signed_in().await, "ses_03: the id before the change is dead");
            assert_eq!(world.count("SELECT COUNT(*) FROM change_sets"), 0, "{change:?}");
            assert_eq!(world.audited(audit), 1);
        }
    }

    async fn aut_08_renewed_recovery_codes_replace_the_old_ones(world) {
        let mut owner = world.owner().await;
        let old = owner.recovery_codes[0].clone();
        do_change(&mut owner, Codes).await;
        let new = owner.read_codes().await;
        assert_eq!(new.len(), 10);
        assert!(!new.contains(&old));
        let waiting = owner.second_browser().await;
        let recover = waiting.permit(Action::Recover).await;
        assert_eq!(refusal(owner.services.recover(&recover, &old).await), Problem::RecoveryWrong);
        assert!(owner.services.recover(&recover, &new[0]).await.is_ok());
    }

    async fn the_new_password_signs_in_and_the_old_one_does_not(world) {
        let mut owner = world.owner().await;
        do_change(&mut owner, Password).await;
        assert_eq!(owner.type_password(PASSWORD).await.unwrap_err(), Problem::WrongCredentials);
        assert!(owner.type_password(NEW_PASSWORD).await.is_ok());
    }

    async fn aut_14_a_short_common_or_own_new_password_is_refused_before_anything_is_tried(world) {
        let owner = world.owner().await;
        let permit = owner.permit(Action::ChangePassword).await;
        for (new, why) in [
            ("", FieldCode::Required),
            ("eleven chrs", FieldCode::TooShort),
            ("password1234", FieldCode::Common),
            ("the corner shop 1", FieldCode::Common),
            (&"x1y2z".repeat(300), FieldCode::TooLong),
        ] {
            let answer = owner
                .services
                .change_password(&permit, password(PASSWORD), password(new), &owner.next_code())
                .await;
            assert_eq!(refusal(answer), Problem::field(Field::NewPassword, why), "{new}");
        }
        let twelve = owner
            .services
            .change_password(
                &permit,
                password(PASSWORD),
                password("umbrella-9 x"),
                &owner.next_code(),
            )
            .await;
        assert!(twelve.is_ok(), "twelve characters are enough beside an authenticator");
    }

    async fn ses_06_a_person_sees_and_ends_sessions_one_by_one_or_all_others(world) {
        let owner = world.owner().await;
        let (second, third) =
            (second_session(world, &owner).await, second_session(world, &owner).await);
        let settings =
            owner.services.settings(&owner.permit(Action::SettingsGet).await).await.unwrap();
        assert_eq!(
            (settings.browsers.len(), settings.codes_left, settings.hold_until),
            (3, 10, None)
        );
        assert!(settings.browsers[0].current && !settings.browsers[1].current);

        let revoke = owner.permit(Action::RevokeSession).await;
        let handle = second.session().await.handle;
        owner.services.revoke_session(&revoke, handle).await.unwrap();
        assert!(!second.is_signed_in().await && third.is_signed_in().await);
        assert_eq!(
            refusal(owner.services.revoke_session(&revoke, handle).await),
            Problem::NotFound
        );

        owner.services.revoke_others(&owner.permit(Action::RevokeOthers).await).await.unwrap();
        assert!(!third.is_signed_in().await && owner.is_signed_in().await);
        assert_eq!(
            (world.audited("session.revoked"), world.audited("session.others_revoked")),
            (1, 1)
        );
    }

    async fn ses_06_nobody_ends_another_persons_session(world) {
        let (owner, other) = (world.owner().await, world.other_owner().await);
        let revoke = owner.permit(Action::RevokeSession).await;
        let handle = other.session().await.handle;
        assert_eq!(
            refusal(owner.services.revoke_session(&revoke, handle).await),
            Problem::NotFound
        );
        owner.services.revoke_others(&owner.permit(Action::RevokeOthers).await).await.unwrap();
        assert!(other.is_signed_in().await);
    }

    async fn ses_06_a_disabled_person_is_out_at_the_next_request(world) {
        let owner = world.owner().await;
        world.sql("UPDATE users SET disabled_at = 1");
        assert!(!owner.is_signed_in().await);
    }

    async fn a_name_is_changed_and_a_bad_one_is_not(world) {
        let owner = world.owner().await;
        let permit = owner.permit(Action::Rename).await;
        owner.services.rename(&permit, "  王小明 🛒 ").await.unwrap();
        assert_eq!(owner.session().await.user_name, "王小明 🛒");
        for (name, why) in [
            ("  ", FieldCode::Required),
            (&"x".repeat(65), FieldCode::TooLong),
            ("evil\u{202e}nib.exe", FieldCode::ForbiddenCharacter),
        ] {
            assert_eq!(
                refusal(owner.services.rename(&permit, name).await),
                Problem::field(Field::Name, why)
            );
        }
        assert_eq!(owner.session().await.user_name, "王小明 🛒");
    }

    async fn language_and_theme_are_remembered_with_the_person(world) {
        let owner = world.owner().await;
        let remember = async |language, theme| {
            let session = owner.session().await;
            owner.services.remember_preferences(Some(&session), language, theme).await.unwrap();
            let session = owner.session().await;
            (session.language, session.theme)
        };
        assert_eq!(
            remember(Some(Language::Zh), None).await,
            (Some(Language::Zh), Some(Theme::System))
        );
        assert_eq!(
            remember(None, Some(Theme::Dark)).await,
            (Some(Language::Zh), Some(Theme::Dark))
        );
        owner.services.remember_preferences(None, Some(Language::En), None).await.unwrap();
        assert_eq!(owner.session().await.language, Some(Language::Zh));
    }
}
