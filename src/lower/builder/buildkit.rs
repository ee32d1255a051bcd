//! Rootless BuildKit in an unprivileged job: `buildctl-daemonless.sh`, no Docker daemon.
//!
//! Flags as in BuildKit's README (0.29) and GitLab's "Build Docker images with BuildKit" (18).

use super::build::{Build, Reference};
use super::{arguments, daemonless};
use crate::gitlab::shell::WIDTH;
use crate::lower::tools::Tool;
use crate::lower::{Lowering, quoted, word};
use crate::pipeline::{BaseId, Job, Mapping, Value};

/// Where BuildKit looks for logins: not in the project, whose files are the build's context.
const CONFIG: &str = "$HOME/.docker";

pub(super) fn lower(lowering: &mut Lowering<'_>, job: &mut Job, build: &mut Build<'_>) {
    // Without it a rootless BuildKit wants a privileged container.
    let flags = ("BUILDKITD_FLAGS", "--oci-worker-no-process-sandbox");
    let logins = daemonless::auth_file(lowering, CONFIG, build, &mut job.uses);
    daemonless::set_up(
        lowering,
        job,
        &daemonless::Tool {
            base: BaseId::only("buildkit"),
            image: lowering.tool(Tool::Buildkit),
            comment: "Rootless BuildKit, logged in to the registry: no daemon, no privileges.",
            variables: Mapping::from_iter([flags]),
            logins,
        },
    );
    let (names, command) = command(build);
    job.script.extend(names.into_iter().map(Value::from));
    job.script.push(Value::from(command));
    job.script.push(Value::from(super::METADATA_DIGEST));
}

/// The build as one command, an argument a line, and commands before it that put the names of the
/// image into a variable if they are too long for a line.
fn command(build: &mut Build<'_>) -> (Vec<String>, String) {
    let context = build.context();
    let (folder, file) = build.dockerfile_in_folder();
    let mut lines = vec![
        "buildctl-daemonless.sh build".to_owned(),
        "--frontend dockerfile.v0".to_owned(),
        format!("--local {}", word(&format!("context={context}"))),
        format!("--local {}", word(&format!("dockerfile={folder}"))),
    ];
    let mut option = |text: String| lines.push(format!("--opt {}", word(&text)));
    if file != "Dockerfile" {
        option(format!("filename={file}"));
    }
    if let Some(target) = build.target() {
        option(format!("target={target}"));
    }
    for arg in build.args() {
        option(format!("build-arg:{}={}", arg.name, arg.value));
    }
    if let Some(platforms) = build.platforms() {
        option(format!("platform={platforms}"));
    }
    lines.extend(arguments::secrets(build));
    for cache in build.cache_from(Reference::text) {
        let from = format!("type=registry,ref={cache}");
        lines.push(format!("--import-cache {}", quoted(&from)));
    }
    if let Some(cache) = build.cache_to(Reference::text) {
        let to = format!("type=registry,ref={cache},mode=max");
        lines.push(format!("--export-cache {}", quoted(&to)));
    }
    lines.extend(arguments::options(build));
    // The output's fields are CSV, in which a list is one quoted field.
    let tags = build.tags();
    let output = |names: &str| {
        let output = match tags.len() {
            1 => format!("type=image,name={names},push=true"),
            _ => format!("type=image,\"name={names}\",push=true"),
        };
        format!("--output {}", quoted(&output))
    };
    let whole = output(&tags.join(","));
    let mut names = Vec::new();
    // Two for the indentation, two for the backslash.
    if whole.len() + 4 > WIDTH && tags.len() > 1 {
        for (number, tag) in tags.iter().enumerate() {
            let before = if number == 0 { "" } else { "$names," };
            names.push(format!("names={}", quoted(&format!("{before}{tag}"))));
        }
        lines.push(output("$names"));
    } else {
        lines.push(whole);
    }
    lines.push("--metadata-file image.json".to_owned());
    (names, arguments::command(&lines))
}
