//! What the commands of a job hold that windlass made: digests, and logins.
//!
//! In: a manifest and the configuration that it was lowered to. Out: the first fault of windlass
//! itself. Always holds: commands that the manifest gives itself, by raw keys, are the project's own
//! and not looked at.
//!
//! Promised is that an image is deployed by digest, as often as the manifest names it, and tested by
//! digest where a Docker client pulls it; and that whatever builds or pulls one has the password of
//! its registry. Toolchains have their tag: another pipeline may have built them.

use super::made::{ByOrigin, has_any};
use super::uses::texts;
use crate::config::{Config, Job};
use crate::manifest::Manifest;
use crate::manifest::collection::Map;
use crate::manifest::environments::Environment;
use crate::manifest::images::Role;
use crate::manifest::resolved::image_variable;
use crate::manifest::tests::{Test, Via};
use crate::pipeline::Origin;

/// Keys of GitLab by which a project writes a job's commands itself.
const OWN_COMMANDS: [&str; 4] = ["extends", "before_script", "script", "variables"];
/// The fault of a job that names no digest, or no password.
pub(super) fn fault(manifest: &Manifest, config: &Config) -> Option<String> {
    let jobs = ByOrigin::of(config);
    let deployed = || {
        manifest
            .environments()
            .find_map(|(key, of)| undigested(manifest, &jobs, &key.value, of))
    };
    let built = || {
        let mut images = manifest.images();
        images.find_map(|(key, image)| {
            // A group has one login for all that its rows differ in.
            let own = has_any(&image.job, &OWN_COMMANDS) || image.group.get().is_some();
            let mut builds = jobs.jobs(jobs.building(&key.value)).filter(|_| !own);
            builds.find_map(|job| no_login(manifest, job, &key.value))
        })
    };
    let tested = || {
        let mut tests = manifest.tests_and_tasks();
        tests.find_map(|(key, test, is_task)| {
            let own = has_any(&test.job, &OWN_COMMANDS);
            let indexes = jobs.indexes(&Origin::run(&key.value, is_task));
            let mut jobs = jobs.jobs(indexes).filter(|_| !own);
            jobs.find_map(|job| {
                let images = pulled(manifest, test);
                images.into_iter().find_map(|image| {
                    let missing = count(job, &digest(image)) == 0 && has_digest(manifest, image);
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
    jobs: &ByOrigin<'_>,
    key: &str,
    environment: &Environment,
) -> Option<String> {
    if has_any(&environment.job, &OWN_COMMANDS) {
        return None;
    }
    let deploy = environment.deploy.get()?;
    let mut named: Vec<&str> = Vec::new();
    if let Some(set_image) = deploy.set_image.get() {
        let containers = set_image
            .0
            .iter()
            .flat_map(|(_, containers)| containers.iter());
        named.extend(containers.map(|(_, image)| image.value.as_str()));
    }
    let overlay = deploy.kustomize.get().and_then(|of| of.images.get());
    named.extend(
        overlay
            .into_iter()
            .flat_map(Map::iter)
            .map(|(_, image)| image.value.as_str()),
    );
    let values = deploy.helm.get().and_then(|helm| helm.set.get());
    let values = values.into_iter().flat_map(Map::iter);
    let images = values.filter_map(|(_, value)| value.image.get());
    named.extend(images.map(String::as_str));
    for job in jobs.jobs(jobs.indexes(&Origin::Deploy(key.to_owned()))) {
        for image in named.iter().filter(|image| has_digest(manifest, image)) {
            let wanted = named.iter().filter(|other| other == &image).count();
            if count(job, &digest(image)) < wanted {
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

fn digest(image: &str) -> String {
    format!("{}_DIGEST", image_variable(image))
}

fn not_by_digest(does: &str, job: &Job, image: &str) -> String {
    format!(
        "`{}` does not {does} the image `{image}` by its digest",
        job.name
    )
}

/// How often the commands of a job name a variable behind an `@`, as a digest stands.
fn count(job: &Job, variable: &str) -> usize {
    let mut count = 0;
    commands(job, &mut |text| {
        count += text
            .split('@')
            .skip(1)
            .filter(|rest| begins_with(rest, variable))
            .count();
    });
    count
}

/// Whether a text begins with a variable: `$NAME` or `${NAME`.
fn begins_with(text: &str, variable: &str) -> bool {
    let name = text
        .strip_prefix('$')
        .map(|name| name.strip_prefix('{').unwrap_or(name));
    let rest = name.and_then(|name| name.strip_prefix(variable));
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    rest.is_some_and(|rest| !rest.starts_with(word))
}

/// The fault of a job that handles an image and has no password of its registry.
fn no_login(manifest: &Manifest, job: &Job, image: &str) -> Option<String> {
    let registry = manifest.registry_of(manifest.image(image)?);
    let password = registry.push?.password;
    let mut found = false;
    commands(job, &mut |text| {
        let from = text.match_indices('$').filter_map(|(at, _)| text.get(at..));
        found |= from.into_iter().any(|rest| begins_with(rest, password));
    });
    (!found).then(|| {
        let name = registry.name;
        format!(
            "`{}` handles the image `{image}` and does not log in to `{name}`",
            job.name
        )
    })
}

fn commands(job: &Job, visit: &mut dyn FnMut(&str)) {
    for key in ["before_script", "script"] {
        if let Some(node) = job.keys.given(key) {
            texts(node, visit);
        }
    }
}
