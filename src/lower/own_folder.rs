//! A folder of the job's own, for what no other job may see and what may not stay on the runner:
//! kubeconfigs, manifests and values with variables put in.
//!
//! In: a job. Out: the job, which makes the folder before it writes into it and removes it at its end.
//! Always holds: only the job's user can read it; it goes when the job succeeds, fails or is cancelled.
//! The runner executes `before_script` and `script` in one shell (GitLab Runner 18), so one trap covers
//! both.

use crate::pipeline::{Job, Value};

/// The commands that make the folder. They are two: a failure on the left of `&&` would go unseen.
fn commands() -> [Value; 2] {
    ["job_tmp=$(mktemp -d)", r#"trap 'rm -rf "$job_tmp"' EXIT"#].map(Value::from)
}

/// The path of a file in the folder, as a word of the shell.
pub(crate) fn file(name: &str) -> String {
    format!("\"$job_tmp/{name}\"")
}

/// The commands of a job that begins with the folder, before those that it has.
pub(super) fn begin(commands_of_job: &mut Vec<Value>) {
    let [make, remove] = commands();
    if commands_of_job.first() != Some(&make) {
        commands_of_job.splice(0..0, [make, remove]);
    }
}

/// Gives a job's script the folder, unless the access to the cluster made it.
pub(super) fn give(job: &mut Job) {
    let [make, _] = commands();
    if !job.before_script.contains(&make) {
        begin(&mut job.script);
    }
}
