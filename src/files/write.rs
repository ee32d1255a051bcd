//! Puts the set on disk.
//!
//! In: a [`Comparison`] without conflicts. Out: the files. Always holds: every file is replaced by
//! a rename, so that it is whole at any moment, even if the process or the machine is stopped;
//! companions come before the pipeline that uses them, and go after it.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::Builder;

use super::{Compared, Comparison, Error, Status, permissions};

/// How the names of half-written files start and end.
const UNFINISHED: (&str, &str) = (".windlass-", ".tmp");

/// A half-written file older than this belongs to a run that was killed.
const ABANDONED: Duration = Duration::from_secs(600);

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was right already.
    Unchanged,
    /// It was written, with this many lines.
    Wrote {
        /// Lines of the file.
        lines: usize,
    },
    /// It was made executable.
    MadeExecutable,
    /// It was removed.
    Removed,
}

/// What was done with which file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Path relative to the project.
    pub path: String,
    /// What was done.
    pub action: Action,
}

/// A comparison in which nothing stands in the way.
#[derive(Debug)]
pub struct WritePlan<'a>(&'a Comparison);

impl Comparison {
    /// Checks that every file can be written: none is blocked and, unless forced, none holds what
    /// a person wrote.
    ///
    /// # Errors
    /// The files that stand in the way.
    pub fn plan(&self, force: bool) -> Result<WritePlan<'_>, Vec<&Compared>> {
        let stops = |file: &&Compared| file.is_blocked() || (file.needs_force() && !force);
        let conflicts: Vec<&Compared> = self.files.iter().filter(stops).collect();
        if conflicts.is_empty() {
            Ok(WritePlan(self))
        } else {
            Err(conflicts)
        }
    }
}

impl WritePlan<'_> {
    /// Writes what is not right yet and removes what is stale. The outcome is in the order of the
    /// comparison.
    ///
    /// # Errors
    /// The first thing that the operating system refused. The files before it are done, those
    /// after it are as they were; the same command again finishes the work.
    pub fn write(&self) -> Result<Vec<Outcome>, Error> {
        let Some((pipeline, others)) = self.0.files.split_first() else {
            return Ok(Vec::new());
        };
        let (companions, stale): (Vec<&Compared>, Vec<&Compared>) =
            others.iter().partition(|file| file.new.is_some());
        for file in companions {
            bring(file)?;
        }
        if let Some(text) = &self.0.transitional {
            replace(pipeline, text)?;
        }
        for file in stale {
            let gone = fs::remove_file(&file.target);
            gone.map_err(|source| Error::new("cannot remove", &file.path, source))?;
        }
        bring(pipeline)?;
        Ok(self.0.files.iter().map(outcome).collect())
    }
}

fn outcome(file: &Compared) -> Outcome {
    let action = match file.status {
        Status::Same => Action::Unchanged,
        Status::NotExecutable => Action::MadeExecutable,
        Status::Stale { .. } => Action::Removed,
        Status::Missing | Status::Differs { .. } | Status::Foreign | Status::Blocked { .. } => {
            let lines = file.new.as_ref().map_or(0, |text| text.lines().count());
            Action::Wrote { lines }
        }
    };
    let path = file.path.clone();
    Outcome { path, action }
}

/// Makes one file of the set right.
fn bring(file: &Compared) -> Result<(), Error> {
    match (&file.status, &file.new) {
        (Status::Same | Status::Stale { .. } | Status::Blocked { .. }, _) | (_, None) => Ok(()),
        (Status::NotExecutable, _) => {
            let made = permissions::make_executable(&file.target);
            made.map_err(|source| Error::new("cannot make executable", &file.path, source))
        }
        (Status::Missing | Status::Differs { .. } | Status::Foreign, Some(text)) => {
            replace(file, text)
        }
    }
}

/// Writes a file of the project that is not generated, whole.
///
/// # Errors
/// What the operating system refused; the file is then as it was.
pub fn write(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    let written = replace_at(&root.join(path), text, false);
    written.map_err(|source| Error::new("cannot write", path, source))
}

/// Puts a text in the place of a file, whole.
fn replace(file: &Compared, text: &str) -> Result<(), Error> {
    let fail = |source| Error::new("cannot write", &file.path, source);
    replace_at(&file.target, text, file.executable).map_err(fail)
}

fn replace_at(target: &Path, text: &str, executable: bool) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    sweep(folder);
    let existing = match target.metadata() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mut builder = Builder::new();
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    permissions::create(&mut builder, executable);
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    if let Some(existing) = existing {
        permissions::keep(temporary.as_file(), &existing, executable)?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(target)?;
    permissions::sync_folder(folder);
    Ok(())
}

/// Removes what killed runs left in a folder. Nothing depends on it, so failures are no matter.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let ours = name.to_str().is_some_and(|name| {
            name.strip_prefix(UNFINISHED.0)
                .and_then(|rest| rest.strip_suffix(UNFINISHED.1))
                .is_some_and(|random| random.len() == 6)
        });
        if !ours {
            continue;
        }
        let old = entry.metadata().is_ok_and(|found| {
            let written = found.modified().ok();
            let age = written.and_then(|at| SystemTime::now().duration_since(at).ok());
            found.is_file() && age.is_some_and(|age| age > ABANDONED)
        });
        if old {
            let _ = fs::remove_file(entry.path());
        }
    }
}
