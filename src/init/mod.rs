//! A first manifest from what a repository holds.
//!
//! In: the paths and texts of a repository. Out: a [`Draft`], the text of a manifest with a comment where
//! something was guessed. Always holds: whatever the files say, it is YAML with names that the language
//! takes, and nothing of a file gets into a command.
//!
//! `images` finds Dockerfiles, `tests` the command that runs a project's tests, `deploy` charts, overlays
//! and workloads; `text` writes.

mod deploy;
mod images;
mod tests;
mod text;

use crate::config::Repository;

/// A manifest to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text.
    pub text: String,
    /// What it was made from: paths.
    pub found: Vec<String>,
}

/// The manifest for a repository.
pub fn draft(repository: &dyn Repository) -> Draft {
    let mut paths = repository.paths().unwrap_or_default();
    paths.retain(|path| is_own(path));
    let project = Project { repository, paths };
    let images = images::find(&project);
    let tests = tests::find(&project);
    let deployments = deploy::find(&project, &images);
    let found = images.iter().map(|image| image.dockerfile.clone());
    let found = found
        .chain(tests.iter().map(|test| test.from.clone()))
        .chain(deployments.iter().map(|one| one.from.clone()));
    Draft {
        found: found.collect(),
        text: text::manifest(&images, &tests, &deployments),
    }
}

/// The repository, without what is not the project's own.
struct Project<'r> {
    repository: &'r dyn Repository,
    paths: Vec<String>,
}

impl Project<'_> {
    fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|other| other == path)
    }

    /// The text of a file that can be read.
    fn text(&self, path: &str) -> Option<String> {
        self.has(path).then(|| self.repository.read(path).ok())?
    }

    /// The first line of a file, as of `.nvmrc`, if it is a version.
    fn version(&self, path: &str) -> Option<String> {
        let text = self.text(path)?;
        let line = text.lines().next()?.trim().trim_start_matches('v');
        is_version(line).then(|| line.to_owned())
    }
}

/// Digits and dots.
fn is_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.len() <= 12 && text.split('.').all(digits)
}

/// Folders with files of others, or of tests and examples.
const NOT_OWN: [&str; 14] = [
    ".git",
    ".github",
    ".devcontainer",
    "docs",
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "samples",
    "target",
    "test",
    "testdata",
    "tests",
    "vendor",
];

fn is_own(path: &str) -> bool {
    let mut folders: Vec<&str> = path.split('/').collect();
    folders.pop();
    folders.iter().all(|folder| !NOT_OWN.contains(folder))
}

/// The folder of a path and the name in it.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// A name that the language takes; `None` if nothing is left of the text.
fn name(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    let name: String = lower.chars().map(plain).take(40).collect();
    let name = name.trim_matches(['-', '_']).to_owned();
    (!name.is_empty() && name != "all").then_some(name)
}

/// Whether a path can stand in a manifest without quotes, and means the same to every shell.
fn is_plain(path: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
    path.len() <= 200 && !path.starts_with('-') && path.bytes().all(plain)
}
