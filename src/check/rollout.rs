//! Rollouts: what is watched can be watched, and the job lives long enough to undo it.

use std::time::Duration;

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::duration;
use crate::gitlab::names::{Workload, kubernetes_workload};
use crate::manifest::environments::Environment;
use crate::source::At;

/// GitLab's timeout of a job for which neither it nor its project names one.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60 * 60);

pub(super) fn check(check: &mut Check<'_>) {
    for (key, environment) in check.manifest.environments() {
        unwatched(check, environment);
        workloads(check, environment);
        time(check, key, environment);
    }
}

/// Reports a `rollout` that no job watches.
fn unwatched(check: &mut Check<'_>, environment: &Environment) {
    let alone = environment
        .deploy
        .at()
        .filter(|deploy| deploy.value.leaves_cluster_alone());
    if let (Some(deploy), Some(rollout)) = (alone, environment.rollout.span()) {
        let message = "`rollout` has no effect: the job that deploys does not reach the cluster";
        let finding = Finding::new(Code::Exclusive, rollout, message);
        let finding = finding.related(deploy.span, "something else deploys what this writes");
        check.report.push(finding.help("remove `rollout`"));
    }
}

/// Reports what nothing can wait for.
fn workloads(check: &mut Check<'_>, environment: &Environment) {
    let rollout = environment.rollout.get();
    let watch = rollout.and_then(|rollout| rollout.watch.get());
    for workload in watch.into_iter().flat_map(|list| list.iter()) {
        if kubernetes_workload(&workload.value) == Workload::WithoutRollout {
            let message = format!(
                "nothing can wait for `{}`: its kind has no rollout",
                &*workload.value
            );
            let finding = Finding::new(Code::BadName, workload.span, message);
            check.report.push(
                finding
                    .help("watch a Deployment, StatefulSet, DaemonSet or Job, or remove it here"),
            );
        }
    }
}

/// Reports a job that GitLab ends while its rollout may still become ready.
fn time(check: &mut Check<'_>, key: &At<String>, environment: &Environment) {
    let deploy = environment.deploy.get();
    let Some(longest) = deploy.and_then(|_| environment.longest_rollout()) else {
        return;
    };
    let timeout = environment.timeout.at();
    let (most, span) = match timeout {
        Some(own) => match duration::parse_timeout(&own.value) {
            Ok(most) => (most, own.span),
            Err(_) => return,
        },
        None => {
            let rollout = environment.rollout.get();
            let span = rollout.and_then(|rollout| rollout.timeout.span());
            (DEFAULT_TIMEOUT, span.unwrap_or(key.span))
        }
    };
    if most > longest {
        return;
    }
    let minutes = |of: Duration| match of.as_secs() {
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    };
    let message = match timeout {
        Some(_) => format!(
            "the job may take {}, but waits up to {} for the rollout: GitLab would end it before it can undo",
            minutes(most),
            minutes(longest)
        ),
        None => format!(
            "the job waits up to {} for the rollout, but without `timeout` it may take {}",
            minutes(longest),
            minutes(most)
        ),
    };
    let finding = Finding::new(Code::ShortTimeout, span, message);
    let rollout = environment.rollout.get();
    let finding = match rollout.and_then(|rollout| rollout.timeout.span()) {
        Some(rollout) if rollout != span => finding.related(rollout, "so long for each workload"),
        _ => finding,
    };
    let help = "give the environment a `timeout` above that, or shorten `rollout.timeout`";
    check.report.push(finding.help(help));
}
