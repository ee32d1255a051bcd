//! Runs ShellCheck, if it is installed. The only place that does.
//!
//! In: scripts. Out: what ShellCheck says of them, and which of them it did not answer for in time. Always
//! holds: it gets the scripts in a folder that only this user can read, and no file of the project; some
//! processes run at once, each with a time limit and all together with another; one script that takes too long
//! costs the answers about no other; its output is bounded and read as data. If it gives no answer at all, a line
//! on standard error says why, once.

use std::cell::Cell;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::{Duration, Instant};

use windlass::lint::shellcheck::{Answer, Comment, ShellCheck, read};

use super::child;
use super::output::note;
use crate::cli::Options;

const PROGRAM: &str = "shellcheck";

/// How long one process may take: so long, and so much longer for each script. It reads about a hundred scripts of
/// ten lines in a second, but what stands in itself many times takes it exponential time.
const PATIENCE: Duration = Duration::from_secs(5);
const FOR_EACH: Duration = Duration::from_millis(200);
/// How long all scripts may take.
const IN_ALL: Duration = Duration::from_secs(60);
/// How many scripts one process gets, and how many processes run at once.
const TOGETHER: usize = 64;
const AT_ONCE: usize = 4;
/// A script with as many brackets in each other gets a process of its own.
const NESTED: usize = 8;

/// How many bytes of the output of one process are read.
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
    fn check(&self, scripts: &[&str]) -> Option<Answer> {
        if self.said.get() {
            return None;
        }
        match asked(scripts) {
            Ok(answer) => Some(answer),
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

/// Asks about all scripts.
fn asked(scripts: &[&str]) -> Result<Answer, NoAnswer> {
    let folder = tempfile::Builder::new().prefix("windlass-").tempdir()?;
    for (number, script) in scripts.iter().enumerate() {
        fs::write(folder.path().join(name(number)), script)?;
    }
    let asking = Asking {
        folder: folder.path(),
        until: Instant::now() + IN_ALL,
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let workers = workers.min(AT_ONCE);
    let waiting = Mutex::new(portions(scripts, workers));
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(portion) = taken(&waiting) {
                    let found = asking.portion(portion);
                    let failed = found.is_err();
                    if let Ok(mut done) = done.lock() {
                        done.push(found);
                    }
                    if failed {
                        return;
                    }
                }
            });
        }
    });
    let mut answer = Answer::default();
    for found in done.into_inner().unwrap_or_default() {
        let found = found?;
        answer.comments.extend(found.comments);
        answer.unanswered.extend(found.unanswered);
    }
    // Whatever process was first.
    answer.comments.sort_by_key(|comment| comment.script);
    answer.unanswered.sort_unstable();
    Ok(answer)
}

/// The scripts of one process each, by their numbers.
fn portions(scripts: &[&str], workers: usize) -> Vec<Vec<usize>> {
    let (alone, others): (Vec<usize>, Vec<usize>) =
        (0..scripts.len()).partition(|at| scripts.get(*at).is_some_and(|text| is_nested(text)));
    let size = others.len().div_ceil(workers).clamp(1, TOGETHER);
    let together = others.chunks(size).map(<[usize]>::to_vec);
    // The last is taken first.
    alone
        .into_iter()
        .map(|at| vec![at])
        .chain(together)
        .collect()
}

/// Whether brackets stand in each other deeply.
fn is_nested(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().any(|c| {
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth >= NESTED
    })
}

fn taken(waiting: &Mutex<Vec<Vec<usize>>>) -> Option<Vec<usize>> {
    waiting.lock().ok()?.pop()
}

/// What all processes share.
struct Asking<'f> {
    folder: &'f Path,
    until: Instant,
}

impl Asking<'_> {
    /// Asks about some scripts; those that it does not answer for in time are asked about in halves, down to the
    /// one that takes too long.
    fn portion(&self, portion: Vec<usize>) -> Result<Answer, NoAnswer> {
        let mut answer = Answer::default();
        let mut open = vec![portion];
        while let Some(portion) = open.pop() {
            match self.process(&portion)? {
                Some(comments) => answer.comments.extend(comments),
                None if portion.len() > 1 && Instant::now() < self.until => {
                    let (first, second) = portion.split_at(portion.len() / 2);
                    open.extend([first.to_vec(), second.to_vec()]);
                }
                None => answer.unanswered.extend(portion),
            }
        }
        Ok(answer)
    }

    /// What one process says; `None` if it takes too long.
    fn process(&self, portion: &[usize]) -> Result<Option<Vec<Comment>>, NoAnswer> {
        let many = u32::try_from(portion.len()).unwrap_or(u32::MAX);
        let patience = PATIENCE.saturating_add(FOR_EACH.saturating_mul(many));
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        let mut child = match command(self.folder, portion).spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NoAnswer::Absent),
            spawned => spawned?,
        };
        let output = child::read(child.stdout.take(), OUTPUT.saturating_add(1));
        let output = output.recv_timeout(patience.min(left));
        // It ended, or writes more than is read, or takes too long.
        child::end(&mut child);
        let output = match output {
            Ok(output) => output,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(None),
        };
        if output.len() > OUTPUT {
            return Err(NoAnswer::Failed("says more than can be read".to_owned()));
        }
        let number = |file: &str| file.strip_suffix(".sh")?.parse().ok();
        let known = |file: &str| number(file).filter(|number| portion.contains(number));
        let comments = read(&output, known);
        comments
            .map(Some)
            .map_err(|why| NoAnswer::Failed(format!("gave no report: {why}")))
    }
}

fn name(number: usize) -> String {
    format!("{number}.sh")
}

/// The command. `PATH` is searched from the new folder, so that a relative entry of it finds nothing in the
/// project; the user's own options and `.shellcheckrc` do not count.
fn command(folder: &Path, portion: &[usize]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--norc", "--format=json1", "--severity=style", "--"])
        .args(portion.iter().copied().map(name))
        .current_dir(folder)
        .env_remove("SHELLCHECK_OPTS")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
