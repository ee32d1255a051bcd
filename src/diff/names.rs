//! Which job of one configuration is which of the other.
//!
//! In: both configurations. Out: for each job what it was before. Always holds: a job has the name
//! that it had, unless one of that name is gone and it alone has the same normal form.

use std::collections::{HashMap, HashSet};

use crate::config::normal::{Fields, Normal, renamed};
use crate::config::{Config, Job};

/// The jobs of both configurations by name.
pub(super) struct Names<'c> {
    before: HashMap<&'c str, &'c Job>,
    /// What a job was called before, by the name that it has.
    renamed: HashMap<&'c str, &'c Job>,
    /// Jobs without a successor.
    gone: Vec<&'c Job>,
}

impl<'c> Names<'c> {
    /// Finds out which jobs have another name.
    pub(super) fn of(
        (before, old): (&'c Config, &Normal<'c>),
        (after, new): (&'c Config, &Normal<'c>),
    ) -> Self {
        let is_there = |jobs: &'c [Job]| -> HashSet<&'c str> {
            jobs.iter().map(|job| job.name.as_str()).collect()
        };
        let (there_before, there_after) = (is_there(&before.jobs), is_there(&after.jobs));
        // By the text of their form: two jobs with one text have one form.
        let mut free: HashMap<String, Vec<&Job>> = HashMap::new();
        let mut gone: Vec<&Job> = Vec::new();
        let come = || {
            after
                .jobs
                .iter()
                .filter(|job| !there_before.contains(job.name.as_str()))
        };
        let any = come().next().is_some();
        for job in before
            .jobs
            .iter()
            .filter(|job| !there_after.contains(job.name.as_str()))
        {
            gone.push(job);
            if any {
                free.entry(old.job(job).to_string()).or_default().push(job);
            }
        }
        let mut renamed = HashMap::new();
        if !gone.is_empty() {
            for job in come() {
                let same = free.get_mut(&new.job(job).to_string());
                if let Some(same) = same.filter(|same| !same.is_empty()) {
                    renamed.insert(job.name.as_str(), same.remove(0));
                }
            }
        }
        let taken: HashSet<&str> = renamed.values().map(|job| job.name.as_str()).collect();
        gone.retain(|job| !taken.contains(job.name.as_str()));
        let before = before
            .jobs
            .iter()
            .map(|job| (job.name.as_str(), job))
            .collect();
        Self {
            before,
            renamed,
            gone,
        }
    }

    /// What a job was before.
    pub(super) fn before(&self, job: &Job) -> Option<&'c Job> {
        let name = job.name.as_str();
        self.before.get(name).or(self.renamed.get(name)).copied()
    }

    /// What a job was before, with the names that others have now.
    pub(super) fn carried(&self, job: Fields) -> Fields {
        if self.renamed.is_empty() {
            return job;
        }
        let now = self.renamed.iter();
        let now: HashMap<&str, &str> = now
            .map(|(now, before)| (before.name.as_str(), *now))
            .collect();
        renamed(&job, &|name| (*now.get(name).unwrap_or(&name)).to_owned())
    }

    /// Whether any job has another name.
    pub(super) fn any_is_new(&self) -> bool {
        !self.renamed.is_empty()
    }

    /// The jobs that are gone.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'c Job> {
        self.gone.iter().copied()
    }
}
