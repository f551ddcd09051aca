//! Files that say the same thing twice must say it alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{names, read, read_toml};

#[test]
fn leptos_toml_equals_the_table_in_the_manifest() {
    let table = |path: &str| {
        let file = read_toml(path);
        let leptos =
            file.get("package").and_then(|p| p.get("metadata")).and_then(|m| m.get("leptos"));
        leptos.cloned().unwrap_or_else(|| panic!("{path} has no [package.metadata.leptos]"))
    };
    assert_eq!(table("Leptos.toml"), table("Cargo.toml"));
}

#[test]
fn dat_08_both_engines_have_the_same_migrations() {
    let sqlite = names("migrations/sqlite");
    assert!(!sqlite.is_empty(), "no migrations found");
    assert_eq!(sqlite, names("migrations/postgres"));
}

/// Dotted key to text.
fn texts(path: &str) -> BTreeMap<String, String> {
    fn flatten(prefix: &str, value: &serde_json::Value, into: &mut BTreeMap<String, String>) {
        match value {
            serde_json::Value::Object(group) => {
                for (name, inner) in group {
                    let key =
                        if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                    flatten(&key, inner, into);
                }
            }
            serde_json::Value::String(text) => {
                into.insert(prefix.to_owned(), text.clone());
            }
            other => panic!("{prefix} is not a text: {other}"),
        }
    }
    let value = serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = BTreeMap::new();
    flatten("", &value, &mut found);
    found
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn both_languages_have_the_same_keys_and_placeholders() {
    // English has a form for one; Chinese uses the general form for every count.
    let english = texts("locales/en.json");
    let general: BTreeMap<_, _> =
        english.iter().filter(|(key, _)| !key.ends_with("_one")).collect();
    let chinese = texts("locales/zh.json");
    assert_eq!(general.keys().copied().collect::<Vec<_>>(), chinese.keys().collect::<Vec<_>>());
    for (key, text) in general {
        assert_eq!(placeholders(text), placeholders(&chinese[key]), "placeholders of {key}");
    }
}

#[test]
fn the_bindgen_tool_has_the_version_of_the_crate() {
    let tools = read("scripts/tools");
    let pin = tools.lines().find_map(|line| line.strip_prefix("wasm_bindgen=")).expect("a pin");
    let pin = pin.split_whitespace().next().expect("a version");
    let manifest = read_toml("Cargo.toml");
    let wanted = manifest["dependencies"]["wasm-bindgen"]["version"].as_str();
    assert_eq!(wanted, Some(format!("={pin}").as_str()));
}

#[test]
fn the_toolchain_file_and_the_manifest_name_the_same_rust() {
    let channel =
        read_toml("rust-toolchain.toml")["toolchain"]["channel"].as_str().map(str::to_owned);
    let minimum =
        read_toml("Cargo.toml")["workspace"]["package"]["rust-version"].as_str().map(str::to_owned);
    let (channel, minimum) = channel.zip(minimum).expect("both are set");
    assert!(channel.starts_with(&minimum), "{channel} and {minimum}");
}
