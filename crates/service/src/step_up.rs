//! The code before every sensitive action: one function checks codes, and only it makes a [`StepUpProof`].

use crate::{Permit, ServiceError, Services};
use aio_domain::{
    Action, Problem, Timestamp, UserId,
    code::Code,
    sealing::Sealed,
    step_up::{Misses, TryRefused},
    time::SECOND,
    totp::{TotpSecret, seconds_to_next},
};
use aio_store::{Slot, Tx};
use std::sync::atomic::Ordering;

/// Proof that a fresh code was spent for one action, in the transaction it came with. It cannot be made,
/// cloned or kept anywhere else; sensitive functions take it by value.
#[derive(Debug)]
pub struct StepUpProof {
    action: Action,
    user: UserId,
}

impl StepUpProof {
    /// Uses the proof up: it must be for this permit's action and person.
    pub(crate) fn spend(self, permit: &Permit) -> Result<(), ServiceError> {
        if self.action == permit.action() && self.user == permit.user() {
            Ok(())
        } else {
            Err(ServiceError::Broken("proof of another action"))
        }
    }
}

impl Services {
    /// Codes compared since the start: a refused try compares nothing.
    pub fn codes_evaluated(&self) -> u64 {
        self.0.codes_evaluated.load(Ordering::Relaxed)
    }

    /// Spends a code of the person's authenticator for the permit's action.
    ///
    /// The try is counted in a committed write before the code is looked at. When the code is right, the
    /// transaction that comes back has spent it and reset the count; the action is done in it, and
    /// [`Services::settle`] commits. Nothing of this holds when the transaction is dropped.
    pub(crate) async fn confirm(
        &self,
        permit: &Permit,
        typed: &str,
    ) -> Result<(Tx, StepUpProof), ServiceError> {
        let (mut tx, step, _) = self.check_code(permit, typed, Slot::Active).await?;
        let user = permit.user();
        if !tx.spend_step(user, step).await? {
            drop(tx);
            // The code was right, so nobody guessed: the try is given back.
            self.store().refund_try(user).await?;
            return Err(Problem::CodeUsed { wait_s: seconds_to_next(self.now()) }.into());
        }
        tx.reset_misses(user).await?;
        Ok((tx, StepUpProof { action: permit.action(), user }))
    }

    /// Proves the first code of a pending authenticator, which takes the place of the old one: its step is
    /// spent, so that the code typed at enrolment confirms nothing else.
    pub(crate) async fn confirm_pending(
        &self,
        permit: &Permit,
        typed: &str,
    ) -> Result<(Tx, StepUpProof), ServiceError> {
        let (mut tx, step, proven) = self.check_code(permit, typed, Slot::Pending).await?;
        let user = permit.user();
        // Another tab may have drawn a new secret since the code was looked at: only the proven one counts.
        let promoted = tx.promote_pending(user, self.now()).await?
            && tx.authenticator(user, Slot::Active).await?.is_some_and(|row| row.sealed == proven);
        if !promoted {
            drop(tx);
            self.store().refund_try(user).await?;
            return Err(Problem::EnrolmentExpired.into());
        }
        tx.reset_step_counter(user).await?;
        if !tx.spend_step(user, step).await? {
            return Err(ServiceError::Broken("step of a new authenticator"));
        }
        Ok((tx, StepUpProof { action: permit.action(), user }))
    }

    /// Commits what was done under a proof, or gives the try back when it was not done after all.
    pub(crate) async fn settle<T>(
        &self,
        permit: &Permit,
        tx: Tx,
        done: Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        match done {
            Ok(done) => {
                tx.commit().await?;
                Ok(done)
            }
            Err(error) => {
                drop(tx);
                self.store().refund_try(permit.user()).await?;
                Err(error)
            }
        }
    }

