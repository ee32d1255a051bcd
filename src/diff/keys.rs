//! All other keys of a job, before and after.

use super::script::plain;
use super::{Effect, Kind, Pair};
use crate::config::{Config, Map, Node, Value, Variables};

/// Keys of which the effect is told elsewhere.
const TOLD: &[&str] = &[
    "after_script",
    "allow_failure",
    "before_script",
    "except",
    "hooks",
    "needs",
    "only",
    "parallel",
    "rules",
    "script",
    "stage",
    "start_in",
    "variables",
    "when",
];

/// Whether two jobs have the same keys with the same values, in whatever order.
pub(super) fn same(one: &Map, other: &Map) -> bool {
    let within = |one: &Map, other: &Map| {
        one.iter()
            .filter(|(_, entry)| !entry.value.is_null())
            .all(|(key, entry)| {
                other
                    .given(&key.text)
                    .is_some_and(|value| equal(&entry.value, value))
            })
    };
    within(one, other) && within(other, one)
}

fn equal(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => same(one, other),
        (Value::Seq(one), Value::Seq(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(a, b)| equal(a, b))
        }
        (one, other) => plain(one) == plain(other),
    }
}

/// What changed in the keys of a job.
pub(super) fn of(pair: &Pair<'_>) -> Vec<Effect> {
    let (before, after) = (pair.before, pair.after);
    let mut effects = variables(&before.variables, &after.variables, |text| {
        Effect::of(after, Kind::Variables, text)
    });
    let mut names: Vec<&str> = Vec::new();
    for (key, _) in after.keys.iter().chain(before.keys.iter()) {
        if !TOLD.contains(&&*key.text) && !names.contains(&&*key.text) {
            names.push(&key.text);
        }
    }
    for name in names {
        let (old, new) = (before.keys.given(name), after.keys.given(name));
        match (old, new) {
            (None, None) => {}
            (Some(old), Some(new)) if equal(old, new) => {}
            (old, new) => effects.push(Effect::of(after, kind(name), changed(name, old, new))),
        }
    }
    effects
}

/// What changed for all jobs at once and in none of them: keys that are no job's.
pub(super) fn globals(before: &Config, after: &Config) -> Vec<Effect> {
    let mut effects = variables(&before.variables, &after.variables, |text| {
        Effect::of_pipeline(Kind::Variables, format!("every job {text}"))
    });
    let stages = |config: &Config| -> Vec<String> {
        let stages = config.stages.iter();
        stages.map(|stage| stage.value.clone()).collect()
    };
    let (old, new) = (stages(before), stages(after));
    let kept = |these: &[String], others: &[String]| -> Vec<String> {
        let both = these.iter().filter(|stage| others.contains(stage));
        both.cloned().collect()
    };
    // Stages that came or went are told by their jobs.
    if kept(&old, &new) != kept(&new, &old) {
        let text = format!("the stages come in another order: {}", new.join(", "));
        effects.push(Effect::of_pipeline(Kind::Order, text));
    }
    let of = |config: &Config| {
        let name = config.workflow.name.as_ref().map(|name| name.value.clone());
        let cancel = config.workflow.auto_cancel.as_ref();
        (name, cancel.map(|word| word.value.clone()))
    };
    let ((old_name, old_cancel), (new_name, new_cancel)) = (of(before), of(after));
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    if old_name != new_name {
        let text = format!("pipelines are called `{}`", word(&new_name));
        effects.push(Effect::of_pipeline(Kind::Key, text));
    }
    if old_cancel != new_cancel {
        let text = format!(
            "a new commit cancels older pipelines by `{}` instead of `{}`",
            word(&new_cancel),
            word(&old_cancel)
        );
        effects.push(Effect::of_pipeline(Kind::Permission, text));
    }
    effects
}

fn variables(old: &Variables, new: &Variables, effect: impl Fn(String) -> Effect) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (name, variable) in new {
        match old.get(name) {
            None => effects.push(effect(format!(
                "gets the variable `{name}`: {}",
                quoted(&variable.value)
            ))),
            Some(was) if was.value != variable.value => effects.push(effect(format!(
                "has {} in `{name}` instead of {}",
                quoted(&variable.value),
                quoted(&was.value)
            ))),
            Some(was) if was.expand != variable.expand => effects.push(effect(format!(
                "{} the variables in `{name}`",
                if variable.expand {
                    "now expands"
                } else {
                    "no longer expands"
                }
            ))),
            Some(_) => {}
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        effects.push(effect(format!("no longer has the variable `{name}`")));
    }
    effects
}

fn kind(name: &str) -> Kind {
    match name {
        "image" | "services" => Kind::Image,
        "environment" => Kind::Environment,
        "secrets" | "id_tokens" | "identity" => Kind::Secrets,
        "tags" | "resource_group" | "interruptible" | "manual_confirmation" => Kind::Permission,
        _ => Kind::Key,
    }
}

/// What became of a key; of a mapping only the part that changed.
fn changed(name: &str, old: Option<&Node>, new: Option<&Node>) -> String {
    let is = |node: &Node| match (name, &node.value) {
        // An image with nothing but a name is its name.
        ("image", Value::Map(map)) if map.len() == 1 => {
            map.get("name").map_or_else(|| quoted(""), shown)
        }
        _ => shown(node),
    };
    match (name, old, new) {
        ("image", Some(old), Some(new)) => {
            format!("runs in image {} instead of {}", is(new), is(old))
        }
        ("image", None, Some(new)) => format!("now runs in image {}", is(new)),
        ("environment", Some(old), Some(new)) => match parts(old, new) {
            Some(text) => format!("has another environment: {text}"),
            None => format!("has the environment {} instead of {}", is(new), is(old)),
        },
        ("environment", None, Some(new)) => format!("now has the environment {}", is(new)),
        ("environment", Some(old), None) => format!("no longer has the environment {}", is(old)),
        (_, Some(old), Some(new)) => match parts(old, new) {
            Some(text) => format!("`{name}`: {text}"),
            None => format!("now has `{name}` {} instead of {}", is(new), is(old)),
        },
        (_, None, Some(new)) => format!("now has `{name}` {}", is(new)),
        (_, Some(old), None) => format!("no longer has `{name}`, which was {}", is(old)),
        (_, None, None) => String::new(),
    }
}

/// The entries of two mappings that differ.
fn parts(old: &Node, new: &Node) -> Option<String> {
    let (Value::Map(old), Value::Map(new)) = (&old.value, &new.value) else {
        return None;
    };
    let mut words = Vec::new();
    for (key, entry) in new.iter() {
        match old.given(&key.text) {
            Some(was) if equal(was, &entry.value) => {}
            Some(was) => words.push(format!(
                "`{}` is {} instead of {}",
                key.text,
                shown(&entry.value),
                shown(was)
            )),
            None if entry.value.is_null() => {}
            None => words.push(format!("`{}` is now {}", key.text, shown(&entry.value))),
        }
    }
    for (key, entry) in old.iter() {
        if new.given(&key.text).is_none() && !entry.value.is_null() {
            words.push(format!("`{}` is gone", key.text));
        }
    }
    (!words.is_empty()).then(|| super::refs::listed(&words))
}

fn shown(node: &Node) -> String {
    quoted(&plain(&node.value))
}

/// A value in a sentence, on one line and not for ever.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = text.trim_end().replace('\n', "\\n");
    if line.is_empty() {
        return "nothing".to_owned();
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}...`", line.get(..end).unwrap_or_default()),
        None => format!("`{line}`"),
    }
}
