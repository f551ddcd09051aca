//! Changes shown to a person and waiting for a code: stored as normalised values, confirmed by id.

use crate::{Permit, ServiceError, Services};
use aio_domain::{Action, ChangeSetId, Problem, Timestamp, audit::sha256, time::MINUTE};
use aio_store::{ChangeSetRow, Tx};
use serde::{Serialize, de::DeserializeOwned};

/// A change that nobody confirmed is gone after this many milliseconds.
const LIFE: i64 = 2 * MINUTE;

/// A stored change, as the second step shows it.
#[derive(Debug, Clone)]
pub struct Pending<T> {
    /// Id, posted with the code.
    pub id: ChangeSetId,
    /// What will be done.
    pub plan: T,
    /// Until when it can be confirmed.
    pub expires_at: Timestamp,
}

impl Services {
    /// Stores a checked change for `action`, which a code will confirm.
    pub(crate) async fn store_change(
        &self,
        permit: &Permit,
        action: Action,
        target: Option<String>,
        plan: &impl Serialize,
    ) -> Result<ChangeSetId, ServiceError> {
        let now = self.now();
        let mut row = ChangeSetRow {
            id: ChangeSetId::generate(now, self.random())?,
            merchant: permit.merchant()?,
            user: permit.user(),
            session_hash: permit.session().hash,
            action: action.name().to_owned(),
            target,
            params: serde_json::to_string(plan)?,
            digest: [0; 32],
            created_at: now,
            expires_at: now.plus(LIFE),
        };
        row.digest = digest(&row);
        let mut tx = self.store().begin().await?;
        tx.insert_change_set(&row).await?;
        tx.commit().await?;
        Ok(row.id)
    }

    /// A stored change of this person and session, when it is one for `action`.
    pub(crate) async fn find_change<T: DeserializeOwned>(
        &self,
        permit: &Permit,
        action: Action,
        id: ChangeSetId,
    ) -> Result<Option<(Pending<T>, Option<String>)>, ServiceError> {
        let found = self
            .store()
            .change_set(permit.merchant()?, permit.user(), &permit.session().hash, id, self.now())
            .await?;
        found.map(|row| read(row, action)).transpose()
    }

    /// Takes a stored change out, in the transaction that carries it out: it can be confirmed once.
    pub(crate) async fn take_change<T: DeserializeOwned>(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ChangeSetId,
    ) -> Result<(T, Option<String>), ServiceError> {
        let row = tx
            .take_change_set(
                permit.merchant()?,
                permit.user(),
                &permit.session().hash,
                id,
                self.now(),
            )
            .await?
            .ok_or(Problem::ChangeGone)?;
        let (pending, target) = read(row, permit.action())?;
        Ok((pending.plan, target))
    }

    /// Refuses before a code is looked at when the change is gone already.
    pub(crate) async fn change_must_exist(
        &self,
        permit: &Permit,
        id: ChangeSetId,
    ) -> Result<(), ServiceError> {
        let found = self
            .store()
            .change_set(permit.merchant()?, permit.user(), &permit.session().hash, id, self.now())
            .await?;
        found
            .filter(|row| row.action == permit.action().name())
            .map(|_| ())
            .ok_or_else(|| Problem::ChangeGone.into())
    }
}

fn read<T: DeserializeOwned>(
    row: ChangeSetRow,
    action: Action,
) -> Result<(Pending<T>, Option<String>), ServiceError> {
    if row.action != action.name() || row.digest != digest(&row) {
        return Err(Problem::ChangeGone.into());
    }
    let plan = serde_json::from_str(&row.params)?;
    Ok((Pending { id: row.id, plan, expires_at: row.expires_at }, row.target))
}

/// Binds person, session, action, target and exact parameters together.
fn digest(row: &ChangeSetRow) -> [u8; 32] {
    let target = row.target.as_deref().unwrap_or_default();
    let mut bytes = b"aio change set v1".to_vec();
    let (id, merchant, user) = (row.id.to_string(), row.merchant.to_string(), row.user.to_string());
    let parts = [
        id.as_bytes(),
        merchant.as_bytes(),
        user.as_bytes(),
        &row.session_hash,
        row.action.as_bytes(),
        target.as_bytes(),
        row.params.as_bytes(),
    ];
    for part in parts {
        bytes.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    sha256(&bytes)
}
