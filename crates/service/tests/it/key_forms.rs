//! What may be typed into the dialogs of an API key, and what two hands at once do to it.

use crate::support::{Person, in_parallel, key_input, listed, on_both_engines, refusal, winners};
use aio_domain::{
    Action, AllowlistMode, EncryptionMode, Field, FieldCode, FieldError, Problem, Scope,
};
use aio_service::{KeyInput, KeyPlan};

/// What the first step of a new key says to a form.
async fn check(person: &Person, input: KeyInput) -> Result<KeyPlan, Problem> {
    let permit = person.permit(Action::KeyCreateBegin).await;
    let begun = person.services.begin_create_key(&permit, input).await;
    let change = begun.map_err(|error| error.problem())?;
    let page = person.permit(Action::KeyNewPage).await;
    let pending = person.services.pending_key(&page, Some(change), None).await;
    Ok(pending.unwrap().unwrap().plan)
}

fn only(field: Field, code: FieldCode) -> Result<KeyPlan, Problem> {
    Err(Problem::field(field, code))
}

fn lines(errors: &[(u16, FieldCode)]) -> Result<KeyPlan, Problem> {
    let at = |(line, code): &(u16, FieldCode)| FieldError::at(Field::Rules, *code, *line);
    Err(Problem::Invalid { errors: errors.iter().map(at).collect() })
}

async fn encryption(
    person: &Person,
    mode: EncryptionMode,
    id: aio_domain::ApiKeyId,
) -> Result<(), Problem> {
    let input = KeyInput { encryption: Some(mode), ..key_input("Production") };
    person.edit_key(id, input).await.map(|_| ())
}

