//! The direction of dependencies: ui, api, server, service, store, domain, and never back.

use std::collections::BTreeSet;

use regex::Regex;

use crate::sources::{Source, manifests, rust};

/// Names of everything a manifest depends on, for any purpose.
fn dependencies(manifest: &toml::Table) -> BTreeSet<String> {
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    let found = tables.iter().filter_map(|table| manifest.get(*table)?.as_table());
    found.flat_map(|table| table.keys().cloned()).collect()
}

/// Every place where a file of `from` names one of `banned`, as `path: line`.
fn breaches(from: impl Fn(&Source) -> bool, banned: &[&str]) -> Vec<String> {
    let names = banned.iter().map(|name| regex::escape(name)).collect::<Vec<_>>().join("|");
    let pattern = Regex::new(&format!(r"\b({names})\b")).expect("a valid pattern");
    let mut found = Vec::new();
    for file in rust().iter().filter(|file| from(file)) {
        for line in file.code().lines().filter(|line| pattern.is_match(line)) {
            found.push(format!("{}: {}", file.path, line.trim()));
        }
    }
    found
}

fn assert_none(rule: &str, found: &[String]) {
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

#[test]
fn manifests_point_one_way() {
    let rules: [(&str, &[&str]); 8] = [
        (
            "crates/domain",
            &["aio-chain", "aio-service", "aio-store", "axum", "leptos", "sqlx", "tokio"],
        ),
        ("crates/chain", &["aio-service", "aio-store", "axum", "leptos", "sqlx", "tokio"]),
        ("crates/chain-bitcoin", &["aio-service", "aio-store", "axum", "leptos", "sqlx"]),
        ("crates/chain-evm", &["aio-service", "aio-store", "axum", "leptos", "sqlx"]),
        ("crates/nodes", &["aio-chain", "aio-service", "aio-store", "axum", "leptos", "sqlx"]),
        ("crates/store", &["aio-service", "axum", "leptos"]),
        ("crates/service", &["axum", "leptos", "leptos_axum", "sqlx"]),
        (".", &["sqlx", "tower-sessions", "tower-sessions-core"]),
    ];
    for (folder, manifest) in manifests() {
        let has = dependencies(&manifest);
        assert!(
            folder == "." || !has.iter().any(|name| name.starts_with("leptos") || name == "axum"),
            "{folder}: the web stands in the root package only"
        );
        assert!(
            folder == "crates/store" || !has.contains("sqlx"),
            "{folder}: only the store speaks SQL"
        );
        let banned = rules.iter().filter(|(of, _)| *of == folder).flat_map(|(_, names)| *names);
        for name in banned {
            assert!(!has.contains(*name), "{folder} may not depend on {name}");
        }
    }
}

#[test]
fn the_server_half_is_optional_in_the_root_package() {
    let (_, manifest) = manifests().remove(0);
    let table = manifest.get("dependencies").and_then(toml::Value::as_table).expect("dependencies");
    for name in ["aio-service", "aio-store", "axum", "leptos_axum", "tokio"] {
        let optional = table.get(name).and_then(|entry| entry.get("optional"));
        assert_eq!(optional, Some(&toml::Value::Boolean(true)), "{name} would reach the browser");
    }
}

#[test]
fn only_the_store_names_sqlx() {
    let found = breaches(
        // The bare server that `make bench` compares with is no part of the product.
        |file| {
            !["crates/store/", "tests/house/", "benches/baseline/"]
                .iter()
                .any(|folder| file.under(folder))
        },
        &["sqlx"],
    );
    assert_none("SQL outside crates/store", &found);
}

#[test]
fn crates_know_no_web_framework() {
    let found = breaches(|file| file.under("crates/"), &["axum", "leptos", "leptos_axum"]);
    assert_none("web framework inside crates/", &found);
}

#[test]
fn lower_crates_do_not_name_higher_ones() {
    assert_none("store names service", &breaches(|f| f.under("crates/store/"), &["aio_service"]));
    let banned = ["aio_service", "aio_store", "tokio"];
    assert_none("domain names another layer", &breaches(|f| f.under("crates/domain/"), &banned));
    let below = |f: &Source| f.under("crates/chain") || f.under("crates/nodes/");
    let banned = ["aio_service", "aio_store", "leptos"];
    assert_none("a chain names a layer above", &breaches(below, &banned));
}

#[test]
fn the_ui_reaches_the_server_only_through_the_api() {
    let banned = ["aio_service", "aio_store", "crate::server", "leptos_axum", "axum"];
    assert_none("ui names a lower layer", &breaches(|file| file.under("src/ui/"), &banned));
}

#[test]
fn nobody_but_the_app_uses_the_ui() {
    let outside = |file: &Source| {
        file.under("src/")
            && !file.under("src/ui/")
            && !["src/app.rs", "src/lib.rs"].contains(&file.path.as_str())
    };
    assert_none("ui is used from below", &breaches(outside, &["crate::ui", "aio::ui"]));
}

#[test]
fn the_crates_never_look_up() {
    let banned = ["aio::server", "aio::api", "aio::ui"];
    assert_none("a crate names the root package", &breaches(|file| file.under("crates/"), &banned));
}
