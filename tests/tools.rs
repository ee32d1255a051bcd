//! The generated files, given to the tools that read such files: Ruby's Psych (by which GitLab
//! loads them), GitLab's own JSON schema, gitlab-ci-local, ShellCheck and Docker Compose.
//!
//! `tests/tools/install.sh` installs those that Debian does not have.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;
#[path = "tools/compose.rs"]
mod compose;
mod installed;
#[path = "tools/local.rs"]
mod local;
#[path = "tools/psych.rs"]
mod psych;
#[path = "psych/ruby.rs"]
mod ruby;
#[path = "tools/schema.rs"]
mod schema;
#[path = "tools/shell.rs"]
mod shell;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use installed::installed;

/// The names of the examples, each of which every tool must accept.
fn examples() -> Vec<String> {
    let entries = std::fs::read_dir(folder("")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join(compiled::MANIFEST).is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(names.len() >= 5, "{names:?}");
    names
}

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(example)
}

/// The committed pipeline of an example.
fn pipeline(example: &str) -> String {
    std::fs::read_to_string(folder(example).join(".gitlab-ci.yml")).unwrap()
}

/// Runs a program that must be there.
fn run(command: &mut Command, package: &str) -> Output {
    command.output().unwrap_or_else(|error| {
        panic!("{command:?} does not start ({error}): install the Debian package `{package}`")
    })
}

/// Standard output of a program that must succeed.
#[track_caller]
fn succeeds(command: &mut Command, package: &str) -> String {
    let output = run(command, package);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{text}{errors}");
    text
}
