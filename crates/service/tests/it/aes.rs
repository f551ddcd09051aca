//! The AES key of an API key: one at a time, numbered, and gone when replaced.

use crate::support::{Person, World, in_parallel, on_both_engines, refusal, winners};
use aio_domain::{Action, ApiKeyId, Problem};
use std::fs;

async fn owner_with_aes_key(world: &World) -> (Person, ApiKeyId) {
    let owner = world.owner().await;
    let id = owner.key("Production").await;
    owner.enable_aes(id).await;
    (owner, id)
}

/// The AES key that waits on the reveal page, and its number.
async fn shown(owner: &Person, id: ApiKeyId) -> (String, i64) {
    let (key, version) = owner.reveal(id).await.unwrap().aes_key.unwrap();
    (key.expose().to_owned(), version)
}

/// Whether bytes stand in any file of a SQLite database.
fn in_files(world: &World, needle: &[u8]) -> bool {
    ["aio.db", "aio.db-wal", "aio.db-shm"].iter().any(|name| {
        let bytes = fs::read(world.folder.path().join(name)).unwrap_or_default();
        bytes.windows(needle.len()).any(|window| window == needle)
    })
}

async fn sealed(world: &World, owner: &Person, id: ApiKeyId) -> Vec<u8> {
    let row = world.store.aes_key(owner.merchant, id).await.unwrap().unwrap();
    row.sealed.as_bytes().to_vec()
}

on_both_engines! {
    async fn aes_08_regenerating_replaces_the_key_and_its_number_and_leaves_one(world) {
        let (owner, id) = owner_with_aes_key(world).await;
        let (first, one) = shown(&owner, id).await;
        owner.regenerate_aes(id, &owner.next_code()).await.unwrap();
        let (second, two) = shown(&owner, id).await;
        assert_eq!((one, two), (1, 2));
        assert_ne!(first, second);
        assert_eq!(world.ask("SELECT version FROM aes_keys"), ["2"]);
        let copy = owner.permit(Action::AesCopy).await;
        owner.services.copy_aes(&copy, id, &owner.next_code()).await.unwrap();
        assert_eq!(shown(&owner, id).await, (second, 2));
        assert_eq!((world.audited("aes_key.regenerated"), world.audited("aes_key.copied")), (1, 1));
    }

    async fn aes_08_of_a_hundred_parallel_calls_one_succeeds_per_code(world) {
        let (owner, id) = owner_with_aes_key(world).await;
        let there = owner.at(&world.another_server().await);
        for version in 2..4 {
            let code = owner.next_code();
            let answers = in_parallel(100, |at| {
                let (person, code) =
                    (if at % 2 == 0 { owner.clone() } else { there.clone() }, code.clone());
                async move { person.regenerate_aes(id, &code).await }
            })
            .await;
            assert_eq!(winners(&answers), 1);
            assert_eq!(world.ask("SELECT version FROM aes_keys"), [version.to_string()]);
        }
    }

    async fn aes_08_the_old_bytes_are_in_no_table_and_no_file(world) {
        let (owner, id) = owner_with_aes_key(world).await;
        shown(&owner, id).await;
        let old = sealed(world, &owner, id).await;
        assert!(world.dump().to_lowercase().contains(&crate::support::hex(&old)));
        assert!(!world.is_sqlite() || in_files(world, &old), "the look for it would have found it");
        owner.regenerate_aes(id, &owner.next_code()).await.unwrap();
        assert!(!world.dump().to_lowercase().contains(&crate::support::hex(&old)));
        assert!(!in_files(world, &old));

        let old = sealed(world, &owner, id).await;
        let disable = owner.permit(Action::AesDisable).await;
        owner.services.disable_aes(&disable, id, &owner.next_code()).await.unwrap();
        assert!(!in_files(world, &old));

        let secret =
            world.store.sealed_secret(owner.merchant, id).await.unwrap().flatten().unwrap();
        owner.delete_key(id, &owner.next_code()).await.unwrap();
        assert!(!in_files(world, secret.as_bytes()));
    }

    async fn a_number_is_never_used_twice_even_after_disabling(world) {
        let (owner, id) = owner_with_aes_key(world).await;
        owner.regenerate_aes(id, &owner.next_code()).await.unwrap();
        let disable = owner.permit(Action::AesDisable).await;
        owner.services.disable_aes(&disable, id, &owner.next_code()).await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM aes_keys"), 0);
        owner.enable_aes(id).await;
        assert_eq!(shown(&owner, id).await.1, 3);
    }

    async fn a_missing_or_second_aes_key_is_refused_before_a_code_is_looked_at(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        let code = owner.next_code();
        assert_eq!(owner.regenerate_aes(id, &code).await, Err(Problem::AesKeyMissing));
        let (copy, disable, enable) = (
            owner.permit(Action::AesCopy).await,
            owner.permit(Action::AesDisable).await,
            owner.permit(Action::AesEnable).await,
        );
        assert_eq!(
            refusal(owner.services.copy_aes(&copy, id, &code).await),
            Problem::AesKeyMissing
        );
        assert_eq!(
            refusal(owner.services.disable_aes(&disable, id, &code).await),
            Problem::AesKeyMissing
        );
        owner.services.enable_aes(&enable, id, &code).await.unwrap();
        let before = owner.services.codes_evaluated();
        assert_eq!(
            refusal(owner.services.enable_aes(&enable, id, &owner.next_code()).await),
            Problem::AlreadyDone
        );
        assert_eq!(owner.services.codes_evaluated(), before);
    }

    async fn an_aes_key_has_256_bits(world) {
        let (owner, id) = owner_with_aes_key(world).await;
        let (key, _) = shown(&owner, id).await;
        assert_eq!((key.len(), key.ends_with('=')), (44, true), "32 bytes in base 64");
        assert!(!world.holds(&key));
    }
}
