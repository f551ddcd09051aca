//! A code confirms one stored change, as it was shown, once, in its own session.

use crate::support::{Person, World, key_input, listed, on_both_engines, refusal};
use aio_domain::{Action, AuthLevel, ChangeSetId, Field, FieldCode, Problem, Role};

async fn begin(person: &Person, label: &str) -> ChangeSetId {
    let permit = person.permit(Action::KeyCreateBegin).await;
    let begun = person.services.begin_create_key(&permit, key_input(label)).await;
    begun.unwrap()
}

async fn confirm(person: &Person, change: ChangeSetId, code: &str) -> Result<(), Problem> {
    let permit = person.permit(Action::KeyCreate).await;
    let done = person.services.create_key(&permit, change, code).await;
    done.map(|_| ()).map_err(|error| error.problem())
}

fn keys(world: &World) -> i64 {
    world.count("SELECT COUNT(*) FROM api_keys")
}

on_both_engines! {
    async fn stp_02_a_change_of_another_person_session_or_merchant_is_gone(world) {
        let owner = world.owner().await;
        let admin = world.member(&owner, Role::Admin).await;
        let cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
        let stranger = world.other_owner().await;
        let change = begin(&owner, "Production").await;
        world.clock.next_step();
        for thief in [admin, owner.with_cookie(cookie), stranger] {
            assert_eq!(confirm(&thief, change, &thief.code()).await, Err(Problem::ChangeGone));
            let page = thief.permit(Action::KeyCreate).await;
            assert!(thief.services.pending_key(&page, Some(change), None).await.unwrap().is_none());
        }
        assert_eq!(keys(world), 0);
        assert_eq!(confirm(&owner, change, &owner.next_code()).await, Ok(()));
    }

    async fn stp_02_a_change_shown_for_one_action_confirms_no_other(world) {
        let owner = world.owner().await;
        owner.switch_allowlist(true).await.unwrap();
        let entry = owner.permit(Action::AllowlistAddBegin).await;
        let entry = owner
            .services
            .begin_add_entry(&entry, "198.51.100.0/24", "office", false)
            .await
            .unwrap();
        let key = begin(&owner, "Production").await;
        let code = owner.next_code();
        assert_eq!(confirm(&owner, entry, &code).await, Err(Problem::ChangeGone));
        let edit = owner.permit(Action::KeyEdit).await;
        assert_eq!(refusal(owner.services.edit_key(&edit, key, &code).await), Problem::ChangeGone);
        let add = owner.permit(Action::AllowlistAdd).await;
        assert_eq!(refusal(owner.services.add_entry(&add, key, &code).await), Problem::ChangeGone);
        owner.services.add_entry(&add, entry, &code).await.unwrap();
        assert_eq!(keys(world), 0);
    }

    async fn stp_02_any_changed_cell_of_a_stored_change_cancels_it(world) {
        let owner = world.owner().await;
        let other = owner.key("Other").await;
        let id = owner.key("Production").await;
        for tampering in [
            "params = REPLACE(params, 'events:read', 'withdrawals:write')".to_owned(),
            "params = REPLACE(params, 'Renamed', 'Someone else')".to_owned(),
            "params = params || ' '".to_owned(),
            format!("target = '{other}'"),
            "target = NULL".to_owned(),
        ] {
            let permit = owner.permit(Action::KeyEditBegin).await;
            let version = owner.key_version(id).await;
            let change = owner
                .services
                .begin_edit_key(&permit, id, version, key_input("Renamed"))
                .await
                .unwrap();
            world.sql(&format!("UPDATE change_sets SET {tampering}"));
            let (edit, code) = (owner.permit(Action::KeyEdit).await, owner.next_code());
            assert_eq!(
                refusal(owner.services.edit_key(&edit, change, &code).await),
                Problem::ChangeGone,
                "{tampering}"
            );
            assert!(
                owner.services.pending_key(&edit, Some(change), Some(id)).await.unwrap().is_none(),
                "{tampering}"
            );
            assert_eq!(owner.copy_key(id, &code).await, Ok(()), "the code is unspent");
            world.sql("DELETE FROM change_sets; DELETE FROM throttles");
        }
        let keys = world.ask("SELECT label, scopes FROM api_keys ORDER BY label");
        assert_eq!(keys, ["Other|events:read", "Production|events:read"]);
        assert_eq!(world.audited("api_key.edited"), 0);
    }

    async fn stp_02_two_stored_changes_cannot_trade_places(world) {
        let owner = world.owner().await;
        let (one, two) = (begin(&owner, "Harmless").await, begin(&owner, "Dangerous").await);
        world.sql(&format!(
            "UPDATE change_sets SET id = 'x' WHERE id = '{one}';
             UPDATE change_sets SET id = '{one}' WHERE id = '{two}';
             UPDATE change_sets SET id = '{two}' WHERE id = 'x';"
        ));
        let code = owner.next_code();
        assert_eq!(confirm(&owner, one, &code).await, Err(Problem::ChangeGone));
        assert_eq!(confirm(&owner, two, &code).await, Err(Problem::ChangeGone));
        assert_eq!(keys(world), 0);
    }

    async fn stp_03_a_change_waits_two_minutes_and_no_longer(world) {
        let owner = world.owner().await;
        owner.next_code();
        let change = begin(&owner, "In time").await;
        world.clock.advance(119_999);
        assert_eq!(confirm(&owner, change, &owner.code()).await, Ok(()));
        owner.next_code();
        let change = begin(&owner, "Too late").await;
        world.clock.advance(120_000);
        let before = owner.services.codes_evaluated();
        assert_eq!(confirm(&owner, change, &owner.code()).await, Err(Problem::ChangeGone));
        assert_eq!((keys(world), owner.services.codes_evaluated()), (1, before));
    }

    async fn stp_03_a_change_is_done_once(world) {
        let owner = world.owner().await;
        let change = begin(&owner, "Production").await;
        assert_eq!(confirm(&owner, change, &owner.next_code()).await, Ok(()));
        assert_eq!(confirm(&owner, change, &owner.next_code()).await, Err(Problem::ChangeGone));
        assert_eq!(keys(world), 1);
    }

    async fn stp_03_a_role_taken_away_between_the_steps_counts(world) {
        let owner = world.owner().await;
        let developer = world.member(&owner, Role::Developer).await;
        let change = begin(&developer, "Production").await;
        let permit = developer.permit(Action::KeyCreate).await;
        world.sql("UPDATE members SET role = 'viewer' WHERE role = 'developer'");
        let code = developer.next_code();
        assert_eq!(
            refusal(developer.services.create_key(&permit, change, &code).await),
            Problem::Forbidden
        );
        assert_eq!(keys(world), 0);
        world.sql("UPDATE members SET role = 'developer' WHERE role = 'viewer'");
        assert_eq!(confirm(&developer, change, &code).await, Ok(()), "the code is unspent");
    }

    async fn stp_03_a_session_revoked_between_the_steps_confirms_nothing(world) {
        let owner = world.owner().await;
        let key = owner.key("Production").await;
        let change = begin(&owner, "Another").await;
        let (create, delete) =
            (owner.permit(Action::KeyCreate).await, owner.permit(Action::KeyDelete).await);
        world.sql("DELETE FROM flashes; DELETE FROM change_sets; DELETE FROM sessions");
        let code = owner.next_code();
        assert_eq!(
            refusal(owner.services.create_key(&create, change, &code).await),
            Problem::ChangeGone
        );
        assert_eq!(
            refusal(owner.services.delete_key(&delete, key, &code).await),
            Problem::SignedOut
        );
        assert_eq!(keys(world), 1);
    }

    async fn stp_03_a_key_that_changed_between_the_steps_is_stale(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let begin = owner.permit(Action::KeyEditBegin).await;
        let change =
            owner.services.begin_edit_key(&begin, id, 1, key_input("Renamed")).await.unwrap();
        owner.services.freeze_key(&owner.permit(Action::KeyFreeze).await, id).await.unwrap();
        let (edit, code) = (owner.permit(Action::KeyEdit).await, owner.next_code());
        assert_eq!(refusal(owner.services.edit_key(&edit, change, &code).await), Problem::Stale);
        assert_eq!(world.ask("SELECT label, state FROM api_keys"), ["Production|frozen"]);
        assert_eq!(owner.unfreeze_key(id, &code).await, Ok(()), "the code is unspent");
    }

    async fn stp_04_a_label_taken_between_the_steps_leaves_the_code_unspent_and_no_trace(world) {
        let owner = world.owner().await;
        let change = begin(&owner, "Production").await;
        owner.key("production").await;
        let code = owner.next_code();
        assert_eq!(
            confirm(&owner, change, &code).await,
            Err(Problem::field(Field::Label, FieldCode::Duplicate))
        );
        assert_eq!((keys(world), world.audited("api_key.created")), (1, 1));
        let counter = world.store.step_counter(owner.user).await.unwrap().unwrap();
        assert_eq!((counter.misses.count, counter.misses.locked_until), (0, None));
        let key = begin(&owner, "Staging").await;
        assert_eq!(confirm(&owner, key, &code).await, Ok(()));
    }

    async fn stp_04_a_key_deleted_between_the_steps_leaves_the_code_unspent(world) {
        let owner = world.owner().await;
        let (id, other) = (owner.key("Production").await, owner.key("Staging").await);
        let begin = owner.permit(Action::KeyEditBegin).await;
        let change =
            owner.services.begin_edit_key(&begin, id, 1, key_input("Renamed")).await.unwrap();
        owner.delete_key(id, &owner.next_code()).await.unwrap();
        let (edit, code) = (owner.permit(Action::KeyEdit).await, owner.next_code());
        assert_eq!(refusal(owner.services.edit_key(&edit, change, &code).await), Problem::NotFound);
        assert_eq!(owner.copy_key(other, &code).await, Ok(()));
    }

    async fn stp_04_a_fault_at_any_statement_of_a_creation_undoes_all_of_it(world) {
        let owner = world.owner().await;
        let permit = owner.permit(Action::KeyCreateBegin).await;
        let input = listed("Production", "203.0.113.0/24");
        let change = owner.services.begin_create_key(&permit, input).await.unwrap();
        let code = owner.next_code();
        let before = world.ask(EVERYTHING);
        for (event, table) in [
            ("DELETE", "change_sets"),
            ("INSERT", "data_keys"),
            ("INSERT", "api_keys"),
            ("INSERT", "allowlist_rules"),
            ("INSERT", "flashes"),
            ("UPDATE", "audit_heads"),
            ("INSERT", "audit_entries"),
            ("UPDATE", "event_heads"),
            ("INSERT", "events"),
        ] {
            fail_at(world, event, table);
            let answer = confirm(&owner, change, &code).await;
            heal(world, table);
            assert_eq!(answer, Err(Problem::Internal), "{event} {table}");
            assert_eq!(world.ask(EVERYTHING), before, "{event} {table}");
        }
        assert_eq!(confirm(&owner, change, &code).await, Ok(()));
    }
}

