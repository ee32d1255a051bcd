//! What there is to say about a configuration that GitLab takes.
//!
//! In: a [`Config`]. Out: a [`Report`] of warnings. Always holds: each include that is not read is
//! named, and each glob that matches no file.

use super::model::Unresolved;
use super::{Config, globs};
use crate::finding::{Code, Finding, Report};

impl Config {
    /// What GitLab takes and is still worth saying: includes that are not read, and globs that match
    /// no file.
    pub fn report(&self) -> Report {
        Report::of(&self.sources, self.remarks())
    }

    /// The same, at places of the configuration.
    pub(crate) fn remarks(&self) -> Vec<Finding> {
        let unread = self.unresolved.iter().map(finding);
        unread.chain(globs::findings(self)).collect()
    }
}

/// What an include that is not read says is open.
fn finding(include: &Unresolved) -> Finding {
    let message = format!("this include is not read: {include}");
    Finding::new(Code::UnreadInclude, include.place, message)
        .help("it may add jobs, and give a job what the job does not say itself")
}
