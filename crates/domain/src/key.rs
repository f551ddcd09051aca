//! What an API key may do and in what state it is.

use crate::preferences::named_enum;
use serde::{Deserialize, Serialize};

named_enum!(
    /// One power of an API key in the merchant API.
    Scope {
        /// Read subaddresses.
        SubaddressesRead => "subaddresses:read",
        /// Create subaddresses.
        SubaddressesWrite => "subaddresses:write",
        /// Read transactions.
        TransactionsRead => "transactions:read",
        /// Read withdrawals and refunds.
        WithdrawalsRead => "withdrawals:read",
        /// Create withdrawals and refunds: moves money.
        WithdrawalsWrite => "withdrawals:write",
        /// Read events.
        EventsRead => "events:read",
    }
);

named_enum!(
    /// Whether bodies under a key are encrypted with its AES key.
    EncryptionMode {
        /// Never.
        Off => "off",
        /// As the client wishes.
        Optional => "optional",
        /// Always: plain bodies are refused.
        Required => "required",
    }
);

named_enum!(
    /// Whether a key works, apart from its expiry.
    KeyState {
        /// It works.
        Active => "active",
        /// Switched off by a person; it can be switched on again.
        Frozen => "frozen",
    }
);

/// A set of scopes, in the order of [`Scope::ALL`], each at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Vec<Scope>", into = "Vec<Scope>")]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// Whether the scope is in the set.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Whether the set moves money.
    pub fn moves_money(&self) -> bool {
        self.has(Scope::WithdrawalsWrite)
    }

    /// The scopes, in order.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }

    /// Whether no scope is in the set.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names separated by one space, as stored.
    pub fn to_text(&self) -> String {
        self.0.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`ScopeSet::to_text`] wrote; an unknown name is `None`, never fewer scopes than stored.
    pub fn from_text(text: &str) -> Option<Self> {
        text.split(' ')
            .filter(|name| !name.is_empty())
            .map(Scope::from_name)
            .collect::<Option<Vec<_>>>()
            .map(Self::from)
    }
}

impl From<Vec<Scope>> for ScopeSet {
    fn from(mut scopes: Vec<Scope>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl From<ScopeSet> for Vec<Scope> {
    fn from(set: ScopeSet) -> Self {
        set.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Scope, ScopeSet};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_of_scopes_comes_back_from_its_text(picks in proptest::collection::vec(0_usize..6, 0..12)) {
            let set = ScopeSet::from(picks.iter().map(|pick| Scope::ALL[*pick]).collect::<Vec<_>>());
            prop_assert_eq!(ScopeSet::from_text(&set.to_text()), Some(set));
        }
    }

    #[test]
    fn an_unknown_stored_scope_makes_the_whole_set_unreadable() {
        assert_eq!(ScopeSet::from_text("events:read everything"), None);
        assert_eq!(ScopeSet::from_text(""), Some(ScopeSet::default()));
    }
}
