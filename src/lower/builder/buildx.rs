//! `docker buildx build`, with a cache in the registry.

use super::arguments;
use super::build::{Build, Reference};
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{Job, Shared, Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    if lowering.engine_keeps_caches() {
        lowering.with_docker(job, &build.handled(), &[]);
    } else {
        let builder = lowering.builder_name();
        let removals = [format!("docker buildx rm --force {builder}")];
        lowering.with_docker(job, &build.handled(), &removals);
        let setup = lowering.builder_setup().join("\n") + "\n";
        job.script
            .push(Shared::own("buildx", "script", setup).into());
    }
    job.script.push(Value::from(command(build)));
    job.script.push(Value::from(super::METADATA_DIGEST));
}

/// The build as one command, an argument a line.
fn command(build: &mut Build<'_>) -> String {
    let mut lines = vec![arguments::client(build, "docker buildx build")];
    lines.extend(arguments::recipe(build));
    if let Some(platforms) = build.platforms() {
        lines.push(format!("--platform {}", word(&platforms)));
    }
    lines.extend(arguments::tags(build));
    for cache in build.cache_from(Reference::text) {
        lines.push(format!(
            "--cache-from {}",
            quoted(&format!("type=registry,ref={cache}"))
        ));
    }
    if let Some(cache) = build.cache_to(Reference::text) {
        let to = format!("type=registry,ref={cache},mode=max");
        lines.push(format!("--cache-to {}", quoted(&to)));
    }
    lines.extend(arguments::options(build));
    // An attestation would make an index of what is meant to be one manifest.
    lines.push(format!(
        "--provenance=false --metadata-file image.json --push {}",
        word(&build.context())
    ));
    arguments::command(&lines)
}
