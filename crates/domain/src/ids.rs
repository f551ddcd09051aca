//! Typed ids: a visible prefix, an underscore and a UUIDv7 in Crockford base 32 (TypeID).
//!
//! They sort by the time they were made, and each kind is its own type, so that a key's id can never be
//! passed where a user's id belongs.

use crate::{Random, RandomFailed, Timestamp, base32, random_array};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The text is not an id of the kind asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of this kind")]
pub struct NotAnId;

/// Version 7 of a UUID: 48 bits of unix milliseconds, then random bits around version and variant.
fn uuid_v7(at: Timestamp, random: [u8; 10]) -> u128 {
    let time = u128::from(at.millis().unsigned_abs()) & 0xffff_ffff_ffff;
    let noise = random.iter().fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    let high = (noise >> 64) & 0x0fff;
    let low = noise & 0x3fff_ffff_ffff_ffff;
    (time << 80) | (7 << 76) | (high << 64) | (2 << 62) | low
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u128);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id, made of the given time and random bits.
            pub fn generate(at: Timestamp, random: &dyn Random) -> Result<Self, RandomFailed> {
                Ok(Self(uuid_v7(at, random_array(random)?)))
            }

            /// No id that was made at this time or later sorts before it.
            pub fn first_at(at: Timestamp) -> Self {
                let time = u128::from(at.millis().unsigned_abs()) & 0xffff_ffff_ffff;
                Self(time << 80)
            }

            /// The 26 characters behind the prefix.
            pub fn body(self) -> String {
                base32::encode(self.0)
            }

            /// The id whose 26 characters behind the prefix these are.
            pub fn from_body(body: &str) -> Result<Self, NotAnId> {
                base32::decode(body).map(Self).ok_or(NotAnId)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, "{}_{}", $prefix, base32::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let body = text.strip_prefix($prefix).and_then(|rest| rest.strip_prefix('_'));
                Self::from_body(body.ok_or(NotAnId)?)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

typed_id!(/** The tenant. */ MerchantId, "mer");
typed_id!(/** A person. */ UserId, "usr");
typed_id!(/** An API key; its body stands inside the key's secret. */ ApiKeyId, "key");
typed_id!(/** One rule of an API key's allowlist. */ RuleId, "alr");
typed_id!(/** One entry of a dashboard allowlist. */ EntryId, "ale");
typed_id!(/** What happened, numbered per merchant. */ EventId, "evt");
typed_id!(/** Who did what. */ AuditId, "aud");
typed_id!(/** A change shown to a person and waiting for a code. */ ChangeSetId, "chg");
typed_id!(/** The public handle of a session; knowing it signs nobody in. */ SessionRef, "ses");
typed_id!(/** Something a page shows once. */ FlashId, "fla");
typed_id!(/** A data key that seals cells. */ DataKeyId, "dek");
typed_id!(/** The seed of all addresses. */ SeedId, "see");
typed_id!(/** A deposit address of one customer on one chain. */ SubaddressId, "sub");
typed_id!(/** A deposit to a subaddress. */ TransactionId, "txn");
typed_id!(/** A line of the ledger. */ LedgerId, "led");
typed_id!(/** A transaction of ours, with all its attempts. */ OutgoingId, "out");
typed_id!(/** One movement of deposits to the collection address. */ CollectionId, "col");

#[cfg(test)]
mod tests {
    use super::{ApiKeyId, UserId, uuid_v7};
    use crate::Timestamp;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_comes_back_from_its_text(at in 0_i64..253_402_300_800_000, noise: [u8; 10]) {
            let id = UserId(uuid_v7(Timestamp::from_millis(at), noise));
            prop_assert_eq!(id.to_string().parse::<UserId>(), Ok(id));
            prop_assert_eq!(serde_json::from_str::<UserId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }

        #[test]
        fn ids_sort_by_time(a in 0_i64..253_402_300_800_000, b in 0_i64..253_402_300_800_000, noise: [u8; 10]) {
            let (x, y) = (uuid_v7(Timestamp::from_millis(a), noise), uuid_v7(Timestamp::from_millis(b), noise));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        }

        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(text: String) {
            let _ = text.parse::<ApiKeyId>();
        }
    }

    #[test]
    fn the_first_id_of_a_time_stands_between_those_before_and_those_from_then_on() {
        let id = |at, noise| UserId(uuid_v7(Timestamp::from_millis(at), [noise; 10])).to_string();
        let first = UserId::first_at(Timestamp::from_millis(1000)).to_string();
        assert!(id(999, 0xff) < first && first < id(1000, 0));
        assert!(first.parse::<UserId>().is_ok());
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = UserId(uuid_v7(Timestamp::from_millis(1), [7; 10])).to_string();
        assert!(id.parse::<ApiKeyId>().is_err());
        assert!(id.to_uppercase().parse::<UserId>().is_err());
    }

    #[test]
    fn version_and_variant_are_those_of_uuid_seven() {
        let value = uuid_v7(Timestamp::from_millis(1), [0xff; 10]);
        assert_eq!(((value >> 76) & 0xf, (value >> 62) & 3), (7, 2));
    }
}