on_both_engines! {
    async fn key_05_no_scope_is_the_default_and_money_is_never_moved_from_anywhere(world) {
        let owner = world.owner().await;
        let none = KeyInput { scopes: Vec::new(), ..key_input("No scope") };
        assert!(check(&owner, none).await.unwrap().scopes.is_empty());
        for scope in Scope::ALL {
            for (mode, rules) in [
                (AllowlistMode::Any, ""),
                (AllowlistMode::Listed, "203.0.113.0/24"),
                (AllowlistMode::Nobody, ""),
            ] {
                let input = KeyInput {
                    scopes: vec![*scope],
                    allowlist_mode: Some(mode),
                    rules: rules.into(),
                    ..key_input("A key")
                };
                let answer = check(&owner, input).await;
                if *scope == Scope::WithdrawalsWrite && mode == AllowlistMode::Any {
                    assert_eq!(answer, only(Field::AllowlistMode, FieldCode::AnyWithMoney));
                } else {
                    assert_eq!(answer.unwrap().allowlist_mode, mode, "{scope} {mode}");
                }
            }
        }
        let unchosen = KeyInput { allowlist_mode: None, ..key_input("A key") };
        assert_eq!(check(&owner, unchosen).await, only(Field::AllowlistMode, FieldCode::Required));
        assert_eq!(
            check(&owner, listed("A key", " \n ")).await,
            only(Field::Rules, FieldCode::EmptyList)
        );
    }

    async fn key_05_no_edit_gives_a_key_that_moves_money_to_everybody(world) {
        let owner = world.owner().await;
        let safe = KeyInput {
            scopes: vec![Scope::WithdrawalsWrite],
            ..listed("Payouts", "203.0.113.0/24")
        };
        let id = owner.create_key(safe.clone()).await.unwrap();
        let open = KeyInput { allowlist_mode: Some(AllowlistMode::Any), ..safe };
        assert_eq!(
            owner.edit_key(id, open).await,
            Err(Problem::field(Field::AllowlistMode, FieldCode::AnyWithMoney))
        );
        let plain = owner.key("Plain").await;
        let money = KeyInput { scopes: vec![Scope::WithdrawalsWrite], ..key_input("Plain") };
        assert_eq!(
            owner.edit_key(plain, money).await,
            Err(Problem::field(Field::AllowlistMode, FieldCode::AnyWithMoney))
        );
    }

    async fn labels_of_any_script_are_kept_and_deceptive_ones_refused(world) {
        let owner = world.owner().await;
        for label in [
            "مفتاح الإنتاج",
            "生产环境",
            "🛒🇩🇪👩‍👩‍👧",
            "<script>alert(1)</script>",
            "'; DROP TABLE api_keys; --",
            &"x".repeat(64),
        ] {
            let plan = check(&owner, key_input(&format!("  {label} "))).await.unwrap();
            assert_eq!(plan.label.as_str(), label);
        }
        for (label, why) in [
            ("", FieldCode::Required),
            (" \t ", FieldCode::Required),
            (&"x".repeat(65), FieldCode::TooLong),
            ("evil\u{202e}gnp.exe", FieldCode::ForbiddenCharacter),
            ("a\nb", FieldCode::ForbiddenCharacter),
            ("pay\u{200b}pal", FieldCode::ForbiddenCharacter),
        ] {
            assert_eq!(check(&owner, key_input(label)).await, only(Field::Label, why), "{label:?}");
        }
    }

    async fn a_label_is_taken_whatever_its_case_and_spaces(world) {
        let owner = world.owner().await;
        let id = owner.key("Main Shop").await;
        assert_eq!(
            check(&owner, key_input("MAIN   shop")).await,
            only(Field::Label, FieldCode::Duplicate)
        );
        assert!(owner.edit_key(id, key_input("MAIN shop")).await.is_ok(), "its own label is free");
    }

    async fn a_last_day_in_the_past_too_far_or_nonexistent_is_refused(world) {
        let owner = world.owner().await;
        let on = |day: &str| KeyInput { expires_on: day.into(), ..key_input("A key") };
        let today = world.now().date();
        for (day, why) in [
            ("2026-01-01", FieldCode::InThePast),
            ("2025-02-29", FieldCode::NotADate),
            ("tomorrow", FieldCode::NotADate),
            ("01/02/2030", FieldCode::NotADate),
            ("2099-01-01", FieldCode::TooFar),
        ] {
            assert_eq!(check(&owner, on(day)).await, only(Field::ExpiresOn, why), "{day}");
        }
        assert!(
            check(&owner, on(&today)).await.unwrap().expires_at.unwrap() > world.now(),
            "today is not over"
        );
        assert_eq!(check(&owner, on(" ")).await.unwrap().expires_at, None);
    }

    async fn ipa_04_rules_are_shown_as_they_will_match_and_bad_lines_are_named(world) {
        let owner = world.owner().await;
        let plan = check(
            &owner,
            listed("A key", "10.1.2.3/8 office\r\n\r\n2001:DB8::1 my server\n::ffff:192.0.2.7"),
        )
        .await
        .unwrap();
        let shown: Vec<_> = plan.rules.iter().map(|rule| rule.cidr.to_string()).collect();
        assert_eq!(shown, ["10.0.0.0/8", "2001:db8::1/128", "192.0.2.7/32"]);
        let bad = "203.0.113.0/24\n10.0.0.0/08\n\nlocalhost\n203.0.113.9/24\n0x7f.1";
        assert_eq!(
            check(&owner, listed("A key", bad)).await,
            lines(&[
                (2, FieldCode::NotACidr),
                (4, FieldCode::NotACidr),
                (5, FieldCode::Duplicate),
                (6, FieldCode::NotACidr),
            ])
        );
    }

    async fn ipa_04_a_hundred_rules_are_taken_and_one_more_is_too_many(world) {
        let owner = world.owner().await;
        let rules = |count: u32| {
            (0..count)
                .map(|at| format!("10.0.{}.{}", at / 256, at % 256))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(check(&owner, listed("A key", &rules(100))).await.unwrap().rules.len(), 100);
        assert_eq!(
            check(&owner, listed("A key", &rules(101))).await,
            only(Field::Rules, FieldCode::TooMany)
        );
    }

    async fn ipa_04_a_very_wide_range_must_be_meant(world) {
        let owner = world.owner().await;
        for range in ["0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/31"] {
            assert_eq!(
                check(&owner, listed("A key", range)).await,
                only(Field::BroadOk, FieldCode::BroadUnconfirmed),
                "{range}"
            );
            let meant = KeyInput { broad_ok: true, ..listed("A key", range) };
            assert!(check(&owner, meant).await.is_ok(), "{range}");
        }
        assert!(check(&owner, listed("A key", "10.0.0.0/8\n2001:db8::/32")).await.is_ok());
    }

    async fn everything_wrong_with_a_form_is_said_at_once(world) {
        let owner = world.owner().await;
        let input = KeyInput {
            expires_on: "never".into(),
            encryption: Some(EncryptionMode::Required),
            ..listed("", "x\ny")
        };
        let Err(Problem::Invalid { errors }) = check(&owner, input).await else {
            panic!("it was taken")
        };
        let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
        assert_eq!(
            fields,
            [Field::Label, Field::Rules, Field::Rules, Field::ExpiresOn, Field::Encryption]
        );
    }

    async fn the_hundred_and_first_key_is_refused_in_both_steps(world) {
        let owner = world.owner().await;
        owner.key("First").await;
        let begin = owner.permit(Action::KeyCreateBegin).await;
        world.sql(
            "INSERT INTO api_keys
                (id, label, label_key, merchant_id, scopes, verifier, last4, allowlist_mode,
                encryption_mode, state, aes_version, version, created_by, created_at, updated_at)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 98)
             SELECT substr(id, 1, 26) || (1000 + i), 'key ' || i, 'key ' || i,
                merchant_id, scopes, verifier, last4, allowlist_mode,
                encryption_mode, state, aes_version, version, created_by, created_at, updated_at
             FROM api_keys, n",
        );
        owner.clock.next_step();
        let change =
            owner.services.begin_create_key(&begin, key_input("One too many")).await.unwrap();
        owner.key("Hundredth").await;
        assert_eq!(
            refusal(owner.services.begin_create_key(&begin, key_input("Another")).await),
            Problem::LimitReached
        );
        let create = owner.permit(Action::KeyCreate).await;
        assert_eq!(
            refusal(owner.services.create_key(&create, change, &owner.next_code()).await),
            Problem::LimitReached
        );
        let (keys, full) =
            owner.services.list_keys(&owner.permit(Action::KeysList).await).await.unwrap();
        assert_eq!((keys.len(), full), (100, true));
    }

    async fn of_two_tabs_that_edit_one_key_the_second_is_told_that_it_changed(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let begin = owner.permit(Action::KeyEditBegin).await;
        let one = owner.services.begin_edit_key(&begin, id, 1, key_input("One")).await.unwrap();
        let two = owner.services.begin_edit_key(&begin, id, 1, key_input("Two")).await.unwrap();
        let edit = owner.permit(Action::KeyEdit).await;
        owner.services.edit_key(&edit, one, &owner.next_code()).await.unwrap();
        assert_eq!(
            refusal(owner.services.edit_key(&edit, two, &owner.next_code()).await),
            Problem::Stale
        );
        assert_eq!(
            refusal(owner.services.begin_edit_key(&begin, id, 1, key_input("Three")).await),
            Problem::Stale
        );
        assert_eq!(world.ask("SELECT label, version FROM api_keys"), ["One|2"]);
    }

    async fn an_edit_saves_label_scopes_mode_rules_and_last_day_with_one_code(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let input = KeyInput {
            scopes: vec![Scope::WithdrawalsRead, Scope::SubaddressesRead],
            expires_on: "2027-01-31".into(),
            ..listed("Renamed", "203.0.113.0/24 office\n2001:db8::/48")
        };
        owner.edit_key(id, input).await.unwrap();
        let (row, rules) =
            owner.services.get_key(&owner.permit(Action::KeyGet).await, id).await.unwrap();
        assert_eq!(
            (row.label.as_str(), row.scopes.to_text(), row.allowlist_mode),
            ("Renamed", "subaddresses:read withdrawals:read".into(), AllowlistMode::Listed)
        );
        assert_eq!(
            (row.expires_at.map(aio_domain::Timestamp::date), rules.len()),
            (Some("2027-02-01".into()), 2)
        );
        assert_eq!((world.audited("api_key.edited"), row.version), (1, 2));
    }

    async fn a_double_click_on_delete_deletes_once(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let code = owner.next_code();
        let answers = in_parallel(2, |_| {
            let (owner, code) = (owner.clone(), code.clone());
            async move { owner.delete_key(id, &code).await }
        })
        .await;
        assert_eq!(winners(&answers), 1);
        assert!(
            answers
                .iter()
                .any(|answer| matches!(answer, Err(Problem::NotFound | Problem::CodeUsed { .. }))),
            "{answers:?}"
        );
        assert_eq!(owner.delete_key(id, &owner.next_code()).await, Err(Problem::NotFound));
        assert_eq!(world.audited("api_key.deleted"), 1);
    }

    async fn freezing_needs_no_code_and_unfreezing_does(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let freeze = owner.permit(Action::KeyFreeze).await;
        owner.services.freeze_key(&freeze, id).await.unwrap();
        assert_eq!(refusal(owner.services.freeze_key(&freeze, id).await), Problem::AlreadyDone);
        assert_eq!(owner.unfreeze_key(id, &owner.wrong_code()).await, Err(Problem::CodeWrong));
        let code = owner.next_code();
        assert_eq!(owner.unfreeze_key(id, &code).await, Ok(()));
        assert_eq!(owner.unfreeze_key(id, &owner.next_code()).await, Err(Problem::AlreadyDone));
    }

    async fn aes_06_an_encryption_mode_needs_an_aes_key(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let needs = Err(Problem::field(Field::Encryption, FieldCode::NeedsAesKey));
        assert_eq!(encryption(&owner, EncryptionMode::Required, id).await, needs);
        owner.enable_aes(id).await;
        assert_eq!(world.ask("SELECT encryption_mode FROM api_keys"), ["optional"]);
        assert_eq!(encryption(&owner, EncryptionMode::Required, id).await, Ok(()));
        let disable = owner.permit(Action::AesDisable).await;
        owner.services.disable_aes(&disable, id, &owner.next_code()).await.unwrap();
        assert_eq!(world.ask("SELECT encryption_mode FROM api_keys"), ["off"]);
        assert_eq!(encryption(&owner, EncryptionMode::Optional, id).await, needs);
    }
}
