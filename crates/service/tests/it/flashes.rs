//! Forms kept for a browser without JavaScript.

use crate::support::{Person, on_both_engines};
use aio_domain::{Action, AuthLevel, time::MINUTE};

async fn keep(person: &Person, form: &'static str, target: &str, typed: &str) {
    let permit = person.permit(Action::KeyEditBegin).await;
    person.services.keep_draft(&permit, form, target, &typed).await.unwrap();
}

async fn take(person: &Person, form: &'static str, target: &str) -> Option<String> {
    let permit = person.permit(Action::KeyEditPage).await;
    person.services.take_draft(&permit, form, target).await.unwrap()
}

on_both_engines! {
    async fn a_draft_is_read_once_by_the_same_session_form_and_target(world) {
        let owner = world.owner().await;
        let cookie = world.session(owner.merchant, owner.user, AuthLevel::Full).await;
        keep(&owner, "key", "key_1", "What I typed <b>").await;
        assert_eq!(take(&owner.with_cookie(cookie), "key", "key_1").await, None);
        assert_eq!(take(&owner, "key", "key_2").await, None);
        assert_eq!(take(&owner, "entry", "key_1").await, None);
        assert_eq!(take(&owner, "key", "key_1").await.as_deref(), Some("What I typed <b>"));
        assert_eq!(take(&owner, "key", "key_1").await, None);
    }

    async fn a_newer_draft_takes_the_place_of_the_older_one(world) {
        let owner = world.owner().await;
        keep(&owner, "key", "key_1", "first").await;
        keep(&owner, "key", "key_1", "second").await;
        assert_eq!(take(&owner, "key", "key_1").await.as_deref(), Some("second"));
        assert_eq!(take(&owner, "key", "key_1").await, None);
        keep(&owner, "key", "key_1", "third").await;
        world.clock.advance(5 * MINUTE);
        keep(&owner, "key", "key_1", "fourth").await;
        world.clock.advance(10 * MINUTE);
        assert_eq!(take(&owner, "key", "key_1").await, None);
    }

    async fn a_draft_nobody_read_is_gone_after_ten_minutes_and_with_its_session(world) {
        let owner = world.owner().await;
        keep(&owner, "key", "key_1", "typed").await;
        world.clock.advance(10 * MINUTE);
        assert_eq!(take(&owner, "key", "key_1").await, None);
        world.services.purge().await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM flashes"), 0);
        keep(&owner, "key", "key_1", "typed").await;
        owner.services.sign_out(&owner.permit(Action::SignOut).await).await.unwrap();
        assert_eq!(world.count("SELECT COUNT(*) FROM flashes"), 0);
    }

    async fn aes_01_what_a_draft_says_is_sealed(world) {
        let owner = world.owner().await;
        keep(&owner, "key", "key_1", "canary-in-a-form").await;
        assert!(!world.holds("canary-in-a-form"));
    }
}
