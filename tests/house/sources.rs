//! Reads the tree for the other modules.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// A text file of the project.
pub struct Source {
    /// Path from the root of the project, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// The text without line comments, so that a rule can be explained without breaking it.
    pub fn code(&self) -> String {
        let lines = self.text.lines().map(|line| line.split("//").next().unwrap_or_default());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// True when the file lies in this folder or is this file.
    pub fn under(&self, prefix: &str) -> bool {
        self.path.starts_with(prefix)
    }
}

/// The folder of the root package.
pub fn root() -> PathBuf {
    PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets the folder of the package"))
}

/// One file by its path from the root.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One TOML file by its path from the root.
pub fn read_toml(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file with this ending in these folders, in path order.
pub fn files(folders: &[&str], ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    for folder in folders {
        collect(&root().join(folder), ending, &mut found);
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every Rust file of the project.
pub fn rust() -> Vec<Source> {
    files(&["src", "crates", "tests", "benches"], ".rs")
}

/// Every manifest of the workspace with the name of its folder (`.` for the root package).
pub fn manifests() -> Vec<(String, toml::Table)> {
    let mut found = vec![(".".to_owned(), read_toml("Cargo.toml"))];
    for name in names("crates") {
        let path = format!("crates/{name}");
        found.push((path.clone(), read_toml(&format!("{path}/Cargo.toml"))));
    }
    found
}

/// The names in a folder, sorted.
pub fn names(folder: &str) -> Vec<String> {
    let entries =
        fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("a readable folder").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "node_modules" && name != "target") {
                collect(&path, ending, found);
            }
        } else if path.to_string_lossy().ends_with(ending) {
            let text = fs::read_to_string(&path).expect("a text file");
            let short = path
                .strip_prefix(root())
                .expect("below the root")
                .to_string_lossy()
                .replace('\\', "/");
            found.push(Source { path: short, text });
        }
    }
}
