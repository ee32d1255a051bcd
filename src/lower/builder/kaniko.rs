//! Kaniko in an unprivileged job: no daemon. Archived by its authors in June 2025.
//!
//! Flags as in the README of its last version, 1.24.0.

use super::build::{Build, Reference};
use super::{arguments, daemonless};
use crate::lower::{Lowering, quoted};
use crate::pipeline::{BaseId, Job, Mapping, Value};

/// The last version; only its debug image has a shell.
const IMAGE: &str = "gcr.io/kaniko-project/executor:v1.24.0-debug";

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    let logins = daemonless::auth_file(lowering, "/kaniko/.docker", build, &mut job.uses);
    daemonless::set_up(
        lowering,
        job,
        &daemonless::Tool {
            base: BaseId::only("kaniko"),
            image: IMAGE,
            comment: "Kaniko, logged in to the registry: no daemon, no privileges.",
            variables: Mapping::new(),
            logins,
        },
    );
    job.script.push(Value::from(command(build)));
    job.script.push(Value::from(daemonless::FILE_DIGEST));
}

/// The build as one command, an argument a line.
fn command(build: &mut Build<'_>) -> String {
    // Kaniko looks for relative paths in several places, so it gets whole ones.
    let in_project = |path: &str| quoted(&format!("$CI_PROJECT_DIR/{path}"));
    let context = match build.context().as_str() {
        "." => quoted("$CI_PROJECT_DIR"),
        folder => in_project(folder),
    };
    let mut lines = vec![
        "/kaniko/executor".to_owned(),
        format!("--context {context}"),
        format!("--dockerfile {}", in_project(&build.dockerfile())),
    ];
    lines.extend(arguments::target(build));
    lines.extend(arguments::build_args(build));
    lines.extend(arguments::labels(build));
    for tag in build.tags() {
        lines.push(format!("--destination {}", quoted(&tag)));
    }
    // One repository, to read and to write.
    if let Some(cache) = build.cache_to(Reference::as_repository) {
        lines.push("--cache".to_owned());
        lines.push(format!("--cache-repo {}", quoted(&cache)));
    }
    lines.extend(arguments::options(build));
    lines.push("--digest-file image.digest".to_owned());
    arguments::command(&lines)
}
