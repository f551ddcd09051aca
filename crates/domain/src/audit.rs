//! The audit log: who did what, each entry bound to the one before it by a hash.

use crate::{AuditId, Timestamp, preferences::named_enum};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

named_enum!(
    /// Who did it.
    ActorKind {
        /// A person in the dashboard.
        User => "user",
        /// The operator, by command line on the host.
        Operator => "operator",
        /// Somebody who is not signed in.
        Visitor => "visitor",
    }
);

named_enum!(
    /// How it ended.
    Outcome {
        /// It was done.
        Done => "done",
        /// It was refused.
        Refused => "refused",
    }
);

/// One entry, before and after it has its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Id.
    pub id: AuditId,
    /// The chain: a merchant's id, or `installation`.
    pub scope: String,
    /// Place in the chain, from one.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor_kind: ActorKind,
    /// The person's id, where there is one.
    pub actor_id: Option<String>,
    /// What, as named by the policy table or the command.
    pub action: String,
    /// On what.
    pub target: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// From where.
    pub address: Option<IpAddr>,
    /// The request.
    pub request_id: Option<String>,
    /// What changed, as JSON; secrets appear as the word "changed".
    pub detail: String,
}

impl AuditEntry {
    /// SHA-256 over the hash before and every field, each with its length in front.
    pub fn hash(&self, previous: &[u8; 32]) -> [u8; 32] {
        let address = self.address.map(|address| address.to_string());
        let fields = [
            Some(self.id.to_string()),
            Some(self.scope.clone()),
            Some(self.seq.to_string()),
            Some(self.at.millis().to_string()),
            Some(self.actor_kind.to_string()),
            self.actor_id.clone(),
            Some(self.action.clone()),
            self.target.clone(),
            Some(self.outcome.to_string()),
            address,
            self.request_id.clone(),
            Some(self.detail.clone()),
        ];
        let mut digest = Sha256::new().chain_update(b"aio audit v1").chain_update(previous);
        for field in fields {
            match field {
                None => digest.update([0]),
                Some(text) => {
                    digest.update([1]);
                    digest.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
                    digest.update(text.as_bytes());
                }
            }
        }
        digest.finalize().into()
    }
}

/// The hash before the first entry of a chain.
pub const START: [u8; 32] = [0; 32];

/// SHA-256 of anything: session ids, set-up tokens, requests.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::{ActorKind, AuditEntry, Outcome, START};
    use crate::{AuditId, Timestamp};

    fn entry() -> AuditEntry {
        AuditEntry {
            id: AuditId::from_body("01h455vb4pex5vsknk084sn02q").unwrap(),
            scope: "mer_1".into(),
            seq: 1,
            at: Timestamp::from_millis(5),
            actor_kind: ActorKind::User,
            actor_id: Some("usr_1".into()),
            action: "api_key.created".into(),
            target: None,
            outcome: Outcome::Done,
            address: "203.0.113.7".parse().ok(),
            request_id: None,
            detail: "{}".into(),
        }
    }

    #[test]
    fn ops_01_a_change_of_any_field_changes_the_hash() {
        let changes: [fn(&mut AuditEntry); 11] = [
            |entry| entry.scope = "mer_2".into(),
            |entry| entry.seq = 2,
            |entry| entry.at = Timestamp::from_millis(6),
            |entry| entry.actor_kind = ActorKind::Operator,
            |entry| entry.actor_id = None,
            |entry| entry.action = "api_key.deleted".into(),
            |entry| entry.target = Some(String::new()),
            |entry| entry.outcome = Outcome::Refused,
            |entry| entry.address = None,
            |entry| entry.request_id = Some("r".into()),
            |entry| entry.detail = "{ }".into(),
        ];
        for (at, change) in changes.iter().enumerate() {
            let mut changed = entry();
            change(&mut changed);
            assert_ne!(changed.hash(&START), entry().hash(&START), "change {at}");
        }
        assert_ne!(entry().hash(&[1; 32]), entry().hash(&START));
    }
}
