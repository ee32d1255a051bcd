//! A file that is included and not read may open what `diff` says, and changes nothing that it says.
//!
//! In each case both sides are compared without such files, with files that are not read, and with the same files
//! read. What is said beside files that are not read and is not open, is said in both other comparisons as well:
//! whatever the files hold.

use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use serde_json::{Value, json};
use windlass::config::read as read_config;
use windlass::diff::{Comparison, Effect, diff};
use windlass::source::Source;

use crate::elsewhere::Elsewhere;
use crate::pipelines::{Dice, cases, pipeline, read};

fn include(file: &str) -> Value {
    json!({"project": "p/ci", "file": file})
}

/// A document with files that are included: before its own, and after those that it has.
fn with(document: &Value, files: &[&str]) -> Value {
    let mut document = document.clone();
    let all: Vec<Value> = files.iter().map(|file| include(file)).collect();
    if let Some(map) = document.as_object_mut().filter(|_| !all.is_empty()) {
        map.insert("include".to_owned(), Value::Array(all));
    }
    document
}

/// What may stand in a file: jobs and keys that others have too, and nothing but a hidden job.
fn included(dice: &mut Dice) -> Value {
    if dice.one_in(5) {
        return json!({".hidden": {"script": "x"}});
    }
    let (mut document, _) = pipeline(dice);
    let Some(map) = document.as_object_mut() else {
        return document;
    };
    map.remove("include");
    let names: Vec<String> = map.keys().cloned().collect();
    for name in names {
        match dice.below(4) {
            0 => drop(map.remove(&name)),
            // A part of a job.
            1 => {
                let keys = map.get_mut(&name).and_then(Value::as_object_mut);
                if let Some(keys) = keys.filter(|_| name != "variables" && name != "workflow") {
                    keys.remove("script");
                    keys.remove("trigger");
                }
            }
            _ => {}
        }
    }
    map.insert(".hidden".to_owned(), json!({"script": "x"}));
    document
}

/// Another pipeline: the same with some keys and jobs of others, or without.
fn another(document: &Value, dice: &mut Dice) -> Value {
    let (other, _) = pipeline(dice);
    let (mut mixed, other) = (
        document.clone(),
        other.as_object().cloned().unwrap_or_default(),
    );
    let Some(map) = mixed.as_object_mut() else {
        return mixed;
    };
    map.remove("include");
    for name in [
        "subject",
        "other",
        "second",
        "variables",
        "workflow",
        "stages",
    ] {
        match (dice.below(4), other.get(name)) {
            (0, _) => drop(map.remove(name)),
            (1, Some(value)) => drop(map.insert(name.to_owned(), value.clone())),
            (2, _) => {
                let Some(value) = map.remove(name) else {
                    continue;
                };
                let is_job = !matches!(name, "variables" | "workflow" | "stages");
                let name = if is_job {
                    format!("{name}-2")
                } else {
                    name.to_owned()
                };
                map.insert(name, value);
            }
            _ => {}
        }
    }
    // A key of a job that comes or goes.
    for name in ["subject", "other", "first"] {
        let from = other.get("subject").and_then(Value::as_object);
        let keys: Vec<&String> = from.into_iter().flat_map(|from| from.keys()).collect();
        let Some(job) = map.get_mut(name).and_then(Value::as_object_mut) else {
            continue;
        };
        if let (Some(key), Some(from)) = (dice.pick(&keys), from) {
            match dice.one_in(2) {
                true => drop(job.remove(key.as_str())),
                false => drop(job.insert((*key).clone(), from[key.as_str()].clone())),
            }
        }
    }
    mixed
}

/// What is said for sure of what is here, and not of the includes themselves.
fn sure(comparison: &Comparison) -> Vec<Effect> {
    let of_includes = |effect: &Effect| {
        effect.text.contains("files that are not read")
            || effect.text == "other files are included and not read"
    };
    let effects = comparison.effects.iter().chain(&comparison.rewritten);
    let effects = effects.filter(|effect| !effect.open && !of_includes(effect));
    effects.cloned().collect()
}

/// Without the lines: what the files hold may stand between those that differ.
fn said(comparison: &Comparison) -> HashSet<(Option<String>, String)> {
    let effects = comparison.effects.iter().chain(&comparison.rewritten);
    effects
        .map(|effect| (effect.job.clone(), effect.text.clone()))
        .collect()
}

