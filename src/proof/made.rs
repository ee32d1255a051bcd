//! The jobs that were made for an entity of the manifest, and what of them its raw keys replace.

use std::collections::HashMap;

use crate::config::{Config, Job};
use crate::manifest::Manifest;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::Raw;
use crate::manifest::raw::member;
use crate::manifest::record::Field;
use crate::pipeline::Origin;
use crate::source::At;

/// Whether raw keys of an entity hold any of these.
pub(super) fn has_any(raw: &Field<Raw>, keys: &[&str]) -> bool {
    let has = |raw: &Raw| keys.iter().any(|key| member(&raw.0, key).is_some());
    raw.get().is_some_and(has)
}

/// The environment of the manifest that a job deploys.
pub(super) fn deployed<'m>(
    manifest: &'m Manifest,
    job: &Job,
) -> Option<(&'m At<String>, &'m At<Environment>)> {
    let Some(Origin::Deploy(key)) = &job.origin else {
        return None;
    };
    manifest.environments.get()?.entry(key)
}

/// The jobs of each origin. The job of a group is that of each of its images.
pub(super) struct ByOrigin<'c> {
    config: &'c Config,
    indexes: HashMap<Origin, Vec<usize>>,
}

impl<'c> ByOrigin<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let mut indexes: HashMap<Origin, Vec<usize>> = HashMap::new();
        for (index, job) in config.jobs.iter().enumerate() {
            for origin in job.origin.iter().flat_map(Origin::each) {
                indexes.entry(origin).or_default().push(index);
            }
        }
        Self { config, indexes }
    }

    /// The positions of the jobs that do this.
    pub(super) fn indexes(&self, origin: &Origin) -> Vec<usize> {
        self.indexes.get(origin).cloned().unwrap_or_default()
    }

    /// The positions of the jobs that build an image, by force or not.
    pub(super) fn building(&self, image: &str) -> Vec<usize> {
        let mut all = self.indexes(&Origin::build(image));
        all.extend(self.indexes(&Origin::ForceBuild(image.to_owned())));
        all.sort_unstable();
        all
    }

    /// The jobs at these positions.
    pub(super) fn jobs(&self, indexes: Vec<usize>) -> impl Iterator<Item = &'c Job> + use<'c> {
        let config = self.config;
        let indexes = indexes.into_iter();
        indexes.filter_map(|index| config.jobs.get(index))
    }
}
