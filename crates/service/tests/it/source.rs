//! What the compiler and the text of the product promise.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Every source file of a crate, without its unit tests.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            found.push((path.display().to_string(), code));
        }
    }
}

/// The files of the product in which a text stands.
fn files_with(text: &str) -> Vec<String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = Vec::new();
    for folder in ["domain/src", "store/src", "service/src"] {
        sources(&crates.join(folder), &mut found);
    }
    let short = |path: String| path.rsplit("crates/").next().unwrap().to_owned();
    let mut files: Vec<_> = found
        .into_iter()
        .filter(|(_, code)| code.contains(text))
        .map(|(path, _)| short(path))
        .collect();
    files.sort();
    files
}

/// The newest build of a library beside this test's own binary.
fn library(name: &str) -> PathBuf {
    let folder = std::env::current_exe().unwrap();
    let entries = fs::read_dir(folder.parent().unwrap()).unwrap();
    let ours = |path: &PathBuf| {
        let file = path.file_name().unwrap().to_string_lossy();
        file.starts_with(&format!("lib{name}-")) && path.extension().is_some_and(|it| it == "rlib")
    };
    let found = entries.map(|entry| entry.unwrap().path()).filter(ours);
    found.max_by_key(|path| fs::metadata(path).unwrap().modified().unwrap()).unwrap()
}

/// What the compiler says to a program that uses the services; nothing when it takes it.
fn compiler_says(case: &Path, out: &Path) -> String {
    let services = format!("--extern=aio_service={}", library("aio_service").display());
    let folder = std::env::current_exe().unwrap();
    let dependencies = format!("-Ldependency={}", folder.parent().unwrap().display());
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "-o"]);
    rustc.arg(out.join("case.rmeta")).arg(case);
    rustc.args([services, dependencies]);
    rustc.current_dir(env!("CARGO_MANIFEST_DIR"));
    let out = rustc.output().unwrap();
    assert_eq!(out.status.success(), out.stderr.is_empty());
    String::from_utf8(out.stderr).unwrap().to_lowercase()
}

#[test]
fn aut_01_what_is_proven_cannot_be_made_or_copied_elsewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/compile_fail");
    let out = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for case in fs::read_dir(folder).unwrap() {
        let case = case.unwrap().path();
        let name = case.file_stem().unwrap().to_string_lossy().into_owned();
        let (expected, _) = name.split_once('_').unwrap();
        let says = compiler_says(&case, out.path());
        if expected == "control" {
            assert_eq!(says, "", "{name}");
        } else {
            assert!(says.contains(&format!("error[{expected}]")), "{name}: {says}");
        }
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn aut_01_one_file_makes_proofs_and_one_compares_codes() {
    assert_eq!(files_with("StepUpProof {"), ["service/src/step_up.rs"]);
    assert_eq!(files_with("totp.check("), ["domain/src/totp.rs"]);
    assert_eq!(files_with(".matching_step("), ["service/src/step_up.rs"]);
    assert_eq!(files_with(".spend_step("), ["service/src/step_up.rs"]);
}
