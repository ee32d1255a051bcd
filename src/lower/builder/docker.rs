//! `docker build`, and `docker push`: with BuildKit or with the builder of Docker before 23.

use super::arguments;
use super::build::{Build, Reference};
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{Job, Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    lowering.with_docker(job, &build.handled(), &[]);
    no_attestations(lowering, job);
    pull_cache(job, build);
    job.script.push(Value::from(command(build)));
    push(job, build);
}

/// The build as one command, an argument a line.
fn command(build: &mut Build<'_>) -> String {
    // The builder of Docker before 23 has no secrets, but its BuildKit has.
    let buildkit = match build.secrets().is_empty() {
        true => "",
        false => "DOCKER_BUILDKIT=1 ",
    };
    let mut lines = vec![
        arguments::client(build, &format!("{buildkit}docker build")),
        "--pull".to_owned(),
    ];
    lines.extend(arguments::recipe(build));
    lines.extend(arguments::tags(build));
    for cache in build.cache_from(Reference::text) {
        lines.push(format!("--cache-from {}", quoted(&cache)));
    }
    if let Some(cache) = build.cache_to(Reference::text) {
        lines.push(format!("--tag {}", quoted(&cache)));
        // Without it BuildKit finds no cache in an image; the older builder does not mind.
        lines.push("--build-arg BUILDKIT_INLINE_CACHE=1".to_owned());
    }
    lines.extend(arguments::options(build));
    lines.push(word(&build.context()));
    arguments::command(&lines)
}

/// An attestation would make an index of what is meant to be one manifest (Docker 29 makes them by
/// default). Docker that goes with older targets knows none.
pub(super) fn no_attestations(lowering: &Lowering<'_>, job: &mut Job) {
    if !lowering.has_old_docker() {
        job.variables.set("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
    }
}

/// The builder of Docker before 23 finds only what is there already. The first build of a branch
/// has no cache.
pub(super) fn pull_cache(job: &mut Job, build: &mut Build<'_>) {
    for cache in build.cache_from(Reference::text) {
        job.script.push(Value::from(format!(
            "docker pull {} || true",
            quoted(&cache)
        )));
    }
}

/// Pushes what was built, and takes the digest from what the registry answered: an image may have
/// further digests, in this repository too.
pub(super) fn push(job: &mut Job, build: &mut Build<'_>) {
    let tags = build.tags();
    let mut tags = tags.iter();
    if let Some(tag) = tags.next() {
        job.script.push(Value::from(format!(
            "docker push {} | tee push.log",
            quoted(tag)
        )));
        job.script.push(Value::from(
            r"digest=$(sed -n 's/.*digest[:] \(sha256:[0-9a-f]*\) .*/\1/p' push.log)",
        ));
    }
    for tag in tags.chain(&build.cache_to(Reference::text)) {
        job.script
            .push(Value::from(format!("docker push {}", quoted(tag))));
    }
}
