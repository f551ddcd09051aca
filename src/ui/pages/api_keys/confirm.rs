//! The values that a code confirms, as the server stored them: in full, and for an edit with what they replace.

use super::{
    edit::encryption_words,
    fields::{mode_words, scope_words},
    row::last_day,
};
use crate::{
    api::keys::KeyValues,
    i18n::{tr, use_language},
    ui::parts::{Facts, Text},
};
use aio_domain::{AllowlistMode, Cidr, Language, Rule, Scope};
use leptos::prelude::*;
use std::net::IpAddr;

/// Every value of a new key.
#[component]
pub fn Values(
    /// The values.
    values: KeyValues,
) -> impl IntoView {
    let l = use_language();
    let pairs = vec![
        (tr::key_form::label(l), values.label.clone().into_any()),
        (
            tr::key_form::permissions(l),
            list(values.scopes.iter().map(|scope| scope_line(l, *scope))),
        ),
        (tr::key_form::where_from(l), where_from(l, &values)),
        (tr::key_form::expires(l), expiry(l, &values).into_any()),
        (tr::key_form::rate(l), rate(l, &values).into_any()),
        (tr::key_form::never(l), yes_no(l, values.never_show_again).into_any()),
    ];
    view! { <Facts pairs/> }
}

/// What an edit changes: each value before and after, ranges added and removed.
#[component]
pub fn Differences(
    /// As it is.
    before: KeyValues,
    /// As it will be.
    after: KeyValues,
) -> impl IntoView {
    let l = use_language();
    let mut pairs: Vec<(&'static str, AnyView)> = Vec::new();
    if before.label != after.label {
        pairs
            .push((tr::key_form::label(l), replaced(l, before.label.clone(), after.label.clone())));
    }
    if before.scopes != after.scopes {
        let lines =
            |scopes: &[Scope]| scopes.iter().map(|scope| scope_line(l, *scope)).collect::<Vec<_>>();
        pairs.push((
            tr::key_form::permissions(l),
            moved(l, &lines(&before.scopes), &lines(&after.scopes)),
        ));
    }
    if before.allowlist_mode != after.allowlist_mode {
        let words = |mode| mode_words(l, mode).0.to_owned();
        pairs.push((
            tr::key_form::where_from(l),
            replaced(l, words(before.allowlist_mode), words(after.allowlist_mode)),
        ));
    }
    if before.rules != after.rules {
        let lines =
            |rules: &[Rule]| rules.iter().map(|rule| rule_line(l, rule)).collect::<Vec<_>>();
        pairs.push((tr::key_form::rules(l), moved(l, &lines(&before.rules), &lines(&after.rules))));
    }
    if before.expires_at != after.expires_at {
        pairs.push((tr::key_form::expires(l), replaced(l, expiry(l, &before), expiry(l, &after))));
    }
    if before.rate_per_minute != after.rate_per_minute {
        pairs.push((tr::key_form::rate(l), replaced(l, rate(l, &before), rate(l, &after))));
    }
    if before.encryption != after.encryption {
        let words = |mode| encryption_words(l, mode).to_owned();
        pairs.push((
            tr::key_form::encryption(l),
            replaced(l, words(before.encryption), words(after.encryption)),
        ));
    }
    if pairs.is_empty() {
        return view! { <p>{tr::key_form::nothing_changed(l)}</p> }.into_any();
    }
    view! {
        <div class="difference">
            <Facts pairs/>
        </div>
    }
    .into_any()
}

fn rate(l: Language, values: &KeyValues) -> String {
    tr::key_form::per_minute(l, &values.rate_per_minute.to_string())
}

fn scope_line(l: Language, scope: Scope) -> String {
    [scope_words(l, scope), " (", scope.as_str(), ")"].concat()
}

/// A range, its first and last address, how many it holds, and its label.
pub fn rule_line(l: Language, rule: &Rule) -> String {
    let label =
        rule.label.as_ref().map(|label| [" · ", label.as_str()].concat()).unwrap_or_default();
    [range_words(l, &rule.cidr), label].concat()
}

/// A range as people read it: `203.0.113.0/24: 203.0.113.0 to 203.0.113.255 (256 addresses)`.
pub fn range_words(l: Language, cidr: &Cidr) -> String {
    let (first, last) = cidr.bounds();
    let private =
        if is_private(first) { [" · ", tr::key_form::private(l)].concat() } else { String::new() };
    let size = match cidr.size_log2() {
        0 => {
            return [&cidr.to_string(), " (", tr::key_form::single(l), ")", &private].concat();
        }
        power @ 1..=20 => tr::key_form::count_addresses(l, &(1_u32 << power).to_string()),
        power => tr::key_form::power(l, &power.to_string()),
    };
    let range =
        tr::key_form::addresses(l, &cidr.to_string(), &first.to_string(), &last.to_string());
    [&range, " (", &size, ")", &private].concat()
}

/// Whether an address never comes from the internet: allowed, but worth a word.
const fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
    }
}

