//! A person's own account: password, authenticator, recovery codes, sessions, name, looks.

use crate::{
    Permit, ServiceError, Services, Session, SessionToken, StepUpProof, passwords,
    setup::own_words, sign_in::HOLD,
};
use aio_domain::{
    Action, AuthLevel, Field, FieldCode, Language, Problem, SecretText, SessionRef, Theme,
    Timestamp, preferences::Preferences, text::Label,
};
use aio_store::{SessionSummary, Slot, Tx};
use serde_json::json;

/// What the settings pages show.
#[derive(Debug)]
pub struct PersonSettings {
    /// Name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Since when the authenticator is the present one.
    pub authenticator_since: Option<Timestamp>,
    /// Recovery codes not yet used.
    pub codes_left: u32,
    /// Until when secrets may not be copied.
    pub hold_until: Option<Timestamp>,
    /// Live sessions, this one first.
    pub browsers: Vec<SignedInBrowser>,
}

/// One live session.
#[derive(Debug)]
pub struct SignedInBrowser {
    /// Whether it is the one that asks.
    pub current: bool,
    /// What the store knows of it.
    pub summary: SessionSummary,
}

impl Services {
    /// What the settings pages show.
    pub async fn settings(&self, permit: &Permit) -> Result<PersonSettings, ServiceError> {
        permit.is(Action::SettingsGet)?;
        let (session, now) = (permit.session(), self.now());
        let mut browsers: Vec<_> = self
            .store()
            .sessions_of(session.user)
            .await?
            .into_iter()
            .filter(|summary| {
                aio_domain::session::is_alive(
                    summary.level,
                    summary.created_at,
                    summary.seen_at,
                    now,
                )
            })
            .map(|summary| SignedInBrowser { current: summary.handle == session.handle, summary })
            .collect();
        browsers
            .sort_by_key(|browser| (!browser.current, std::cmp::Reverse(browser.summary.seen_at)));
        Ok(PersonSettings {
            name: session.user_name.clone(),
            email: session.email.clone(),
            authenticator_since: self
                .store()
                .authenticator(session.user, Slot::Active)
                .await?
                .map(|row| row.created_at),
            codes_left: self.store().recovery_codes_left(session.user).await?,
            hold_until: session.hold_until.filter(|until| *until > now),
            browsers,
        })
    }

    /// The person's name.
    pub async fn rename(&self, permit: &Permit, name: &str) -> Result<(), ServiceError> {
        permit.is(Action::Rename)?;
        let name = Label::parse(name).map_err(|code| Problem::field(Field::Name, code))?;
        let mut tx = self.store().begin().await?;
        tx.set_user_name(permit.user(), &name).await?;
        self.record(&mut tx, permit, None, &json!({ "name": name })).await?;
        Ok(tx.commit().await?)
    }

    /// First step of a change of authenticator: password and a code of the old one draw a pending secret. The
    /// old one works until the second step.
    pub async fn replace_begin(
        &self,
        permit: &Permit,
        password: SecretText,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::ReplaceBegin)?;
        self.check_password(permit, password).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.replacing(&mut tx, permit, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn replacing(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        self.draw_pending(tx, permit.user()).await?;
        self.leave_replacing(tx, permit).await?;
        self.record(tx, permit, None, &json!({})).await
    }

    /// Second step: a code of the new authenticator.
    pub async fn replace_confirm(
        &self,
        permit: &Permit,
        code: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::ReplaceConfirm)?;
        if !self.is_replacing(permit).await? {
            return Err(Problem::EnrolmentExpired.into());
        }
        let (mut tx, proof) = self.confirm_pending(permit, code).await?;
        let done = self.factor_changed(&mut tx, permit, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn factor_changed(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        proof: StepUpProof,
    ) -> Result<SessionToken, ServiceError> {
        tx.set_hold(permit.user(), Some(self.now().plus(HOLD))).await?;
        self.enrolled(tx, permit, proof).await
    }

    /// Ten new recovery codes; the old ones stop working, other sessions end.
    pub async fn renew_recovery_codes(
        &self,
        permit: &Permit,
        password: SecretText,
        code: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::RenewCodes)?;
        self.check_password(permit, password).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.enrolled(&mut tx, permit, proof).await;
        self.settle(permit, tx, done).await
    }

    /// A new password: other sessions end, pending changes are dropped, secrets are on hold for a day.
    pub async fn change_password(
        &self,
        permit: &Permit,
        old: SecretText,
        new: SecretText,
        code: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::ChangePassword)?;
        let session = permit.session();
        let words = own_words(&session.email, &[&session.user_name, &session.merchant_name]);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        passwords::check_new(new.expose(), passwords::MIN_LENGTH_ENROLLED, &words)
            .map_err(|code| Problem::field(Field::NewPassword, code))?;
        self.check_password(permit, old).await?;
        let hash = self.0.hasher.hash(new, self.random()).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.password_changed(&mut tx, permit, &hash, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn password_changed(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        hash: &str,
        proof: StepUpProof,
    ) -> Result<SessionToken, ServiceError> {
        proof.spend(permit)?;
        let (user, now) = (permit.user(), self.now());
        tx.set_password(user, hash, now).await?;
        tx.set_hold(user, Some(now.plus(HOLD))).await?;
        tx.delete_other_sessions(user, &permit.session().hash).await?;
        tx.cancel_change_sets(user).await?;
        let token = self.rotate_session(tx, permit, AuthLevel::Full).await?;
        self.record(tx, permit, None, &json!({})).await?;
        Ok(token)
    }

    /// The present password, throttled per person.
    async fn check_password(
        &self,
        permit: &Permit,
        password: SecretText,
    ) -> Result<(), ServiceError> {
        let limits = self.secret_limit("password", &permit.user().to_string(), 10);
        self.count_try(&limits).await?;
        let user = self.store().user(permit.user()).await?.ok_or(Problem::SignedOut)?;
        if !self.0.hasher.verify(password, Some(user.password_hash.expose().to_owned())).await? {
            return Err(Problem::field(Field::Password, FieldCode::Wrong).into());
        }
        self.forgive(&limits).await
    }

    /// Ends one session of the person.
    pub async fn revoke_session(
        &self,
        permit: &Permit,
        handle: SessionRef,
    ) -> Result<(), ServiceError> {
        permit.is(Action::RevokeSession)?;
        let mut tx = self.store().begin().await?;
        if !tx.delete_session_by_handle(permit.user(), handle).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(&mut tx, permit, Some(handle.to_string()), &json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Ends all other sessions of the person.
    pub async fn revoke_others(&self, permit: &Permit) -> Result<(), ServiceError> {
        permit.is(Action::RevokeOthers)?;
        let mut tx = self.store().begin().await?;
        let ended = tx.delete_other_sessions(permit.user(), &permit.session().hash).await?;
        self.record(&mut tx, permit, None, &json!({ "ended": ended })).await?;
        Ok(tx.commit().await?)
    }

    /// Stores a signed-in person's choice of language or theme; a visitor's lives in the cookie alone.
    pub async fn remember_preferences(
        &self,
        session: Option<&Session>,
        language: Option<Language>,
        theme: Option<Theme>,
    ) -> Result<(), ServiceError> {
        let Some(session) = session else {
            return Ok(());
        };
        let chosen = Preferences {
            language: language.or(session.language).unwrap_or(Language::En),
            theme: theme.or(session.theme).unwrap_or(Theme::System),
        };
        self.store().set_preferences(session.user, chosen).await?;
        Ok(())
    }
}
