//! Jobs that run a script in an image: tests, and tasks.

use super::conditions::Placed;
use super::view::Seen;
use super::{Collection, Draft, Sets, View, Way, common};
use crate::pipeline::{Mapping, Value};

/// Words in the name of a stage that make its jobs tests.
const TESTS: [&str; 14] = [
    "test",
    "tests",
    "testing",
    "unit",
    "lint",
    "check",
    "checks",
    "qa",
    "verify",
    "quality",
    "e2e",
    "integration",
    "scan",
    "analysis",
];

pub(super) fn recognise(view: &View<'_>, sets: &mut Sets) -> Vec<Draft> {
    let jobs = view.jobs.iter();
    jobs.filter_map(|seen| draft(view, seen, sets)).collect()
}

fn draft(view: &View<'_>, seen: &Seen<'_>, sets: &mut Sets) -> Option<Draft> {
    let job = seen.job;
    if job.is_trigger || job.image.is_none() || job.script.is_empty() {
        return None;
    }
    let (mut own, mut raw) = common::keys(seen);
    let mut keys = Mapping::new();
    let words = job.stage.value.split(|c: char| !c.is_ascii_alphanumeric());
    let is_test = words
        .map(str::to_ascii_lowercase)
        .any(|word| TESTS.contains(&&*word));
    if !is_test || job.stage.value != "test" {
        keys.set("stage", job.stage.value.as_str());
    }
    keys.set("image", seen.keys.get("image")?.clone());
    keys.set_if("services", seen.keys.get("services").cloned());
    match seen.keys.get("parallel") {
        Some(Value::Int(copies)) => keys.set("parallel", Value::Int(*copies)),
        Some(_) => return None,
        None => {}
    }
    match seen.keys.get("environment") {
        Some(Value::Map(environment)) if environment.get("action").is_some() => {
            keys.set("environment", environment.clone());
        }
        Some(_) => return None,
        None => {}
    }
    own.set("script", common::commands(seen.keys.get("script")?));
    let mut ways = Vec::new();
    for placed in sets.of(view, job) {
        let mut keys = keys.clone();
        placed.set(&mut keys, &own, &raw);
        ways.push(Way {
            keys,
            improves: placed.improves,
            ..Way::default()
        });
    }
    // As a last resort its conditions stay GitLab's own.
    raw.set("rules", Value::Null);
    for key in ["rules", "only", "except"] {
        raw.set_if(key, seen.keys.get(key).cloned());
    }
    let placed = Placed::default();
    placed.set(&mut keys, &own, &raw);
    ways.push(Way {
        keys,
        ..Way::default()
    });
    Some(Draft {
        collection: match is_test {
            true => Collection::Tests,
            false => Collection::Tasks,
        },
        name: job.key.clone(),
        takes: vec![job.key.clone()],
        ways,
    })
}
