//! What a page shows once: secrets on the reveal page, recovery codes, a form typed before an error. Sealed
//! in the database, bound to one session, gone with the first read.

use crate::{Permit, ServiceError, Services, vault::Owner};
use aio_domain::{
    ApiKeyId, FlashId, Problem, SecretText, UserId, recovery::RecoveryCode, sealing::Cell,
    time::MINUTE,
};
use aio_store::{FlashRow, Hash, Tx};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

/// A flash that nobody read is gone after this many milliseconds.
const LIFE: i64 = 10 * MINUTE;

/// Why secrets are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RevealedFor {
    /// The key was made.
    Created,
    /// Its secret was copied.
    Copied,
    /// Its AES key was enabled.
    AesEnabled,
    /// Its AES key was copied.
    AesCopied,
    /// Its AES key was regenerated.
    AesRegenerated,
}

/// Secrets of a key, to be shown once.
#[derive(Debug)]
pub struct Revealed {
    /// The key.
    pub id: ApiKeyId,
    /// Its label.
    pub label: String,
    /// Why.
    pub occasion: RevealedFor,
    /// The API key's secret.
    pub secret: Option<SecretText>,
    /// The AES key in base 64, and its version.
    pub aes_key: Option<(SecretText, i64)>,
    /// Whether the secret cannot be copied later.
    pub never_again: bool,
}

/// How [`Revealed`] stands in a sealed cell.
#[derive(Serialize, Deserialize)]
struct Note {
    label: String,
    occasion: RevealedFor,
    secret: Option<String>,
    aes_key: Option<(String, i64)>,
    never_again: bool,
}

const REVEAL: &str = "reveal";
const CODES: &str = "recovery codes";
const REPLACING: &str = "replacing";

impl Services {
    /// Leaves secrets for the reveal page.
    pub(crate) async fn leave_reveal(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        shown: &Revealed,
    ) -> Result<(), ServiceError> {
        let text = |secret: &SecretText| secret.expose().to_owned();
        let note = Note {
            label: shown.label.clone(),
            occasion: shown.occasion,
            secret: shown.secret.as_ref().map(text),
            aes_key: shown.aes_key.as_ref().map(|(key, version)| (text(key), *version)),
            never_again: shown.never_again,
        };
        let place = Place {
            session: permit.session().hash,
            user: permit.user(),
            kind: REVEAL,
            target: &shown.id.to_string(),
        };
        self.leave(tx, place, &note).await
    }

    /// Takes what was left for the reveal page of a key; a second look finds nothing.
    pub async fn take_reveal(
        &self,
        permit: &Permit,
        id: ApiKeyId,
    ) -> Result<Option<Revealed>, ServiceError> {
        permit.is(aio_domain::Action::KeySecretPage)?;
        let target = id.to_string();
        let place = Place {
            session: permit.session().hash,
            user: permit.user(),
            kind: REVEAL,
            target: &target,
        };
        let Some(note) = self.take::<Note>(place).await? else {
            return Ok(None);
        };
        Ok(Some(Revealed {
            id,
            label: note.label,
            occasion: note.occasion,
            secret: note.secret.map(SecretText::new),
            aes_key: note.aes_key.map(|(key, version)| (SecretText::new(key), version)),
            never_again: note.never_again,
        }))
    }

    /// Leaves recovery codes for their page, in the session that will be the person's next.
    pub(crate) async fn leave_codes(
        &self,
        tx: &mut Tx,
        session: Hash,
        user: UserId,
        codes: &[RecoveryCode],
    ) -> Result<(), ServiceError> {
        let codes: Vec<&str> = codes.iter().map(RecoveryCode::expose).collect();
        self.leave(tx, Place { session, user, kind: CODES, target: "" }, &codes).await
    }

    /// Notes that this session gave password and code for a new authenticator. Without the note a secret
    /// left pending by somebody else's enrolment or recovery would open to any signed-in cookie.
    pub(crate) async fn leave_replacing(
        &self,
        tx: &mut Tx,
        permit: &Permit,
    ) -> Result<(), ServiceError> {
        let session = permit.session().hash;
        let place = Place { session, user: permit.user(), kind: REPLACING, target: "" };
        self.leave(tx, place, &()).await
    }

