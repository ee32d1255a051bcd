//! What starts an environment brings along the job that stops it.
//!
//! And what it deletes in the registry is not what another environment may run: both never work on one ref.
//!
//! That the two speak of one environment, and that the second one stops, GitLab itself checks
//! ([`super::refused`]).

use super::Proof;
use super::counter_example::named;
use super::made::ByOrigin;
use crate::finding::{Code, Finding};
use crate::manifest::collection::Many;
use crate::pipeline::Origin;
use crate::plan::{Plan, Presence};

pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
    for one in proof.present(plan) {
        let Some(environment) = &one.job.environment else {
            continue;
        };
        let Some(stop) = &environment.on_stop else {
            continue;
        };
        let planned = proof.by_name.get(stop.as_str()).copied();
        let planned = planned.and_then(|index| plan.jobs.get(index));
        if planned.is_some_and(|planned| planned.presence() != Presence::Out)
            || !proof.is_new(Code::StopMissing, one.job.name.as_str())
        {
            continue;
        }
        let (name, on) = (&one.job.name, named(&plan.situation));
        let message = format!(
            "`{name}` starts `{}` on {on}, where `{}` is missing",
            environment.name, **stop
        );
        let place = proof.place(one.job, &["environment", "on_stop"]);
        let finding = Finding::new(Code::StopMissing, place, message)
            .help("give both jobs the same refs, or nobody can stop the environment");
        proof.report(finding, &plan.situation);
    }
}

/// Reports images that a stop deletes and that another environment deploys on the same refs.
pub(super) fn images(proof: &mut Proof<'_>, plan: &Plan) {
    let manifest = proof.manifest;
    let jobs = ByOrigin::of(proof.config);
    let runs = |origin: &Origin| {
        let mut planned = jobs.indexes(origin).into_iter().map(|at| plan.jobs.get(at));
        planned.any(|job| job.is_some_and(|job| job.presence() != Presence::Out))
    };
    let mut found = Vec::new();
    for (key, environment) in manifest.environments() {
        let images = environment.stop.get().and_then(|stop| stop.images.get());
        let Some(images) = images.filter(|_| runs(&Origin::Stop(key.value.clone()))) else {
            continue;
        };
        let name = environment.name(&key.value);
        for (other, of_other) in manifest.environments() {
            if of_other.name(&other.value) == name || !runs(&Origin::Deploy(other.value.clone())) {
                continue;
            }
            let deployed = manifest.deployed_by(of_other);
            let shared = Many::iter(images).find(|image| deployed.contains(&image.value.as_str()));
            found.extend(shared.map(|image| (key, other, image)));
        }
    }
    for (key, other, image) in found {
        let subject = format!("{}\0{}\0{}", key.value, other.value, image.value);
        if !proof.is_new(Code::SharedDeletion, subject) {
            continue;
        }
        let on = named(&plan.situation);
        let message = format!(
            "this deletes images of `{}` that `{}` may run: it deploys them on {on} as well",
            image.value, other.value
        );
        let finding = Finding::new(Code::SharedDeletion, image.span, message)
            .related(other.span, "this environment has the same image")
            .help("deploy it from other refs there, or leave its images to `retention: {keep_for: branch}`, which asks first what runs");
        proof.report(finding, &plan.situation);
    }
}
