//! A privileged daemon runs only beside a job that builds images.
//!
//! Facts: `docker:dind` needs a privileged runner, where a job can take over the machine ("Use Docker to
//! build Docker images", 18.11).

use std::sync::Arc;

use crate::finding::{Code, Finding};
use crate::lint::context::Lint;
use crate::lint::subject::Subject as _;

/// Programs that use no Docker daemon. What a job with any other program does is not known.
const WITHOUT: [&str; 52] = [
    "echo",
    "printf",
    "cd",
    "export",
    "set",
    "unset",
    "true",
    "false",
    ":",
    "[",
    "[[",
    "test",
    "exit",
    "sleep",
    "cat",
    "ls",
    "mkdir",
    "cp",
    "mv",
    "rm",
    "ln",
    "touch",
    "chmod",
    "chown",
    "pwd",
    "date",
    "env",
    "which",
    "command",
    "sed",
    "grep",
    "awk",
    "cut",
    "tr",
    "head",
    "tail",
    "sort",
    "wc",
    "tee",
    "envsubst",
    "base64",
    "tar",
    "unzip",
    "apk",
    "apt-get",
    "apt",
    "kubectl",
    "helm",
    "kustomize",
    "curl",
    "wget",
    "executor",
];

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let config = Arc::clone(&lint.config);
    for (at, job) in config.jobs.iter().enumerate() {
        let daemon = job.services.iter().find(|service| {
            let name = service.rsplit('/').next().unwrap_or(service);
            name.starts_with("docker:") && name.contains("dind")
        });
        let Some(daemon) = daemon else { continue };
        if !job.is_firm("script")
            || !job.is_firm("before_script")
            || !job.is_firm("after_script")
            || uses_something_else(lint, at)
            || !lint.is_new(Code::NeedlessDaemon, &job.key)
        {
            continue;
        }
        let message = format!(
            "`{}` has a privileged Docker daemon and does not use it",
            job.name
        );
        let finding = Finding::new(Code::NeedlessDaemon, daemon.place, message);
        lint.push(finding.related(job.place, "no command here needs one").help(
            "give the service to the jobs that build images; with `services: []` a job takes no default",
        ));
    }
}

/// Whether a command of a job may use the daemon.
fn uses_something_else(lint: &Lint<'_>, job: usize) -> bool {
    let scripts = lint.scripts();
    scripts.of(job).any(|script| {
        if script.commands.is_empty() {
            // It cannot be read, or is a comment.
            return !script.text.trim_start().starts_with('#');
        }
        let mut commands = script.commands.iter();
        commands.any(|command| match command.program() {
            Some((program, _)) => !WITHOUT.contains(&program.as_str()),
            None => !command.words.is_empty(),
        })
    })
}
