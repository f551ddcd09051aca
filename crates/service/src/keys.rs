//! API keys: list, look, and the two steps of making and editing one.

use crate::{
    KeyInput, KeyPlan, Pending, Permit, Revealed, RevealedFor, ServiceError, Services, StepUpProof,
    key_form::{Known, unique_label},
    vault::Owner,
};
use aio_domain::{
    Action, ApiKeyId, ChangeSetId, EncryptionMode, Field, FieldCode, MerchantId, Problem, Rule,
    RuleId, SecretText, api_key::ApiKeySecret, sealing::Cell,
};
use aio_store::{ApiKeyEdit, ApiKeyRow, NewApiKey, StoreError, Tx};
use serde_json::json;

/// The most keys a merchant may have.
pub(crate) const MAX_KEYS: usize = 100;
impl Services {
    /// All keys of the merchant, newest first, and whether another one may be made.
    pub async fn list_keys(&self, permit: &Permit) -> Result<(Vec<ApiKeyRow>, bool), ServiceError> {
        permit.is(Action::KeysList)?;
        let keys = self.store().api_keys(permit.merchant()?).await?;
        let full = keys.len() >= MAX_KEYS;
        Ok((keys, full))
    }

    /// One key and its rules.
    pub async fn get_key(
        &self,
        permit: &Permit,
        id: ApiKeyId,
    ) -> Result<(ApiKeyRow, Vec<Rule>), ServiceError> {
        permit.is(Action::KeyGet)?;
        let merchant = permit.merchant()?;
        let key = self.store().api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        Ok((key, self.store().rules(merchant, id).await?))
    }

    /// The stored change of a dialog's second step; of no key when the key is being made.
    pub async fn pending_key(
        &self,
        permit: &Permit,
        change: Option<ChangeSetId>,
        key: Option<ApiKeyId>,
    ) -> Result<Option<Pending<KeyPlan>>, ServiceError> {
        let Some(change) = change else {
            return Ok(None);
        };
        let action = if key.is_some() { Action::KeyEdit } else { Action::KeyCreate };
        let found =
            self.find_change::<KeyPlan>(permit, action, change).await.or_else(gone_is_none)?;
        let target = key.map(|id| id.to_string());
        Ok(found.filter(|(_, stored)| *stored == target).map(|(pending, _)| pending))
    }

    /// First step of a new key: checks the form and stores the change.
    pub async fn begin_create_key(
        &self,
        permit: &Permit,
        input: KeyInput,
    ) -> Result<ChangeSetId, ServiceError> {
        permit.is(Action::KeyCreateBegin)?;
        let keys = self.store().api_keys(permit.merchant()?).await?;
        if keys.len() >= MAX_KEYS {
            return Err(Problem::LimitReached.into());
        }
        let known =
            Known { now: self.now(), has_aes: false, encryption: EncryptionMode::Off, base: None };
        let plan = unique_label(input.check(&known), &input.label, &keys, None)?;
        self.store_change(permit, Action::KeyCreate, None, &plan).await
    }

