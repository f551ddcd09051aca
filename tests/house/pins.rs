//! Versions that past advisories made the least acceptable, read from the lock file.

use crate::sources::read_toml;

/// Package, least version, and what an older one would bring back.
const LEAST: [(&str, [u64; 3], &str); 7] = [
    ("sqlx", [0, 9, 0], "mis-sized protocol messages before 0.8.1; an older SQLite before 0.9"),
    ("libsqlite3-sys", [0, 37, 0], "SQLite 3.51.3 mends the WAL-reset corruption"),
    ("idna", [1, 0, 3], "Punycode labels that decode to ASCII"),
    ("totp-rs", [6, 0, 0], "comparison that is not constant-time"),
    ("h2", [0, 4, 4], "CONTINUATION flood"),
    ("rustls", [0, 23, 5], "endless loop on certain input"),
    ("hyper", [1, 0, 0], "request smuggling fixes stop at the older line"),
];

fn versions(name: &str) -> Vec<[u64; 3]> {
    let lock = read_toml("Cargo.lock");
    let packages = lock.get("package").and_then(toml::Value::as_array).expect("packages");
    let found = packages.iter().filter(|package| package["name"].as_str() == Some(name));
    found.map(|package| parse(package["version"].as_str().expect("a version"))).collect()
}

/// The three numbers of a version, without a pre-release or build suffix.
fn parse(version: &str) -> [u64; 3] {
    let plain = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = plain.split('.').map(|part| part.parse().expect("a number"));
    [(); 3].map(|()| numbers.next().unwrap_or_default())
}

#[test]
fn no_package_is_older_than_its_last_advisory() {
    for (name, least, why) in LEAST {
        for found in versions(name) {
            assert!(found >= least, "{name} {found:?} is older than {least:?}: {why}");
        }
    }
}

#[test]
fn dat_02_one_copy_of_sqlite_is_linked_and_it_is_recent() {
    let found = versions("libsqlite3-sys");
    assert_eq!(found.len(), 1, "two copies of SQLite cannot be trusted with one database");
    assert!(found[0] >= [0, 37, 0]);
}

#[test]
fn the_packages_that_must_be_there_are_there() {
    // Otherwise the loop above would pass on an empty list after a rename.
    for name in ["sqlx", "libsqlite3-sys", "totp-rs", "hyper"] {
        assert!(!versions(name).is_empty(), "{name} is not in Cargo.lock");
    }
}

#[test]
fn only_the_public_registry_is_a_source() {
    let lock = read_toml("Cargo.lock");
    let packages = lock.get("package").and_then(toml::Value::as_array).expect("packages");
    for package in packages {
        if let Some(source) = package.get("source").and_then(toml::Value::as_str) {
            assert_eq!(
                source, "registry+https://github.com/rust-lang/crates.io-index",
                "{package:?}"
            );
        }
    }
}
