//! Watching a deployment: the workloads must become ready in time, else what this deployment
//! changed goes back, and nothing else.
//!
//! In: an environment and what its driver does. Out: the commands of the job.

use super::Change;
use crate::lower::word;
use crate::manifest::environments::Environment;
use crate::pipeline::Value;

/// The workloads to wait for: those that the environment names, else those that its driver changes.
fn watched(environment: &Environment, change: &Change) -> Vec<String> {
    let rollout = environment.rollout.get();
    match rollout.and_then(|rollout| rollout.watch.get()) {
        Some(watch) => watch.iter().map(|workload| word(&workload.value)).collect(),
        None => change.workloads.clone(),
    }
}

/// Commands that deploy, wait for the workloads, and take back what they changed if one fails.
pub(super) fn commands(environment: &Environment, change: Change) -> Vec<Value> {
    let watched = watched(environment, &change);
    let Change { commands, own, .. } = change;
    let rollout = environment.rollout.get();
    let timeout = rollout.and_then(|rollout| rollout.timeout.get());
    let timeout = timeout.map_or("5m", |timeout| &**timeout);
    let undo = rollout.is_none_or(|rollout| rollout.undo.copied_or(true));
    let status = watched
        .iter()
        .map(|workload| format!("kubectl rollout status {workload} --timeout={timeout}"));
    if !undo || watched.is_empty() {
        let commands = commands.into_iter().map(Value::from);
        return commands.chain(own).chain(status.map(Value::from)).collect();
    }
    let template = |workload: &str| {
        format!(
            "$(kubectl get {workload} --output 'jsonpath={{.spec.template}}' 2> /dev/null || true)"
        )
    };
    let variable = |number: usize| match watched.len() {
        1 => "before".to_owned(),
        _ => format!("before_{}", number + 1),
    };
    let mut script = Vec::new();
    let mut undone = String::new();
    for (number, workload) in watched.iter().enumerate() {
        let (variable, now) = (variable(number), template(workload));
        script.push(Value::from(format!("{variable}={now}")));
        undone.push_str(&format!(
            "  if [ \"${variable}\" != \"{now}\" ]; then\n    kubectl rollout undo {workload} || true\n  fi\n"
        ));
    }
    // One change fails by itself; of several, the first ones have to go back.
    let mut guarded: Vec<String> = Vec::new();
    match commands.as_slice() {
        [_, _, ..] if own.is_empty() => guarded.extend(commands),
        _ => script.extend(commands.into_iter().map(Value::from)),
    }
    script.extend(own);
    guarded.extend(status);
    let guarded = match guarded.as_slice() {
        [one] => one.clone(),
        several => format!("{{\n  {}\n}}", several.join(" &&\n  ")),
    };
    // What ran before is known by its template: a workload that this job did not change, as in a
    // second run on one commit, must not go back to what ran before that.
    script.push(Value::from(format!(
        "if ! {guarded}; then\n  # Only what this job changed goes back.\n{undone}  exit 1\nfi\n"
    )));
    script
}