/// What a creation changes: the code, the count, the change, the key and its trace.
const EVERYTHING: &str = "
    SELECT last_step, misses,
        (SELECT COUNT(*) FROM change_sets), (SELECT COUNT(*) FROM api_keys),
        (SELECT COUNT(*) FROM allowlist_rules), (SELECT COUNT(*) FROM flashes),
        (SELECT COUNT(*) FROM data_keys), (SELECT MAX(seq) FROM audit_heads),
        (SELECT COUNT(*) FROM audit_entries), (SELECT COUNT(*) FROM events)
    FROM step_up_counters";

fn fail_at(world: &World, event: &str, table: &str) {
    if world.is_sqlite() {
        world.sql(&format!(
            "CREATE TRIGGER fault BEFORE {event} ON {table}
             BEGIN SELECT RAISE(ABORT, 'fault'); END;"
        ));
    } else {
        world.sql(&format!(
            "CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
             AS $$ BEGIN RAISE EXCEPTION 'fault'; END $$;
             CREATE TRIGGER fault BEFORE {event} ON {table}
             FOR EACH STATEMENT EXECUTE FUNCTION fault();"
        ));
    }
}

fn heal(world: &World, table: &str) {
    let of = if world.is_sqlite() { String::new() } else { format!(" ON {table}") };
    world.sql(&format!("DROP TRIGGER fault{of}"));
}
