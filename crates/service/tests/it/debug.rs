//! Nothing that a log could print shows a secret.

use crate::support::{PASSWORD, on_both_engines, password};
use aio_domain::Action;
use aio_service::NewOwner;

on_both_engines! {
    async fn aes_12_no_public_type_prints_the_secret_in_it(world) {
        let owner = world.owner().await;
        let (id, secret) = owner.key_and_secret("Production").await;
        owner.enable_aes(id).await;
        let revealed = owner.reveal(id).await.unwrap();
        let aes = revealed.aes_key.as_ref().unwrap().0.expose().to_owned();
        owner.copy_key(id, &owner.next_code()).await.unwrap();
        let copied = owner.reveal(id).await.unwrap();
        let begin = owner.permit(Action::ReplaceBegin).await;
        owner.services.replace_begin(&begin, password(PASSWORD), &owner.next_code()).await.unwrap();
        let pending = owner
            .services
            .pending_authenticator(&owner.permit(Action::ReplaceConfirmPage).await)
            .await
            .unwrap()
            .unwrap();
        let codes = owner.permit(Action::RenewCodes).await;
        let token = owner
            .services
            .renew_recovery_codes(&codes, password(PASSWORD), &owner.next_code())
            .await
            .unwrap();
        let fresh = owner.with_cookie(token.expose().to_owned());
        let page = fresh.permit(Action::RecoveryCodesPage).await;
        let new_codes = fresh.services.take_codes(&page).await.unwrap().unwrap();
        let signed_in = owner.type_password(PASSWORD).await.unwrap();
        let form = NewOwner {
            token: password(&secret),
            merchant_name: String::new(),
            name: String::new(),
            email: String::new(),
            password: password(PASSWORD),
        };
        let stored = world.store.user(owner.user).await.unwrap().unwrap();
        let error = owner
            .services
            .sign_in(&owner.info, &owner.email, password("canary-password"))
            .await
            .unwrap_err();

        let printed = format!(
            "{revealed:?} {copied:?} {pending:?} {token:?} {new_codes:?} {signed_in:?} {form:?} \
             {stored:?} {error:?} {error} {:?} {page:?}",
            fresh.session().await
        );
        let mut canaries = vec![
            secret,
            aes,
            PASSWORD.to_owned(),
            "canary-password".to_owned(),
            fresh.cookie.clone(),
            signed_in.token.expose().to_owned(),
            pending.manual_key.expose().to_owned(),
            pending.uri.expose().to_owned(),
            stored.password_hash.expose().to_owned(),
        ];
        canaries.extend(new_codes.iter().map(|code| code.expose().to_owned()));
        for canary in canaries {
            assert!(canary.len() > 10 && !printed.contains(&canary), "{canary} is printed");
        }
        assert!(printed.contains("SecretText(..)"));
    }
}
