//! What may not be written anywhere, or only in one place.

use regex::Regex;

use crate::sources::{files, read_toml, rust};

/// The one file that turns a code into a step.
const CODE_CHECK: &str = "crates/domain/src/totp.rs";

/// Paths of Rust files whose code matches, except those named. This folder is left out: it holds the patterns.
fn matching(pattern: &str, except: &[&str]) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a valid pattern");
    let all = rust().into_iter().filter(|file| !file.under("tests/house/"));
    let wrong =
        all.filter(|file| !except.contains(&file.path.as_str()) && pattern.is_match(&file.code()));
    wrong.map(|file| file.path).collect()
}

#[test]
fn lints_are_expected_with_a_reason_and_never_allowed() {
    // That an `expect` has a reason is a lint of its own.
    assert_eq!(matching(r"#!?\[\s*(cfg_attr\([^\]]*,\s*)?allow\(", &[]), [""; 0]);
}

#[test]
fn nothing_is_left_for_later() {
    assert_eq!(matching(r"\b(todo|unimplemented)!|#\[ignore", &[]), [""; 0]);
    let skipped = Regex::new(r"\b(test|describe)\.(skip|only|fixme)\(").expect("a valid pattern");
    let specs = files(&["end2end/tests"], ".ts");
    let found: Vec<_> =
        specs.iter().filter(|spec| skipped.is_match(&spec.text)).map(|spec| &spec.path).collect();
    assert!(found.is_empty(), "browser tests are skipped or singled out: {found:?}");
}

#[test]
fn web_07_no_page_takes_raw_markup() {
    assert_eq!(matching(r"\binner_html\b|\bset_inner_html\b", &[]), [""; 0]);
}

#[test]
fn web_02_no_server_function_answers_get() {
    assert_eq!(matching(r"\b(GetUrl|GetCbor)\b", &[]), [""; 0]);
}

#[test]
fn every_server_function_names_its_endpoint() {
    let attribute = Regex::new(r"(?s)#\[server\b(.*?)\]").expect("a valid pattern");
    for file in files(&["src"], ".rs") {
        let code = file.code();
        // `#[server(default)]` stands on arguments, everything else on functions.
        for found in attribute.captures_iter(&code).filter(|found| &found[1] != "(default)") {
            // Without it the address holds a hash of the folder it was built in.
            assert!(found[1].contains("endpoint"), "{}: {}", file.path, &found[0]);
        }
    }
}

#[test]
fn aut_01_codes_are_turned_into_steps_in_one_file() {
    assert_eq!(matching(r"\btotp_rs\b", &[CODE_CHECK]), [""; 0]);
}

#[test]
fn key_03_no_other_generator_is_named() {
    let generators =
        r"\b(rand|fastrand|nanorand|oorandom)::|\bthread_rng\b|\bUuid::new_v[47]\b|\bRandomState\b";
    assert_eq!(matching(generators, &[]), [""; 0]);
}

#[test]
fn ops_05_clippy_bans_reading_the_clock_and_the_generator() {
    let table = read_toml("clippy.toml");
    let bans = table
        .get("disallowed-methods")
        .and_then(toml::Value::as_array)
        .expect("disallowed-methods");
    let named = |path: &str| {
        bans.iter().any(|ban| {
            let has = |key: &str| ban.get(key).and_then(toml::Value::as_str);
            has("path") == Some(path) && has("reason").is_some_and(|reason| !reason.is_empty())
        })
    };
    for path in [
        "std::time::SystemTime::now",
        "std::time::Instant::now",
        "getrandom::fill",
        "totp_rs::Totp::check",
        "totp_rs::Totp::check_current",
    ] {
        assert!(named(path), "clippy.toml lost {path}");
    }
}

#[test]
fn pages_are_styled_by_classes_and_never_inline() {
    // The content security policy refuses style attributes; SVG uses presentation attributes.
    let found = matching(r#"\bstyle=(\{|")"#, &[]);
    assert!(found.iter().all(|path| !path.starts_with("src/ui/")), "style attributes: {found:?}");
}
