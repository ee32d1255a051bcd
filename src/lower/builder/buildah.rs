//! Buildah in an unprivileged job: no daemon.
//!
//! Settings as in GitLab's "Use Buildah to build Docker images" (18) and buildah-build(1) 1.43.

use super::build::{Build, Reference};
use super::{arguments, daemonless};
use crate::lower::tools::Tool;
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{BaseId, Job, Mapping, Value};

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    let variables = Mapping::from_iter([
        // A build step runs in a chroot, which needs no privileges.
        ("BUILDAH_ISOLATION", "chroot"),
        // An overlay on the container's own overlay would need some.
        ("STORAGE_DRIVER", "vfs"),
        // An OCI image has no HEALTHCHECK.
        ("BUILDAH_FORMAT", "docker"),
    ]);
    let logins = lowering.logins("buildah", &build.handled(), &mut job.uses);
    daemonless::set_up(
        lowering,
        job,
        &daemonless::Tool {
            base: BaseId::only("buildah"),
            image: lowering.tool(Tool::Buildah),
            comment: "Buildah, logged in to the registry: no daemon, no privileges.",
            variables,
            logins,
        },
    );
    job.script.push(Value::from(command(build)));
    // The first push tells the digest; the others push the same bytes.
    let mut digest_file = "--digestfile image.digest ";
    for tag in build.tags() {
        let tag = quoted(&tag);
        job.script
            .push(Value::from(format!("buildah push {digest_file}{tag}")));
        digest_file = "";
    }
    job.script.push(Value::from(daemonless::FILE_DIGEST));
}

/// The build as one command, an argument a line.
fn command(build: &mut Build<'_>) -> String {
    let mut lines = vec![arguments::client(build, "buildah build")];
    lines.extend(arguments::recipe(build));
    lines.extend(arguments::tags(build));
    let from = build.cache_from(Reference::as_repository);
    let to = build.cache_to(Reference::as_repository);
    if !from.is_empty() || to.is_some() {
        lines.push("--layers".to_owned());
    }
    for cache in from {
        lines.push(format!("--cache-from {}", quoted(&cache)));
    }
    if let Some(cache) = to {
        lines.push(format!("--cache-to {}", quoted(&cache)));
    }
    lines.extend(arguments::options(build));
    lines.push(word(&build.context()));
    arguments::command(&lines)
}
