//! What only the operator may do, by command line on the host. Each deed is in the audit log.

use crate::{ServiceError, Services, audit::Line};
use aio_domain::{
    MerchantId, Problem,
    audit::{ActorKind, Outcome, START},
    text::Email,
};
use serde_json::json;

/// What was found in one chain of the audit log.
#[derive(Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// A merchant's id, or `installation`.
    pub scope: String,
    /// Entries that hold.
    pub entries: i64,
    /// Place of the first entry that does not hold, if any.
    pub broken_at: Option<i64>,
}

impl Services {
    /// Takes a person's authenticator and recovery codes away and ends their sessions: at the next sign-in
    /// they enrol anew. Secrets are on hold for a day.
    pub async fn reset_authenticator(&self, email: &str) -> Result<(), ServiceError> {
        let email = Email::parse(email).map_err(|_| Problem::NotFound)?;
        let user = self.store().user_by_email(&email).await?.ok_or(Problem::NotFound)?;
        let merchants = self.store().memberships(user.id).await?;
        let mut tx = self.store().begin().await?;
        tx.reset_step_counter(user.id).await?;
        tx.delete_authenticators(user.id).await?;
        tx.delete_recovery_codes(user.id).await?;
        tx.delete_sessions(user.id).await?;
        tx.cancel_change_sets(user.id).await?;
        tx.set_hold(user.id, Some(self.now().plus(crate::sign_in::HOLD))).await?;
        let chains: Vec<Option<MerchantId>> = if merchants.is_empty() {
            vec![None]
        } else {
            merchants.iter().map(|held| Some(held.merchant)).collect()
        };
        for merchant in chains {
            let target = Some(user.id.to_string());
            self.write(&mut tx, operator(merchant, "user.authenticator_reset", target, &json!({})))
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Switches a merchant's dashboard allowlist off, for people who locked themselves out.
    pub async fn disable_dashboard_allowlist(&self, merchant: &str) -> Result<(), ServiceError> {
        let merchant: MerchantId = merchant.parse().map_err(|_| Problem::NotFound)?;
        let mut tx = self.store().begin().await?;
        if !tx.set_dashboard_allowlist(merchant, false).await? {
            return Err(Problem::NotFound.into());
        }
        let target = Some(merchant.to_string());
        self.write(
            &mut tx,
            operator(
                Some(merchant),
                "dashboard_allowlist.disabled",
                target,
                &json!({ "on": false }),
            ),
        )
        .await?;
        Ok(tx.commit().await?)
    }

    /// Walks every chain of the audit log and computes each hash anew.
    pub async fn verify_audit(&self) -> Result<Vec<ChainReport>, ServiceError> {
        let mut reports = Vec::new();
        for head in self.store().audit_scopes().await? {
            let (mut last, mut at, mut broken_at) = (START, 0, None);
            'chain: loop {
                let page = self.store().audit_page(&head.scope, at, 500).await?;
                if page.is_empty() {
                    break;
                }
                for row in page {
                    let holds = row.entry.seq == at + 1
                        && row.prev_hash == last
                        && row.entry.hash(&last) == row.hash;
                    if !holds {
                        broken_at = Some(at + 1);
                        break 'chain;
                    }
                    (last, at) = (row.hash, row.entry.seq);
                }
            }
            if broken_at.is_none() && (at != head.seq || last != head.hash) {
                broken_at = Some(at + 1);
            }
            reports.push(ChainReport { scope: head.scope, entries: at, broken_at });
        }
        Ok(reports)
    }
}

fn operator<'a>(
    merchant: Option<MerchantId>,
    action: &'a str,
    target: Option<String>,
    detail: &'a serde_json::Value,
) -> Line<'a> {
    Line {
        merchant,
        actor: (ActorKind::Operator, None),
        action,
        target,
        outcome: Outcome::Done,
        origin: None,
        detail,
    }
}
