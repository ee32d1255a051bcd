//! What the commands of a job that windlass wrote do: which images they take by digest, and to which
//! registries they log in.
//!
//! In: a manifest and the pipeline that it was lowered to. Out: the first fault of windlass itself.
//! Always holds: commands are not read. What they do is in [`Uses`](crate::pipeline::Uses), noted by
//! the code that writes them; what they must do is derived here from the manifest alone.
//!
//! Promised is that an image is deployed by digest, as often as the manifest names it, and tested by
//! digest where a Docker client pulls it; and that whatever builds or pulls one has the password of
//! its registry. Toolchains have their tag: another pipeline may have built them.

use super::made::ByOrigin;
use crate::manifest::Manifest;
use crate::manifest::environments::Environment;
use crate::manifest::images::Role;
use crate::manifest::tests::{Test, Via};
use crate::pipeline::{Job, Login, Origin, Pipeline};

/// The fault of a job that takes an image by another name than its digest, or has no password.
pub(super) fn fault(manifest: &Manifest, pipeline: &Pipeline) -> Option<String> {
    let jobs = ByOrigin::planned(pipeline);
    let deployed = || {
        manifest
            .environments()
            .find_map(|(key, of)| undigested(manifest, &jobs, &key.value, of))
    };
    let built = || {
        let mut images = manifest.images();
        images.find_map(|(key, _)| {
            let mut builds = jobs.jobs(jobs.building(&key.value));
            builds.find_map(|job| no_login(manifest, job, &key.value))
        })
    };
    let tested = || {
        let mut tests = manifest.tests_and_tasks();
        tests.find_map(|(key, test, is_task)| {
            let indexes = jobs.indexes(&Origin::run(&key.value, is_task));
            let mut jobs = jobs.jobs(indexes);
            jobs.find_map(|job| {
                let images = pulled(manifest, test);
                images.into_iter().find_map(|image| {
                    let missing = count(job, image) == 0 && has_digest(manifest, image);
                    let fault = missing.then(|| not_by_digest("test", job, image));
                    fault.or_else(|| no_login(manifest, job, image))
                })
            })
        })
    };
    deployed().or_else(built).or_else(tested)
}

/// What of an environment's images its job does not deploy by digest.
fn undigested(
    manifest: &Manifest,
    jobs: &ByOrigin<'_, Job>,
    key: &str,
    environment: &Environment,
) -> Option<String> {
    let deploy = environment.deploy.get()?;
    let named: Vec<&str> = deploy
        .drivers()
        .flat_map(|driver| driver.value.by_digest())
        .collect();
    for job in jobs.jobs(jobs.indexes(&Origin::Deploy(key.to_owned()))) {
        for image in named.iter().filter(|image| has_digest(manifest, image)) {
            let wanted = named.iter().filter(|other| other == &image).count();
            if count(job, image) != wanted {
                return Some(not_by_digest("deploy", job, image));
            }
        }
    }
    None
}

/// The images of the manifest that a test's Docker client pulls.
fn pulled<'m>(manifest: &'m Manifest, test: &'m Test) -> Vec<&'m str> {
    let own = test.image.get().and_then(|image| image.name.get());
    let mut names: Vec<&str> = own.map(String::as_str).into_iter().collect();
    match test.via.copied_or(Via::Job) {
        Via::Job => return Vec::new(),
        Via::Docker => {}
        Via::Compose => {
            let services = test.services.get().into_iter().flat_map(|list| list.iter());
            let mapped = manifest
                .compose
                .get()
                .and_then(|compose| compose.services.get());
            let image = |name: &String| Some(mapped?.get(name)?.value.as_str());
            names.extend(services.filter_map(|one| image(one.value.name.get()?)));
        }
    }
    names.retain(|name| manifest.image(name).is_some());
    names
}

/// Whether an image of the manifest has a digest in this pipeline.
fn has_digest(manifest: &Manifest, name: &str) -> bool {
    manifest
        .image(name)
        .is_some_and(|image| image.role() != Role::Toolchain)
}

fn not_by_digest(does: &str, job: &Job, image: &str) -> String {
    format!(
        "`{}` does not {does} the image `{image}` by its digest",
        job.name
    )
}

/// How often a job takes an image by its digest.
fn count(job: &Job, image: &str) -> usize {
    let taken = job.uses.by_digest.iter();
    taken.filter(|name| *name == image).count()
}

/// The fault of a job that handles an image and has no password of its registry.
fn no_login(manifest: &Manifest, job: &Job, image: &str) -> Option<String> {
    let registry = manifest.registry_of(manifest.image(image)?);
    let login = Login {
        host: registry.host.to_owned(),
        password: registry.push?.password.to_owned(),
    };
    (!job.uses.logins.contains(&login)).then(|| {
        let name = registry.name;
        format!(
            "`{}` handles the image `{image}` and does not log in to `{name}`",
            job.name
        )
    })
}
