//! Two merchants on one installation: neither finds, changes or ends what is the other's.

use crate::support::{Person, World, key_input, on_both_engines};
use aio_domain::{Action, ApiKeyId, EntryId, Problem};

/// Everything the first merchant has.
fn belongings(world: &World, owner: &Person) -> Vec<String> {
    [
        "api_keys",
        "aes_keys",
        "allowlist_rules",
        "dashboard_allowlist_entries",
        "change_sets",
        "audit_entries",
        "events",
    ]
    .iter()
    .flat_map(|table| {
        world.ask(&format!(
            "SELECT * FROM {table} WHERE merchant_id = '{}' ORDER BY 1",
            owner.merchant
        ))
    })
    .collect()
}

/// Every function on a key, called with a key's id.
async fn try_all_on_key(thief: &Person, id: ApiKeyId, code: &str) -> Vec<(Action, Problem)> {
    let services = &thief.services;
    let mut answers = Vec::new();
    macro_rules! refused {
        ($($action:ident: |$permit:ident| $call:expr;)+) => { $(
            let $permit = &thief.permit(Action::$action).await;
            let answer = $call.await.map(|_| ());
            answers.push((Action::$action, crate::support::refusal(answer)));
        )+ };
    }
    refused! {
        KeyGet: |permit| services.get_key(permit, id);
        KeyEditBegin: |permit| services.begin_edit_key(permit, id, 1, key_input("Mine now"));
        KeyCopy: |permit| services.copy_key(permit, id, code);
        KeyFreeze: |permit| services.freeze_key(permit, id);
        KeyUnfreeze: |permit| services.unfreeze_key(permit, id, code);
        KeyDelete: |permit| services.delete_key(permit, id, code);
        AesEnable: |permit| services.enable_aes(permit, id, code);
        AesCopy: |permit| services.copy_aes(permit, id, code);
        AesRegenerate: |permit| services.regenerate_aes(permit, id, code);
        AesDisable: |permit| services.disable_aes(permit, id, code);
    }
    answers
}

async fn entry_of(owner: &Person) -> EntryId {
    let page = owner.permit(Action::AllowlistGet).await;
    owner.services.dashboard_allowlist(&page).await.unwrap().entries[0].id
}

on_both_engines! {
    async fn acc_01_another_merchants_key_is_not_found_by_any_function(world) {
        let (owner, thief) = (world.owner().await, world.other_owner().await);
        let (plain, encrypted) = (owner.key("Production").await, owner.key("Encrypted").await);
        owner.enable_aes(encrypted).await;
        let before = belongings(world, &owner);
        let (code, compared) = (thief.next_code(), world.services.codes_evaluated());
        for id in [plain, encrypted] {
            for (action, problem) in try_all_on_key(&thief, id, &code).await {
                assert_eq!(problem, Problem::NotFound, "{action:?}");
            }
            assert!(thief.reveal(id).await.is_none());
        }
        assert_eq!(belongings(world, &owner), before);
        let (keys, _) =
            thief.services.list_keys(&thief.permit(Action::KeysList).await).await.unwrap();
        assert!(keys.is_empty());
        assert_eq!(world.services.codes_evaluated(), compared, "no code was looked at");
        assert_eq!(thief.switch_with(&code).await, Ok(()), "nor spent");
    }

    async fn acc_01_another_merchants_allowlist_and_changes_are_not_found(world) {
        let (owner, thief) = (world.owner().await, world.other_owner().await);
        owner.switch_allowlist(true).await.unwrap();
        let entry = entry_of(&owner).await;
        let add = owner.permit(Action::AllowlistAddBegin).await;
        let range =
            owner.services.begin_add_entry(&add, "198.51.100.0/24", "", false).await.unwrap();
        let create = owner.permit(Action::KeyCreateBegin).await;
        let key = owner.services.begin_create_key(&create, key_input("Production")).await.unwrap();
        let before = belongings(world, &owner);
        let code = thief.next_code();
        let services = &thief.services;
        let permit = async |action| thief.permit(action).await;
        let problem = crate::support::refusal::<()>;
        assert_eq!(
            problem(
                services
                    .set_entry(&permit(Action::AllowlistSet).await, entry, false, true, &code)
                    .await
            ),
            Problem::NotFound
        );
        assert_eq!(
            problem(
                services
                    .remove_entry(&permit(Action::AllowlistRemove).await, entry, true, &code)
                    .await
            ),
            Problem::NotFound
        );
        assert_eq!(
            problem(
                services
                    .add_entry(&permit(Action::AllowlistAdd).await, range, &code)
                    .await
                    .map(|_| ())
            ),
            Problem::ChangeGone
        );
        assert_eq!(
            problem(
                services.create_key(&permit(Action::KeyCreate).await, key, &code).await.map(|_| ())
            ),
            Problem::ChangeGone
        );
        assert_eq!(
            problem(
                services.edit_key(&permit(Action::KeyEdit).await, key, &code).await.map(|_| ())
            ),
            Problem::ChangeGone
        );
        assert!(
            services
                .pending_entry(&permit(Action::AllowlistAdd).await, Some(range))
                .await
                .unwrap()
                .is_none()
        );
        assert!(
            services
                .dashboard_allowlist(&permit(Action::AllowlistGet).await)
                .await
                .unwrap()
                .entries
                .is_empty()
        );
        assert_eq!(belongings(world, &owner), before);
    }

    async fn acc_01_a_label_of_another_merchant_is_free(world) {
        let (owner, other) = (world.owner().await, world.other_owner().await);
        owner.key("Production").await;
        assert!(other.create_key(key_input("Production")).await.is_ok());
    }

    async fn acc_01_an_allowlist_shuts_only_its_own_merchants_door(world) {
        let (owner, other) = (world.owner().await, world.other_owner().await);
        owner.switch_allowlist(true).await.unwrap();
        assert_eq!(
            owner.from("198.51.100.9").try_session().await.map(|_| ()),
            Err(Problem::AddressRefused)
        );
        assert!(other.from("198.51.100.9").is_signed_in().await);
    }
}
