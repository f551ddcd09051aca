//! The dashboard allowlist of a merchant: from where its people may open the dashboard.

use crate::{Pending, Permit, ServiceError, Services, StepUpProof, keys::gone_is_none};
use aio_domain::{
    Action, ChangeSetId, Cidr, EntryId, Field, FieldCode, FieldError, MerchantId, Problem, Rule,
    allowlist::MAX_RULES, text::Label, time::MINUTE,
};
use aio_store::{EntryRow, NewEntry, StoreError, Tx};
use serde_json::json;
use std::net::IpAddr;

/// The page.
#[derive(Debug)]
pub struct AllowlistPage {
    /// The master switch.
    pub on: bool,
    /// Newest first.
    pub entries: Vec<EntryRow>,
}

/// Whether an address may come in while the switch is on.
fn holds(entries: &[EntryRow], address: IpAddr) -> bool {
    entries.iter().any(|entry| entry.enabled && entry.cidr.contains(address))
}

/// Whether an address may still come in without one entry.
fn holds_without(entries: &[EntryRow], without: EntryId, address: IpAddr) -> bool {
    entries.iter().any(|entry| entry.id != without && entry.enabled && entry.cidr.contains(address))
}

impl AllowlistPage {
    /// Whether an address may come in while the switch is on.
    pub fn holds(&self, address: IpAddr) -> bool {
        holds(&self.entries, address)
    }

    /// Whether the address would be outside without this entry, and is inside now.
    pub fn would_lock_out(&self, entry: EntryId, address: IpAddr) -> bool {
        self.on && self.holds(address) && !holds_without(&self.entries, entry, address)
    }
}

impl Services {
    /// Refuses an address that the merchant's dashboard allowlist does not hold.
    pub(crate) async fn check_dashboard_address(
        &self,
        merchant: MerchantId,
        address: IpAddr,
    ) -> Result<(), ServiceError> {
        let entries = self.store().entries(merchant).await?;
        let now = self.now();
        let Some(entry) =
            entries.iter().find(|entry| entry.enabled && entry.cidr.contains(address))
        else {
            tracing::info!(merchant.id = %merchant, client.address = %address, "dashboard allowlist refused an address");
            return Err(Problem::AddressRefused.into());
        };
        if entry.last_seen_at.is_none_or(|seen| now.since(seen) >= MINUTE) {
            self.store().touch_entry(merchant, entry.id, now).await?;
        }
        Ok(())
    }

    /// Whether the enabled entries hold the address.
    pub(crate) async fn holds_address(
        &self,
        merchant: MerchantId,
        address: IpAddr,
    ) -> Result<bool, ServiceError> {
        Ok(holds(&self.store().entries(merchant).await?, address))
    }

    /// The page.
    pub async fn dashboard_allowlist(
        &self,
        permit: &Permit,
    ) -> Result<AllowlistPage, ServiceError> {
        permit.is(Action::AllowlistGet)?;
        self.allowlist_now(permit).await
    }

    async fn allowlist_now(&self, permit: &Permit) -> Result<AllowlistPage, ServiceError> {
        let merchant = permit.merchant()?;
        let found = self.store().merchant(merchant).await?.ok_or(Problem::NotFound)?;
        Ok(AllowlistPage {
            on: found.dashboard_allowlist_on,
            entries: self.store().entries(merchant).await?,
        })
    }

