//! Copying, freezing, unfreezing and deleting an API key.

use crate::{
    Permit, Revealed, RevealedFor, ServiceError, Services, StepUpProof, keys::secret_cell,
};
use aio_domain::{Action, ApiKeyId, KeyState, Problem, SecretText, time::DAY};
use aio_store::Tx;
use serde_json::json;

/// A key's secret can be copied so often in a day.
const COPIES_A_DAY: i64 = 5;

impl Services {
    /// Leaves the secret for the reveal page once more: at most five times a day, never during a hold, never
    /// for a key that was made to be shown once.
    pub async fn copy_key(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::KeyCopy)?;
        let merchant = permit.merchant()?;
        match self.store().sealed_secret(merchant, id).await? {
            None => return Err(Problem::NotFound.into()),
            Some(None) => return Err(Problem::NeverShownAgain.into()),
            Some(Some(_)) => {}
        }
        self.check_hold(permit)?;
        if self.store().hits(&copies(id), self.now(), DAY).await? >= COPIES_A_DAY {
            return Err(Problem::CopyLimit.into());
        }
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.copy(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn copy(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let merchant = permit.merchant()?;
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        let sealed =
            tx.sealed_secret(merchant, id).await?.flatten().ok_or(Problem::NeverShownAgain)?;
        if tx.hit(&copies(id), self.now(), DAY).await? > COPIES_A_DAY {
            return Err(Problem::CopyLimit.into());
        }
        let (row, owner) = (id.to_string(), merchant.to_string());
        let plain = self.0.vault.unseal(self.store(), secret_cell(&row, &owner), &sealed).await?;
        let secret =
            std::str::from_utf8(&plain).map_err(|_| ServiceError::Broken("sealed secret"))?;
        let shown = Revealed {
            id,
            label: key.label.to_string(),
            occasion: RevealedFor::Copied,
            secret: Some(SecretText::new(secret.to_owned())),
            aes_key: None,
            never_again: false,
        };
        self.leave_reveal(tx, permit, &shown).await?;
        self.record(tx, permit, Some(id.to_string()), &json!({ "label": key.label })).await
    }

    /// Switches a key off; requests are refused from the next one on.
    pub async fn freeze_key(&self, permit: &Permit, id: ApiKeyId) -> Result<(), ServiceError> {
        permit.is(Action::KeyFreeze)?;
        let mut tx = self.store().begin().await?;
        self.set_state(&mut tx, permit, id, KeyState::Frozen).await?;
        Ok(tx.commit().await?)
    }

    /// Switches a frozen key on again.
    pub async fn unfreeze_key(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::KeyUnfreeze)?;
        self.key_must_exist(permit, id).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.unfreeze(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn unfreeze(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        self.set_state(tx, permit, id, KeyState::Active).await
    }

    async fn set_state(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        state: KeyState,
    ) -> Result<(), ServiceError> {
        let merchant = permit.merchant()?;
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        if !tx.set_key_state(merchant, id, state, self.now()).await? {
            return Err(Problem::AlreadyDone.into());
        }
        self.record(tx, permit, Some(id.to_string()), &json!({ "label": key.label })).await
    }

    /// Deletes a key with its AES key and rules, for good.
    pub async fn delete_key(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::KeyDelete)?;
        self.key_must_exist(permit, id).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.delete(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await?;
        self.scrub().await;
        Ok(())
    }

    async fn delete(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let merchant = permit.merchant()?;
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        if !tx.delete_api_key(merchant, id).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(tx, permit, Some(id.to_string()), &json!({ "label": key.label })).await
    }

    /// Refuses before a code is looked at when the key is not the merchant's.
    pub(crate) async fn key_must_exist(
        &self,
        permit: &Permit,
        id: ApiKeyId,
    ) -> Result<(), ServiceError> {
        let found = self.store().api_key(permit.merchant()?, id).await?;
        found.map(|_| ()).ok_or_else(|| Problem::NotFound.into())
    }

    /// Lets no old bytes stay in the database's files. The deed is done and committed, so a failure here is
    /// only logged; the next checkpoint does it again.
    pub(crate) async fn scrub(&self) {
        if let Err(error) = self.store().scrub().await {
            tracing::warn!(error = %error, "old bytes may still stand in the write-ahead log");
        }
    }
}

fn copies(id: ApiKeyId) -> String {
    format!("copies {id}")
}
