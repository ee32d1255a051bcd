//! What there is to say about a configuration that GitLab takes.
//!
//! In: a [`Config`]. Out: a [`Report`] of warnings. Always holds: each include that is not read is
//! named.

use super::Config;
use super::model::Unresolved;
use crate::finding::{Code, Finding, Report};

impl Config {
    /// What is not wrong and still worth saying: includes that are not read.
    pub fn report(&self) -> Report {
        Report::of(&self.sources, self.unresolved.iter().map(finding))
    }
}

/// What an include that is not read says is open.
fn finding(include: &Unresolved) -> Finding {
    let message = format!("this include is not read: {include}");
    Finding::new(Code::UnreadInclude, include.place, message)
        .help("it may add jobs, and give a job what the job does not say itself")
}
