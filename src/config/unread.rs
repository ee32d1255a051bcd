//! What there is to say about a configuration that GitLab takes.
//!
//! In: a [`Config`]. Out: a [`Report`] of warnings. Always holds: each include that is not read is
//! named, each glob that matches no file, and each job that another one of its name replaces.

use super::model::{Replaced, Unresolved};
use super::{Config, globs};
use crate::finding::{Code, Finding, Report, Severity};
use crate::shown::code;

impl Config {
    /// What GitLab takes and is still worth saying: includes that are not read, globs that match no file,
    /// and jobs of one name.
    pub fn report(&self) -> Report {
        Report::of(&self.sources, self.remarks())
    }

    /// The same, at places of the configuration.
    pub(crate) fn remarks(&self) -> Vec<Finding> {
        let unread = self.unresolved.iter().map(finding);
        let replaced = self.replaced.iter().map(gone);
        unread
            .chain(replaced)
            .chain(globs::findings(self))
            .collect()
    }
}

/// What a job says that another one replaces.
fn gone(job: &Replaced) -> Finding {
    let name = code(&job.name);
    let message = format!("{name} is the name of two jobs, and GitLab keeps the other one alone");
    let finding = Finding::new(Code::DuplicateName, job.place, message)
        .severity(Severity::Warning)
        .help("copies of a job are named after it and their values: rename one of the two");
    match job.by == job.place {
        true => finding,
        false => finding.related(job.by, "this one stays"),
    }
}

/// What an include that is not read says is open.
fn finding(include: &Unresolved) -> Finding {
    let message = format!("this include is not read: {include}");
    Finding::new(Code::UnreadInclude, include.place, message)
        .help("it may add jobs, and give a job what the job does not say itself")
}
