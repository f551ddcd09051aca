//! What can go wrong, as a closed list that is safe to show: no text, no input, no secret is in it.
//!
//! The dashboard turns each value into a sentence of the user's language, the merchant API into
//! `application/problem+json`.

use crate::preferences::named_enum;
use serde::{Deserialize, Serialize};

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.code())]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// Nobody is signed in, or the session ended.
    SignedOut,
    /// The password was right but the code is still awaited.
    CodeAwaited,
    /// An authenticator must be enrolled first.
    EnrolmentRequired,
    /// The person's role may not do this.
    Forbidden,
    /// The dashboard allowlist does not hold the caller's address.
    AddressRefused,
    /// There is no such thing, or it is another merchant's.
    NotFound,
    /// Somebody changed the object since the form was shown.
    Stale,
    /// The request does not have the form the endpoint expects.
    BadRequest,
    /// E-mail and password do not fit, or this address may not sign in.
    WrongCredentials,
    /// Too many tries from here: wait.
    TooManyTries {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// Not six digits.
    CodeMalformed,
    /// Not the code of this moment.
    CodeWrong,
    /// The code was used already.
    CodeUsed {
        /// Seconds until the app shows the next one.
        wait_s: u32,
    },
    /// Too many wrong codes: wait.
    CodeLocked {
        /// Seconds to wait.
        wait_s: u32,
    },
    /// Too many wrong codes for good.
    CodeStopped,
    /// Not a recovery code of this person, or a used one.
    RecoveryWrong,
    /// The set-up link is wrong or was used.
    SetupLink,
    /// The pending authenticator expired.
    EnrolmentExpired,
    /// The recovery codes were not confirmed as saved.
    CodesNotSaved,
    /// The change waited too long, was done already, or something under it changed.
    ChangeGone,
    /// The key was made to be never shown again.
    NeverShownAgain,
    /// The secret was copied five times in the last day.
    CopyLimit,
    /// Secrets cannot be copied for a while after a recovery or a change of authenticator or password.
    OnHold {
        /// Seconds until it ends.
        wait_s: u32,
    },
    /// The merchant has as many keys or entries as it may have.
    LimitReached,
    /// It is in that state already.
    AlreadyDone,
    /// The AES key is needed first.
    AesKeyMissing,
    /// Entries can be added only while the dashboard allowlist is on.
    AllowlistOff,
    /// The change would lock the person's own address out and was not confirmed.
    WouldLockOut,
    /// A form has fields that cannot be taken.
    Invalid {
        /// Which ones and why.
        errors: Vec<FieldError>,
    },
    /// The server has too much to do: try again.
    Busy,
    /// The database cannot be reached or written: nothing was changed.
    Unavailable,
    /// Something else failed; the log says what.
    Internal,
}

impl Problem {
    /// The stable code, as sent and documented.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::CodeAwaited => "code_awaited",
            Self::EnrolmentRequired => "enrolment_required",
            Self::Forbidden => "forbidden",
            Self::AddressRefused => "address_refused",
            Self::NotFound => "not_found",
            Self::Stale => "stale",
            Self::BadRequest => "bad_request",
            Self::WrongCredentials => "wrong_credentials",
            Self::TooManyTries { .. } => "too_many_tries",
            Self::CodeMalformed => "code_malformed",
            Self::CodeWrong => "code_wrong",
            Self::CodeUsed { .. } => "code_used",
            Self::CodeLocked { .. } => "code_locked",
            Self::CodeStopped => "code_stopped",
            Self::RecoveryWrong => "recovery_wrong",
            Self::SetupLink => "setup_link",
            Self::EnrolmentExpired => "enrolment_expired",
            Self::CodesNotSaved => "codes_not_saved",
            Self::ChangeGone => "change_gone",
            Self::NeverShownAgain => "never_shown_again",
            Self::CopyLimit => "copy_limit",
            Self::OnHold { .. } => "on_hold",
            Self::LimitReached => "limit_reached",
            Self::AlreadyDone => "already_done",
            Self::AesKeyMissing => "aes_key_missing",
            Self::AllowlistOff => "allowlist_off",
            Self::WouldLockOut => "would_lock_out",
            Self::Invalid { .. } => "invalid",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that says the same.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignedOut | Self::WrongCredentials => 401,
            Self::CodeAwaited
            | Self::EnrolmentRequired
            | Self::Forbidden
            | Self::AddressRefused
            | Self::OnHold { .. }
            | Self::NeverShownAgain => 403,
            Self::NotFound => 404,
            Self::Stale
            | Self::AlreadyDone
            | Self::ChangeGone
            | Self::LimitReached
            | Self::AllowlistOff => 409,
            Self::BadRequest => 400,
            Self::TooManyTries { .. }
            | Self::CodeLocked { .. }
            | Self::CodeStopped
            | Self::CopyLimit => 429,
            Self::Busy | Self::Unavailable => 503,
            Self::Internal => 500,
            _ => 422,
        }
    }

    /// One field that cannot be taken.
    pub fn field(field: Field, code: FieldCode) -> Self {
        Self::Invalid { errors: vec![FieldError::of(field, code)] }
    }
}

