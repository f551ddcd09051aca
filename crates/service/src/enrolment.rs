//! Enrolling an authenticator: a pending secret, its first code, ten recovery codes.

use crate::{Permit, ServiceError, Services, SessionToken, StepUpProof, vault::Owner};
use aio_domain::{
    Action, AuthLevel, Problem, SecretText, Timestamp, UserId,
    recovery::{COUNT, RecoveryCode},
    sealing::{Cell, Sealed},
    time::MINUTE,
    totp::TotpSecret,
};
use aio_store::{Slot, Tx};
use serde_json::json;
use zeroize::Zeroizing;

/// A pending authenticator that nobody confirmed is gone after this many milliseconds.
const PENDING_LIFE: i64 = 10 * MINUTE;

/// What the enrolment page shows.
#[derive(Debug)]
pub struct PendingAuthenticator {
    /// The `otpauth://` address for the QR code.
    pub uri: SecretText,
    /// The key in groups of four.
    pub manual_key: SecretText,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

impl Services {
    /// The pending authenticator of whoever is enrolling or replacing theirs.
    pub async fn pending_authenticator(
        &self,
        permit: &Permit,
    ) -> Result<Option<PendingAuthenticator>, ServiceError> {
        if !matches!(permit.action(), Action::EnrolPage | Action::ReplaceConfirmPage) {
            return Err(ServiceError::Broken("permit of another action"));
        }
        if permit.action() == Action::ReplaceConfirmPage && !self.is_replacing(permit).await? {
            return Ok(None);
        }
        let user = permit.user();
        let Some(row) = self.store().authenticator(user, Slot::Pending).await? else {
            return Ok(None);
        };
        let Some(expires_at) = row.expires_at.filter(|at| *at > self.now()) else {
            return Ok(None);
        };
        let bytes = self.open_authenticator(user, &row.sealed).await?;
        let secret =
            TotpSecret::from_bytes(&bytes).ok_or(ServiceError::Broken("authenticator secret"))?;
        Ok(Some(PendingAuthenticator {
            uri: secret.uri(&permit.session().email),
            manual_key: secret.manual_key(),
            expires_at,
        }))
    }

    /// Draws a fresh pending secret; the one before is gone.
    pub async fn start_enrolment(&self, permit: &Permit) -> Result<(), ServiceError> {
        permit.is(Action::EnrolStart)?;
        let mut tx = self.store().begin().await?;
        self.draw_pending(&mut tx, permit.user()).await?;
        Ok(tx.commit().await?)
    }

    /// The first code: the pending secret becomes the person's authenticator, and ten recovery codes wait on
    /// the next page. Every other session of the person ends.
    pub async fn confirm_enrolment(
        &self,
        permit: &Permit,
        code: &str,
    ) -> Result<SessionToken, ServiceError> {
        permit.is(Action::EnrolConfirm)?;
        let (mut tx, proof) = self.confirm_pending(permit, code).await?;
        let done = self.enrolled(&mut tx, permit, proof).await;
        self.settle(permit, tx, done).await
    }

    /// What follows a new authenticator or new recovery codes: codes, a new session, an audit entry.
    pub(crate) async fn enrolled(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        proof: StepUpProof,
    ) -> Result<SessionToken, ServiceError> {
        proof.spend(permit)?;
        let user = permit.user();
        let codes = (0..COUNT)
            .map(|_| RecoveryCode::generate(self.random()))
            .collect::<Result<Vec<_>, _>>()?;
        let hashes: Vec<_> = codes.iter().map(|code| code.hash(self.0.vault.pepper())).collect();
        tx.replace_recovery_codes(user, &hashes, self.now()).await?;
        tx.delete_other_sessions(user, &permit.session().hash).await?;
        tx.cancel_change_sets(user).await?;
        let token = self.rotate_session(tx, permit, AuthLevel::Full).await?;
        self.leave_codes(tx, Self::token_hash(&token), user, &codes).await?;
        self.record(tx, permit, None, &json!({})).await?;
        Ok(token)
    }

    /// The person says that the codes are stored; only said, but asked on purpose.
    pub fn codes_saved(&self, permit: &Permit, saved: bool) -> Result<(), ServiceError> {
        permit.is(Action::CodesSaved)?;
        if saved { Ok(()) } else { Err(Problem::CodesNotSaved.into()) }
    }

    /// Recovery codes not yet used.
    pub async fn recovery_codes_left(&self, permit: &Permit) -> Result<u32, ServiceError> {
        Ok(self.store().recovery_codes_left(permit.user()).await?)
    }

    pub(crate) async fn draw_pending(&self, tx: &mut Tx, user: UserId) -> Result<(), ServiceError> {
        let now = self.now();
        let secret = TotpSecret::generate(self.random())?;
        let owner = user.to_string();
        let cell = authenticator_cell(&owner);
        let sealed = self
            .0
            .vault
            .seal(tx, (now, self.random()), Owner::Installation, cell, secret.expose())
            .await?;
        Ok(tx.put_pending(user, &sealed, now, now.plus(PENDING_LIFE)).await?)
    }

    pub(crate) async fn open_authenticator(
        &self,
        user: UserId,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, ServiceError> {
        let owner = user.to_string();
        self.0.vault.unseal(self.store(), authenticator_cell(&owner), sealed).await
    }
}

/// Pending and active secrets share a cell name, since promotion moves the row and not the cell.
const fn authenticator_cell(user: &str) -> Cell<'_> {
    Cell { table: "authenticators", column: "sealed", row: user, owner: user }
}
