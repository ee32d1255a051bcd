//! A migration: a Job of Kubernetes that must complete before anything is deployed.
//!
//! In: an environment with `migrate`. Out: the commands of its job that run the Job. Always holds: they come
//! before all that deploys, so a migration that fails leaves what runs as it is. The job looks at the manifest
//! before it deletes anything: what is not exactly one Job stays. A Job that takes too long is deleted.

use super::substitution;
use crate::gitlab::duration;
use crate::lower::{Lowering, own_folder, word};
use crate::manifest::collection::List;
use crate::manifest::environments::{Environment, Migrate};
use crate::manifest::resolved::ROLLOUT_TIMEOUT;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Shared, Value};

/// Runs a Job to its end, or deletes it.
const RUN_JOB: &str = include_str!("../../../templates/deploy/run_job.sh");
/// The manifest of the Job with its variables replaced. kubectl goes by the ending.
const MANIFEST: &str = "migrate.yml";

/// The commands, which use the folder of the job's own; none without a migration.
pub(super) fn commands(lowering: &Lowering<'_>, environment: &Environment) -> Vec<Value> {
    let migrate = environment.migrate.get();
    let Some((migrate, file)) = migrate.and_then(|of| Some((of, word(of.file.get()?)))) else {
        return Vec::new();
    };
    let names: Vec<&str> = names(migrate);
    let mut script = Vec::new();
    let file = match names.as_slice() {
        [] => file,
        names => {
            let to = own_folder::file(MANIFEST);
            script = substitution::commands(lowering, environment, names, &[file], &to);
            to
        }
    };
    script.push(Shared::own("run-job", "script", RUN_JOB.to_owned()).into());
    let seconds = timeout(migrate).as_secs().max(1);
    let run = format!("run_job {seconds} {file}");
    script.push(match mutant::on(Mutant::DeploysUnmigrated) {
        true => format!("{run} || true").into(),
        false => run.into(),
    });
    script
}

fn names(migrate: &Migrate) -> Vec<&str> {
    let names = migrate.envsubst.get().into_iter().flat_map(List::iter);
    names.map(|name| &*name.value).collect()
}

/// How long it may take.
fn timeout(migrate: &Migrate) -> std::time::Duration {
    let own = migrate.timeout.get().map_or(ROLLOUT_TIMEOUT, |own| own);
    duration::parse_go(own).unwrap_or_default()
}