fn where_from(l: Language, values: &KeyValues) -> AnyView {
    let words = mode_words(l, values.allowlist_mode).0;
    match values.allowlist_mode {
        AllowlistMode::Listed => view! {
            {words}
            {list(values.rules.iter().map(|rule| rule_line(l, rule)))}
        }
        .into_any(),
        AllowlistMode::Any | AllowlistMode::Nobody => words.into_any(),
    }
}

fn expiry(l: Language, values: &KeyValues) -> String {
    values.expires_at.map_or_else(|| tr::keys::no_expiry(l).to_owned(), last_day)
}

const fn yes_no(l: Language, yes: bool) -> &'static str {
    if yes { tr::common::yes(l) } else { tr::common::no(l) }
}

fn list(lines: impl Iterator<Item = String>) -> AnyView {
    let items = lines.map(|line| view! { <li>{line}</li> }).collect_view();
    view! { <ul class="ranges">{items}</ul> }.into_any()
}

/// One value in place of another.
fn replaced(l: Language, before: impl Into<Text>, after: impl Into<Text>) -> AnyView {
    view! {
        <p>
            <span class="muted">{tr::key_form::before(l)}</span>
            <del>{before.into()}</del>
        </p>
        <p>
            <span class="muted">{tr::key_form::after(l)}</span>
            <ins>{after.into()}</ins>
        </p>
    }
    .into_any()
}

/// What goes and what comes; what stays is told too, so that the whole result can be read.
fn moved(l: Language, before: &[String], after: &[String]) -> AnyView {
    let gone = before
        .iter()
        .filter(|line| !after.contains(line))
        .map(|line| {
            view! {
                <li>
                    <span class="muted">{tr::key_form::removed(l)} " "</span>
                    <del>{line.clone()}</del>
                </li>
            }
        })
        .collect_view();
    let there = after
        .iter()
        .map(|line| {
            if before.contains(line) {
                view! { <li>{line.clone()}</li> }.into_any()
            } else {
                view! {
                    <li>
                        <span class="muted">{tr::key_form::added(l)} " "</span>
                        <ins>{line.clone()}</ins>
                    </li>
                }
                .into_any()
            }
        })
        .collect_view();
    view! { <ul class="ranges">{there}{gone}</ul> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::range_words;
    use aio_domain::{Cidr, Language};

    #[test]
    fn stp_05_a_range_is_told_with_its_bounds_and_size() {
        let told = |text| {
            Cidr::parse(text).map(|cidr| range_words(Language::En, &cidr)).unwrap_or_default()
        };
        assert_eq!(
            told("203.0.113.9/24"),
            "203.0.113.0/24: 203.0.113.0 to 203.0.113.255 (256 addresses)"
        );
        assert_eq!(told("203.0.113.7"), "203.0.113.7/32 (one address)");
        assert!(told("2001:db8::/48").ends_with("(2^80 addresses)"));
        assert_eq!(told("10.0.0.1"), "10.0.0.1/32 (one address) · private network");
    }
}
