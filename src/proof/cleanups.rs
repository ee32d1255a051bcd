//! Old images are deleted after the deployment, unless a person starts that: until then they may be
//! what runs.
//!
//! Always holds: jobs of which the manifest says by raw keys what they wait for are the project's own
//! and not looked at.

use super::made::{ByOrigin, has_any};
use super::order::{Waits, stage};
use super::{Present, Proof};
use crate::config::{Config, When};
use crate::manifest::Manifest;
use crate::manifest::deployments::Deployments;
use crate::manifest::images::KeepFor;
use crate::pipeline::Origin;
use crate::plan::Plan;

/// Keys of GitLab by which a project says itself what a job waits for.
const OWN_ORDER: [&str; 3] = ["extends", "needs", "stage"];

/// The clean-up of an image that outlives its pipeline, and the jobs that deploy that image.
pub(super) struct Cleanup {
    image: String,
    job: usize,
    deployments: Vec<usize>,
}

/// All of them.
pub(super) fn of(manifest: &Manifest, config: &Config) -> Vec<Cleanup> {
    let deployments = Deployments::of(manifest);
    let jobs = ByOrigin::of(config);
    let mut all = Vec::new();
    for (key, image) in manifest.images() {
        let Some(retention) = image.retention.get() else {
            continue;
        };
        let own = has_any(&retention.job, &OWN_ORDER) || has_any(&image.job, &OWN_ORDER);
        if own || retention.keep_for.get() == Some(&KeepFor::Pipeline) {
            continue;
        }
        let name = key.value.as_str();
        let deployed = deployments.of_image(name).iter();
        let deployed = deployed
            .filter(|(_, environment)| !has_any(&environment.job, &OWN_ORDER))
            .map(|(key, _)| Origin::Deploy(key.value.clone()));
        let deploying: Vec<usize> = deployed.flat_map(|origin| jobs.indexes(&origin)).collect();
        let built = jobs.building(name);
        let stage_of = |index: &usize| stage(config, *index);
        for job in jobs.indexes(&Origin::Cleanup(name.to_owned())) {
            // What comes before the build is about earlier pipelines alone.
            if built
                .iter()
                .map(stage_of)
                .any(|build| stage_of(&job) <= build)
            {
                continue;
            }
            all.push(Cleanup {
                image: name.to_owned(),
                job,
                deployments: deploying.clone(),
            });
        }
    }
    all
}

/// Notes a clean-up that does not wait for the deployment of its image.
pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    if proof.cleanups.is_empty() {
        return;
    }
    let present = proof.present(plan);
    let surely = |index: usize| -> Option<&Present<'_>> {
        let at = present.binary_search_by_key(&index, |one| one.index).ok();
        present.get(at?)
    };
    let mut fault = None;
    for cleanup in &proof.cleanups {
        let Some(job) = surely(cleanup.job) else {
            continue;
        };
        let waits = Waits::of(proof, plan, job);
        let by_hand = |one: &Present<'_>| one.chosen.is_none_or(|own| own.when == When::Manual);
        let deployments = cleanup
            .deployments
            .iter()
            .filter_map(|index| surely(*index));
        let mut automatic = deployments.filter(|one| !by_hand(one));
        if let Some(early) = automatic.find(|one| !waits.has(one)) {
            fault = Some(format!(
                "`{}` deletes images of `{}` and does not wait for `{}`",
                job.job.name, cleanup.image, early.job.name
            ));
            break;
        }
    }
    if let Some(fault) = fault {
        proof.contradict(fault);
    }
}
