//! What the database holds is useless without the master key, and useless in another place.

use crate::support::{
    PASSWORD, Person, World, in_parallel, key_input, on_both_engines, password, refusal,
};
use aio_domain::{Action, ApiKeyId, Problem, Role, sealing::MESSAGE_LIMIT};
use aio_service::ServiceError;

async fn two_keys(world: &World) -> (Person, ApiKeyId, ApiKeyId) {
    let owner = world.owner().await;
    let (one, two) = (owner.key("One").await, owner.key("Two").await);
    (owner, one, two)
}

/// The one cell of a column, as bytes.
fn cell(world: &World, question: &str) -> Vec<u8> {
    let text = world.ask(question).concat();
    let digits = text.trim_start_matches("\\x");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

on_both_engines! {
    async fn aes_01_a_sealed_cell_carries_version_key_id_nonce_ciphertext_and_tag(world) {
        let owner = world.owner().await;
        let (_, secret) = owner.key_and_secret("Production").await;
        let sealed = cell(world, "SELECT sealed_secret FROM api_keys");
        let key = world.ask("SELECT id FROM data_keys WHERE purpose = 'merchant'").concat();
        assert_eq!(sealed.len(), 1 + 26 + 12 + secret.len() + 16);
        assert_eq!((sealed[0], &sealed[1..27]), (1, key.trim_start_matches("dek_").as_bytes()));
        assert_eq!(
            cell(world, "SELECT wrapped FROM data_keys WHERE purpose = 'merchant'").len(),
            12 + 32 + 16
        );
    }

    async fn aes_01_each_merchant_and_the_installation_have_data_keys_of_their_own(world) {
        let (owner, other) = (world.owner().await, world.other_owner().await);
        owner.key("Production").await;
        other.key("Production").await;
        let purposes =
            world.ask("SELECT purpose, COUNT(*) FROM data_keys GROUP BY purpose ORDER BY purpose");
        assert_eq!(purposes, ["installation|1", "merchant|2", "pepper|1"]);
    }

    async fn aes_10_another_master_key_is_refused_at_the_start_and_changes_nothing(world) {
        let owner = world.owner().await;
        let (_, secret) = owner.key_and_secret("Production").await;
        let before = world.ask("SELECT * FROM data_keys ORDER BY id");
        for _ in 0..2 {
            let start = world.server_with(world.another_master_key(), 10_000).await;
            assert!(matches!(start, Err(ServiceError::WrongMasterKey)));
        }
        assert_eq!(world.ask("SELECT * FROM data_keys ORDER BY id"), before);
        let right = owner.at(&world.another_server().await);
        assert!(right.call(&secret).await.is_ok());
    }

    async fn aes_10_a_database_without_its_pepper_is_not_given_a_new_one(world) {
        world.owner().await.key("Production").await;
        world.sql("DELETE FROM data_keys WHERE purpose = 'pepper'");
        let start = world.server_with(world.another_master_key(), 10_000).await;
        assert!(matches!(start, Err(ServiceError::WrongMasterKey)));
        assert_eq!(world.count("SELECT COUNT(*) FROM data_keys WHERE purpose = 'pepper'"), 0);
    }

    async fn aes_02_swapped_secrets_of_two_keys_do_not_open(world) {
        let (owner, one, two) = two_keys(world).await;
        world.sql("DELETE FROM flashes");
        world.swap("api_keys", "sealed_secret", "id", "1 = 1");
        let code = owner.next_code();
        for id in [one, two] {
            assert_eq!(owner.copy_key(id, &code).await, Err(Problem::Internal));
            assert!(owner.reveal(id).await.is_none());
        }
        world.swap("api_keys", "sealed_secret", "id", "1 = 1");
        assert_eq!(
            owner.copy_key(one, &code).await,
            Ok(()),
            "back in its place it opens, and the code is unspent"
        );
    }

    async fn aes_02_swapped_aes_keys_do_not_open_nor_does_an_old_one_under_a_new_number(world) {
        let (owner, one, two) = two_keys(world).await;
        owner.enable_aes(one).await;
        owner.enable_aes(two).await;
        let copy = owner.permit(Action::AesCopy).await;
        world.swap("aes_keys", "sealed", "api_key_id", "1 = 1");
        for id in [one, two] {
            assert_eq!(
                refusal(owner.services.copy_aes(&copy, id, &owner.next_code()).await),
                Problem::Internal
            );
        }
        world.swap("aes_keys", "sealed", "api_key_id", "1 = 1");
        world.sql(&format!("UPDATE aes_keys SET version = 2 WHERE api_key_id = '{one}'"));
        assert_eq!(
            refusal(owner.services.copy_aes(&copy, one, &owner.next_code()).await),
            Problem::Internal
        );
        owner.services.copy_aes(&copy, two, &owner.next_code()).await.unwrap();
    }

    async fn aes_02_swapped_authenticators_confirm_nothing(world) {
        let owner = world.owner().await;
        let thief = world.member(&owner, Role::Admin).await;
        let key = owner.key("Production").await;
        world.swap("authenticators", "sealed", "user_id", "1 = 1");
        // The thief now holds the device whose secret stands in the owner's row.
        world.clock.next_step();
        assert_eq!(owner.copy_key(key, &thief.code()).await, Err(Problem::Internal));
        assert_eq!(thief.copy_key(key, &thief.code()).await, Err(Problem::Internal));
    }

    async fn aes_02_swapped_reveals_show_nothing(world) {
        let (owner, one, two) = two_keys(world).await;
        world.swap("flashes", "sealed", "id", "kind = 'reveal'");
        let page = owner.permit(Action::KeySecretPage).await;
        for id in [one, two] {
            assert_eq!(refusal(owner.services.take_reveal(&page, id).await), Problem::Internal);
            assert!(owner.reveal(id).await.is_none(), "and it is gone");
        }
    }

    async fn aes_02_swapped_data_keys_stop_the_start(world) {
        world.owner().await.key("Production").await;
        world.swap("data_keys", "wrapped", "id", "purpose <> 'pepper'");
        let start = world.server_with(world.another_master_key(), 10_000).await;
        assert!(matches!(start, Err(ServiceError::WrongMasterKey)));
        world.swap("data_keys", "wrapped", "id", "purpose <> 'pepper'");
        world.another_server().await;
    }

    async fn aes_02_a_changed_or_cut_cell_does_not_open(world) {
        let owner = world.owner().await;
        let key = owner.key("Production").await;
        let sealed = cell(world, "SELECT sealed_secret FROM api_keys");
        for change in [0, 5, 30, 60, sealed.len() - 1, sealed.len()] {
            let mut bytes = sealed.clone();
            match bytes.get_mut(change) {
                Some(byte) => *byte ^= 1,
                None => bytes.truncate(40),
            }
            let hex = crate::support::hex(&bytes);
            let literal =
                if world.is_sqlite() { format!("x'{hex}'") } else { format!("'\\x{hex}'") };
            world.sql(&format!("UPDATE api_keys SET sealed_secret = {literal}"));
            assert_eq!(
                owner.copy_key(key, &owner.next_code()).await,
                Err(Problem::Internal),
                "byte {change}"
            );
        }
        assert_eq!(world.audited("api_key.copied"), 0);
    }

    async fn aes_03_a_full_data_key_retires_and_still_opens_what_it_sealed(world) {
        let owner = world.owner().await;
        let (one, secret) = owner.key_and_secret("One").await;
        world.sql(&format!(
            "UPDATE data_keys SET messages = {MESSAGE_LIMIT} WHERE purpose = 'merchant'"
        ));
        owner.key("Two").await;
        assert_eq!(
            world
                .ask("SELECT messages FROM data_keys WHERE purpose = 'merchant' ORDER BY messages"),
            ["1".to_owned(), MESSAGE_LIMIT.to_string()]
        );
        let retired = "SELECT COUNT(*) FROM data_keys WHERE retired_at IS NOT NULL";
        assert_eq!(world.count(retired), 1);
        let there = owner.at(&world.another_server().await);
        there.copy_key(one, &there.next_code()).await.unwrap();
        assert_eq!(there.reveal(one).await.unwrap().secret.unwrap().expose(), secret);
    }

    async fn aes_03_without_random_bytes_nothing_is_made_and_nothing_is_sealed(world) {
        let owner = world.owner().await;
        let key = owner.key("One").await;
        let begin = owner.permit(Action::KeyCreateBegin).await;
        let change = owner.services.begin_create_key(&begin, key_input("Two")).await.unwrap();
        let create = owner.permit(Action::KeyCreate).await;
        let (copy, code) = (owner.permit(Action::KeyCopy).await, owner.next_code());
        world.random.fail(true);
        let made = owner.services.create_key(&create, change, &code).await;
        assert_eq!(refusal(made), Problem::Internal);
        assert_eq!(refusal(owner.services.copy_key(&copy, key, &code).await), Problem::Internal);
        assert_eq!(owner.type_password(PASSWORD).await.map(|_| ()), Err(Problem::Internal));
        world.random.fail(false);
        assert_eq!(world.ask("SELECT label FROM api_keys"), ["One"]);
        owner.services.create_key(&create, change, &code).await.unwrap();
    }

    async fn aes_03_every_message_is_counted(world) {
        let owner = world.owner().await;
        owner.key("One").await;
        owner.key("Two").await;
        assert_eq!(world.count("SELECT messages FROM data_keys WHERE purpose = 'merchant'"), 2);
    }

    async fn aes_03_people_who_need_the_first_data_key_at_once_share_one(world) {
        let owner = world.owner().await;
        let admin = world.member(&owner, Role::Admin).await;
        let mut steps = Vec::new();
        for person in [&owner, &admin] {
            let begin = person.permit(Action::KeyCreateBegin).await;
            let change =
                person.services.begin_create_key(&begin, key_input(&person.email)).await.unwrap();
            steps.push((person.clone(), person.permit(Action::KeyCreate).await, change));
        }
        world.clock.next_step();
        let answers = in_parallel(2, |at| {
            let (person, permit, change) = steps[at].clone();
            async move {
                person
                    .services
                    .create_key(&permit, change, &person.code())
                    .await
                    .map(|_| ())
                    .map_err(|error| error.problem())
            }
        })
        .await;
        assert!(
            answers.iter().all(|answer| matches!(answer, Ok(()) | Err(Problem::Busy))),
            "{answers:?}"
        );
        for (answer, (person, permit, change)) in answers.iter().zip(&steps) {
            if answer.is_err() {
                person.services.create_key(permit, *change, &person.code()).await.unwrap();
            }
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM data_keys WHERE purpose = 'merchant'"), 1);
    }

    async fn aes_01_no_password_seed_or_master_key_stands_in_the_database(world) {
        let owner = world.owner().await;
        owner.key("Production").await;
        let begin = owner.permit(Action::ReplaceBegin).await;
        owner.services.replace_begin(&begin, password(PASSWORD), &owner.next_code()).await.unwrap();
        let pending = owner.pending(Action::ReplaceConfirmPage).await.unwrap();
        let dump = world.dump().to_lowercase();
        for seed in [pending.expose(), owner.totp.as_ref().unwrap().expose()] {
            assert!(!dump.contains(&crate::support::hex(seed)));
        }
        let master = world.master_key_text();
        assert!(!dump.contains(&master) && master.len() == 64);
        assert!(!world.holds(PASSWORD));
    }
}
