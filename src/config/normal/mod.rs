//! One normal form of what GitLab makes of a configuration.
//!
//! In: a [`Config`], of a file or of a lowered pipeline. Out: [`Fields`] for the pipeline and for
//! each job. Always holds: spellings that GitLab takes for the same have the same form, and
//! everything else differs. Each key is in the form, or in a list of those that have no effect
//! ([`without_effect`]); a key that nobody knows is kept as it is written.
//!
//! ```text
//! Node --canon--> Form     Job, Need, Rule, Policy --job, needs, conditions--> Fields
//! ```
//!
//! Facts: `lib/gitlab/ci/config/entry` of GitLab FOSS 18.11. What is not known to be the same is
//! told apart: text in scripts is compared letter by letter, because `$X` and `${X}` differ in
//! quotes.

mod canon;
mod conditions;
mod expand;
mod form;
mod job;
mod keywords;
mod needs;
mod open;
mod pipeline;
mod variables;

use std::collections::HashMap;

pub use form::{Fields, Form};
pub use needs::renamed;
pub use open::KEY as UNSEEN;
pub use pipeline::{COPIES, UNUSED};

use super::model::{Config, Job};

/// A configuration in normal form; each part is made when it is asked for.
#[derive(Debug)]
pub struct Normal<'c> {
    config: &'c Config,
    jobs: Jobs<'c>,
    /// Whether files that are not read may use what has no effect without them.
    is_open: bool,
}

/// The keys under which the jobs stand.
#[derive(Debug)]
struct Jobs<'c> {
    keys: HashMap<&'c str, &'c str>,
}

impl Jobs<'_> {
    /// Whether a job has this name or is a copy of the one of this name.
    fn is_called(&self, job: &str, name: &str) -> bool {
        job == name || self.keys.get(job).is_some_and(|key| *key == name)
    }
}

impl<'c> Normal<'c> {
    /// The normal form of a configuration.
    pub fn of(config: &'c Config) -> Self {
        let keys = config.jobs.iter();
        let keys = keys.map(|job| (job.name.as_str(), job.key.as_str()));
        let jobs = Jobs {
            keys: keys.collect(),
        };
        Self {
            config,
            jobs,
            is_open: !config.unresolved.is_empty(),
        }
    }

    /// The normal forms of two configurations that are compared: what a file that is not read may use counts on
    /// both sides, even if only one of them includes such a file.
    pub fn of_both(before: &'c Config, after: &'c Config) -> [Self; 2] {
        let mut both = [before, after].map(Self::of);
        let is_open = both.iter().any(|side| side.is_open);
        both.iter_mut().for_each(|side| side.is_open = is_open);
        both
    }

    /// What is true of the pipeline as a whole.
    pub fn pipeline(&self) -> Fields {
        pipeline::of(self.config, self.is_open)
    }

    /// Everything about a job but its name.
    pub fn job(&self, job: &Job) -> Fields {
        job::of(job, &self.jobs, self.is_open)
    }
}

/// The keys that are not in the form under their own name, and why: those of jobs, then those of
/// the pipeline.
pub fn without_effect() -> impl Iterator<Item = (&'static str, &'static str)> {
    let global = pipeline::NOT_HERE.iter();
    keywords::NOT_HERE.iter().chain(global).copied()
}
