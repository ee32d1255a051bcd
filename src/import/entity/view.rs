//! The jobs of a pipeline as recognisers see them.
//!
//! In: a configuration as GitLab reads it. Out: a [`Seen`] for each job that can run, with its effective
//! keys. Always holds: the copies of `parallel` are one job here.

use crate::config::{Config, Job, Map, Node};
use crate::import::values;
use crate::pipeline::Mapping;

/// The jobs.
pub(in crate::import) struct View<'c> {
    /// The configuration.
    pub(super) config: &'c Config,
    /// The jobs, in the order written.
    pub(super) jobs: Vec<Seen<'c>>,
}

/// A job.
pub(super) struct Seen<'c> {
    /// As GitLab reads it; of several copies the first.
    pub(super) job: &'c Job,
    /// Its effective keys.
    pub(super) keys: Mapping,
}

impl<'c> View<'c> {
    /// The jobs of a configuration. A job whose values no manifest can hold is left out.
    pub(in crate::import) fn of(config: &'c Config) -> Self {
        let mut jobs: Vec<Seen<'c>> = Vec::new();
        for job in &config.jobs {
            if jobs.iter().any(|seen| seen.job.key == job.key) {
                continue;
            }
            if let Some(keys) = keys_of(&job.keys) {
                jobs.push(Seen { job, keys });
            }
        }
        Self { config, jobs }
    }

    /// The hidden jobs that have a key, with its value.
    pub(super) fn hidden<'s>(&'s self, key: &'s str) -> impl Iterator<Item = (&'s str, &'s Node)> {
        let all = self.config.tree.as_map().into_iter().flat_map(Map::iter);
        let hidden = all.filter(|(name, _)| name.text.starts_with('.'));
        hidden.filter_map(move |(name, entry)| Some((&*name.text, entry.value.get(key)?)))
    }
}

fn keys_of(map: &Map) -> Option<Mapping> {
    let mut keys = Mapping::new();
    for (key, entry) in map.iter() {
        keys.set(&*key.text, values::of(&entry.value)?);
    }
    Some(keys)
}
