//! `docs/security/requirements.md` maps each requirement to the tests that prove it. The tests' names carry the
//! ids and `scripts/requirements` writes the last column, so the map cannot say more than the tests do.

use std::{collections::BTreeMap, process::Command};

use regex::Regex;

use crate::sources::{files, read, root, rust};

const MAP: &str = "docs/security/requirements.md";

/// What may not lack a test: the requirements that block a release and whose feature is built.
const PROVEN: &[(&str, &[u8])] = &[
    ("AUT", &[1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 15, 17, 18]),
    ("STP", &[1, 2, 3, 4]),
    ("SES", &[1, 2, 3, 4, 5, 7]),
    ("WEB", &[1, 2, 3, 4, 5, 6, 7, 9]),
    ("ACC", &[1, 2, 3]),
    ("KEY", &[2, 3, 4, 5, 7, 8, 9, 10]),
    ("AES", &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12]),
    ("IPA", &[1, 2, 3, 4, 5, 6, 9]),
    ("API", &[1, 2, 3, 5, 6, 7]),
    ("DAT", &[1, 2, 4, 8]),
    ("OPS", &[1, 3]),
];

/// Id to its last column.
fn rows() -> BTreeMap<String, String> {
    let row = Regex::new(r"(?m)^\| ([A-Z]{3}-[0-9]{2}) \| P[0-2] \| .+ \| (.*) \|$")
        .expect("a valid pattern");
    let text = read(MAP);
    row.captures_iter(&text).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

#[test]
fn every_blocking_requirement_has_a_test() {
    let rows = rows();
    let wanted = PROVEN
        .iter()
        .flat_map(|(area, numbers)| numbers.iter().map(move |n| format!("{area}-{n:02}")));
    let bare: Vec<String> =
        wanted.filter(|id| !rows.get(id).is_some_and(|tests| tests.contains('`'))).collect();
    assert!(bare.is_empty(), "no test carries the id of: {}", bare.join(" "));
}

#[test]
fn every_test_in_the_map_exists() {
    let named = Regex::new(r"`([^`]+)`").expect("a valid pattern");
    let code: String = rust().into_iter().map(|file| file.text).collect();
    let specs: String =
        files(&["end2end/tests"], ".ts").into_iter().map(|file| file.text).collect();
    for (id, tests) in rows() {
        for test in named.captures_iter(&tests) {
            let exists = code.contains(&format!("fn {}(", &test[1])) || specs.contains(&test[1]);
            assert!(exists, "{id} names {}, which does not exist", &test[1]);
        }
    }
}

#[test]
fn the_map_is_current() {
    let output = Command::new(root().join("scripts/requirements"))
        .arg("--print")
        .output()
        .expect("scripts/requirements runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (wanted, current) = (String::from_utf8_lossy(&output.stdout), read(MAP));
    let stale: Vec<&str> =
        wanted.lines().filter(|line| !current.lines().any(|l| l == *line)).collect();
    assert!(
        stale.is_empty(),
        "run scripts/requirements; these lines change:\n{}",
        stale.join("\n")
    );
    assert_eq!(wanted.lines().count(), current.lines().count(), "run scripts/requirements");
}
