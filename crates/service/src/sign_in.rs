//! Signing in: password, then code; or a recovery code in the code's place.

use crate::{Permit, RequestInfo, ServiceError, Services, SessionToken, SignedIn, passwords};
use aio_domain::{
    Action, AuthLevel, Problem, SecretText,
    audit::{ActorKind, Outcome},
    recovery::RecoveryCode,
    text::Email,
    time::HOUR,
};
use aio_store::{Membership, Slot, Tx, User};
use serde_json::json;

/// Secrets may not be copied for so long after a recovery or a change of factor.
pub(crate) const HOLD: i64 = 24 * HOUR;

impl Services {
    /// First step. Unknown address, wrong password, disabled person and refused network are one answer, after
    /// the same work.
    pub async fn sign_in(
        &self,
        info: &RequestInfo,
        email: &str,
        password: SecretText,
    ) -> Result<SignedIn, ServiceError> {
        let email = email.get(..email.len().min(254)).unwrap_or_default();
        let limits = self.sign_in_limits(email, info.address);
        self.count_try(&limits).await?;
        let found = match Email::parse(email) {
            Ok(email) => self.store().user_by_email(&email).await?,
            Err(_) => None,
        };
        let memberships = match &found {
            Some(user) => self.store().memberships(user.id).await?,
            None => Vec::new(),
        };
        let (user, merchant) = match (found, self.open_membership(memberships, info).await?) {
            (Some(user), Some(membership)) if user.disabled_at.is_none() => {
                (Some(user), Some(membership.merchant))
            }
            _ => (None, None),
        };
        let stored = user.as_ref().map(|user| user.password_hash.expose().to_owned());
        let fits = self.0.hasher.verify(password.clone(), stored).await?;
        let Some(user) = user.filter(|_| fits) else {
            return Err(Problem::WrongCredentials.into());
        };
        self.forgive(&limits[..1]).await?;
        self.rehash(&user, password).await?;

        let enrolled = self.store().authenticator(user.id, Slot::Active).await?.is_some();
        let level = if enrolled { AuthLevel::CodePending } else { AuthLevel::Enrolling };
        let mut tx = self.store().begin().await?;
        let token = self.open_session(&mut tx, user.id, merchant, level, info).await?;
        if !enrolled {
            self.draw_pending(&mut tx, user.id).await?;
        }
        let line = crate::audit::Line {
            merchant,
            actor: (ActorKind::User, Some(user.id.to_string())),
            action: "session.password",
            target: None,
            outcome: Outcome::Done,
            origin: Some((info.address, info.request_id.to_string())),
            detail: &json!({}),
        };
        self.write(&mut tx, line).await?;
        tx.commit().await?;
        Ok(SignedIn { token, level })
    }

    /// The first merchant whose dashboard may be opened from this address.
    async fn open_membership(
        &self,
        memberships: Vec<Membership>,
        info: &RequestInfo,
    ) -> Result<Option<Membership>, ServiceError> {
        for membership in memberships {
            let open = !membership.dashboard_allowlist_on
                || self.holds_address(membership.merchant, info.address).await?;
            if open {
                return Ok(Some(membership));
            }
        }
        Ok(None)
    }

    async fn rehash(&self, user: &User, password: SecretText) -> Result<(), ServiceError> {
        let old = user.password_hash.expose();
        if passwords::needs_rehash(old) {
            let new = self.0.hasher.hash(password, self.random()).await?;
            self.store().rehash_password(user.id, old, &new).await?;
        }
        Ok(())
    }

    /// Second step: the code. The session gets a new id; the old one is dead at once.
    pub async fn verify_code(
        &self,
        permit: &Permit,
        code: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::VerifyCode)?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.signed_in(&mut tx, permit, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn signed_in(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        proof: crate::StepUpProof,
    ) -> Result<SessionToken, ServiceError> {
        proof.spend(permit)?;
        let token = self.rotate_session(tx, permit, AuthLevel::Full).await?;
        self.record(tx, permit, None, &json!({})).await?;
        Ok(token)
    }

    /// A recovery code in place of the authenticator: all sessions end, a new authenticator must be enrolled
    /// at once, and secrets cannot be copied for a day.
    pub async fn recover(
        &self,
        permit: &Permit,
        typed: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::Recover)?;
        let user = permit.user();
        let limits = self.secret_limit("recover", &user.to_string(), 10);
        self.count_try(&limits).await?;
        let code = RecoveryCode::parse(typed).ok_or(Problem::RecoveryWrong)?;
        let mut tx = self.store().begin().await?;
        if tx.session_alive(&permit.session().hash).await? != Some(AuthLevel::CodePending) {
            return Err(Problem::SignedOut.into());
        }
        if !tx.use_recovery_code(user, &code.hash(self.0.vault.pepper()), self.now()).await? {
            self.refused(&mut tx, permit, "recovery_code.wrong", &json!({})).await?;
            tx.commit().await?;
            return Err(Problem::RecoveryWrong.into());
        }
        tx.reset_misses(user).await?;
        tx.delete_other_sessions(user, &permit.session().hash).await?;
        tx.cancel_change_sets(user).await?;
        tx.set_hold(user, Some(self.now().plus(HOLD))).await?;
        self.draw_pending(&mut tx, user).await?;
        let token = self.rotate_session(&mut tx, permit, AuthLevel::Recovering).await?;
        self.record(&mut tx, permit, None, &json!({})).await?;
        tx.commit().await?;
        self.forgive(&limits).await?;
        Ok(token)
    }

    /// Ends the session at once.
    pub async fn sign_out(&self, permit: &Permit) -> Result<(), ServiceError> {
        permit.is(Action::SignOut)?;
        let mut tx = self.store().begin().await?;
        tx.delete_session(&permit.session().hash).await?;
        self.record(&mut tx, permit, None, &json!({})).await?;
        Ok(tx.commit().await?)
    }
}