fn a_file_that_is_not_read_only_opens(seed: u64) -> Result<usize, TestCaseError> {
    let mut dice = Dice::new(seed);
    let (mut before, _) = pipeline(&mut dice);
    before.as_object_mut().map(|map| map.remove("include"));
    let after = another(&before, &mut dice);
    let both = (read(&before), read(&after));
    let (Some(alone_before), Some(alone_after)) = both else {
        return Ok(0);
    };
    let (one, two) = (included(&mut dice), included(&mut dice));
    // The same files on both sides, others, or on one side alone.
    let (left, right): (&[&str], &[&str]) = match dice.below(5) {
        0 | 1 => (&["x.yml"], &["x.yml"]),
        2 => (&["x.yml"], &["y.yml"]),
        3 => (&["x.yml"], &[]),
        _ => (&[], &["x.yml", "y.yml"]),
    };
    let sides = [with(&before, left), with(&after, right)];
    let config = |document: &Value, files: &Elsewhere| {
        read_config(Source::new("ci.yml", document.to_string()), files)
            .result
            .ok()
    };
    let none = Elsewhere(BTreeMap::new());
    let all = Elsewhere(BTreeMap::from([
        ("project/p/ci/x.yml".to_owned(), one.to_string()),
        ("project/p/ci/y.yml".to_owned(), two.to_string()),
    ]));
    let [open_before, open_after] = [0, 1].map(|side| config(&sides[side], &none));
    let (Some(open_before), Some(open_after)) = (open_before, open_after) else {
        return Err(TestCaseError::fail(
            "an include that is not read is refused",
        ));
    };
    let open = diff(&open_before, &open_after, "main");
    prop_assert!(!open.not_compared.is_empty(), "nothing is named");
    let certain = sure(&open);
    let alone = diff(&alone_before, &alone_after, "main");
    let mut others = vec![("without", said(&alone), [alone_before, alone_after])];
    if let (Some(before), Some(after)) = (config(&sides[0], &all), config(&sides[1], &all)) {
        let read = diff(&before, &after, "main");
        others.push(("read", said(&read), [before, after]));
    }
    for effect in &certain {
        for (which, said, sides_of_it) in &others {
            // With `parallel` from such a file, the job is there under the names of its copies.
            let is_there = |job: &String| sides_of_it.iter().all(|side| side.job(job).is_some());
            if !effect.job.as_ref().is_none_or(is_there) {
                continue;
            }
            prop_assert!(
                said.contains(&(effect.job.clone(), effect.text.clone())),
                "{which}: {effect:?}\n{}\n{}\nx.yml: {one}\ny.yml: {two}\n{said:#?}",
                sides[0],
                sides[1]
            );
        }
    }
    Ok(certain.len())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..ProptestConfig::with_cases(cases().div_ceil(20)) })]

    #[test]
    fn a_file_that_is_not_read_changes_no_effect(seed: u64) {
        a_file_that_is_not_read_only_opens(seed)?;
    }
}

/// The law says something: of many cases, some have effects that are sure.
#[test]
fn some_effects_are_sure_beside_a_file_that_is_not_read() {
    let sure = (0..60).filter_map(|seed| a_file_that_is_not_read_only_opens(seed).ok());
    let some = sure.filter(|count| *count > 0).count();
    assert!(some >= 10, "{some} of 60");
}

/// What the law is about, one by one.
#[test]
fn what_such_a_file_may_hold_is_open() {
    let include = "include: [{project: p/ci, file: x.yml}]\n";
    for (before, after, text, is_open) in [
        ("a: {script: x}\n", "b: {script: y}\n", "is gone", true),
        ("a: {script: x}\n", "b: {script: y}\n", "is new", true),
        (
            "a: {script: x}\n",
            "b: {script: x}\n",
            "is the new name of",
            true,
        ),
        (
            "workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: x}\n",
            "workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\na: {script: x}\n",
            "there is a pipeline now",
            true,
        ),
        (
            "workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: x}\n",
            "workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\na: {script: x}\n",
            "there is no pipeline any more",
            true,
        ),
        (
            "stages: [test, x]\na: {script: x}\n",
            "stages: [test, y]\na: {script: x}\n",
            "the stages are now",
            true,
        ),
        (
            "a: {script: x, tags: [t]}\n",
            "a: {script: x}\n",
            "no longer has `tags`",
            true,
        ),
        (
            "a: {script: x}\n",
            "a: {script: x, tags: [t]}\n",
            "now has `tags`",
            true,
        ),
        (
            "a: {script: x, tags: [t]}\n",
            "a: {script: x, tags: [u]}\n",
            "now has `tags`",
            false,
        ),
        (
            "a: {script: x}\n",
            "a: {script: y}\n",
            "runs other commands",
            false,
        ),
        (
            "default: {before_script: [x]}\na: {script: x}\n",
            "default: {before_script: [y]}\na: {script: x}\n",
            "runs other commands before its script",
            true,
        ),
        (
            "a: {script: x, variables: {A: a}}\n",
            "a: {script: x, variables: {A: b}}\n",
            "has `b` in `A`",
            false,
        ),
        (
            "a: {script: x, image: {name: a}}\n",
            "a: {script: x, image: {name: b}}\n",
            "runs in image `b`",
            false,
        ),
        (
            "a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}\n",
            "a: {script: x, rules: [{if: $CI_COMMIT_BRANCH}]}\n",
            "runs on all branches",
            true,
        ),
        (
            "a: {trigger: {include: c.yml}}\n",
            "a: {trigger: {include: d.yml}}\n",
            "`include` is",
            false,
        ),
    ] {
        for (left, right) in [(true, true), (true, false), (false, true)] {
            let side = |text: &str, is_open: bool| {
                let text = format!("{}{text}", if is_open { include } else { "" });
                let source = Source::new("ci.yml", text);
                read_config(source, &Elsewhere(BTreeMap::new()))
                    .result
                    .expect("a pipeline")
            };
            let (before, after) = (side(before, left), side(after, right));
            let effects = diff(&before, &after, "main").effects;
            let found = effects.iter().find(|effect| effect.text.contains(text));
            let Some(found) = found else {
                // Beside the include, another word may be right: the stages are told by their jobs.
                assert!(left != right, "{text}: {effects:?}");
                continue;
            };
            // What one side does not say, only a file that this side includes may say.
            let only_there = match text {
                "no longer has `tags`" => right,
                "now has `tags`" => left,
                _ => true,
            };
            assert_eq!(
                found.open,
                is_open && only_there,
                "{text} {left} {right}: {found:?}"
            );
        }
    }
}
