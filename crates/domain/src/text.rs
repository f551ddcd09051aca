//! Short texts people type: labels, names, e-mail addresses.

use crate::problem::FieldCode;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Characters that reorder or hide neighbours, so that a text can look like another one.
fn is_deceptive(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            && letter != '\u{200d}'
            && letter != '\u{200c}'
}

/// A label or name: trimmed, 1 to 64 characters, any script and emoji, no control or bidirectional override.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

impl Label {
    /// The most characters a label may have.
    pub const MAX: usize = 64;

    /// Reads what a person typed.
    pub fn parse(text: &str) -> Result<Self, FieldCode> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldCode::Required);
        }
        if text.chars().any(is_deceptive) {
            return Err(FieldCode::ForbiddenCharacter);
        }
        if text.chars().count() > Self::MAX {
            return Err(FieldCode::TooLong);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two labels of one merchant must not share: lower case, inner white space folded.
    pub fn uniqueness_key(&self) -> String {
        self.0.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl TryFrom<String> for Label {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|code| format!("{code:?}"))
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The merchant's own name for a customer: as it was sent, 1 to 128 characters of any script, none that hides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerId(String);

impl CustomerId {
    /// The most characters it may have.
    pub const MAX: usize = 128;

    /// Reads what a shop sent. Nothing is trimmed: two ids that differ in white space would silently become one.
    pub fn parse(text: &str) -> Result<Self, FieldCode> {
        if text.is_empty() {
            return Err(FieldCode::Required);
        }
        if text.chars().count() > Self::MAX {
            return Err(FieldCode::TooLong);
        }
        let on_edge = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
        if on_edge || text.chars().any(is_deceptive) {
            return Err(FieldCode::ForbiddenCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CustomerId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|code| format!("{code:?}"))
    }
}

impl From<CustomerId> for String {
    fn from(id: CustomerId) -> Self {
        id.0
    }
}

impl fmt::Display for CustomerId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An e-mail address, lower-cased: one `@`, a dot in the domain, no white space, at most 254 bytes. Whether
/// mail arrives there only mail can tell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads what a person typed.
    pub fn parse(text: &str) -> Result<Self, FieldCode> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(FieldCode::Required);
        }
        if text.len() > 254 {
            return Err(FieldCode::TooLong);
        }
        let whole = text.chars().all(|letter| {
            !letter.is_whitespace() && !is_deceptive(letter) && !"<>\"(),;:\\[]".contains(letter)
        });
        let parts = text
            .rsplit_once('@')
            .filter(|(local, _)| !local.is_empty() && local.len() <= 64 && !local.contains('@'));
        let domain_ok = parts.is_some_and(|(_, domain)| {
            domain.contains('.')
                && domain.split('.').all(|label| {
                    !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
                })
        });
        if whole && domain_ok { Ok(Self(text)) } else { Err(FieldCode::NotAnEmail) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).map_err(|code| format!("{code:?}"))
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Email, Label};
    use crate::problem::FieldCode;

    #[test]
    fn labels_of_any_script_and_with_markup_are_kept_as_typed() {
        for text in
            ["Production", "生产环境", "חנות", "🛒 shop", "<b>bold</b>", "👩‍💻 dev", &"é".repeat(64)]
        {
            assert_eq!(Label::parse(text).map(String::from), Ok(text.to_owned()));
        }
        assert_eq!(Label::parse("  x  ").map(String::from), Ok("x".into()));
    }

    #[test]
    fn empty_long_and_deceptive_labels_are_refused() {
        assert_eq!(Label::parse(" \t "), Err(FieldCode::Required));
        assert_eq!(Label::parse(&"a".repeat(65)), Err(FieldCode::TooLong));
        for text in ["a\u{202e}b", "a\u{0}b", "a\nb", "a\u{feff}b", "a\u{2066}b"] {
            assert_eq!(Label::parse(text), Err(FieldCode::ForbiddenCharacter), "{text:?}");
        }
    }

    #[test]
    fn labels_that_differ_in_case_or_spacing_only_are_the_same() {
        let key = |text| Label::parse(text).map(|label| label.uniqueness_key());
        assert_eq!(key("My  Shop"), key("my shop"));
        assert_ne!(key("shop 1"), key("shop 2"));
    }

    #[test]
    fn addresses_are_lower_cased_and_nonsense_is_refused() {
        assert_eq!(
            Email::parse(" Ann@Shop.Example ").map(String::from),
            Ok("ann@shop.example".into())
        );
        for text in [
            "ann",
            "@b.c",
            "a@b",
            "a@b..c",
            "a b@c.d",
            "a@-b.c",
            "a@@b.c",
            "a<x>@b.c",
            "a@b.c\r\nBcc: x@y.z",
        ] {
            assert_eq!(Email::parse(text), Err(FieldCode::NotAnEmail), "{text:?}");
        }
    }
}
