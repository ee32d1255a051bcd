//! Names in a Kubernetes cluster (`apimachinery/pkg/util/validation` of 1.31).
//!
//! A text with a `$` is known only when a job runs; of it nothing is checked but blanks.

use super::super::Refusal;
use super::without_looking;

/// How a resource is written.
const LIKE: &str = "write it like `deployment/web`";

/// Checks a DNS-1123 label: the name of a namespace or a container.
pub fn label(name: &str) -> Result<(), Refusal> {
    if let Some(answer) = without_looking(name) {
        return answer;
    }
    if name.len() > 63 {
        return Err("is longer than 63 characters".into());
    }
    part(name)
}

/// Checks `kind/name`, as kubectl takes it: `deployment/web`, `statefulset.apps/db`.
pub fn resource(text: &str) -> Result<(), Refusal> {
    if let Some(answer) = without_looking(text) {
        return answer;
    }
    let Some((kind, name)) = text.split_once('/') else {
        return Err(Refusal::instead("has no kind", LIKE));
    };
    let letters = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic())
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !kind.split('.').all(letters) {
        let why = format!("has `{kind}`, which is not a kind");
        return Err(Refusal::instead(why, LIKE));
    }
    if name.len() > 253 {
        return Err("has a name longer than 253 characters".into());
    }
    name.split('.').try_for_each(part)
}

/// What kubectl can do with a workload (kubectl 1.34).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// `rollout status` waits for it, and `rollout undo` takes it back.
    Deployment,
    /// The same, unless its strategy is `OnDelete`: then `rollout status` fails.
    DaemonSet,
    /// The same as for a DaemonSet. A pod that does not start stays when it goes back
    /// (kubernetes/kubernetes#67250, open with 1.34).
    StatefulSet,
    /// It runs to its end, for which `wait` waits. Its template cannot be changed.
    Job,
    /// `set image` changes it, and nothing waits for it or takes it back: a CronJob, a Pod, ...
    WithoutRollout,
    /// The kind is known only when the job runs.
    Unknown,
}

/// What kind of workload `kind/name` is, in any of kubectl's spellings.
pub fn workload(text: &str) -> Workload {
    let kind = text.split('/').next().unwrap_or_default();
    if kind.contains('$') {
        return Workload::Unknown;
    }
    // Behind the kind there may be its version and group, as in `deployments.v1.apps`.
    let kind = kind.split('.').next().unwrap_or_default();
    match kind.to_ascii_lowercase().as_str() {
        "deploy" | "deployment" | "deployments" => Workload::Deployment,
        "ds" | "daemonset" | "daemonsets" => Workload::DaemonSet,
        "sts" | "statefulset" | "statefulsets" => Workload::StatefulSet,
        "job" | "jobs" => Workload::Job,
        _ => Workload::WithoutRollout,
    }
}

fn part(part: &str) -> Result<(), Refusal> {
    let kept = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match part.starts_with(kept) && part.ends_with(kept) && {
        part.chars().all(|c| kept(c) || c == '-')
    } {
        true => Ok(()),
        false => Err(Refusal::instead(
            format!("has `{part}`"),
            "Kubernetes wants lower case letters, digits and `-`, and a letter or digit at both ends",
        )),
    }
}