    /// Whether this session may finish the change of authenticator.
    pub(crate) async fn is_replacing(&self, permit: &Permit) -> Result<bool, ServiceError> {
        let session = permit.session().hash;
        Ok(self.store().peek_flash(&session, REPLACING, "", self.now()).await?.is_some())
    }

    /// Takes the recovery codes; a second look finds nothing.
    pub async fn take_codes(
        &self,
        permit: &Permit,
    ) -> Result<Option<Vec<SecretText>>, ServiceError> {
        permit.is(aio_domain::Action::RecoveryCodesPage)?;
        let place =
            Place { session: permit.session().hash, user: permit.user(), kind: CODES, target: "" };
        let codes = self.take::<Vec<String>>(place).await?;
        Ok(codes.map(|codes| codes.into_iter().map(SecretText::new).collect()))
    }

    /// Keeps what was typed into a form that had errors, for a browser without JavaScript.
    pub async fn keep_draft(
        &self,
        permit: &Permit,
        form: &'static str,
        target: &str,
        typed: &impl Serialize,
    ) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let place =
            Place { session: permit.session().hash, user: permit.user(), kind: form, target };
        self.leave(&mut tx, place, typed).await?;
        Ok(tx.commit().await?)
    }

    /// What was typed before.
    pub async fn take_draft<T: DeserializeOwned>(
        &self,
        permit: &Permit,
        form: &'static str,
        target: &str,
    ) -> Result<Option<T>, ServiceError> {
        let place =
            Place { session: permit.session().hash, user: permit.user(), kind: form, target };
        if self.store().peek_flash(&place.session, form, target, self.now()).await?.is_none() {
            return Ok(None);
        }
        self.take(place).await
    }

    async fn leave(
        &self,
        tx: &mut Tx,
        place: Place<'_>,
        value: &impl Serialize,
    ) -> Result<(), ServiceError> {
        let now = self.now();
        let plain = Zeroizing::new(serde_json::to_vec(value)?);
        let (row, owner) = place.names();
        let cell = Cell { table: "flashes", column: "sealed", row: &row, owner: &owner };
        let sealed =
            self.0.vault.seal(tx, (now, self.random()), Owner::Installation, cell, &plain).await?;
        let flash = FlashRow {
            id: FlashId::generate(now, self.random())?,
            session_hash: place.session,
            kind: place.kind.to_owned(),
            target: place.target.to_owned(),
            sealed,
            created_at: now,
            expires_at: now.plus(LIFE),
        };
        Ok(tx.put_flash(&flash).await?)
    }

    async fn take<T: DeserializeOwned>(&self, place: Place<'_>) -> Result<Option<T>, ServiceError> {
        let Some(flash) =
            self.store().take_flash(&place.session, place.kind, place.target, self.now()).await?
        else {
            return Ok(None);
        };
        let (row, owner) = place.names();
        let cell = Cell { table: "flashes", column: "sealed", row: &row, owner: &owner };
        let plain = self.0.vault.unseal(self.store(), cell, &flash.sealed).await?;
        Ok(Some(serde_json::from_slice(&plain)?))
    }
}

/// Where a flash is left.
struct Place<'a> {
    session: Hash,
    user: UserId,
    kind: &'static str,
    target: &'a str,
}

impl Place<'_> {
    /// Row and owner of the sealed cell.
    fn names(&self) -> (String, String) {
        let session = hex::encode(self.session);
        (format!("{session} {} {}", self.kind, self.target), self.user.to_string())
    }
}

impl Services {
    /// Refuses while secrets may not be copied.
    pub(crate) fn check_hold(&self, permit: &Permit) -> Result<(), ServiceError> {
        match permit.session().hold_until {
            Some(until) if until > self.now() => {
                Err(Problem::OnHold { wait_s: crate::step_up::wait_s(until, self.now()) }.into())
            }
            _ => Ok(()),
        }
    }
}
