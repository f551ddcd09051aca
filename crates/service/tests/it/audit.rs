//! The audit log: every deed in it, and no way to change it unseen.

use crate::support::{Person, World, in_parallel, on_both_engines};
use aio_service::ChainReport;

async fn reports(world: &World) -> Vec<ChainReport> {
    world.services.verify_audit().await.unwrap()
}

async fn broken_at(world: &World, owner: &Person) -> Option<i64> {
    let found = reports(world).await;
    let of = owner.merchant.to_string();
    found.into_iter().find(|report| report.scope == of).unwrap().broken_at
}

/// Somebody with write access to the database first has to get the triggers out of the way.
fn without_triggers(world: &World, text: &str) {
    let on = if world.is_sqlite() { "" } else { " ON audit_entries" };
    world.sql(&format!(
        "DROP TRIGGER audit_entries_no_update{on}; DROP TRIGGER audit_entries_no_delete{on}; {text}"
    ));
}

async fn owner_with_history(world: &World) -> Person {
    let owner = world.owner().await;
    let id = owner.key("Production").await;
    owner.enable_aes(id).await;
    owner.miss().await;
    owner.delete_key(id, &owner.next_code()).await.unwrap();
    owner
}

on_both_engines! {
    async fn ops_01_every_deed_and_wrong_code_is_one_entry_with_who_what_and_where(world) {
        let owner = owner_with_history(world).await;
        let log = world.ask(&format!(
            "SELECT action, outcome, actor_kind, address, request_id
             FROM audit_entries WHERE scope = '{}' ORDER BY seq",
            owner.merchant
        ));
        let line =
            |action: &str, outcome: &str| format!("{action}|{outcome}|user|203.0.113.7|req-1");
        assert_eq!(
            log,
            [
                line("authenticator.enrolled", "done"),
                line("api_key.created", "done"),
                line("aes_key.enabled", "done"),
                line("code.wrong", "refused"),
                line("api_key.deleted", "done"),
            ]
        );
        let users = world.ask("SELECT DISTINCT actor_id FROM audit_entries");
        assert_eq!(users, [owner.user.to_string()]);
        assert_eq!(world.count("SELECT COUNT(*) FROM events"), 4);
    }

    async fn ops_01_an_untouched_log_holds(world) {
        let (owner, other) = (owner_with_history(world).await, world.other_owner().await);
        let found = reports(world).await;
        let mut scopes = [owner.merchant.to_string(), other.merchant.to_string()];
        scopes.sort();
        assert_eq!(found.iter().map(|report| report.scope.clone()).collect::<Vec<_>>(), scopes);
        assert!(found.iter().all(|report| report.broken_at.is_none()), "{found:?}");
        assert_eq!(found.iter().map(|report| report.entries).sum::<i64>(), 6);
    }

    async fn ops_01_the_database_itself_refuses_to_change_an_entry(world) {
        let owner = owner_with_history(world).await;
        for text in ["UPDATE audit_entries SET detail = '{}'", "DELETE FROM audit_entries"] {
            let refused =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.sql(text)));
            assert!(refused.is_err(), "{text}");
        }
        assert_eq!(broken_at(world, &owner).await, None);
    }

    async fn ops_01_an_edited_entry_is_found(world) {
        let owner = owner_with_history(world).await;
        without_triggers(
            world,
            "UPDATE audit_entries SET action = 'api_key.created' WHERE seq = 5",
        );
        assert_eq!(broken_at(world, &owner).await, Some(5));
    }

    async fn ops_01_a_dropped_entry_in_the_middle_is_found(world) {
        let owner = owner_with_history(world).await;
        without_triggers(world, "DELETE FROM audit_entries WHERE seq = 3");
        assert_eq!(broken_at(world, &owner).await, Some(3));
    }

    async fn ops_01_a_dropped_end_is_found(world) {
        let owner = owner_with_history(world).await;
        without_triggers(world, "DELETE FROM audit_entries WHERE seq >= 4");
        assert_eq!(broken_at(world, &owner).await, Some(4));
    }

    async fn ops_01_an_entry_moved_from_another_chain_is_found(world) {
        let (owner, other) = (owner_with_history(world).await, world.other_owner().await);
        without_triggers(
            world,
            &format!(
                "DELETE FROM audit_entries WHERE scope = '{owner}' AND seq = 1;
             UPDATE audit_entries SET scope = '{owner}' WHERE scope = '{other}'",
                owner = owner.merchant,
                other = other.merchant,
            ),
        );
        assert_eq!(broken_at(world, &owner).await, Some(1));
        assert_eq!(broken_at(world, &other).await, Some(1));
    }

    async fn ops_01_two_entries_that_traded_places_are_found(world) {
        let owner = owner_with_history(world).await;
        without_triggers(
            world,
            "UPDATE audit_entries SET seq = 9 WHERE seq = 2;
             UPDATE audit_entries SET seq = 2 WHERE seq = 3;
             UPDATE audit_entries SET seq = 3 WHERE seq = 9",
        );
        assert_eq!(broken_at(world, &owner).await, Some(2));
    }

    async fn ops_01_entries_written_in_parallel_by_two_servers_make_one_chain(world) {
        let owner = world.owner().await;
        let there = owner.at(&world.another_server().await);
        in_parallel(40, |at| {
            let person = if at % 2 == 0 { owner.clone() } else { there.clone() };
            async move {
                let permit = person.permit(aio_domain::Action::Rename).await;
                person.services.rename(&permit, &format!("Ann {at}")).await.unwrap();
            }
        })
        .await;
        let found = reports(world).await;
        assert_eq!((found[0].entries, found[0].broken_at), (41, None));
        assert_eq!(world.ask("SELECT COUNT(*), MAX(seq) FROM events"), ["41|41"]);
    }
}
