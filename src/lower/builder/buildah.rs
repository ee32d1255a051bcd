//! Buildah in an unprivileged job: no daemon.
//!
//! Settings as in GitLab's "Use Buildah to build Docker images" (18) and buildah-build(1) 1.43.

use super::{Build, arguments, daemonless};
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{BaseId, Job, Mapping, Value};

/// Buildah and a shell.
const IMAGE: &str = "quay.io/buildah/stable:v1.43.1";

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &Build<'_>) {
    let variables = Mapping::from_iter([
        // A build step runs in a chroot, which needs no privileges.
        ("BUILDAH_ISOLATION", "chroot"),
        // An overlay on the container's own overlay would need some.
        ("STORAGE_DRIVER", "vfs"),
        // An OCI image has no HEALTHCHECK.
        ("BUILDAH_FORMAT", "docker"),
    ]);
    let logins = lowering.logins("buildah", &build.images(), &mut job.uses);
    daemonless::set_up(
        lowering,
        job,
        &daemonless::Tool {
            base: BaseId::only("buildah"),
            image: IMAGE,
            comment: "Buildah, logged in to the registry: no daemon, no privileges.",
            variables,
            logins,
        },
    );
    job.script.push(Value::from(command(build)));
    // The first push tells the digest; the others push the same bytes.
    let mut digest_file = "--digestfile image.digest ";
    for tag in &build.tags {
        let tag = quoted(tag);
        job.script
            .push(Value::from(format!("buildah push {digest_file}{tag}")));
        digest_file = "";
    }
    job.script.push(Value::from(daemonless::FILE_DIGEST));
}

/// The build as one command, an argument a line.
fn command(build: &Build<'_>) -> String {
    let image = build.image;
    let mut lines = vec![arguments::client(build, "buildah build")];
    lines.extend(arguments::recipe(build));
    lines.extend(arguments::tags(build));
    if !build.cache_from.is_empty() || build.cache_to.is_some() {
        lines.push("--layers".to_owned());
    }
    for cache in &build.cache_from {
        let repository = daemonless::cache_repository(cache);
        lines.push(format!("--cache-from {}", quoted(&repository)));
    }
    if let Some(cache) = &build.cache_to {
        let repository = daemonless::cache_repository(cache);
        lines.push(format!("--cache-to {}", quoted(&repository)));
    }
    lines.extend(arguments::options(image));
    lines.push(word(image.context()));
    arguments::command(&lines)
}
