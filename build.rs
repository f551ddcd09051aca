//! Turns `locales/*.json` into typed functions, so that a missing, extra or mismatched text stops the build.
//!
//! Groups become modules, keys become functions: `tr::keys::title(language)`. A text with `{name}` placeholders
//! takes them as arguments in the order of the English text. A key ending in `_other` (with `_one` beside it in
//! English; Chinese has one form) becomes one function that takes `count` first.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt, fs,
    io::{self, Write as _},
    path::Path,
};

/// Dotted key to text, in key order.
type Texts = BTreeMap<String, String>;

/// What is wrong with the locale files, as cargo shows it.
struct Fault(String);

impl<E: fmt::Display> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

fn main() -> io::Result<()> {
    let mut cargo = io::stdout();
    writeln!(cargo, "cargo::rerun-if-changed=build.rs")?;
    writeln!(cargo, "cargo::rerun-if-changed=locales")?;
    if let Err(Fault(message)) = run() {
        for line in message.lines() {
            writeln!(cargo, "cargo::error={line}")?;
        }
    }
    Ok(())
}

fn run() -> Result<(), Fault> {
    let english = read("locales/en.json")?;
    let chinese = read("locales/zh.json")?;
    check(&english, &chinese)?;
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("texts.rs"), generate(&english, &chinese))?;
    Ok(())
}

fn read(path: &str) -> Result<Texts, Fault> {
    let json = fs::read_to_string(path).map_err(|error| Fault(format!("{path}: {error}")))?;
    let value = serde_json::from_str(&json).map_err(|error| Fault(format!("{path}: {error}")))?;
    let mut texts = Texts::new();
    flatten(path, "", &value, &mut texts)?;
    Ok(texts)
}

fn flatten(
    path: &str,
    prefix: &str,
    value: &serde_json::Value,
    texts: &mut Texts,
) -> Result<(), Fault> {
    match value {
        serde_json::Value::Object(group) => group.iter().try_for_each(|(name, inner)| {
            if !is_identifier(name) {
                return Err(Fault(format!("{path}: `{prefix}{name}` is not a snake_case name")));
            }
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            flatten(path, &key, inner, texts)
        }),
        serde_json::Value::String(text) if !text.trim().is_empty() => {
            texts.insert(prefix.to_owned(), text.clone());
            Ok(())
        }
        _ => Err(Fault(format!("{path}: `{prefix}` must be a non-empty text or a group"))),
    }
}

fn is_identifier(name: &str) -> bool {
    const KEYWORDS: [&str; 14] = [
        "as", "continue", "crate", "for", "if", "in", "loop", "match", "move", "ref", "self",
        "type", "use", "where",
    ];
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&name)
}

/// Both files must hold the same keys with the same placeholders.
fn check(english: &Texts, chinese: &Texts) -> Result<(), Fault> {
    let mut faults = Vec::new();
    for (key, text) in english {
        let other = match key.strip_suffix("_one") {
            Some(stem) => chinese.get(&format!("{stem}_other")),
            None => chinese.get(key),
        };
        match other {
            None => faults.push(format!("locales/zh.json lacks `{key}`")),
            Some(other) if names(text) != names(other) && !key.ends_with("_one") => {
                faults.push(format!("`{key}` has different placeholders in en.json and zh.json"));
            }
            Some(_) => {}
        }
        if let Some(stem) = key.strip_suffix("_other")
            && !(english.contains_key(&format!("{stem}_one")) && text.contains("{count}"))
        {
            faults
                .push(format!("`{key}` needs `{stem}_one` beside it and a {{count}} in its text"));
        }
    }
    for key in chinese.keys().filter(|key| !english.contains_key(*key)) {
        faults.push(format!("locales/en.json lacks `{key}`"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Fault(faults.join("\n"))) }
}

/// A text in its pieces: literal, placeholder, literal, ...
fn pieces(text: &str) -> Vec<(&str, Option<&str>)> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        pieces.push((before, Some(name)));
        rest = tail;
    }
    pieces.push((rest, None));
    pieces
}

