//! A plan for programs.
//!
//! `{"ref": {"branch"|"tag"|"merge_request", "source", "protected", "open_merge_request",
//! "default_branch", "variables", "other_variables", "changed", "kubernetes"},
//! "pipeline": true|false|null, "jobs": [{"name", "stage", "when", "allow_failure", "because"}]}`; `null` is what depends on something that is not known. With
//! includes that are not read there is `"unread": [{"kind", "include", "why", "place"}]`, and the
//! pipeline and each job have `"otherwise"`: what holds if those includes change nothing. A job
//! whose presence they leave open has `"open"`: the reason. `"inputs"` are the names of the inputs that have
//! their defaults here and may be given other values. `"overridable": {VARIABLE: [JOB]}` are variables that the file
//! sets, and the jobs that a pipeline which is given another value can change. `"assumed": {"default_branch": NAME}` stands where the
//! default branch is not known, was taken to be called so, and may make a difference.

use serde_json::{Value, json};

use super::classes::LeftOut;
use super::configs::Planned;
use super::decision::{Decision, Presence};
use super::outcome::Plan;
use super::situation::{Changed, Ref, Situation};
use super::text::line;
use super::{Truth, words, written};
use crate::config::{Config, IncludeKind, Unresolved};

/// The plans of all classes as JSON: each one also says whether these are all classes (`complete`), and
/// what is missing if not (`left_out`).
pub fn json_of_all(planned: &[Planned], left_out: &[LeftOut]) -> Value {
    let missing: Vec<String> = left_out.iter().map(LeftOut::to_string).collect();
    let of = |one: &Planned| {
        let mut out = json(&one.config, &one.plan);
        if let Some(out) = out.as_object_mut() {
            out.insert("complete".to_owned(), missing.is_empty().into());
            if !missing.is_empty() {
                out.insert("left_out".to_owned(), missing.clone().into());
            }
        }
        out
    };
    planned.iter().map(of).collect()
}

/// A plan as JSON.
pub fn json(config: &Config, plan: &Plan) -> Value {
    let jobs: Vec<Value> = plan
        .within()
        .map(|planned| {
            let job = config.jobs.get(planned.index);
            let because: Vec<Value> = planned
                .unchanged()
                .within()
                .filter_map(|chosen| {
                    let (why, place) = words::because(job?, chosen);
                    let place = line(config, place.unwrap_or(job?.place));
                    Some(json!({ "reason": why, "place": place }))
                })
                .collect();
            let stage = Some(&planned.stage);
            let firm = stage.filter(|_| job.is_some_and(|job| job.is_firm("stage")));
            let mut out = json!({ "name": planned.name, "stage": firm });
            insert(&mut out, fate(&planned.decision));
            insert(&mut out, json!({ "because": because }));
            if let Some(otherwise) = &planned.otherwise {
                let mut unchanged = json!({ "stage": stage });
                insert(&mut unchanged, fate(otherwise));
                insert(&mut out, json!({ "otherwise": unchanged }));
            }
            if let Some(open) = job.and_then(|job| words::open(job, planned)) {
                insert(&mut out, json!({ "open": open }));
            }
            out
        })
        .collect();
    let why = plan
        .absence
        .as_ref()
        .map(|absence| words::absence(config, absence).0);
    let failures: Vec<String> = plan.failures.iter().map(words::failure).collect();
    let mut out = json!({
        "ref": reference(&plan.situation),
        "pipeline": known(plan.created),
        "jobs": jobs,
    });
    let inputs: Vec<&str> = config.inputs_used().collect();
    if !inputs.is_empty() {
        insert(&mut out, json!({ "inputs": inputs }));
    }
    let overridden = written::overridden(config, &plan.situation);
    if !overridden.is_empty() {
        insert(&mut out, json!({ "overridable": overridden }));
    }
    if let Some(otherwise) = &plan.otherwise {
        insert(&mut out, json!({ "otherwise": known(otherwise.created) }));
    }
    if !config.unresolved.is_empty() {
        let unread: Vec<Value> = config
            .unresolved
            .iter()
            .map(|one| unread(config, one))
            .collect();
        insert(&mut out, json!({ "unread": unread }));
    }
    if let Some(out) = out.as_object_mut() {
        if let Some(why) = why {
            out.insert("reason".to_owned(), why.into());
        }
        if !failures.is_empty() {
            out.insert("failures".to_owned(), failures.into());
        }
    }
    out
}

/// Adds to a plan, or to each of several, what was assumed of the default branch; nothing if it is known.
pub fn add_assumed(default_branch: Option<&str>, plans: &mut Value) {
    let Some(name) = default_branch else { return };
    let one = |plan: &mut Value| insert(plan, json!({ "assumed": { "default_branch": name } }));
    match plans {
        Value::Array(all) => all.iter_mut().for_each(one),
        plan => one(plan),
    }
}

/// Adds the keys of an object to another.
fn insert(into: &mut Value, keys: Value) {
    if let (Some(into), Value::Object(keys)) = (into.as_object_mut(), keys) {
        into.extend(keys);
    }
}

/// Whether a job is in, when it runs, and whether it may fail.
fn fate(decision: &Decision) -> Value {
    let runs = match decision.presence() {
        Presence::In => Some(true),
        Presence::Out => Some(false),
        Presence::Maybe => None,
    };
    json!({
        "runs": runs,
        "when": decision.agreed(|chosen| chosen.when).map(crate::config::When::as_str),
        "allow_failure": decision.agreed(|chosen| chosen.allow_failure),
    })
}

fn known(truth: Truth) -> Option<bool> {
    match truth {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown | Truth::Raises => None,
    }
}

fn unread(config: &Config, include: &Unresolved) -> Value {
    json!({
        "kind": include.kind.map(IncludeKind::as_str),
        "include": include.what,
        "why": include.why.as_str(),
        "place": line(config, include.place),
    })
}

fn reference(situation: &Situation) -> Value {
    let mut out = match &situation.reference {
        Ref::Branch(name) => json!({ "branch": name }),
        Ref::Tag(name) => json!({ "tag": name }),
        Ref::MergeRequest { source, target } => {
            json!({ "merge_request": { "source": source, "target": target } })
        }
    };
    if let Some(out) = out.as_object_mut() {
        out.insert("source".to_owned(), situation.trigger.as_str().into());
        out.insert("protected".to_owned(), situation.protected.into());
        out.insert(
            "open_merge_request".to_owned(),
            match situation.reference {
                Ref::Branch(_) => situation.open_merge_request.into(),
                Ref::Tag(_) => false.into(),
                Ref::MergeRequest { .. } => true.into(),
            },
        );
        out.insert(
            "default_branch".to_owned(),
            situation.default_branch.clone().into(),
        );
        if !situation.variables.is_empty() {
            out.insert("variables".to_owned(), json!(situation.variables));
        }
        if situation.closed {
            out.insert("other_variables".to_owned(), "not set".into());
        }
        match &situation.changed {
            Changed::Unknown => {}
            Changed::Paths(paths) => {
                out.insert("changed".to_owned(), json!(paths));
            }
            Changed::FirstPush(paths) => {
                out.insert("first_push".to_owned(), true.into());
                out.extend(
                    paths
                        .iter()
                        .map(|paths| ("changed".to_owned(), json!(paths))),
                );
            }
        }
        if let Some(kubernetes) = situation.kubernetes {
            out.insert("kubernetes".to_owned(), kubernetes.into());
        }
    }
    out
}
