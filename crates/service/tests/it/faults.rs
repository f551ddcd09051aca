//! A database that is busy or away: the person is told to come back, and nothing was changed.

use crate::support::{key_input, on_both_engines, refusal};
use aio_domain::{Action, Problem, UserId, text::Label};
use std::{
    future::poll_fn,
    pin::pin,
    task::Poll::{Pending, Ready},
};

/// Drops the call when it has had so many turns and is not done.
async fn hang_up_after<T>(turns: u32, call: impl Future<Output = T>) -> Option<T> {
    let (mut call, mut left) = (pin!(call), turns);
    poll_fn(|context| {
        if left == 0 {
            return Ready(None);
        }
        left -= 1;
        match call.as_mut().poll(context) {
            Ready(answer) => Ready(Some(answer)),
            Pending if left == 0 => Ready(None),
            Pending => Pending,
        }
    })
    .await
}

on_both_engines! {
    async fn dat_09_while_somebody_holds_the_lock_the_answer_is_busy_and_nothing_changes(world) {
        let owner = world.owner().await;
        let key = owner.key("Production").await;
        let hurried = owner.at(&world.impatient_server().await);
        let begin = hurried.permit(Action::KeyCreateBegin).await;
        let change = hurried.services.begin_create_key(&begin, key_input("Staging")).await.unwrap();
        let (create, delete, rename) = (
            hurried.permit(Action::KeyCreate).await,
            hurried.permit(Action::KeyDelete).await,
            hurried.permit(Action::Rename).await,
        );
        let code = owner.next_code();
        // On SQLite one writer; on Postgres whoever holds these rows.
        let mut holder = world.store.begin().await.unwrap();
        holder.set_user_name(owner.user, &Label::parse("Held").unwrap()).await.unwrap();
        holder.reset_misses(owner.user).await.unwrap();
        assert_eq!(refusal(hurried.services.rename(&rename, "Bob").await), Problem::Busy);
        assert_eq!(refusal(hurried.services.delete_key(&delete, key, &code).await), Problem::Busy);
        assert_eq!(
            refusal(hurried.services.create_key(&create, change, &code).await),
            Problem::Busy
        );
        assert!(hurried.services.ready().await, "reading goes on");
        drop(holder);
        assert_eq!(world.ask("SELECT label FROM api_keys"), ["Production"]);
        assert_eq!(world.ask("SELECT name FROM users"), ["Ann"]);
        assert_eq!(world.count("SELECT misses FROM step_up_counters"), 0);
        hurried.services.create_key(&create, change, &code).await.unwrap();
        assert_eq!(hurried.services.verify_audit().await.unwrap()[0].broken_at, None);
    }

    async fn dat_09_a_database_that_went_away_is_unavailable_to_people_and_to_shops(world) {
        let owner = world.owner().await;
        let (_, secret) = owner.key_and_secret("Production").await;
        let permit = owner.permit(Action::KeysList).await;
        world.store.close().await;
        assert!(!world.services.ready().await);
        assert_eq!(refusal(world.services.list_keys(&permit).await), Problem::Unavailable);
        assert_eq!(owner.try_session().await.map(|_| ()), Err(Problem::Unavailable));
        assert_eq!(owner.type_password("whatever").await.map(|_| ()), Err(Problem::Unavailable));
        let answer = owner.services.authenticate_key(&secret, &owner.info).await;
        let Err(aio_service::KeyRefused::Unavailable(error)) = answer else {
            panic!("a shop was answered")
        };
        assert!(error.is_fault());
    }

    async fn dat_04_a_caller_who_hangs_up_leaves_all_or_nothing(world) {
        let owner = world.owner().await;
        let id = owner.key("Production").await;
        owner.enable_aes(id).await;
        let permit = owner.permit(Action::AesRegenerate).await;
        let mut turns = 0;
        loop {
            assert!(owner.is_signed_in().await);
            let code = owner.next_code();
            let call = owner.services.regenerate_aes(&permit, id, &code);
            if let Some(answer) = hang_up_after(turns, call).await {
                break answer.unwrap();
            }
            turns += 1;
            // A try that nobody waited for has cost one; that is not what this is about.
            let mut tx = world.store.begin().await.unwrap();
            tx.reset_misses(owner.user).await.unwrap();
            tx.commit().await.unwrap();
        }
        let version = world.count("SELECT version FROM aes_keys") - 1;
        assert_eq!(world.audited("aes_key.regenerated"), version);
        let told = "SELECT COUNT(*) FROM events WHERE kind = 'aes_key.regenerated'";
        assert_eq!(world.count(told), version);
        // How often a call waits depends on the machine; once between its first and its last write is enough.
        assert!(turns > 1, "{turns} chances to hang up: the test proves nothing");
        assert!((1..=i64::from(turns)).contains(&version), "{version} of {turns}");
        assert_eq!(world.services.verify_audit().await.unwrap()[0].broken_at, None);
        owner.regenerate_aes(id, &owner.next_code()).await.unwrap();
    }

    async fn a_host_command_on_an_unknown_person_is_not_found(world) {
        world.owner().await;
        for email in ["nobody@shop.example", "not an address"] {
            assert_eq!(refusal(world.services.reset_authenticator(email).await), Problem::NotFound);
        }
        let user = world.user("alone@shop.example").await;
        world.services.reset_authenticator("alone@shop.example").await.unwrap();
        let scope: Vec<String> =
            world.ask("SELECT scope FROM audit_entries WHERE action = 'user.authenticator_reset'");
        assert_eq!(
            (scope, user.to_string().parse::<UserId>()),
            (vec!["installation".to_owned()], Ok(user))
        );
    }
}
