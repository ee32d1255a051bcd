//! The project as a revision of git has it, without checking it out.
//!
//! In: a folder and the name of a revision. Out: texts and names of files. Always holds: a
//! revision's name is never taken for an option; nothing in the working tree or in git changes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use windlass::check::Files;
use windlass::config::Repository;

use super::Failure;

/// A revision of the repository around a folder.
pub(super) struct Revision {
    root: PathBuf,
    name: String,
    /// Files and folders, by their path from the folder.
    paths: BTreeSet<String>,
}

impl Revision {
    /// Asks git for a revision.
    pub(super) fn of(root: &Path, name: &str) -> Result<Self, Failure> {
        let commit = format!("{name}^{{commit}}");
        let found = git(
            root,
            &["rev-parse", "--verify", "--end-of-options", &commit],
        )?;
        if !found.status.success() {
            let said = String::from_utf8_lossy(&found.stderr);
            let why = match said.lines().next() {
                Some(line) if said.contains("not a git repository") => line.to_owned(),
                _ => format!("git knows no revision `{name}` here"),
            };
            return Err(Failure::Usage(why));
        }
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let listed = git(root, &["ls-tree", "-r", "-t", "-z", "--name-only", &commit])?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let paths = listed.split('\0').filter(|path| !path.is_empty());
        Ok(Self {
            root: root.to_owned(),
            name: commit,
            paths: paths.map(str::to_owned).collect(),
        })
    }

    /// The text of a file; `None` if the revision has none there.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let object = format!("{}:./{path}", self.name);
        let shown = git(&self.root, &["cat-file", "blob", &object]).ok()?;
        shown
            .status
            .success()
            .then(|| String::from_utf8(shown.stdout).ok())
            .flatten()
    }
}

impl Repository for Revision {
    fn read(&self, path: &str) -> Option<String> {
        self.text(path)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.paths.iter().cloned().collect())
    }
}

impl Files for Revision {
    fn exists(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        path.is_empty() || path == "." || self.paths.contains(path)
    }
}

fn git(root: &Path, arguments: &[&str]) -> Result<Output, Failure> {
    Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| Failure::Io(format!("cannot run git: {error}")))
}
