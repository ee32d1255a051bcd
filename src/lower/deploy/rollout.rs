//! Watching a deployment: the workloads must become ready in time, else what this deployment
//! changed goes back, and nothing else.
//!
//! In: an environment and what its driver does. Out: the commands of the job.

use super::{Change, Undo, manifests};
use crate::gitlab::names::{Workload, kubernetes_workload};
use crate::lower::word;
use crate::manifest::collection::Many;
use crate::manifest::environments::Environment;
use crate::manifest::resolved::ROLLOUT_TIMEOUT;
use crate::mutant::{self, Mutant};
use crate::pipeline::Value;

/// Prints the template of a workload; nothing if there is none.
const TEMPLATE: &str =
    "template() { kubectl get \"$1\" --ignore-not-found --output 'jsonpath={.spec.template}'; }";

/// How long each workload may take.
pub(crate) fn timeout(environment: &Environment) -> &str {
    let rollout = environment.rollout.get();
    let timeout = rollout.and_then(|rollout| rollout.timeout.get());
    timeout.map_or(ROLLOUT_TIMEOUT, |timeout| &**timeout)
}

/// Whether a rollout that fails is undone.
pub(crate) fn undo(environment: &Environment) -> bool {
    let rollout = environment.rollout.get();
    rollout.is_none_or(|rollout| rollout.undo.copied_or(true))
}

/// The project's own commands that verify a deployment.
pub(crate) fn verify(environment: &Environment) -> Vec<Value> {
    let rollout = environment.rollout.get();
    let verify = rollout.and_then(|rollout| rollout.verify.get());
    let lines = verify.into_iter().flat_map(Many::iter);
    lines.map(|line| line.value.as_str().into()).collect()
}

/// Whether the commands of [`commands`] use the folder of the job's own.
pub(super) fn uses_own_folder(environment: &Environment, change: &Change) -> bool {
    matches!(change.undo, Undo::Manifests(_))
        && (undo(environment) || watched(environment).is_none())
}

/// The workloads that the environment names, to wait for these instead of those of its driver.
fn watched(environment: &Environment) -> Option<Vec<String>> {
    let watch = environment.rollout.get()?.watch.get()?;
    let watch = watch.iter();
    Some(watch.map(|workload| workload.value.to_string()).collect())
}

/// Commands that deploy, wait for the workloads, and take back what they changed if one fails.
pub(super) fn commands(environment: &Environment, mut change: Change) -> Vec<Value> {
    let (timeout, undo) = (timeout(environment), undo(environment));
    let mut script = std::mem::take(&mut change.prepare);
    let watched = watched(environment);
    let is_named = watched.is_some();
    let changed = std::mem::take(&mut change.workloads);
    let workloads = watched.unwrap_or_else(|| changed.clone());
    let status: Vec<String> = workloads
        .iter()
        .filter_map(|workload| status(workload, timeout))
        .collect();
    // What was changed goes back, whether or not it is watched.
    let others = changed.iter().filter(|name| !workloads.contains(name));
    let others = others.filter(|_| !mutant::on(Mutant::OnlyWhatIsWatchedGoesBack));
    let undone: Vec<&str> = workloads
        .iter()
        .chain(others)
        .map(String::as_str)
        .filter(|workload| can_go_back(workload))
        .collect();
    let after = std::mem::take(&mut change.after);
    let verify = verify(environment);
    // What takes back all that was changed.
    let mut back = String::new();
    match &change.undo {
        Undo::Manifests(manifests) => {
            let status = is_named.then_some(status);
            let applied = manifests::rollout(&change.commands, manifests, status, timeout, undo);
            script.extend(applied);
            if undo {
                back = format!("  undo_apply {manifests} || true\n");
            }
        }
        Undo::Command(all) if undo && workloads.is_empty() => {
            back = format!("  {all} || true\n");
            script.extend(change.commands.into_iter().map(Value::from));
        }
        Undo::Command(_) if undo => {
            script.extend(guarded(change, &undone, status, &mut back));
        }
        Undo::Templates
            if undo
                && !undone.is_empty()
                && (!status.is_empty() || change.commands.len() > 1 || !verify.is_empty()) =>
        {
            script.extend(guarded(change, &undone, status, &mut back));
        }
        Undo::Command(_) | Undo::Templates => {
            script.extend(change.commands.into_iter().map(Value::from));
            script.extend(change.own);
            script.extend(status.into_iter().map(Value::from));
        }
    }
    if !verify.is_empty() {
        if mutant::on(Mutant::UnverifiedStays) {
            back.clear();
        }
        script.push(verification(&verify, &back));
    }
    script.extend(after.into_iter().map(Value::from));
    script
}

