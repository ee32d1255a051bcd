//! The keys that entities share, from those of a job.
//!
//! In: a job. Out: the keys that the language has under the same or another name, and those that stay
//! GitLab's own, for `job`. Always holds: each key of the job is in one of them, but for those that a
//! recogniser reads itself.

use super::View;
use super::view::Seen;
use crate::gitlab::gates;
use crate::pipeline::{Mapping, Value};

/// Keys that recognisers read themselves: what the job does, and where.
const READ: [&str; 10] = [
    "stage",
    "image",
    "services",
    "script",
    "rules",
    "only",
    "except",
    "environment",
    "extends",
    "parallel",
];

/// Keys that entities have under the name that jobs have.
const SAME: [&str; 12] = [
    "needs",
    "when",
    "allow_failure",
    "variables",
    "before_script",
    "after_script",
    "artifacts",
    "cache",
    "retry",
    "timeout",
    "interruptible",
    "coverage",
];

/// The keys of an entity, and those for its `job`.
pub(super) fn keys(view: &View<'_>, seen: &Seen<'_>) -> (Mapping, Mapping) {
    let (mut own, mut raw) = (Mapping::new(), Mapping::new());
    for (key, value) in seen.keys.iter() {
        match key {
            _ if READ.contains(&key) => {}
            "tags" => own.set("runner_tags", value.clone()),
            "before_script" | "after_script" => own.set(key, commands(value)),
            "variables" => own.set(key, variables(value)),
            _ if SAME.contains(&key) => own.set(key, value.clone()),
            _ => raw.set(key, value.clone()),
        }
    }
    // What windlass would write of itself, and GitLab takes for granted.
    let usual = [
        ("timeout", Value::Null, gates::TIMEOUT),
        ("interruptible", Value::Bool(false), gates::INTERRUPTIBLE),
    ];
    for (key, usual, since) in usual {
        if own.get(key).is_none() && view.target >= since {
            own.set(key, usual);
        }
    }
    (own, raw)
}

/// Commands as a list of texts: GitLab takes nested lists for one list.
pub(super) fn commands(value: &Value) -> Value {
    fn flat(value: &Value, out: &mut Vec<Value>) {
        match value {
            Value::Seq(items) => items.iter().for_each(|item| flat(item, out)),
            other => out.push(other.clone()),
        }
    }
    let mut out = Vec::new();
    flat(value, &mut out);
    super::one_or_list(out)
}

/// Variables, their values as texts.
fn variables(value: &Value) -> Value {
    let Value::Map(map) = value else {
        return value.clone();
    };
    let text = |value: &Value| match value {
        Value::Int(number) => Value::from(number.to_string()),
        Value::Bool(value) => Value::from(value.to_string()),
        // Without a value it is empty; in a manifest `null` takes it away.
        Value::Null => Value::from(""),
        other => other.clone(),
    };
    let mut out = Mapping::new();
    for (name, value) in map.iter() {
        let value = match value {
            Value::Map(keys) => {
                let keys = keys.iter().map(|(key, value)| match key {
                    "value" => (key, text(value)),
                    _ => (key, value.clone()),
                });
                Value::Map(keys.collect())
            }
            other => text(other),
        };
        out.set(name, value);
    }
    Value::Map(out)
}
