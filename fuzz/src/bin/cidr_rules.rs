//! An allowlist as typed: what is taken is canonical, reads back the same and means what it shows.
#![no_main]

use aio_domain::allowlist::{MAX_RULES, format_rules, parse_rules};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(rules) = parse_rules(text) {
        assert!(rules.len() <= MAX_RULES);
        assert_eq!(parse_rules(&format_rules(&rules)).as_ref(), Ok(&rules));
        for rule in &rules {
            let (first, last) = rule.cidr.bounds();
            assert!(first <= last);
            // An IPv6 range admits no IPv4 caller, also where it holds addresses that stand for one.
            for end in [first, last].into_iter().filter(|end| end.to_canonical() == *end) {
                assert!(rule.cidr.contains(end));
            }
        }
    }
});
