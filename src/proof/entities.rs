//! Each entity of the manifest has its jobs, and each job an entity.
//!
//! In: a manifest and the pipeline that it was lowered to. Out: the first fault of windlass itself.
//! Always holds: which jobs an entity must have is derived here from the manifest alone. What other
//! checks say of an entity's jobs would hold of no job at all.

use std::collections::HashSet;

use super::made::ByOrigin;
use crate::manifest::Manifest;
use crate::manifest::deployments::Deployments;
use crate::pipeline::{Origin, Pipeline};

/// The fault of an entity that does not have exactly one job for each thing that it asks for, or of a job
/// that no entity asks for.
pub(super) fn fault(manifest: &Manifest, pipeline: &Pipeline) -> Option<String> {
    let jobs = ByOrigin::planned(pipeline);
    let wanted = wanted(manifest);
    for origin in &wanted {
        match jobs.indexes(origin).as_slice() {
            [_] => {}
            [] => return Some(format!("no job {}s `{origin}`", verb(origin))),
            several => {
                let count = several.len();
                return Some(format!("{count} jobs {} `{origin}`", verb(origin)));
            }
        }
    }
    let wanted: HashSet<Origin> = wanted.into_iter().collect();
    let asked = |origin: &Origin| origin.each().iter().all(|one| wanted.contains(one));
    let stray = pipeline.jobs.iter().find(|job| !asked(&job.origin))?;
    Some(format!(
        "`{}` {}s `{}`, and the manifest asks for no such job",
        stray.name,
        verb(&stray.origin),
        stray.origin
    ))
}

/// What the manifest asks for.
fn wanted(manifest: &Manifest) -> Vec<Origin> {
    let mut all = Vec::new();
    let deployments = Deployments::of(manifest);
    for (key, image) in manifest.images() {
        let name = || key.value.clone();
        all.push(Origin::build(&key.value));
        if let Some(rebuild) = image.rebuild.get() {
            all.push(Origin::Check(name()));
            let manual = rebuild.manual.copied_or(false);
            all.extend(manual.then(|| Origin::ForceBuild(name())));
        }
        let retention = image.retention.get();
        all.extend(retention.map(|_| Origin::Cleanup(name())));
        all.extend(image.branches_job(key).map(|_| Origin::Branches(name())));
        let tested = deployments.tested_stage(manifest, &key.value);
        all.extend(tested.map(|_| Origin::Tested(name())));
    }
    for (key, _, is_task) in manifest.tests_and_tasks() {
        all.push(Origin::run(&key.value, is_task));
    }
    for (key, environment) in manifest.environments() {
        let name = || key.value.clone();
        all.push(Origin::Deploy(name()));
        let asked = deployments.asked_for(manifest, environment);
        all.extend((!asked.is_empty()).then(|| Origin::Running(name())));
        let marked = deployments.marked(manifest, environment);
        all.extend((!marked.is_empty()).then(|| Origin::Mark(name())));
        let stop = environment.stop.get();
        all.extend(stop.map(|_| Origin::Stop(name())));
        let untags = environment.untags(&key.value, manifest, &deployments);
        all.extend(untags.then(|| Origin::Untag(name())));
    }
    for (key, _) in manifest.promotions() {
        all.push(Origin::Promotion(key.value.clone()));
    }
    let raw = manifest.raw_jobs();
    all.extend(raw.map(|(key, _)| Origin::Raw(key.value.clone())));
    all
}

/// What a job of an origin does.
fn verb(origin: &Origin) -> &'static str {
    match origin {
        Origin::Build(_) | Origin::ForceBuild(_) => "build",
        Origin::Check(_) => "check",
        Origin::Deploy(_) => "deploy",
        Origin::Mark(_) | Origin::Tested(_) => "mark",
        Origin::Cleanup(_)
        | Origin::Stop(_)
        | Origin::Untag(_)
        | Origin::Branches(_)
        | Origin::Running(_)
        | Origin::Test(_)
        | Origin::Task(_)
        | Origin::Promotion(_)
        | Origin::Raw(_) => "run",
    }
}
