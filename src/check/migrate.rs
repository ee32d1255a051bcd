//! Migrations: one Job in one file, time to run it, and a cluster to run it in.
//!
//! In: `migrate` of each environment, and the file that it names. Out: findings. Always holds: a file that cannot
//! be read, or whose objects depend on variables, gives no finding here; the job looks at it again before it
//! deletes anything.

use std::time::Duration;

use super::Check;
use super::objects::{Object, objects};
use crate::finding::{Code, Finding};
use crate::gitlab::duration;
use crate::manifest::environments::Migrate;
use crate::manifest::kinds::ProjectPath;
use crate::source::At;

pub(super) fn check(check: &mut Check<'_>) {
    for (key, environment) in check.manifest.environments() {
        let Some(migrate) = environment.migrate.at() else {
            continue;
        };
        if migrate.value.file.is_missing() {
            let finding = Finding::new(Code::MissingKey, migrate.span, "`migrate` has no `file`");
            let help = "name the file with the Job that runs the migration";
            check.report.push(finding.help(help));
        }
        if let Some(file) = migrate.value.file.at() {
            one_job(check, file);
        }
        time(check, &migrate.value);
        let deploy = environment.deploy.at();
        let alone = deploy.filter(|deploy| deploy.value.leaves_cluster_alone());
        if let Some(deploy) = alone {
            let message = format!(
                "`migrate` runs in a cluster, and the job that deploys `{}` does not reach one",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, migrate.span, message);
            let finding = finding.related(deploy.span, "this writes into a repository");
            let help =
                "let what reads the repository run the migration, for example as a hook of Argo CD";
            check.report.push(finding.help(help));
        }
    }
}

/// Reports a file that is not exactly one Job: the job would refuse to run it.
fn one_job(check: &mut Check<'_>, file: &At<ProjectPath>) {
    let path = &*file.value;
    let Some(sources) = check.files.applied(path) else {
        return;
    };
    let [source] = sources.as_slice() else {
        return refuse(check, file, format!("`{path}` is a folder"));
    };
    if source.name != crate::files::normalize(path) {
        return refuse(check, file, format!("`{path}` is a folder"));
    }
    let Some(objects) = objects(source) else {
        return;
    };
    let message = match objects.as_slice() {
        [] => format!("`{path}` has no object of Kubernetes"),
        [one] if !is_job(one) => format!("`{path}` is a {} of {}", one.kind, one.version),
        [one] if one.name.is_empty() => format!("the Job in `{path}` has no `metadata.name`"),
        [_] => return,
        [_, ..] => format!("`{path}` has {} objects", objects.len()),
    };
    refuse(check, file, message);
}

fn is_job(object: &Object) -> bool {
    object.kind == "Job" && object.version == "batch/v1"
}

fn refuse(check: &mut Check<'_>, file: &At<ProjectPath>, message: String) {
    let finding = Finding::new(Code::NotOneJob, file.span, message);
    let help = "name a file with one Job of `batch/v1` that has a name, and nothing else";
    let finding = finding.help(help);
    let help = "apply other objects with `deploy: {apply: {files: ...}}`";
    check.report.push(finding.help(help));
}

/// Reports a migration that gets no time.
fn time(check: &mut Check<'_>, migrate: &Migrate) {
    let Some(timeout) = migrate.timeout.at() else {
        return;
    };
    if duration::parse_go(&timeout.value).is_ok_and(|own| own < Duration::from_secs(1)) {
        let message = format!("in `{}` no migration can complete", &*timeout.value);
        let finding = Finding::new(Code::OutOfRange, timeout.span, message);
        check.report.push(finding.help("write at least `1s`"));
    }
}
