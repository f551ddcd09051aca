//! A database that is busy or away: the person is told to come back, and nothing was changed.

use crate::support::{key_input, on_both_engines, refusal};
use aio_domain::{Action, Problem, UserId, text::Label};

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
