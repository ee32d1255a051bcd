//! Manifests that `kubectl apply` takes: their objects are known only when the job runs.
//!
//! In: how kubectl is told of the manifests. Out: the shell functions that find their objects, wait
//! for the workloads among them and take all of them back, and the commands that call these. Always
//! holds: what a failed deployment applied goes back as a whole, and what is new goes; only what
//! holds data or other objects stays, and the job says so.

use crate::mutant::{self, Mutant};
use crate::pipeline::{Shared, Value};

/// Finds the objects and the workloads of manifests.
const OBJECTS: &str = include_str!("../../../templates/deploy/objects.sh");
/// Waits for the workloads.
const WAIT: &str = include_str!("../../../templates/deploy/wait.sh");
/// Deletes the pods that keep a StatefulSet from going back.
const UNREADY: &str = include_str!("../../../templates/deploy/unready.sh");
/// Keeps the objects, and takes them back.
const UNDO: &str = include_str!("../../../templates/deploy/undo.sh");
/// Replaces variables in manifests.
const SUBSTITUTE: &str = include_str!("../../../templates/deploy/substitute.sh");

/// Shell functions, written once in the pipeline.
fn functions(name: &'static str, text: String) -> Value {
    Shared::own(name, "script", text).into()
}

/// The function `substitute`.
pub(crate) fn substitute() -> Value {
    functions("substitute", SUBSTITUTE.to_owned())
}

/// The function `delete_unready`.
pub(super) fn delete_unready() -> Value {
    functions("delete-unready", UNREADY.to_owned())
}

/// Applies manifests and waits for the workloads in them, or for those that `status` waits for; if
/// that fails, all that was applied goes back.
///
/// It is `kubectl apply` without `--server-side`: it keeps in each object what it was given last, and
/// that is what a failed deployment applies again. `kubectl replace` would put defaults into that
/// (kubectl 1.34), and the next `apply` would then delete them. `rollout undo` takes templates back,
/// and nothing else.
pub(super) fn rollout(
    apply: &[String],
    manifests: &str,
    status: Option<Vec<String>>,
    timeout: &str,
    undo: bool,
) -> Vec<Value> {
    let mut text = String::new();
    let mut script = Vec::new();
    if undo || status.is_none() {
        text.push_str(OBJECTS);
    }
    let waits_for_all = status.is_none();
    let wait = status.unwrap_or_else(|| {
        text.push_str(WAIT);
        vec![format!("wait_for_rollout {timeout} {manifests}")]
    });
    let apply = apply.iter().cloned().chain(wait);
    if !undo {
        if waits_for_all {
            script.push(functions("wait-for-rollout", text));
        }
        script.extend(apply.map(Value::from));
        return script;
    }
    text.push_str(UNREADY);
    text.push_str(UNDO);
    let name = match waits_for_all {
        true => "rollout-or-undo",
        false => "apply-or-undo",
    };
    script.push(functions(name, text));
    script.push(format!("save_objects {manifests}").into());
    let guarded: Vec<String> = apply.collect();
    let undone = match mutant::on(Mutant::ObjectsStayApplied) {
        true => ":".to_owned(),
        false => format!("undo_apply {manifests} || true"),
    };
    script.push(
        format!(
            "if ! {{\n  {}\n}}; then\n  # All that this job applied goes back.\n  {undone}\n  exit 1\nfi\n",
            guarded.join(" &&\n  ")
        )
        .into(),
    );
    script
}
