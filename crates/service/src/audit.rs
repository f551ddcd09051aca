//! Audit entries and events, written in the transaction of what they tell.

use crate::{Permit, ServiceError, Services};
use aio_domain::{
    AuditId, EventId, MerchantId,
    audit::{ActorKind, AuditEntry, Outcome},
};
use aio_store::{AuditRow, NewEvent, Tx};
use serde_json::Value;
use std::net::IpAddr;

/// The chain of what belongs to no merchant.
pub const INSTALLATION: &str = "installation";

/// One line of the log before it has its place in the chain.
pub struct Line<'a> {
    pub merchant: Option<MerchantId>,
    pub actor: (ActorKind, Option<String>),
    pub action: &'a str,
    pub target: Option<String>,
    pub outcome: Outcome,
    pub origin: Option<(IpAddr, String)>,
    pub detail: &'a Value,
}

impl Services {
    /// Writes the audit entry of the permit's action alone: the event is written elsewhere, or it is none.
    pub(crate) async fn note(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        target: Option<String>,
        detail: &Value,
    ) -> Result<&'static str, ServiceError> {
        let action = permit
            .action()
            .row()
            .audit
            .ok_or(ServiceError::Broken("an action without audit name"))?;
        self.write(tx, Self::line(permit, action, target, Outcome::Done, detail)).await?;
        Ok(action)
    }

    /// Writes the audit entry of the permit's action, and the merchant's event.
    pub(crate) async fn record(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        target: Option<String>,
        detail: &Value,
    ) -> Result<(), ServiceError> {
        let action = self.note(tx, permit, target.clone(), detail).await?;
        if let Some(merchant) = permit.session().merchant {
            let event = NewEvent {
                id: EventId::generate(self.now(), self.random())?,
                kind: action.to_owned(),
                object_id: target,
                payload: detail.to_string(),
                at: self.now(),
            };
            tx.append_event(merchant, &event).await?;
        }
        Ok(())
    }

    /// Writes down what was refused.
    pub(crate) async fn refused(
        &self,
        tx: &mut Tx,
        permit: &Permit,
        action: &str,
        detail: &Value,
    ) -> Result<(), ServiceError> {
        self.write(tx, Self::line(permit, action, None, Outcome::Refused, detail)).await
    }

    fn line<'a>(
        permit: &Permit,
        action: &'a str,
        target: Option<String>,
        outcome: Outcome,
        detail: &'a Value,
    ) -> Line<'a> {
        Line {
            merchant: permit.session().merchant,
            actor: (ActorKind::User, Some(permit.user().to_string())),
            action,
            target,
            outcome,
            origin: Some((permit.info().address, permit.info().request_id.to_string())),
            detail,
        }
    }

    /// Gives the line its place in its chain.
    pub(crate) async fn write(&self, tx: &mut Tx, line: Line<'_>) -> Result<(), ServiceError> {
        let scope = line.merchant.map_or_else(|| INSTALLATION.to_owned(), |id| id.to_string());
        let (seq, prev_hash) = tx.next_audit(&scope).await?;
        let (address, request_id) = line.origin.unzip();
        let entry = AuditEntry {
            id: AuditId::generate(self.now(), self.random())?,
            scope,
            seq,
            at: self.now(),
            actor_kind: line.actor.0,
            actor_id: line.actor.1,
            action: line.action.to_owned(),
            target: line.target,
            outcome: line.outcome,
            address,
            request_id,
            detail: line.detail.to_string(),
        };
        let hash = entry.hash(&prev_hash);
        tx.insert_audit(&AuditRow { merchant: line.merchant, entry, prev_hash, hash }).await?;
        Ok(())
    }
}
