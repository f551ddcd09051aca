//! The AES key of an API key: at most one lives, and its number is never used twice.

use crate::{
    KeyCaller, Permit, Revealed, RevealedFor, ServiceError, Services, StepUpProof, vault::Owner,
};
use aio_domain::{
    Action, ApiKeyId, EncryptionMode, MerchantId, Problem, Secret, SecretText,
    envelope::BodyKey,
    random_array,
    sealing::{Cell, Sealed},
};
use aio_store::{AesKeyRow, ApiKeyRow, Tx};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use std::sync::Arc;

impl Services {
    /// Makes an AES key and leaves it for the reveal page; bodies may be encrypted from now on.
    pub async fn enable_aes(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AesEnable)?;
        self.aes_must_be(permit, id, false).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.enable(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn enable(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        let version = key.last_aes_version + 1;
        let (aes, sealed) = self.fresh_aes(tx, merchant, id, version).await?;
        if !tx.insert_aes_key(merchant, id, version, &sealed, now).await? {
            return Err(Problem::AlreadyDone.into());
        }
        tx.set_aes_version(merchant, id, version).await?;
        tx.set_encryption(merchant, id, EncryptionMode::Optional, now).await?;
        self.show_aes(tx, permit, &key, RevealedFor::AesEnabled, &aes, version).await
    }

    /// Leaves the AES key for the reveal page once more.
    pub async fn copy_aes(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AesCopy)?;
        self.aes_must_be(permit, id, true).await?;
        self.check_hold(permit)?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.show_again(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn show_again(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let merchant = permit.merchant()?;
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        let row = tx.aes_key(merchant, id).await?.ok_or(Problem::AesKeyMissing)?;
        let aes = self.open_aes(merchant, id, &row).await?;
        self.show_aes(tx, permit, &key, RevealedFor::AesCopied, &aes, row.version).await
    }

    /// Replaces the AES key: before and after there is exactly one, and the old bytes are gone from the files.
    pub async fn regenerate_aes(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AesRegenerate)?;
        self.aes_must_be(permit, id, true).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.regenerate(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await?;
        self.scrub().await;
        Ok(())
    }

    async fn regenerate(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        let old = key.aes_version.ok_or(Problem::AesKeyMissing)?;
        let version = key.last_aes_version + 1;
        let (aes, sealed) = self.fresh_aes(tx, merchant, id, version).await?;
        if !tx.replace_aes_key(merchant, id, old, version, &sealed, now).await? {
            return Err(Problem::Stale.into());
        }
        tx.set_aes_version(merchant, id, version).await?;
        tx.bump_key_version(merchant, id, now).await?;
        self.show_aes(tx, permit, &key, RevealedFor::AesRegenerated, &aes, version).await
    }

    /// Deletes the AES key and switches encryption off.
    pub async fn disable_aes(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AesDisable)?;
        self.aes_must_be(permit, id, true).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.disable(&mut tx, permit, id, proof).await;
        self.settle(permit, tx, done).await?;
        self.scrub().await;
        Ok(())
    }

    async fn disable(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        id: ApiKeyId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let merchant = permit.merchant()?;
        let key = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        if !tx.delete_aes_key(merchant, id).await? {
            return Err(Problem::AesKeyMissing.into());
        }
        tx.set_encryption(merchant, id, EncryptionMode::Off, self.now()).await?;
        self.record(
            tx,
            permit,
            Some(id.to_string()),
            &json!({ "label": key.label, "version": key.aes_version }),
        )
        .await
    }

    /// The keys that a caller's bodies are sealed with. Remembered by version, which the caller's row has told just
    /// now: after a change the old ones are never asked for again.
    pub async fn body_key(&self, caller: &KeyCaller) -> Result<Arc<BodyKey>, ServiceError> {
        let version = caller.aes_version.ok_or(Problem::AesKeyMissing)?;
        self.0.door.note_aes(caller, version, self.now());
        if let Some(known) = self.0.door.body_key(caller.id, version) {
            return Ok(known);
        }
        let row = self.store().aes_key(caller.merchant, caller.id).await?;
        // Replaced since the caller's row was read: the version it names is gone.
        let row = row.filter(|row| row.version == version).ok_or(Problem::Stale)?;
        let aes = self.open_aes(caller.merchant, caller.id, &row).await?;
        let key = Arc::new(BodyKey::derive(&aes).map_err(|_| ServiceError::Broken("AES key"))?);
        self.0.door.remember_body_key(caller.id, version, &key);
        Ok(key)
    }

    async fn open_aes(
        &self,
        merchant: MerchantId,
        id: ApiKeyId,
        row: &AesKeyRow,
    ) -> Result<Secret<32>, ServiceError> {
        let (cell_row, owner) = (aes_row(id, row.version), merchant.to_string());
        let plain =
            self.0.vault.unseal(self.store(), aes_cell(&cell_row, &owner), &row.sealed).await?;
        let bytes = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| ServiceError::Broken("sealed AES key"))?;
        Ok(Secret::new(bytes))
    }

    async fn fresh_aes(
        &self,
        tx: &mut Tx,
        merchant: MerchantId,
        id: ApiKeyId,
        version: i64,
    ) -> Result<(Secret<32>, Sealed), ServiceError> {
        let aes = Secret::new(random_array(self.random())?);
        let (row, owner) = (aes_row(id, version), merchant.to_string());
        let place = (self.now(), self.random());
        let sealed = self
            .0
            .vault
            .seal(tx, place, Owner::Merchant(merchant), aes_cell(&row, &owner), aes.expose())
            .await?;
        Ok((aes, sealed))
    }

    async fn show_aes(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        key: &ApiKeyRow,
        occasion: RevealedFor,
        aes: &Secret<32>,
        version: i64,
    ) -> Result<(), ServiceError> {
        let shown = Revealed {
            id: key.id,
            label: key.label.to_string(),
            occasion,
            secret: None,
            aes_key: Some((SecretText::new(STANDARD.encode(aes.expose())), version)),
            never_again: false,
        };
        self.leave_reveal(tx, permit, &shown).await?;
        self.record(
            tx,
            permit,
            Some(key.id.to_string()),
            &json!({ "label": key.label, "version": version }),
        )
        .await
    }

    /// Refuses before a code is looked at when there is an AES key where none may be, or none where one must.
    async fn aes_must_be(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        there: bool,
    ) -> Result<(), ServiceError> {
        let key = self.store().api_key(permit.merchant()?, id).await?.ok_or(Problem::NotFound)?;
        match (key.aes_version.is_some(), there) {
            (true, false) => Err(Problem::AlreadyDone.into()),
            (false, true) => Err(Problem::AesKeyMissing.into()),
            _ => Ok(()),
        }
    }
}

/// The version is part of the row's name, so that an old cell does not open under a new number.
fn aes_row(id: ApiKeyId, version: i64) -> String {
    format!("{id} {version}")
}

const fn aes_cell<'a>(row: &'a str, merchant: &'a str) -> Cell<'a> {
    Cell { table: "aes_keys", column: "sealed", row, owner: merchant }
}
