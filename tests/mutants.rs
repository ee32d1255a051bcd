//! The switches that break the compiler on purpose (`src/mutant.rs`) are not in any build that a
//! user can have.
#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::path::Path;
use std::process::Command;

const SOURCE: &str = "src/mutant.rs";

/// The names of all switches.
fn switches() -> Vec<String> {
    let text = std::fs::read_to_string(SOURCE).unwrap();
    let body = text.split("enum Mutant {").nth(1).unwrap();
    let body = body.split("\n}").next().unwrap();
    let lines = body.lines().map(str::trim);
    let names = lines.filter_map(|line| line.strip_suffix(','));
    names.map(str::to_owned).collect()
}

/// What the compiler makes of an example, with all switches that are named.
fn written(example: &str, named: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(Path::new("examples").join(example)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.arg("-C").arg(folder.path());
    let command = command.args(["generate", "--force", "--quiet"]);
    command.env("WINDLASS_MUTANT", named).status().unwrap();
    std::fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap()
}

/// Whether the file with the switches compiles by itself, with the feature, with or without
/// debug assertions, which only builds for tests have.
fn compiles(debug_assertions: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    command.args([
        "--edition",
        "2024",
        "--crate-type",
        "lib",
        "--emit",
        "metadata",
    ]);
    command.args(["--cfg", "feature=\"mutants\"", "--cap-lints", "allow", "-C"]);
    command.arg(format!("debug-assertions={debug_assertions}"));
    let command = command.arg("--out-dir").arg(folder.path()).arg(SOURCE);
    command.output().unwrap().status.success()
}

#[test]
#[cfg(not(feature = "mutants"))]
fn a_build_without_the_feature_has_no_switches() {
    let names = switches();
    assert!(names.len() > 20, "{names:?}");
    for example in ["facile", "services", "minimal"] {
        let expected = std::fs::read_to_string(format!("examples/{example}/.gitlab-ci.yml"));
        assert!(
            written(example, &names.join(",")) == expected.unwrap(),
            "{example}"
        );
    }
}

#[test]
fn no_release_build_can_have_the_switches() {
    assert!(compiles("on"));
    assert!(!compiles("off"));
}
