//! Everything in a manifest that is handed to GitLab as it stands.

use crate::manifest::Manifest;
use crate::manifest::collection::Map;
use crate::manifest::common::Entity;
use crate::source::Node;

/// The raw GitLab keys of all entities, of jobs, of the pipeline and of includes.
pub(super) fn raw_nodes(manifest: &Manifest) -> Vec<&Node> {
    let images = manifest.images().map(|(_, image)| image.common());
    let tests = manifest.tests_and_tasks().map(|(_, test, _)| test.common());
    let environments = manifest.environments().map(|(_, one)| one.common());
    let promotions = manifest.promotions().map(|(_, one)| one.common());
    let entities = images.chain(tests).chain(environments).chain(promotions);
    let of_images = manifest.images().flat_map(|(_, image)| {
        let retention = image.retention.get().and_then(|one| one.job.get());
        let rebuild = image.rebuild.get().and_then(|one| one.job.get());
        [retention, rebuild].into_iter().flatten()
    });
    let stops = manifest
        .environments()
        .filter_map(|(_, one)| one.stop.get());
    let jobs = manifest.jobs.get().into_iter().flat_map(Map::iter);
    let includes = manifest.include.get().into_iter();
    let includes = includes.flat_map(|list| list.iter());
    entities
        .filter_map(|common| common.job.get())
        .chain(of_images)
        .chain(stops.filter_map(|one| one.job.get()))
        .chain(jobs.map(|(_, job)| &job.value))
        .chain(manifest.pipeline.get())
        .map(|raw| &raw.0)
        .chain(includes.map(|include| &include.value.0))
        .collect()
}