    /// Second step: makes the key and leaves its secret for the reveal page.
    pub async fn create_key(
        &self,
        permit: &Permit,
        change: ChangeSetId,
        code: &str,
    ) -> Result<ApiKeyId, ServiceError> {
        permit.is(Action::KeyCreate)?;
        self.change_must_exist(permit, change).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.create(&mut tx, permit, change, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn create(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        change: ChangeSetId,
        proof: StepUpProof,
    ) -> Result<ApiKeyId, ServiceError> {
        proof.spend(permit)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let (plan, _) = self.take_change::<KeyPlan>(tx, permit, change).await?;
        if usize::try_from(tx.count_api_keys(merchant).await?).unwrap_or(usize::MAX) >= MAX_KEYS {
            return Err(Problem::LimitReached.into());
        }
        let id = ApiKeyId::generate(now, self.random())?;
        let secret = ApiKeySecret::generate(self.network(), id, self.random())?;
        let sealed_secret = if plan.never_show_again {
            None
        } else {
            let (row, owner) = (id.to_string(), merchant.to_string());
            let seal = self.0.vault.seal(
                tx,
                (now, self.random()),
                Owner::Merchant(merchant),
                secret_cell(&row, &owner),
                secret.expose().as_bytes(),
            );
            Some(seal.await?)
        };
        let key = NewApiKey {
            id,
            label: plan.label.clone(),
            scopes: plan.scopes.clone(),
            verifier: *secret.verifier(self.0.vault.pepper()).as_bytes(),
            sealed_secret,
            last4: secret.last4(),
            allowlist_mode: plan.allowlist_mode,
            encryption_mode: EncryptionMode::Off,
            rate_per_minute: plan.rate_per_minute,
            expires_at: plan.expires_at,
            created_by: permit.user(),
            created_at: now,
        };
        tx.insert_api_key(merchant, &key).await.map_err(taken_label)?;
        self.write_rules(tx, merchant, id, &plan.rules).await?;
        let shown = Revealed {
            id,
            label: plan.label.to_string(),
            occasion: RevealedFor::Created,
            secret: Some(SecretText::new(secret.expose().to_owned())),
            aes_key: None,
            never_again: plan.never_show_again,
        };
        self.leave_reveal(tx, permit, &shown).await?;
        self.record(tx, permit, Some(id.to_string()), &json!({ "after": plan })).await?;
        Ok(id)
    }

    /// First step of an edit: refused when the key changed since the form was shown.
    pub async fn begin_edit_key(
        &self,
        permit: &Permit,
        id: ApiKeyId,
        version: i64,
        input: KeyInput,
    ) -> Result<ChangeSetId, ServiceError> {
        permit.is(Action::KeyEditBegin)?;
        let keys = self.store().api_keys(permit.merchant()?).await?;
        let key = keys.iter().find(|key| key.id == id).ok_or(Problem::NotFound)?;
        if key.version != version {
            return Err(Problem::Stale.into());
        }
        let known = Known {
            now: self.now(),
            has_aes: key.aes_version.is_some(),
            encryption: key.encryption_mode,
            base: Some((version, key.expires_at)),
        };
        let plan = unique_label(input.check(&known), &input.label, &keys, Some(id))?;
        self.store_change(permit, Action::KeyEdit, Some(id.to_string()), &plan).await
    }

    /// Second step: does exactly what was shown, if the key is still the one it was shown for.
    pub async fn edit_key(
        &self,
        permit: &Permit,
        change: ChangeSetId,
        code: &str,
    ) -> Result<ApiKeyId, ServiceError> {
        permit.is(Action::KeyEdit)?;
        self.change_must_exist(permit, change).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.edit(&mut tx, permit, change, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn edit(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        change: ChangeSetId,
        proof: StepUpProof,
    ) -> Result<ApiKeyId, ServiceError> {
        proof.spend(permit)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let (plan, target) = self.take_change::<KeyPlan>(tx, permit, change).await?;
        let id: ApiKeyId = target.and_then(|id| id.parse().ok()).ok_or(Problem::ChangeGone)?;
        let before = tx.api_key(merchant, id).await?.ok_or(Problem::NotFound)?;
        if plan.encryption != EncryptionMode::Off && before.aes_version.is_none() {
            return Err(Problem::Stale.into());
        }
        let old_rules = tx.rules(merchant, id).await?;
        let edit = ApiKeyEdit {
            label: plan.label.clone(),
            scopes: plan.scopes.clone(),
            allowlist_mode: plan.allowlist_mode,
            encryption_mode: plan.encryption,
            rate_per_minute: plan.rate_per_minute,
            expires_at: plan.expires_at,
            updated_at: now,
        };
        let version = plan.base_version.ok_or(Problem::ChangeGone)?;
        if !tx.update_api_key(merchant, id, version, &edit).await.map_err(taken_label)? {
            return Err(Problem::Stale.into());
        }
        self.write_rules(tx, merchant, id, &plan.rules).await?;
        let before = json!({
            "label": before.label, "scopes": before.scopes, "allowlist_mode": before.allowlist_mode,
            "rules": old_rules, "expires_at": before.expires_at, "encryption": before.encryption_mode,
            "rate_per_minute": before.rate_per_minute,
        });
        self.record(tx, permit, Some(id.to_string()), &json!({ "before": before, "after": plan }))
            .await?;
        Ok(id)
    }

    async fn write_rules(
        &self,
        tx: &mut Tx,
        merchant: MerchantId,
        key: ApiKeyId,
        rules: &[Rule],
    ) -> Result<(), ServiceError> {
        let id = |rule: &Rule| Ok((RuleId::generate(self.now(), self.random())?, rule.clone()));
        let rules = rules.iter().map(id).collect::<Result<Vec<_>, ServiceError>>()?;
        if tx.replace_rules(merchant, key, &rules).await? {
            Ok(())
        } else {
            Err(Problem::NotFound.into())
        }
    }
}

/// The cell of a key's sealed secret.
pub(crate) const fn secret_cell<'a>(key: &'a str, merchant: &'a str) -> Cell<'a> {
    Cell { table: "api_keys", column: "sealed_secret", row: key, owner: merchant }
}

/// A change of another action, or one that was tampered with, is as good as gone.
pub(crate) fn gone_is_none<T>(error: ServiceError) -> Result<Option<T>, ServiceError> {
    match error {
        ServiceError::Refused(Problem::ChangeGone) => Ok(None),
        other => Err(other),
    }
}

/// Another request took the label between the two steps.
fn taken_label(error: StoreError) -> ServiceError {
    match error {
        StoreError::Unique => Problem::field(Field::Label, FieldCode::Duplicate).into(),
        other => other.into(),
    }
}
