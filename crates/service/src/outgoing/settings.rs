//! Where money goes by itself, and when: checked, shown, confirmed with a fresh code, then done. A changed address waits,
//! so that whoever steals a session and a code does not have the money at once.

use super::settings_form::{AddressPlan, RulesInput, RulesPlan, read_address};
use crate::{ChainPort, Pending, Permit, ServiceError, Services, StepUpProof, keys::gone_is_none};
use aio_domain::{
    Action, ChangeSetId, Field, FieldCode, MerchantId, Problem, Timestamp, time::DAY,
};
use aio_store::{CollectionSettingsRow, Tx};
use serde_json::json;

/// Of settings that nobody chose: how many subaddresses are collected together, and how long a deposit waits.
const BATCH_SIZE: u32 = 50;
const MAX_AGE: i64 = DAY;

impl Services {
    /// First step of setting where money goes.
    pub async fn begin_collection_address(
        &self,
        permit: &Permit,
        chain: &str,
        address: &str,
    ) -> Result<ChangeSetId, ServiceError> {
        permit.is(Action::CollectionAddressBegin)?;
        let (merchant, port) = (permit.merchant()?, self.port_of(chain)?);
        let address = read_address(port, address)?;
        // Its rows stand on the chain's.
        self.ensure_account(merchant, port).await?;
        let row = self.store().collection_settings(merchant, &port.id).await?;
        if row.as_ref().is_some_and(|row| row.next_address.is_none() && row.address == address) {
            return Err(Problem::AlreadyDone.into());
        }
        let mut tx = self.store().begin().await?;
        self.must_be_elsewhere(&mut tx, (merchant, port), &address).await?;
        drop(tx);
        let plan = AddressPlan {
            chain: port.id.clone(),
            display: port.derive.display(&address),
            cools: row.as_ref().is_some_and(|row| base(row, self.now()) != address),
            version: row.map_or(0, |row| row.version),
            address,
        };
        self.store_change(permit, Action::CollectionAddress, Some(plan.chain.clone()), &plan).await
    }

    /// The stored address of the dialog's second step.
    pub async fn pending_collection_address(
        &self,
        permit: &Permit,
        change: Option<ChangeSetId>,
    ) -> Result<Option<Pending<AddressPlan>>, ServiceError> {
        let Some(change) = change else { return Ok(None) };
        let found = self.find_change(permit, Action::CollectionAddress, change).await;
        Ok(found.or_else(gone_is_none)?.map(|(pending, _)| pending))
    }

    /// Second step: sets it, at once when there was none, else after the cooling time.
    pub async fn set_collection_address(
        &self,
        permit: &Permit,
        change: ChangeSetId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::CollectionAddress)?;
        self.change_must_exist(permit, change).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.set_address(&mut tx, permit, change, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn set_address(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        change: ChangeSetId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let (plan, _) = self.take_change::<AddressPlan>(tx, permit, change).await?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let port = self.port_of(&plan.chain)?;
        // Somebody may have been given that very address since.
        self.must_be_elsewhere(tx, (merchant, port), &plan.address).await?;
        let old = tx.collection_settings(merchant, &port.id).await?;
        let before = old.as_ref().map(|row| port.derive.display(base(row, now)));
        let mut row = old.unwrap_or_else(|| CollectionSettingsRow {
            chain: port.id.clone(),
            merchant,
            address: plan.address.clone(),
            next_address: None,
            next_at: None,
            automatic: true,
            batch_size: BATCH_SIZE,
            max_age: MAX_AGE,
            version: 0,
            updated_at: now,
        });
        row.address = base(&row, now).to_owned();
        (row.next_address, row.next_at) = (None, None);
        if row.address != plan.address {
            row.next_address = Some(plan.address.clone());
            row.next_at = Some(now.plus(port.outgoing.cooling_ms));
        }
        (row.version, row.updated_at) = (plan.version, now);
        if !tx.set_collection_settings(&row).await? {
            return Err(Problem::Stale.into());
        }
        let detail = json!({
            "chain": plan.chain,
            "before": before,
            "after": plan.display,
            "from": row.next_at.map(Timestamp::rfc3339),
        });
        self.record(tx, permit, Some(plan.chain), &detail).await
    }

    /// Takes a changed address back while it waits. It only takes power away, so no code is asked for.
    pub async fn cancel_collection_address(
        &self,
        permit: &Permit,
        chain: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::CollectionAddressCancel)?;
        let (merchant, now) = (permit.merchant()?, self.now());
        let port = self.port_of(chain)?;
        let mut tx = self.store().begin().await?;
        let row = tx.collection_settings(merchant, &port.id).await?;
        let mut row = row.ok_or(Problem::NotFound)?;
        if row.next_at.is_none_or(|at| at <= now) {
            return Err(Problem::AlreadyDone.into());
        }
        let cancelled = row.next_address.take().map(|address| port.derive.display(&address));
        (row.next_at, row.updated_at) = (None, now);
        if !tx.set_collection_settings(&row).await? {
            return Err(Problem::Stale.into());
        }
        let kept = port.derive.display(&row.address);
        let detail = json!({ "chain": port.id, "cancelled": cancelled, "kept": kept });
        self.record(&mut tx, permit, Some(port.id.clone()), &detail).await?;
        Ok(tx.commit().await?)
    }

