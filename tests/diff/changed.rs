//! A change at any depth of a pipeline is told, unless GitLab makes the same of it.
//!
//! What is the same is judged here, by a table of its own: nothing of `config::normal` is used.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use windlass::diff::diff;

use crate::pipelines::{Dice, SAMPLES, at, at_mut, cases, paths, pipeline, read};

/// What GitLab assumes for a key: the names of the mappings around it, without those of jobs and
/// variables, and the value.
const DEFAULTS: &[(&str, &str)] = &[
    ("stage", "\"test\""),
    ("when", "\"on_success\""),
    ("interruptible", "false"),
    ("environment.action", "\"start\""),
    ("cache.key", "\"default\""),
    ("cache.untracked", "false"),
    ("cache.unprotect", "false"),
    ("cache.when", "\"on_success\""),
    ("cache.policy", "\"pull-push\""),
    ("artifacts.untracked", "false"),
    ("artifacts.when", "\"on_success\""),
    ("artifacts.access", "\"all\""),
    ("artifacts.public", "true"),
    ("needs.artifacts", "true"),
    ("needs.optional", "false"),
    ("trigger.forward.yaml_variables", "true"),
    ("trigger.forward.pipeline_variables", "false"),
    ("workflow.auto_cancel.on_new_commit", "\"conservative\""),
    ("workflow.auto_cancel.on_job_failure", "\"none\""),
    ("workflow.rules.when", "\"always\""),
    (
        "workflow.rules.auto_cancel.on_new_commit",
        "\"conservative\"",
    ),
];

/// Words of which one may stand where another does.
const WORDS: &[&str] = &[
    "on_success",
    "on_failure",
    "always",
    "manual",
    "delayed",
    "never",
    "pull",
    "push",
    "pull-push",
    "start",
    "stop",
    "prepare",
    "verify",
    "access",
    "developer",
    "maintainer",
    "all",
    "none",
    "conservative",
    "interruptible",
    "depend",
    "mirror",
    "1 hour",
    "2 hours",
    "3 days",
    "script_failure",
    "if-not-present",
    "build",
    "test",
    "deploy",
    "first",
    "second",
    "active",
    "cobertura",
    "jacoco",
    "staging",
    "production",
    "$X == \"y\"",
    "/other/",
    "main",
];

/// The document without what says nothing.
fn judged(document: &Value) -> Value {
    let mut all = Map::new();
    let open = document.get("include").is_some();
    let mut used = HashSet::new();
    for (name, value) in document.as_object().expect("a mapping") {
        let mut value = value.clone();
        let is_job = !matches!(
            name.as_str(),
            "variables" | "workflow" | "stages" | "include"
        );
        if is_job {
            let stage = value.get("stage").filter(|stage| !stage.is_null());
            used.insert(stage.cloned().unwrap_or(json!("test")));
            fill(&mut value);
            strip(&mut value, "", open);
        } else {
            strip(&mut value, name, open);
        }
        all.insert(name.clone(), value);
    }
    let given = document.get("stages").and_then(Value::as_array);
    let mut stages = given
        .cloned()
        .unwrap_or(vec![json!("build"), json!("test"), json!("deploy")]);
    stages.retain(|stage| open || used.contains(stage));
    all.insert("stages".to_owned(), Value::Array(stages));
    Value::Object(all)
}

/// With rules, each of them has what the job says.
fn fill(job: &mut Value) {
    let given = |job: &Value, key: &str| job.get(key).filter(|value| !value.is_null()).cloned();
    let when = given(job, "when").unwrap_or(json!("on_success"));
    let may = given(job, "allow_failure").unwrap_or(json!(when == "manual"));
    let has_rules = job.get("rules").is_some_and(Value::is_array);
    let Some(map) = job.as_object_mut() else {
        return;
    };
    if has_rules {
        map.remove("when");
        if may.is_boolean() {
            map.remove("allow_failure");
        }
    } else {
        map.insert("allow_failure".to_owned(), may.clone());
    }
    for rule in job
        .get_mut("rules")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let Some(rule) = rule.as_object_mut() else {
            continue;
        };
        for (key, value) in [("when", &when), ("allow_failure", &may)] {
            if rule.get(key).is_none_or(Value::is_null) && !value.is_object() {
                rule.insert(key.to_owned(), value.clone());
            }
        }
        if rule.get("needs").is_some_and(|needs| *needs == json!([])) {
            rule.remove("needs");
        }
    }
}

/// `open`: mappings lie over those of files that are not read, where each key counts; lists do not.
fn strip(value: &mut Value, path: &str, open: bool) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| strip(item, path, false)),
        Value::Object(map) => {
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                let below = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                let is_default = |value: &Value| {
                    let text = value.to_string();
                    DEFAULTS
                        .iter()
                        .any(|(path, default)| *path == below && *default == text)
                        || (key == "expand" && *value == json!(true))
                        || (key == "file" && path.starts_with("secrets.") && *value == json!(true))
                };
                let Some(value) = map.get_mut(&key) else {
                    continue;
                };
                // `rules:` without a value takes the default conditions away.
                let null = value.is_null() && !matches!(below.as_str(), "rules" | "workflow.rules");
                strip(value, &below, open);
                let nothing = matches!(below.as_str(), "workflow.auto_cancel" | "trigger.forward")
                    && *value == json!({});
                let may_count = open && *value != json!({});
                if !may_count && (null || nothing || is_default(value)) {
                    map.remove(&key);
                }
            }
        }
        _ => {}
    }
}

