//! Puts the set on disk.
//!
//! In: a [`Comparison`] without conflicts. Out: the files. Always holds: all are written or none; companions come
//! before the pipeline that uses them, and go after it, so that a run that is killed leaves a pipeline with its files.

use std::path::Path;

use super::{Batch, Compared, Comparison, Error, Status};

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
    /// Writes what is not right yet and removes what is stale, all or nothing. The outcome is in the order of the
    /// comparison.
    ///
    /// # Errors
    /// The first thing that the operating system refused.
    pub fn write(&self) -> Result<Vec<Outcome>, Error> {
        let mut batch = Batch::default();
        self.stage(&mut batch)?;
        batch.write()?;
        Ok(self.outcomes())
    }

    /// Adds the changes to others, with which they are made.
    ///
    /// # Errors
    /// What the operating system refused; nothing has changed then.
    pub fn stage(&self, batch: &mut Batch) -> Result<(), Error> {
        let Some((pipeline, others)) = self.0.files.split_first() else {
            return Ok(());
        };
        let (companions, stale): (Vec<&Compared>, Vec<&Compared>) =
            others.iter().partition(|file| file.new.is_some());
        for file in companions {
            bring(file, batch)?;
        }
        if let Some(text) = &self.0.transitional {
            batch.put(&pipeline.path, &pipeline.target, text, pipeline.executable)?;
        }
        for file in stale {
            batch.remove(&file.path, &file.target);
        }
        bring(pipeline, batch)
    }

    /// What is done with each file, in the order of the comparison.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.0.files.iter().map(outcome).collect()
    }
}

fn outcome(file: &Compared) -> Outcome {
    let action = match file.status {
        Status::Same => Action::Unchanged,
        Status::NotExecutable => Action::MadeExecutable,
        Status::Stale { .. } => Action::Removed,
        Status::Missing
        | Status::Differs { .. }
        | Status::Newer { .. }
        | Status::Foreign
        | Status::Blocked { .. } => {
            let lines = file.new.as_ref().map_or(0, |text| text.lines().count());
            Action::Wrote { lines }
        }
    };
    let path = file.path.clone();
    Outcome { path, action }
}

/// Makes one file of the set right.
fn bring(file: &Compared, batch: &mut Batch) -> Result<(), Error> {
    match (&file.status, &file.new) {
        (Status::Same | Status::Stale { .. } | Status::Blocked { .. }, _) | (_, None) => Ok(()),
        (Status::NotExecutable, _) => {
            batch.make_executable(&file.path, &file.target);
            Ok(())
        }
        (
            Status::Missing | Status::Differs { .. } | Status::Newer { .. } | Status::Foreign,
            Some(text),
        ) => batch.put(&file.path, &file.target, text, file.executable),
    }
}

/// Writes a file of the project that is not generated, whole.
///
/// # Errors
/// What the operating system refused; the file is then as it was.
pub fn write(root: &Path, path: &str, text: &str) -> Result<(), Error> {
    let mut batch = Batch::default();
    batch.put(path, &root.join(path), text, false)?;
    batch.write()
}
