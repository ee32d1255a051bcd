//! What an environment may run keeps a tag: a build has one of its own, and whoever deletes builds asks each
//! environment first what it runs.
//!
//! In: a manifest and the pipeline that it was lowered to. Out: the first fault of windlass itself. Always
//! holds: which image runs where is derived here from the manifest alone. A job whose commands or needs are the
//! manifest's own by raw keys is not looked at: without its lists a clean-up fails before it deletes.

use super::made::ByOrigin;
use crate::manifest::Manifest;
use crate::pipeline::{Job, Origin, Pipeline};

/// The fault of a build without a tag of its own, or of a clean-up that does not ask.
pub(super) fn fault(manifest: &Manifest, pipeline: &Pipeline) -> Option<String> {
    let jobs = ByOrigin::planned(pipeline);
    for (key, environment) in manifest.environments() {
        for image in manifest.deployed_by(environment) {
            let own = |job: &&Job| job.raw.get("script").is_none();
            let shared = manifest.image(image).and_then(|image| image.build_tag());
            let mut builds = jobs.jobs(jobs.building(image)).filter(own);
            let untagged =
                builds.find(|job| shared.is_some() && !job.uses.own_tags.contains(image));
            if let Some(job) = untagged {
                return Some(format!(
                    "`{}` gives `{image}` no tag of its own, and `{}` runs it",
                    job.name, key.value
                ));
            }
            if !manifest.image(image).is_some_and(|image| image.is_pruned()) {
                continue;
            }
            let lists = Origin::Running(key.value.clone());
            let lists: Vec<&Job> = jobs.jobs(jobs.indexes(&lists)).collect();
            let cleanups = jobs.jobs(jobs.indexes(&Origin::Cleanup(image.to_owned())));
            for job in cleanups.filter(own) {
                let gets = lists.iter().any(|list| waits_for(job, list));
                if !gets || !job.uses.asks.contains(&key.value) {
                    return Some(format!(
                        "`{}` deletes builds of `{image}` and does not ask what `{}` runs",
                        job.name, key.value
                    ));
                }
            }
        }
    }
    None
}

/// Whether a job surely gets the artifacts of another.
fn waits_for(job: &Job, other: &Job) -> bool {
    if job.raw.get("needs").is_some() || job.raw.get("dependencies").is_some() {
        return true;
    }
    match (&job.needs, &job.dependencies) {
        (Some(needs), _) => needs
            .iter()
            .any(|need| need.job == other.name && need.artifacts && !need.optional),
        (None, Some(jobs)) => jobs.contains(&other.name),
        (None, None) => false,
    }
}