/// One change somewhere: the path and the document after it.
fn change(document: &Value, dice: &mut Dice) -> Option<(String, Value)> {
    let all = paths(document);
    let path = dice.pick(&all)?.clone();
    let shown = path.join(".");
    let mut changed = document.clone();
    let (last, parent) = path.split_last()?;
    let value = at(document, &path)?.clone();
    let kind = dice.below(4);
    let what = match (kind, &value) {
        (0, _) => {
            match at_mut(&mut changed, parent)? {
                Value::Object(map) => drop(map.shift_remove(last)),
                Value::Array(items) => drop(items.remove(last.parse().ok()?)),
                _ => return None,
            }
            "removed"
        }
        (1, Value::Array(items)) => {
            let mut item = dice.pick(items).cloned().unwrap_or(json!("fresh"));
            leaf(&mut item, dice);
            let at = dice.below(items.len() + 1);
            at_mut(&mut changed, &path)?
                .as_array_mut()?
                .insert(at, item);
            "an item more"
        }
        (1, Value::Object(_)) => {
            let (key, value) = another_key(&path, dice)?;
            let map = at_mut(&mut changed, &path)?.as_object_mut()?;
            if map.contains_key(&key) {
                return None;
            }
            map.insert(key, value);
            "a key more"
        }
        (2, _) => {
            *at_mut(&mut changed, &path)? = Value::Null;
            "null"
        }
        _ => {
            leaf(at_mut(&mut changed, &path)?, dice);
            "changed"
        }
    };
    // Twice the same in a list often counts once.
    let parent = if what == "an item more" {
        &path[..]
    } else {
        parent
    };
    let twice = |items: &[Value]| {
        items
            .iter()
            .enumerate()
            .any(|(n, item)| items[..n].contains(item))
    };
    let list = at(&changed, parent).and_then(Value::as_array);
    match list.is_some_and(|items| twice(items)) {
        true => None,
        false => Some((format!("{shown} {what}"), changed)),
    }
}

/// A key that the samples have at such a path, or a variable.
fn another_key(path: &[String], dice: &mut Dice) -> Option<(String, Value)> {
    let groups = ["job", "global"].map(|group| &SAMPLES[group]);
    let names: Vec<&String> = path
        .iter()
        .filter(|step| step.parse::<usize>().is_err())
        .collect();
    let below = match names.as_slice() {
        [] => return None,
        // A job, or a global key.
        [first, rest @ ..] => match SAMPLES["global"].get(first.as_str()) {
            Some(_) => names.clone(),
            None => rest.to_vec(),
        },
    };
    let Some((key, rest)) = below.split_first() else {
        let keys = SAMPLES["job"].as_object()?;
        let keys: Vec<(&String, &Value)> = keys.iter().collect();
        let (key, values) = dice.pick(&keys)?;
        return Some(((*key).clone(), dice.pick(values.as_array()?)?.clone()));
    };
    let mut found = Vec::new();
    let all = groups
        .into_iter()
        .filter_map(|group| group.get(key.as_str()));
    for value in all.filter_map(Value::as_array).flatten() {
        collect(value, rest, &mut found);
    }
    found.push(("FRESH".to_owned(), json!("fresh")));
    dice.pick(&found).cloned()
}

fn collect(value: &Value, path: &[&String], into: &mut Vec<(String, Value)>) {
    match (value, path.split_first()) {
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, path, into)),
        (Value::Object(map), None) => {
            into.extend(map.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        (Value::Object(map), Some((key, rest))) => {
            if let Some(value) = map.get(key.as_str()) {
                collect(value, rest, into);
            }
        }
        _ => {}
    }
}

/// Another value of the same type.
fn leaf(value: &mut Value, dice: &mut Dice) {
    *value = match &*value {
        Value::Bool(value) => json!(!value),
        Value::Number(number) => json!(number.as_i64().unwrap_or(0) + 1),
        Value::String(text) => match dice.one_in(2) {
            true => json!(dice.pick(WORDS).copied().unwrap_or_default()),
            false => json!(format!("{text}x")),
        },
        Value::Array(items) => {
            let mut items = items.clone();
            let at = dice.below(items.len());
            if let Some(item) = items.get_mut(at) {
                leaf(item, dice);
            }
            Value::Array(items)
        }
        Value::Object(map) => {
            let mut map = map.clone();
            let at = dice.below(map.len());
            if let Some((_, value)) = map.iter_mut().nth(at) {
                leaf(value, dice);
            }
            Value::Object(map)
        }
        Value::Null => json!("fresh"),
    };
}

/// Looks for a change that counts, and whether it is told.
fn a_change_is_told(seed: u64) -> Result<(), TestCaseError> {
    let mut dice = Dice::new(seed);
    let (document, before) = pipeline(&mut dice);
    for _ in 0..50 {
        let Some((what, changed)) = change(&document, &mut dice) else {
            continue;
        };
        let Some(after) = read(&changed) else {
            continue;
        };
        if judged(&document) == judged(&changed) {
            continue;
        }
        let told = diff(&before, &after, "main");
        let silent = told.effects.is_empty() && told.rewritten.is_empty();
        prop_assert!(!silent, "{what}\n{document}\n{changed}");
        return Ok(());
    }
    prop_assert!(false, "no change was found for {document}");
    Ok(())
}

// One law in two halves, which run beside each other: each case plans two pipelines.
proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(cases().div_ceil(2)) })]

    #[test]
    fn each_change_is_told(seed: u64) {
        a_change_is_told(seed)?;
    }

    #[test]
    fn each_change_is_told_the_other_half(seed: u64) {
        // With a fixed seed, both halves get the same numbers.
        a_change_is_told(!seed)?;
    }
}