    /// The master switch. Switching on adds the person's own address when no enabled entry holds it: nobody
    /// locks themselves out with the first click.
    pub async fn switch_allowlist(
        &self,
        permit: &Permit,
        on: bool,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AllowlistSwitch)?;
        if self.allowlist_now(permit).await?.on == on {
            return Err(Problem::AlreadyDone.into());
        }
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.switch(&mut tx, permit, on, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn switch(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        on: bool,
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let (merchant, address) = (permit.merchant()?, permit.info().address);
        let entries = tx.entries(merchant).await?;
        let mut added = None;
        if on && !holds(&entries, address) {
            let cidr = Cidr::parse(&address.to_string())
                .map_err(|_| ServiceError::Broken("own address"))?;
            added = Some(cidr);
            if let Some(entry) = entries.iter().find(|entry| entry.cidr == cidr) {
                tx.set_entry_enabled(merchant, entry.id, true).await?;
            } else {
                let label = Label::parse(&permit.session().user_name).ok();
                self.insert(tx, permit, &Rule { cidr, label }).await?;
            }
        }
        if !tx.set_dashboard_allowlist(merchant, on).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(tx, permit, None, &json!({ "on": on, "own_address_added": added })).await
    }

    /// First step of adding an entry: only while the switch is on.
    pub async fn begin_add_entry(
        &self,
        permit: &Permit,
        cidr: &str,
        label: &str,
        broad_ok: bool,
    ) -> Result<ChangeSetId, ServiceError> {
        permit.is(Action::AllowlistAddBegin)?;
        let page = self.allowlist_now(permit).await?;
        if !page.on {
            return Err(Problem::AllowlistOff.into());
        }
        if page.entries.len() >= MAX_RULES {
            return Err(Problem::LimitReached.into());
        }
        let rule = check(cidr, label, broad_ok, &page.entries)?;
        self.store_change(permit, Action::AllowlistAdd, None, &rule).await
    }

    /// The stored entry of the dialog's second step.
    pub async fn pending_entry(
        &self,
        permit: &Permit,
        change: Option<ChangeSetId>,
    ) -> Result<Option<Pending<Rule>>, ServiceError> {
        let Some(change) = change else {
            return Ok(None);
        };
        let found = self
            .find_change::<Rule>(permit, Action::AllowlistAdd, change)
            .await
            .or_else(gone_is_none)?;
        Ok(found.map(|(pending, _)| pending))
    }

    /// Second step: adds the entry, enabled.
    pub async fn add_entry(
        &self,
        permit: &Permit,
        change: ChangeSetId,
        code: &str,
    ) -> Result<EntryId, ServiceError> {
        permit.is(Action::AllowlistAdd)?;
        self.change_must_exist(permit, change).await?;
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.add(&mut tx, permit, change, proof).await;
        self.settle(permit, tx, done).await
    }

    async fn add(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        change: ChangeSetId,
        proof: StepUpProof,
    ) -> Result<EntryId, ServiceError> {
        proof.spend(permit)?;
        let (rule, _) = self.take_change::<Rule>(tx, permit, change).await?;
        let id = self.insert(tx, permit, &rule).await?;
        self.record(tx, permit, Some(id.to_string()), &json!({ "after": rule })).await?;
        Ok(id)
    }

    async fn insert(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        rule: &Rule,
    ) -> Result<EntryId, ServiceError> {
        let now = self.now();
        let id = EntryId::generate(now, self.random())?;
        let entry = NewEntry {
            id,
            cidr: rule.cidr,
            label: rule.label.clone(),
            enabled: true,
            created_by: permit.user(),
            created_at: now,
        };
        match tx.insert_entry(permit.merchant()?, &entry).await {
            Ok(()) => Ok(id),
            Err(StoreError::Unique) => {
                Err(Problem::field(Field::Cidr, FieldCode::Duplicate).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The switch of one entry.
    pub async fn set_entry(
        &self,
        permit: &Permit,
        id: EntryId,
        enabled: bool,
        lockout_ok: bool,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AllowlistSet)?;
        let page = self.allowlist_now(permit).await?;
        let entry = page.entries.iter().find(|entry| entry.id == id).ok_or(Problem::NotFound)?;
        if entry.enabled == enabled {
            return Err(Problem::AlreadyDone.into());
        }
        if !enabled && !lockout_ok && page.would_lock_out(id, permit.info().address) {
            return Err(Problem::WouldLockOut.into());
        }
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.set(&mut tx, permit, (id, enabled, lockout_ok), proof).await;
        self.settle(permit, tx, done).await
    }

    async fn set(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        (id, enabled, lockout_ok): (EntryId, bool, bool),
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        if !enabled && !lockout_ok {
            self.must_stay_inside(tx, permit, id).await?;
        }
        if !tx.set_entry_enabled(permit.merchant()?, id, enabled).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(tx, permit, Some(id.to_string()), &json!({ "enabled": enabled })).await
    }

    /// Removes one entry.
    pub async fn remove_entry(
        &self,
        permit: &Permit,
        id: EntryId,
        lockout_ok: bool,
        code: &str,
    ) -> Result<(), ServiceError> {
        permit.is(Action::AllowlistRemove)?;
        let page = self.allowlist_now(permit).await?;
        if !page.entries.iter().any(|entry| entry.id == id) {
            return Err(Problem::NotFound.into());
        }
        if !lockout_ok && page.would_lock_out(id, permit.info().address) {
            return Err(Problem::WouldLockOut.into());
        }
        let (mut tx, proof) = self.confirm(permit, code).await?;
        let done = self.remove(&mut tx, permit, (id, lockout_ok), proof).await;
        self.settle(permit, tx, done).await
    }

    async fn remove(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        (id, lockout_ok): (EntryId, bool),
        proof: StepUpProof,
    ) -> Result<(), ServiceError> {
        proof.spend(permit)?;
        let merchant = permit.merchant()?;
        if !lockout_ok {
            self.must_stay_inside(tx, permit, id).await?;
        }
        let rule = tx
            .entries(merchant)
            .await?
            .into_iter()
            .find(|entry| entry.id == id)
            .ok_or(Problem::NotFound)?;
        if !tx.delete_entry(merchant, id).await? {
            return Err(Problem::NotFound.into());
        }
        self.record(
            tx,
            permit,
            Some(id.to_string()),
            &json!({ "cidr": rule.cidr, "label": rule.label }),
        )
        .await
    }

    /// The same guard once more, inside the transaction: another entry may have gone meanwhile.
    async fn must_stay_inside(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        without: EntryId,
    ) -> Result<(), ServiceError> {
        let (merchant, address) = (permit.merchant()?, permit.info().address);
        let found = tx.merchant(merchant).await?;
        let on = found.is_some_and(|merchant| merchant.dashboard_allowlist_on);
        let page = AllowlistPage { on, entries: tx.entries(merchant).await? };
        if page.would_lock_out(without, address) {
            Err(Problem::WouldLockOut.into())
        } else {
            Ok(())
        }
    }
}

fn check(cidr: &str, label: &str, broad_ok: bool, entries: &[EntryRow]) -> Result<Rule, Problem> {
    let mut errors = Vec::new();
    let mut keep = |field, code| errors.push(FieldError::of(field, code));
    let range = if cidr.trim().is_empty() { Err(FieldCode::Required) } else { Cidr::parse(cidr) };
    let range = range.map_err(|code| keep(Field::Cidr, code)).ok();
    let label = match label.trim() {
        "" => None,
        text => Label::parse(text).map_err(|code| keep(Field::Label, code)).ok(),
    };
    if range.is_some_and(|range| entries.iter().any(|entry| entry.cidr == range)) {
        keep(Field::Cidr, FieldCode::Duplicate);
    }
    if range.is_some_and(|range| range.is_broad()) && !broad_ok {
        keep(Field::BroadOk, FieldCode::BroadUnconfirmed);
    }
    match range {
        Some(cidr) if errors.is_empty() => Ok(Rule { cidr, label }),
        _ => Err(Problem::Invalid { errors }),
    }
}