fn names(text: &str) -> BTreeSet<&str> {
    pieces(text).into_iter().filter_map(|(_, name)| name).collect()
}

fn generate(english: &Texts, chinese: &Texts) -> String {
    let mut code = String::new();
    let mut open: Vec<&str> = Vec::new();
    // Sorted by group first, so that the keys of one group stand together and no module opens twice.
    let mut keys: Vec<(Vec<&str>, &str)> = english
        .keys()
        .filter(|key| !key.ends_with("_one"))
        .map(|key| match key.rsplit_once('.') {
            Some((groups, name)) => (groups.split('.').collect(), name),
            None => (Vec::new(), key.as_str()),
        })
        .collect();
    keys.sort();
    for (groups, name) in keys {
        let shared = open.iter().zip(&groups).take_while(|(a, b)| a == b).count();
        for _ in shared..open.len() {
            code.push_str("}\n");
        }
        for group in groups.iter().skip(shared) {
            code.extend(["/// Texts of `", group, "`.\npub mod ", group, " {\n"]);
        }
        let key = groups.iter().chain([&name]).copied().collect::<Vec<_>>().join(".");
        code.push_str(&function(&key, name, english, chinese));
        open = groups;
    }
    for _ in open {
        code.push_str("}\n");
    }
    code
}

fn function(key: &str, name: &str, english: &Texts, chinese: &Texts) -> String {
    let text = |texts: &Texts, key: &str| texts.get(key).cloned().unwrap_or_default();
    let (en, zh) = (text(english, key), text(chinese, key));
    let doc = en.replace(['\n', '\r'], " ").replace('[', "\\[").replace('<', "\\<");
    let mut arguments: Vec<&str> = Vec::new();
    for (_, argument) in pieces(&en) {
        if let Some(argument) = argument.filter(|argument| !arguments.contains(argument)) {
            arguments.push(argument);
        }
    }
    if let Some(stem) = key.strip_suffix("_other") {
        let name = name.trim_end_matches("_other");
        let one = text(english, &format!("{stem}_one"));
        arguments.retain(|argument| *argument != "count");
        let rest = parameters(&arguments);
        return format!(
            "/// {doc}\npub fn {name}(language: aio_domain::Language, count: usize{rest}) -> String {{\n\
             let number = count.to_string();\nlet (one, count) = (count == 1, number.as_str());\n\
             match (language, one) {{\n\
             (aio_domain::Language::En, true) => {},\n(aio_domain::Language::En, false) => {},\n\
             (aio_domain::Language::Zh, _) => {},\n}}\n}}\n",
            concat(&one),
            concat(&en),
            concat(&zh)
        );
    }
    if arguments.is_empty() {
        let body = if en == zh {
            format!("let _ = language;\n{en:?}")
        } else {
            format!(
                "match language {{\naio_domain::Language::En => {en:?},\naio_domain::Language::Zh => {zh:?},\n}}"
            )
        };
        return format!(
            "/// {doc}\npub const fn {name}(language: aio_domain::Language) -> &'static str {{\n{body}\n}}\n"
        );
    }
    let list = parameters(&arguments);
    let body = if en == zh {
        format!("let _ = language;\n{}", concat(&en))
    } else {
        format!(
            "match language {{\naio_domain::Language::En => {},\naio_domain::Language::Zh => {},\n}}",
            concat(&en),
            concat(&zh)
        )
    };
    format!(
        "/// {doc}\npub fn {name}(language: aio_domain::Language{list}) -> String {{\n{body}\n}}\n"
    )
}

/// `, days: &str` for each placeholder.
fn parameters(arguments: &[&str]) -> String {
    arguments.iter().flat_map(|argument| [", ", argument, ": &str"]).collect()
}

/// `"Unused for {days} days"` as `["Unused for ", days, " days"].concat()`: small code in the browser.
fn concat(text: &str) -> String {
    let mut parts = Vec::new();
    for (literal, name) in pieces(text) {
        if !literal.is_empty() {
            parts.push(format!("{literal:?}"));
        }
        parts.extend(name.map(str::to_owned));
    }
    format!("[{}].concat()", parts.join(", "))
}