    async fn check_code(
        &self,
        permit: &Permit,
        typed: &str,
        slot: Slot,
    ) -> Result<(Tx, i64, Sealed), ServiceError> {
        let code = Code::parse(typed).ok_or(Problem::CodeMalformed)?;
        let (user, now) = (permit.user(), self.now());
        let (secret, sealed) = self.totp_secret(user, slot, now).await?;
        let reserved = self.reserve_try(user, now).await?;
        self.0.codes_evaluated.fetch_add(1, Ordering::Relaxed);
        let Some(step) = secret.matching_step(code, now) else {
            return Err(self.missed(permit, reserved, now).await?.into());
        };
        let mut tx = self.store().begin().await?;
        if let Err(problem) = self.still_allowed(&mut tx, permit).await? {
            drop(tx);
            self.store().refund_try(user).await?;
            return Err(problem.into());
        }
        Ok((tx, step, sealed))
    }

    /// Takes one try away, by compare-and-set, so that parallel callers cannot share one.
    async fn reserve_try(&self, user: UserId, now: Timestamp) -> Result<Misses, ServiceError> {
        for _ in 0..256 {
            let from =
                self.store().step_counter(user).await?.ok_or(Problem::EnrolmentRequired)?.misses;
            let to = from.reserve(now).map_err(|refused| match refused {
                TryRefused::Wait(until) => Problem::CodeLocked { wait_s: wait_s(until, now) },
                TryRefused::Stopped => Problem::CodeStopped,
            })?;
            if self.store().reserve_try(user, from, to).await? {
                return Ok(to);
            }
        }
        Err(Problem::Busy.into())
    }

    async fn totp_secret(
        &self,
        user: UserId,
        slot: Slot,
        now: Timestamp,
    ) -> Result<(TotpSecret, Sealed), ServiceError> {
        let absent = match slot {
            Slot::Active => Problem::EnrolmentRequired,
            Slot::Pending => Problem::EnrolmentExpired,
        };
        let row = self.store().authenticator(user, slot).await?.ok_or_else(|| absent.clone())?;
        if row.expires_at.is_some_and(|at| at <= now) {
            return Err(absent.into());
        }
        let bytes = self.open_authenticator(user, &row.sealed).await?;
        let secret =
            TotpSecret::from_bytes(&bytes).ok_or(ServiceError::Broken("authenticator secret"))?;
        Ok((secret, row.sealed))
    }

    /// Looks again inside the transaction: a session ended elsewhere or a role taken away counts at once.
    async fn still_allowed(
        &self,
        tx: &mut Tx,
        permit: &Permit,
    ) -> Result<Result<(), Problem>, ServiceError> {
        let session = permit.session();
        if tx.session_alive(&session.hash).await? != Some(session.level) {
            return Ok(Err(Problem::SignedOut));
        }
        if let aio_domain::policy::Needs::Roles(roles) = permit.action().row().needs {
            let role = tx.member_role(permit.merchant()?, session.user).await?;
            if !role.is_some_and(|role| roles.contains(&role)) {
                return Ok(Err(Problem::Forbidden));
            }
        }
        Ok(Ok(()))
    }

    /// Writes a wrong code down; at the tenth the session ends.
    async fn missed(
        &self,
        permit: &Permit,
        misses: Misses,
        now: Timestamp,
    ) -> Result<Problem, ServiceError> {
        let mut tx = self.store().begin().await?;
        let detail = serde_json::json!({ "for": permit.action().name(), "misses": misses.count });
        // Sessions before audit entries, as everywhere: two transactions never wait for each other.
        if misses.ends_session() {
            tx.delete_session(&permit.session().hash).await?;
        }
        self.refused(&mut tx, permit, "code.wrong", &detail).await?;
        if misses.ends_session() {
            self.refused(&mut tx, permit, "code.session_ended", &detail).await?;
        }
        tx.commit().await?;
        Ok(match misses.locked_until {
            _ if misses.ends_session() => Problem::SignedOut,
            Some(until) => Problem::CodeLocked { wait_s: wait_s(until, now) },
            None => Problem::CodeWrong,
        })
    }
}

/// Whole seconds from now until then, at least one.
pub(crate) fn wait_s(until: Timestamp, now: Timestamp) -> u32 {
    u32::try_from((until.since(now) + SECOND - 1) / SECOND).unwrap_or(0).max(1)
}