/// Runs the commands that verify the deployment in a shell of their own, so that each of them can fail and
/// `exit` means them alone; if one fails, what was deployed goes back.
fn verification(verify: &[Value], back: &str) -> Value {
    let lines: Vec<&str> = verify.iter().filter_map(Value::as_str).collect();
    let comment = match back.is_empty() {
        true => "",
        false => "  # What this job deployed goes back.\n",
    };
    format!(
        "# In a condition the shell would go on after a command that fails.\n\
         set +e\n(\nset -e\n{}\n)\nverified=$?\nset -e\n\
         if [ \"$verified\" != 0 ]; then\n{comment}{back}  exit 1\nfi\n",
        lines.join("\n")
    )
    .into()
}

/// The command that waits for a workload; `None` if nothing can.
fn status(workload: &str, timeout: &str) -> Option<String> {
    let kind = kubernetes_workload(workload);
    let workload = word(workload);
    let status = format!("kubectl rollout status {workload} --timeout={timeout}");
    Some(match kind {
        Workload::Deployment | Workload::Unknown => status,
        // With OnDelete a person rolls it out, and kubectl refuses to wait.
        Workload::DaemonSet | Workload::StatefulSet => format!(
            "{{ [ \"$(kubectl get {workload} --output 'jsonpath={{.spec.updateStrategy.type}}')\" = OnDelete ] ||\n    {status}; }}"
        ),
        Workload::Job => {
            format!("kubectl wait {workload} --for=condition=complete --timeout={timeout}")
        }
        Workload::WithoutRollout => return None,
    })
}

/// Whether `kubectl rollout undo` takes a workload back.
fn can_go_back(workload: &str) -> bool {
    match kubernetes_workload(workload) {
        Workload::Deployment | Workload::DaemonSet | Workload::StatefulSet | Workload::Unknown => {
            true
        }
        Workload::Job | Workload::WithoutRollout => false,
    }
}

/// Whether a workload may be a StatefulSet: then pods that did not start stay when it goes back.
fn keeps_pods(workload: &str) -> bool {
    let kind = kubernetes_workload(workload);
    matches!(kind, Workload::StatefulSet | Workload::Unknown)
}

/// The same for workloads that are known by name, undone if one fails. `back` gets what undoes it.
fn guarded(
    change: Change,
    workloads: &[&str],
    status: Vec<String>,
    back: &mut String,
) -> Vec<Value> {
    let mut script = Vec::new();
    let (comment, undone) = match &change.undo {
        Undo::Command(all) => ("", format!("  {all} || true\n")),
        Undo::Templates | Undo::Manifests(_) => {
            if workloads.iter().any(|workload| keeps_pods(workload)) {
                script.push(manifests::delete_unready());
            }
            let (before, undone) = templates(workloads);
            script.extend(before);
            ("  # Only what this job changed goes back.\n", undone)
        }
    };
    back.push_str(&undone);
    let undone = match mutant::on(Mutant::NoUndo) {
        true => String::new(),
        false => format!("{comment}{undone}"),
    };
    let exit_status = u8::from(!mutant::on(Mutant::FailedRolloutSucceeds));
    // One change fails by itself; of several, the first ones have to go back.
    let mut guarded: Vec<String> = Vec::new();
    if change.own.is_empty() && change.commands.len() > 1 {
        guarded.extend(change.commands);
    } else {
        script.extend(change.commands.into_iter().map(Value::from));
    }
    script.extend(change.own);
    guarded.extend(status);
    let guarded = match guarded.as_slice() {
        [] => return script,
        [one] => one.clone(),
        several => format!("{{\n  {}\n}}", several.join(" &&\n  ")),
    };
    script.push(Value::from(format!(
        "if ! {guarded}; then\n{undone}  exit {exit_status}\nfi\n"
    )));
    script
}

/// Commands that keep the templates of workloads, and those that take back the workloads of which
/// the template is another one now. A workload that this job did not change, as in a second run on
/// one commit, must not go back to what ran before that.
fn templates(workloads: &[&str]) -> (Vec<Value>, String) {
    let variable = |number: usize| match workloads.len() {
        1 => "before".to_owned(),
        _ => format!("before_{}", number + 1),
    };
    let mut before = vec![Value::from(TEMPLATE)];
    let mut undone = String::new();
    for (number, name) in workloads.iter().enumerate() {
        let (workload, variable) = (word(name), variable(number));
        // What cannot be read must not look like what was not there.
        before.push(Value::from(format!("{variable}=$(template {workload})")));
        let is_same = format!("[ \"${variable}\" = \"$(template {workload})\" ]");
        undone.push_str(&match keeps_pods(name) {
            false => format!("  {is_same} || kubectl rollout undo {workload} || true\n"),
            true => format!(
                "  {is_same} || {{\n    \
                     revision=$(kubectl get {workload} --output 'jsonpath={{.status.updateRevision}}' || true)\n    \
                     kubectl rollout undo {workload} || true\n    \
                     delete_unready \"$revision\" || true\n  \
                   }}\n"
            ),
        });
    }
    (before, undone)
}
