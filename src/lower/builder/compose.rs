//! `docker compose build`, through the override file, and `docker push`.

use super::build::{Build, Planned, Reference};
use super::{arguments, docker};
use crate::gitlab::gates;
use crate::lower::compose::{ComposeCommand, interpolated, seen_from};
use crate::lower::{Lowering, build_label, quoted, word};
use crate::pipeline::{Job, Mapping, Value, strings};

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    lowering.with_docker(job, &build.handled(), &[]);
    docker::no_attestations(lowering, job);
    lowering.with_compose(job);
    if build.names_default_branch() && lowering.target < gates::DEFAULT_BRANCH_SLUG {
        // The override names it.
        job.script.push(Value::from("export default_branch_slug"));
    }
    docker::pull_cache(job, build);
    let compose = ComposeCommand::of(lowering);
    let mut command = vec![format!("{} build --pull", compose.word())];
    command.extend(arguments::options(build));
    command.push(word(&build.service()));
    job.script.push(Value::from(command.join(" ")));
    let tags = build.tags();
    let mut tags = tags.iter();
    if let Some(built) = tags.next() {
        for tag in tags.chain(&build.cache_to(Reference::text)) {
            let tag = format!("docker tag {} {}", quoted(built), quoted(tag));
            job.script.push(Value::from(tag));
        }
    }
    docker::push(job, build);
}

/// What the override says about a build: what the manifest spells, over the project's own file.
/// Paths there are seen from the `folder` of the first compose file.
pub(in crate::lower) fn keys(build: &Planned<'_>, folder: &str) -> Mapping {
    let image = build.image;
    let mut keys = Mapping::new();
    if build.has_own_dockerfile() {
        let context = image.context();
        keys.set("context", interpolated(&seen_from(folder, context)));
        let dockerfile = seen_from(context, &image.dockerfile());
        keys.set("dockerfile", interpolated(&dockerfile));
    }
    keys.set_if(
        "target",
        image.target.get().map(|target| interpolated(target)),
    );
    let mut args = Mapping::new();
    for arg in &build.args {
        args.set(arg.name, interpolated(&arg.value));
    }
    if build.cache_to.is_some() {
        args.set("BUILDKIT_INLINE_CACHE", "1");
    }
    if !args.is_empty() {
        keys.set("args", args);
    }
    if let Some(label) = &build.label {
        let label = interpolated(&build_label::in_compose(label));
        keys.set("labels", strings(&[label]));
    }
    let cache = build.cache_from.iter();
    let cache: Vec<String> = cache.map(|of| interpolated(&of.in_compose())).collect();
    if !cache.is_empty() {
        keys.set("cache_from", strings(&cache));
    }
    let secrets = image.secrets.get().into_iter();
    let secrets: Vec<&str> = secrets.flat_map(|all| all.names()).collect();
    if !secrets.is_empty() {
        keys.set("secrets", strings(&secrets));
    }
    keys
}