/// One field of a form and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field.
    pub field: Field,
    /// What is wrong.
    pub code: FieldCode,
    /// The line of a field with many lines, counted from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u16>,
}

impl FieldError {
    /// An error of the whole field.
    pub const fn of(field: Field, code: FieldCode) -> Self {
        Self { field, code, line: None }
    }

    /// An error of one line of the field.
    pub const fn at(field: Field, code: FieldCode, line: u16) -> Self {
        Self { field, code, line: Some(line) }
    }
}

named_enum!(
    /// A field of one of the forms.
    Field {
        /// A person's name.
        Name => "name",
        /// The merchant's name.
        MerchantName => "merchant_name",
        /// An e-mail address.
        Email => "email",
        /// The present password.
        Password => "password",
        /// A new password.
        NewPassword => "new_password",
        /// A key's or an entry's label.
        Label => "label",
        /// A key's scopes.
        Scopes => "scopes",
        /// The allowlist mode.
        AllowlistMode => "allowlist_mode",
        /// The allowlist's rules, one a line.
        Rules => "rules",
        /// One range.
        Cidr => "cidr",
        /// The tick that says very wide ranges are meant.
        BroadOk => "broad_ok",
        /// The last day a key works.
        ExpiresOn => "expires_on",
        /// The encryption mode.
        Encryption => "encryption",
        /// Requests a minute.
        Rate => "rate",
        /// The merchant's own name for a customer.
        Customer => "customer",
        /// A chain.
        Chain => "chain",
        /// The address to which money is collected.
        CollectionAddress => "collection_address",
        /// The least that a subaddress must hold to be collected.
        Minimum => "minimum",
        /// Subaddresses in one collection.
        BatchSize => "batch_size",
        /// How long a deposit waits for others.
        MaxAge => "max_age",
    }
);

named_enum!(
    /// What is wrong with a field.
    FieldCode {
        /// It is empty.
        Required => "required",
        /// It has too many characters.
        TooLong => "too_long",
        /// It has too few characters.
        TooShort => "too_short",
        /// It has a control character, or one that reorders or hides text.
        ForbiddenCharacter => "forbidden_character",
        /// It is not an e-mail address.
        NotAnEmail => "not_an_email",
        /// The password is not the right one.
        Wrong => "wrong",
        /// It is a password that many people use, or made of the account's own words.
        Common => "common",
        /// Another one has this already.
        Duplicate => "duplicate",
        /// It is not an address or a range as we write them.
        NotACidr => "not_a_cidr",
        /// More than a hundred rules.
        TooMany => "too_many",
        /// A very wide range: say that it is meant.
        BroadUnconfirmed => "broad_unconfirmed",
        /// It is not a day.
        NotADate => "not_a_date",
        /// It is in the past.
        InThePast => "in_the_past",
        /// It is more than ten years ahead.
        TooFar => "too_far",
        /// A key that moves money may not be used from any address.
        AnyWithMoney => "any_with_money",
        /// Listed addresses need at least one range.
        EmptyList => "empty_list",
        /// An AES key is needed for this mode.
        NeedsAesKey => "needs_aes_key",
        /// It is not a number of requests a minute.
        NotARate => "not_a_rate",
        /// It is no address of this chain and network.
        NotAnAddress => "not_an_address",
        /// It is an address of this installation: money would go in a circle.
        OwnAddress => "own_address",
        /// Nobody has a key to what is paid to this address.
        NoOwner => "no_owner",
        /// It is not an amount of this token.
        NotAnAmount => "not_an_amount",
        /// It is below or above what can be chosen.
        OutOfRange => "out_of_range",
    }
);

#[cfg(test)]
mod tests {
    use super::{Field, FieldCode, Problem};

    #[test]
    fn web_04_a_problem_on_the_wire_is_its_code_and_numbers_only() {
        let wire = |problem| serde_json::to_string(&problem).unwrap();
        assert_eq!(wire(Problem::CodeUsed { wait_s: 12 }), r#"{"code":"code_used","wait_s":12}"#);
        assert_eq!(
            wire(Problem::field(Field::Label, FieldCode::Required)),
            r#"{"code":"invalid","errors":[{"field":"label","code":"required"}]}"#
        );
    }

    #[test]
    fn web_04_text_that_is_no_known_problem_is_not_one() {
        for text in [
            r#"{"code":"hello"}"#,
            r#""<b>"#,
            "",
            r#"{"code":"invalid","errors":[{"field":"x","code":"required"}]}"#,
        ] {
            assert!(serde_json::from_str::<Problem>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_code_of_a_problem_is_its_tag_on_the_wire() {
        let problem = Problem::TooManyTries { wait_s: 1 };
        let value: serde_json::Value = serde_json::to_value(&problem).unwrap();
        assert_eq!(value["code"], problem.code());
    }
}
