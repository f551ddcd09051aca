//! What a person types about a key, checked field by field into normalised values.

use aio_domain::{
    AllowlistMode, ApiKeyId, EncryptionMode, Field, FieldCode, FieldError, Problem, Rule, Scope,
    ScopeSet, Timestamp, allowlist::parse_rules, rate, text::Label, time::DAY,
};
use aio_store::ApiKeyRow;
use serde::{Deserialize, Serialize};

/// A key may end at most so many milliseconds ahead.
const FARTHEST: i64 = 3653 * DAY;

/// What a person typed into the create or edit dialog.
#[derive(Debug, Clone, Default)]
pub struct KeyInput {
    /// Label.
    pub label: String,
    /// Scopes.
    pub scopes: Vec<Scope>,
    /// Allowlist mode, when one was chosen.
    pub allowlist_mode: Option<AllowlistMode>,
    /// Rules, one a line.
    pub rules: String,
    /// Very wide ranges are meant.
    pub broad_ok: bool,
    /// Last day it works, or empty.
    pub expires_on: String,
    /// The secret cannot be copied later.
    pub never_show_again: bool,
    /// Encryption mode, when editing.
    pub encryption: Option<EncryptionMode>,
    /// Requests a minute, or empty for the usual number.
    pub rate: String,
}

/// The normalised values of a key: what is stored, shown and confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPlan {
    /// Label.
    pub label: Label,
    /// Scopes.
    pub scopes: ScopeSet,
    /// Allowlist mode.
    pub allowlist_mode: AllowlistMode,
    /// Rules; empty unless the mode is `listed`.
    pub rules: Vec<Rule>,
    /// First instant at which it works no more.
    pub expires_at: Option<Timestamp>,
    /// The secret cannot be copied later.
    pub never_show_again: bool,
    /// Encryption mode.
    pub encryption: EncryptionMode,
    /// Requests a minute.
    pub rate_per_minute: u32,
    /// The key's version that an edit was begun on.
    pub base_version: Option<i64>,
}

/// What is known of the key while its form is checked.
pub(crate) struct Known {
    pub now: Timestamp,
    pub has_aes: bool,
    pub encryption: EncryptionMode,
    pub base: Option<(i64, Option<Timestamp>)>,
}

impl KeyInput {
    /// Checks every field and gathers what is wrong with each.
    pub(crate) fn check(&self, known: &Known) -> Result<KeyPlan, Vec<FieldError>> {
        let mut errors = Vec::new();
        let label = Label::parse(&self.label)
            .map_err(|code| errors.push(FieldError::of(Field::Label, code)))
            .ok();
        let scopes = ScopeSet::from(self.scopes.clone());
        let rules = self.check_rules(&scopes, &mut errors);
        let expires_at = self
            .check_expiry(known)
            .map_err(|code| errors.push(FieldError::of(Field::ExpiresOn, code)))
            .ok();
        let encryption = self.encryption.unwrap_or(known.encryption);
        if encryption != EncryptionMode::Off && !known.has_aes {
            errors.push(FieldError::of(Field::Encryption, FieldCode::NeedsAesKey));
        }
        let rate = rate::parse_per_minute(&self.rate);
        if rate.is_none() {
            errors.push(FieldError::of(Field::Rate, FieldCode::NotARate));
        }
        match (label, self.allowlist_mode, expires_at, rate) {
            (Some(label), Some(allowlist_mode), Some(expires_at), Some(rate_per_minute))
                if errors.is_empty() =>
            {
                Ok(KeyPlan {
                    label,
                    scopes,
                    allowlist_mode,
                    rules,
                    expires_at,
                    never_show_again: self.never_show_again,
                    encryption,
                    rate_per_minute,
                    base_version: known.base.map(|(version, _)| version),
                })
            }
            _ => Err(errors),
        }
    }

    fn check_rules(&self, scopes: &ScopeSet, errors: &mut Vec<FieldError>) -> Vec<Rule> {
        match self.allowlist_mode {
            None => errors.push(FieldError::of(Field::AllowlistMode, FieldCode::Required)),
            Some(AllowlistMode::Any) if scopes.moves_money() => {
                errors.push(FieldError::of(Field::AllowlistMode, FieldCode::AnyWithMoney));
            }
            Some(AllowlistMode::Listed) => match parse_rules(&self.rules) {
                Ok(rules) if rules.is_empty() => {
                    errors.push(FieldError::of(Field::Rules, FieldCode::EmptyList));
                }
                Ok(rules) => {
                    if rules.iter().any(|rule| rule.cidr.is_broad()) && !self.broad_ok {
                        errors.push(FieldError::of(Field::BroadOk, FieldCode::BroadUnconfirmed));
                    }
                    return rules;
                }
                Err(bad) => errors.extend(bad),
            },
            Some(_) => {}
        }
        Vec::new()
    }

    fn check_expiry(&self, known: &Known) -> Result<Option<Timestamp>, FieldCode> {
        let text = self.expires_on.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let at = Timestamp::end_of_day(text).ok_or(FieldCode::NotADate)?;
        let unchanged = known.base.is_some_and(|(_, present)| present == Some(at));
        if at <= known.now && !unchanged {
            return Err(FieldCode::InThePast);
        }
        if at.since(known.now) > FARTHEST {
            return Err(FieldCode::TooFar);
        }
        Ok(Some(at))
    }
}

/// Adds "another key has this label" to whatever else is wrong with the form.
pub(crate) fn unique_label(
    checked: Result<KeyPlan, Vec<FieldError>>,
    typed: &str,
    keys: &[ApiKeyRow],
    own: Option<ApiKeyId>,
) -> Result<KeyPlan, Problem> {
    let wanted = Label::parse(typed).map(|label| label.uniqueness_key()).ok();
    let taken = keys
        .iter()
        .any(|key| Some(key.id) != own && wanted.as_ref() == Some(&key.label.uniqueness_key()));
    let duplicate = taken.then(|| FieldError::of(Field::Label, FieldCode::Duplicate));
    match checked {
        Ok(plan) if !taken => Ok(plan),
        Ok(_) => Err(Problem::Invalid { errors: duplicate.into_iter().collect() }),
        Err(errors) => {
            Err(Problem::Invalid { errors: duplicate.into_iter().chain(errors).collect() })
        }
    }
}
