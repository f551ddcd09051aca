//! From which addresses an API key or a dashboard may be used.

use crate::{
    Cidr,
    preferences::named_enum,
    problem::{Field, FieldCode, FieldError},
    text::Label,
};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

named_enum!(
    /// Where an API key works from: chosen by a person, never inferred from an empty list.
    AllowlistMode {
        /// From anywhere.
        Any => "any",
        /// From the listed ranges only.
        Listed => "listed",
        /// From nowhere.
        Nobody => "nobody",
    }
);

/// One range of an allowlist and what a person calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The range.
    pub cidr: Cidr,
    /// What it is, in the merchant's words.
    pub label: Option<Label>,
}

/// The most rules one allowlist may have.
pub const MAX_RULES: usize = 100;

impl AllowlistMode {
    /// Whether a caller at `address` may use the key. An empty list under `listed` lets nobody in.
    pub fn permits<'a>(self, ranges: impl IntoIterator<Item = &'a Cidr>, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Nobody => false,
            Self::Listed => ranges.into_iter().any(|range| range.contains(address)),
        }
    }
}

/// Reads one rule a line: a range, then optionally white space and a label. Empty lines are passed over; each
/// bad line is reported with its number, counted from one.
pub fn parse_rules(text: &str) -> Result<Vec<Rule>, Vec<FieldError>> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut errors = Vec::new();
    for (line, text) in (1_u16..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        match parse_rule(text) {
            Ok(rule) if rules.iter().any(|known| known.cidr == rule.cidr) => {
                errors.push(FieldError::at(Field::Rules, FieldCode::Duplicate, line));
            }
            Ok(rule) => rules.push(rule),
            Err(code) => errors.push(FieldError::at(Field::Rules, code, line)),
        }
        if rules.len() > MAX_RULES {
            return Err(vec![FieldError::of(Field::Rules, FieldCode::TooMany)]);
        }
        if errors.len() >= 10 {
            break;
        }
    }
    if errors.is_empty() { Ok(rules) } else { Err(errors) }
}

fn parse_rule(line: &str) -> Result<Rule, FieldCode> {
    let line = line.trim();
    let (range, label) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let label = match label.trim() {
        "" => None,
        label => Some(Label::parse(label)?),
    };
    Ok(Rule { cidr: Cidr::parse(range)?, label })
}

/// What [`parse_rules`] reads back: one rule a line.
pub fn format_rules(rules: &[Rule]) -> String {
    let line = |rule: &Rule| {
        rule.label
            .as_ref()
            .map_or_else(|| rule.cidr.to_string(), |label| format!("{} {label}", rule.cidr))
    };
    rules.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::{AllowlistMode, MAX_RULES, format_rules, parse_rules};
    use crate::problem::{Field, FieldCode, FieldError};
    use crate::{Cidr, Rule};
    use std::net::IpAddr;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ranges(text: &str) -> Vec<Cidr> {
        parse_rules(text).unwrap().iter().map(|rule: &Rule| rule.cidr).collect()
    }

    #[test]
    fn ipa_05_an_empty_list_never_means_anybody() {
        assert!(!AllowlistMode::Listed.permits(&[], address("10.0.0.1")));
        assert!(!AllowlistMode::Nobody.permits(&ranges("0.0.0.0/0"), address("10.0.0.1")));
        assert!(AllowlistMode::Any.permits(&[], address("10.0.0.1")));
    }

    #[test]
    fn ipa_05_a_list_of_ipv4_ranges_refuses_all_of_ipv6() {
        let list = ranges("0.0.0.0/0");
        assert!(AllowlistMode::Listed.permits(&list, address("::ffff:9.9.9.9")));
        assert!(!AllowlistMode::Listed.permits(&list, address("2001:db8::1")));
        assert!(!AllowlistMode::Listed.permits(&list, address("::1")));
    }

    #[test]
    fn rules_with_labels_come_back_from_their_text() {
        let rules = parse_rules("203.0.113.0/24  office in 上海\n\n 2001:db8::/48\n").unwrap();
        assert_eq!(format_rules(&rules), "203.0.113.0/24 office in 上海\n2001:db8::/48");
        assert_eq!(parse_rules(&format_rules(&rules)), Ok(rules));
    }

    #[test]
    fn ipa_04_each_bad_line_is_named() {
        let errors = parse_rules("10.0.0.1\n10.0.0.0/08 x\n10.0.0.1/32 again").unwrap_err();
        let expected = [(2, FieldCode::NotACidr), (3, FieldCode::Duplicate)]
            .map(|(line, code)| FieldError::at(Field::Rules, code, line));
        assert_eq!(errors, expected);
    }

    #[test]
    fn ipa_04_the_hundred_and_first_rule_is_refused() {
        let lines = |count: usize| {
            (0..count)
                .map(|n| format!("10.0.{}.{}", n / 256, n % 256))
                .collect::<Vec<_>>()
                .join("\n")
        };
        assert_eq!(parse_rules(&lines(MAX_RULES)).map(|rules| rules.len()), Ok(100));
        assert_eq!(
            parse_rules(&lines(MAX_RULES + 1)),
            Err(vec![FieldError::of(Field::Rules, FieldCode::TooMany)])
        );
    }
}
