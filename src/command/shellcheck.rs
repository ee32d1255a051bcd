//! Runs ShellCheck, if it is installed. The only place that does.
//!
//! In: scripts. Out: what ShellCheck says of them. Always holds: one process reads all scripts, in a folder
//! that only this user can read, and no file of the project; it does not run longer than [`PATIENCE`], and its
//! output is bounded and read as data. If it gives no answer, a line on standard error says why, once.

use std::cell::Cell;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use windlass::lint::shellcheck::{Comment, ShellCheck, read};

use super::child;
use super::output::note;
use crate::cli::Options;

const PROGRAM: &str = "shellcheck";

/// How long it may take. It reads about a hundred scripts of ten lines in a second.
const PATIENCE: Duration = Duration::from_secs(300);

/// How many bytes of its output are read.
const OUTPUT: usize = 64 << 20;

/// ShellCheck as it is installed here.
pub(super) struct Installed<'o> {
    options: &'o Options,
    /// Whether it was said that there is no answer.
    said: Cell<bool>,
}

impl<'o> Installed<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Self {
            options,
            said: Cell::new(false),
        }
    }

    fn say(&self, what: &str) {
        if !self.said.replace(true) {
            note(what, self.options);
        }
    }
}

impl ShellCheck for Installed<'_> {
    fn check(&self, scripts: &[&str]) -> Option<Vec<Comment>> {
        if self.said.get() {
            return None;
        }
        match asked(scripts) {
            Ok(comments) => Some(comments),
            Err(NoAnswer::Absent) => {
                self.say(
                    "the scripts of jobs are not checked, as ShellCheck is not installed: \
                     https://www.shellcheck.net (to do without it: `shellcheck = \"off\"` in \
                     `[lint.severity]` of .windlass.toml)",
                );
                None
            }
            Err(NoAnswer::Failed(why)) => {
                self.say(&format!(
                    "the scripts of jobs are not checked: ShellCheck {why}"
                ));
                None
            }
        }
    }
}

/// Why ShellCheck says nothing.
enum NoAnswer {
    Absent,
    Failed(String),
}

impl From<io::Error> for NoAnswer {
    fn from(error: io::Error) -> Self {
        NoAnswer::Failed(format!("cannot be run: {error}"))
    }
}

fn asked(scripts: &[&str]) -> Result<Vec<Comment>, NoAnswer> {
    let folder = tempfile::Builder::new().prefix("windlass-").tempdir()?;
    for (number, script) in scripts.iter().enumerate() {
        fs::write(folder.path().join(name(number)), script)?;
    }
    let mut child = match command(folder.path(), scripts.len()).spawn() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NoAnswer::Absent),
        spawned => spawned?,
    };
    let output = child::read(child.stdout.take(), OUTPUT.saturating_add(1));
    let output = output.recv_timeout(PATIENCE);
    // It ended, or writes more than is read, or takes too long.
    child::end(&mut child);
    let Ok(output) = output else {
        let seconds = PATIENCE.as_secs();
        return Err(NoAnswer::Failed(format!(
            "did not answer in {seconds} seconds"
        )));
    };
    if output.len() > OUTPUT {
        return Err(NoAnswer::Failed("says more than can be read".to_owned()));
    }
    let number = |file: &str| file.strip_suffix(".sh")?.parse().ok();
    let known = |file: &str| number(file).filter(|number| *number < scripts.len());
    read(&output, known).map_err(|why| NoAnswer::Failed(format!("gave no report: {why}")))
}

fn name(number: usize) -> String {
    format!("{number}.sh")
}

/// The command. `PATH` is searched from the new folder, so that a relative entry of it finds nothing in the
/// project; the user's own options and `.shellcheckrc` do not count.
fn command(folder: &Path, count: usize) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--norc", "--format=json1", "--severity=style", "--"])
        .args((0..count).map(name))
        .current_dir(folder)
        .env_remove("SHELLCHECK_OPTS")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
