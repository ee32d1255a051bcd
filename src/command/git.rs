//! Asks git. The only place that runs it.
//!
//! In: a folder, and the arguments of a git command that only reads. Out: what git printed. Always
//! holds: the repository cannot make git run a program, write a file or use the network; no answer
//! is longer than the limit, and git does not run longer than [`PATIENCE`].
//!
//! A repository's own configuration names programs: `core.fsmonitor`, hooks, filters, pagers, the
//! transports of a partial clone. It can come with a download, and git even finds it in a folder
//! that was committed as a bare repository (git-config(1), `safe.bareRepository`).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Failure;
use super::child::{end, read};

/// How long git may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes of git's complaints are read.
const COMPLAINT: usize = 1 << 16;

/// Settings that win over those of the repository.
const SETTINGS: [&str; 6] = [
    // Is run by whatever reads the index.
    "core.fsmonitor=false",
    // A folder that looks like a bare repository is not one (since git 2.38).
    "safe.bareRepository=explicit",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.alternateRefsCommand=true",
    "protocol.allow=never",
];

/// The environment that git gets.
const ENVIRONMENT: [(&str, &str); 5] = [
    // No protocol at all. `protocol.*.allow` of a repository cannot override it, so that a missing
    // object of a partial clone is missing, and no transport is run to fetch it.
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_NO_LAZY_FETCH", "1"),
    // The index is not written, not even to refresh it.
    ("GIT_OPTIONAL_LOCKS", "0"),
    // GitLab does not have the local replacements.
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
];

/// Variables that git keeps: the user's own configuration and where git itself lies. The others,
/// as `GIT_DIR`, which a hook of another repository sets, choose what is read.
const KEPT: [&str; 4] = [
    "GIT_CONFIG",
    "GIT_EXEC_PATH",
    "GIT_CEILING_DIRECTORIES",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
];

/// What git answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// Whether it succeeded.
    pub(super) ok: bool,
    /// What it printed; at most one byte more than the limit.
    pub(super) stdout: Vec<u8>,
    /// What it complained of.
    pub(super) stderr: String,
}

impl Answer {
    /// The first line that git complained with.
    pub(super) fn complaint(&self) -> &str {
        self.stderr.lines().next().unwrap_or_default()
    }
}

/// Asks git about the repository around a folder, and reads at most `limit` bytes of the answer.
/// A longer answer has `limit + 1` bytes and is not `ok`.
pub(super) fn git(root: &Path, arguments: &[&str], limit: usize) -> Result<Answer, Failure> {
    let cannot = |error| Failure::Io(format!("cannot run git: {error}"));
    let mut child = command(root, arguments).spawn().map_err(cannot)?;
    let stdout = read(child.stdout.take(), limit.saturating_add(1));
    let stderr = read(child.stderr.take(), COMPLAINT);
    let Ok(stdout) = stdout.recv_timeout(PATIENCE) else {
        end(&mut child);
        let seconds = PATIENCE.as_secs();
        return Err(Failure::Io(format!(
            "git did not answer in {seconds} seconds"
        )));
    };
    let whole = stdout.len() <= limit;
    if !whole {
        end(&mut child);
    }
    let stderr = stderr.recv_timeout(PATIENCE).unwrap_or_default();
    let status = child.wait().map_err(cannot)?;
    Ok(Answer {
        ok: status.success() && whole,
        stdout,
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    })
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("GIT_") && !KEPT.iter().any(|kept| text.starts_with(kept)) {
            command.env_remove(&name);
        }
    }
    command
        .envs(ENVIRONMENT)
        .arg("--no-pager")
        .arg("-C")
        .arg(root);
    for setting in SETTINGS {
        command.args(["-c", setting]);
    }
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
