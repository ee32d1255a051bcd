//! What a stop deletes in the registry is not what another environment may run: both never work on one ref.

use super::Proof;
use super::made::ByOrigin;
use crate::finding::{Code, Finding};
use crate::manifest::collection::Many;
use crate::pipeline::Origin;
use crate::plan::{Plan, Presence, named};

/// Reports images that a stop deletes and that another environment deploys on the same refs.
pub(super) fn check(proof: &mut Proof<'_>, plan: &Plan) {
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
