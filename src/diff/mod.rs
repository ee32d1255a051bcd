//! What a change does: two configurations compared by their effects, not by their lines.
//!
//! In: two [`Config`]s and the name of the default branch. Out: [`Effect`]s, each a sentence about
//! a job, in the order of the jobs. Always holds: a job about which nothing is said has the same
//! keys and runs on the same refs in the same way; formatting, comments, anchors and the order of
//! keys are no effect.

mod keys;
mod order;
mod output;
mod refs;
mod script;

use std::collections::HashMap;

pub use output::{Format, Told, tell};

use crate::config::{Config, Job};
use crate::plan::{Compared, classes_of};

/// What a change does, one thing at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The job; `None`: the pipeline as a whole.
    pub job: Option<String>,
    /// What it is about.
    pub kind: Kind,
    /// What happens, as the rest of a sentence that begins with the job.
    pub text: String,
    /// Lines that went, with a `-`, and that came, with a `+`.
    pub lines: Vec<String>,
}

/// What an effect is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A job is new.
    Appears,
    /// A job is gone.
    Vanishes,
    /// A job has another name.
    Renamed,
    /// Refs on which there is a pipeline, or a job.
    Refs,
    /// How a job starts, and what its failure means.
    When,
    /// What it waits for.
    Order,
    /// The image, or a service.
    Image,
    /// Commands.
    Script,
    /// The environment.
    Environment,
    /// Variables.
    Variables,
    /// Secrets and tokens that it gets.
    Secrets,
    /// Who may run it, and beside what: runners, resource group, interruption.
    Permission,
    /// Any other key.
    Key,
}

impl Kind {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Appears => "appears",
            Kind::Vanishes => "vanishes",
            Kind::Renamed => "renamed",
            Kind::Refs => "refs",
            Kind::When => "when",
            Kind::Order => "order",
            Kind::Image => "image",
            Kind::Script => "script",
            Kind::Environment => "environment",
            Kind::Variables => "variables",
            Kind::Secrets => "secrets",
            Kind::Permission => "permission",
            Kind::Key => "key",
        }
    }
}

impl Effect {
    fn of(job: &Job, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            job: Some(job.name.clone()),
            kind,
            text: text.into(),
            lines: Vec::new(),
        }
    }

    fn of_pipeline(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            job: None,
            kind,
            text: text.into(),
            lines: Vec::new(),
        }
    }
}

/// A job of both configurations.
struct Pair<'c> {
    before: &'c Job,
    after: &'c Job,
}

/// What the change from one configuration to another does.
pub fn diff(before: &Config, after: &Config, default_branch: &str) -> Vec<Effect> {
    let compared = Compared::of(after).and(&Compared::of(before));
    let jobs = before.jobs.len().max(after.jobs.len());
    let situations = classes_of(&compared, Some(default_branch), jobs).refs;
    let old: HashMap<&str, &Job> = before
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    let new: HashMap<&str, &Job> = after
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    let gone: Vec<&Job> = before
        .jobs
        .iter()
        .filter(|job| !new.contains_key(job.name.as_str()))
        .collect();
    let mut renamed: HashMap<&str, &Job> = HashMap::new();
    for job in &after.jobs {
        let is_free = |old: &&&Job| !renamed.values().any(|taken| taken.name == old.name);
        let same = |old: &&&Job| keys::same(&old.keys, &job.keys);
        if !old.contains_key(job.name.as_str())
            && let Some(before) = gone.iter().filter(is_free).find(same)
        {
            renamed.insert(&job.name, before);
        }
    }
    let view = refs::View::of(before, after, &situations, compared);
    let mut effects = view.pipeline();
    effects.extend(keys::globals(before, after));
    for job in &after.jobs {
        let was = old
            .get(job.name.as_str())
            .or(renamed.get(job.name.as_str()));
        let Some(was) = was else {
            effects.push(view.appears(job));
            continue;
        };
        if was.name != job.name {
            let text = format!("is the new name of `{}`", was.name);
            effects.push(Effect::of(job, Kind::Renamed, text));
        }
        let pair = Pair {
            before: was,
            after: job,
        };
        effects.extend(view.of_job(&pair));
        effects.extend(order::of(&pair, &renamed));
        effects.extend(script::of(&pair));
        effects.extend(keys::of(&pair));
    }
    for job in gone {
        if !renamed.values().any(|taken| taken.name == job.name) {
            effects.push(view.vanishes(job));
        }
    }
    effects
}
