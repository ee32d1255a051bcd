//! The jobs that were made for an entity of the manifest, and what of them its raw keys replace.

use std::collections::HashMap;

use crate::config::{Config, Job};
use crate::manifest::Manifest;
use crate::manifest::environments::Environment;
use crate::manifest::kinds::Raw;
use crate::manifest::raw::member;
use crate::manifest::record::Field;
use crate::pipeline::{self, Origin, Pipeline};
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
pub(super) struct ByOrigin<'c, J> {
    jobs: &'c [J],
    indexes: HashMap<Origin, Vec<usize>>,
}

impl<'c> ByOrigin<'c, Job> {
    /// The jobs as GitLab reads them: a job for each row of a matrix.
    pub(super) fn of(config: &'c Config) -> Self {
        Self::new(&config.jobs, |job| job.origin.as_ref())
    }
}

impl<'c> ByOrigin<'c, pipeline::Job> {
    /// The jobs as they were lowered.
    pub(super) fn planned(pipeline: &'c Pipeline) -> Self {
        Self::new(&pipeline.jobs, |job| Some(&job.origin))
    }
}

impl<'c, J> ByOrigin<'c, J> {
    fn new(jobs: &'c [J], origin: fn(&J) -> Option<&Origin>) -> Self {
        let mut indexes: HashMap<Origin, Vec<usize>> = HashMap::new();
        for (index, job) in jobs.iter().enumerate() {
            for origin in origin(job).into_iter().flat_map(Origin::each) {
                indexes.entry(origin).or_default().push(index);
            }
        }
        Self { jobs, indexes }
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
    pub(super) fn jobs(&self, indexes: Vec<usize>) -> impl Iterator<Item = &'c J> + use<'c, J> {
        let jobs = self.jobs;
        let indexes = indexes.into_iter();
        indexes.filter_map(|index| jobs.get(index))
    }
}
