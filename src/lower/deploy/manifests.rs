//! Manifests that `kubectl apply` takes: their workloads are known only when the job runs.
//!
//! In: how kubectl is told of the manifests. Out: the shell functions that find their workloads,
//! wait for them and take them back, and the commands that call these.

use crate::lower::own_folder;
use crate::pipeline::{Shared, Value};

/// Finds the workloads of manifests, and waits for them.
const ROLLOUT: &str = include_str!("../../../templates/deploy/rollout.sh");
/// Takes workloads back.
const UNDO: &str = include_str!("../../../templates/deploy/undo.sh");
/// Replaces variables in manifests.
const SUBSTITUTE: &str = include_str!("../../../templates/deploy/substitute.sh");

/// Shell functions, written once in the pipeline.
fn functions(name: &'static str, text: String) -> Value {
    Shared::own(name, "script", text).into()
}

/// The function `substitute`.
pub(super) fn substitute() -> Value {
    functions("substitute", SUBSTITUTE.to_owned())
}

/// Applies manifests and waits for what is in them; what a failed rollout changed goes back.
///
/// It is `kubectl apply` without `--server-side`: `rollout undo` writes the template under another
/// field manager, and the next server-side apply would end in a conflict.
pub(super) fn rollout(apply: &[String], manifests: &str, timeout: &str, undo: bool) -> Vec<Value> {
    let wait = format!("wait_for_rollout {timeout} {manifests}");
    if !undo {
        let mut script = vec![functions("rollout", ROLLOUT.to_owned())];
        script.extend(apply.iter().cloned().map(Value::from));
        script.push(wait.into());
        return script;
    }
    let before = own_folder::file("before");
    // `apply` of several objects may fail after it changed the first ones.
    let guarded: Vec<&str> = apply.iter().map(String::as_str).chain([&*wait]).collect();
    vec![
        functions("rollout-or-undo", format!("{ROLLOUT}{UNDO}")),
        format!("workloads {manifests} > {before}").into(),
        format!(
            "if ! {{\n  {}\n}}; then\n  # Only what this job changed goes back.\n  undo_rollout {before} {manifests}\n  exit 1\nfi\n",
            guarded.join(" &&\n  ")
        )
        .into(),
    ]
}