    /// First step of setting when money is collected.
    pub async fn begin_collection_rules(
        &self,
        permit: &Permit,
        chain: &str,
        input: &RulesInput,
    ) -> Result<ChangeSetId, ServiceError> {
        permit.is(Action::CollectionRulesBegin)?;
        let (merchant, port) = (permit.merchant()?, self.port_of(chain)?);
        let rules = input.read(port)?;
        let row = self.store().collection_settings(merchant, &port.id).await?;
        let Some(row) = row else {
            return Err(Problem::field(Field::CollectionAddress, FieldCode::Required).into());
        };
        if row.version != input.version {
            return Err(Problem::Stale.into());
        }
        let plan = RulesPlan { chain: port.id.clone(), rules, version: row.version };
        self.store_change(permit, Action::CollectionRules, Some(port.id.clone()), &plan).await
    }

    /// The stored rules of the dialog's second step.
    pub async fn pending_collection_rules(
        &self,
        permit: &Permit,
        change: Option<ChangeSetId>,
    ) -> Result<Option<Pending<RulesPlan>>, ServiceError> {
        let Some(change) = change else { return Ok(None) };
        let found = self.find_change(permit, Action::CollectionRules, change).await;
        Ok(found.or_else(gone_is_none)?.map(|(pending, _)| pending))
    }

    /// Second step: sets them.
    pub async fn set_collection_rules(
        &self,
        permit: &Permit,
        change: ChangeSetId,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::CollectionRules)?;
        self.change_must_exist(permit, change).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.set_rules(&mut tx, permit, change, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn set_rules(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        change: ChangeSetId,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let (plan, _) = self.take_change::<RulesPlan>(tx, permit, change).await?;
        let merchant = permit.merchant()?;
        let row = tx.collection_settings(merchant, &plan.chain).await?;
        let row = CollectionSettingsRow {
            automatic: plan.rules.automatic,
            batch_size: plan.rules.batch_size,
            max_age: plan.rules.max_age_ms,
            version: plan.version,
            updated_at: self.now(),
            ..row.ok_or(Problem::NotFound)?
        };
        if !tx.set_collection_settings(&row).await? {
            return Err(Problem::Stale.into());
        }
        for (token, minimum) in &plan.rules.minimums {
            tx.set_collection_minimum(merchant, (&plan.chain, token), *minimum).await?;
        }
        let detail = json!({ "chain": plan.chain, "after": plan.rules });
        self.record(tx, permit, Some(plan.chain), &detail).await
    }

    fn port_of(&self, chain: &str) -> Result<&ChainPort, ServiceError> {
        self.chain_port(chain).ok_or_else(|| Problem::NotFound.into())
    }

    /// Refuses an address of this installation: money would go in a circle, and each round costs a fee.
    async fn must_be_elsewhere(
        &self,
        tx: &mut Tx,
        (merchant, port): (MerchantId, &ChainPort),
        address: &str,
    ) -> Result<(), ServiceError> {
        let is_ours = tx.subaddress_by_address(&port.id, address).await?.is_some()
            || tx.gas_address_at(&port.id, address).await?.is_some()
            || self.derived_gas_address(tx, merchant, port).await? == address;
        if is_ours {
            return Err(Problem::field(Field::CollectionAddress, FieldCode::OwnAddress).into());
        }
        Ok(())
    }
}

/// The address that counts now, or counted until a changed one began to wait.
fn base(row: &CollectionSettingsRow, now: Timestamp) -> &str {
    row.address_at(now).unwrap_or(&row.address)
}
