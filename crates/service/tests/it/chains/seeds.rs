//! The seed: made once, sealed, and read out only on the host, which the audit log tells.

use super::{Model, shop, watcher, world_of};
use crate::support::World;
use aio_service::SeedWords;

#[tokio::test]
async fn an_installation_with_chains_makes_one_seed_and_every_server_opens_the_same() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let words = world.services.export_seed().await.unwrap().unwrap();
    let again = world.another_server().await.export_seed().await.unwrap().unwrap();
    assert_eq!(words.expose(), again.expose());
    assert_eq!(words.expose().split(' ').count(), 24);
    let scopes = world.services.verify_audit().await.unwrap();
    let installation = scopes.iter().find(|report| report.scope == "installation").unwrap();
    assert_eq!((installation.entries, installation.broken_at), (2, None));
}

#[tokio::test]
async fn without_chains_there_is_no_seed() {
    let world = World::sqlite().await;
    assert!(world.services.export_seed().await.unwrap().is_none());
}

#[tokio::test]
async fn the_words_give_an_empty_installation_the_same_seed_and_never_replace_one() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let words = world.services.export_seed().await.unwrap().unwrap();
    let empty = World::sqlite().await;
    let typed = SeedWords::parse(words.expose()).unwrap();
    assert!(empty.services.import_seed(&typed, 40).await.unwrap());
    assert!(!empty.services.import_seed(&typed, 0).await.unwrap());
    assert_eq!(empty.services.export_seed().await.unwrap().unwrap().expose(), words.expose());
    assert!(!world.services.import_seed(&typed, 7).await.unwrap());
    // What was refused moved no number either.
    for (world, first) in [(&empty, 40), (&world, 0)] {
        let merchant = world.owner().await.merchant;
        let mut tx = world.store.begin().await.unwrap();
        tx.insert_merchant_account(merchant).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.store.merchant_account(merchant).await.unwrap(), Some(first));
    }
}

#[tokio::test]
async fn the_database_file_holds_no_byte_of_the_seed() {
    let model = Model::new("model");
    let world = world_of(&[&model]).await;
    let _ = (shop(&world).await, watcher(&world, "model"));
    let words = world.services.export_seed().await.unwrap().unwrap();
    let seed = words.seed().unwrap();
    for name in ["aio.db", "aio.db-wal"] {
        let file = std::fs::read(world.folder.path().join(name)).unwrap();
        let holds = |part: &[u8]| file.windows(part.len()).any(|window| window == part);
        assert!(!holds(&seed.expose()[..16]) && !holds(&words.expose().as_bytes()[..24]), "{name}");
    }
}
