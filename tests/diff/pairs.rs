//! Pairs of pipelines (`pairs.yml`) that do the same, or that do not.

use serde_yaml::Value;
use windlass::config::{Alone, Config, read};
use windlass::diff::diff;
use windlass::source::Source;

/// The configuration of a text, if GitLab accepts it.
pub(crate) fn accepted(text: &str) -> Option<Config> {
    read(Source::new("ci.yml", text), &Alone).result.ok()
}

fn parsed(text: &str) -> Config {
    accepted(text).unwrap_or_else(|| panic!("GitLab refuses {text}"))
}

fn pairs(kind: &str) -> Vec<(String, String)> {
    let all: Value = serde_yaml::from_str(include_str!("pairs.yml")).expect("YAML");
    let pairs = all.get(kind).and_then(Value::as_sequence).expect("pairs");
    let text = |pair: &Value, at: usize| -> String {
        let text = pair.get(at).and_then(Value::as_str).expect("a text");
        text.to_owned()
    };
    pairs
        .iter()
        .map(|pair| (text(pair, 0), text(pair, 1)))
        .collect()
}

fn effects(before: &str, after: &str) -> Vec<String> {
    let effects = diff(&parsed(before), &parsed(after), "main").effects;
    effects.iter().map(|effect| format!("{effect:?}")).collect()
}

#[test]
fn a_change_that_gitlab_sees_is_told() {
    let silent: Vec<_> = pairs("told")
        .into_iter()
        .flat_map(|(one, other)| [(one.clone(), other.clone()), (other, one)])
        .filter(|(before, after)| effects(before, after).is_empty())
        .collect();
    assert!(silent.is_empty(), "nothing is said about {silent:#?}");
}

#[test]
fn spellings_of_the_same_tell_nothing() {
    let mut told = Vec::new();
    for (before, after) in pairs("silent") {
        for (before, after) in [(&before, &after), (&after, &before)] {
            let effects = effects(before, after);
            if !effects.is_empty() {
                told.push((before.clone(), after.clone(), effects));
            }
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn what_a_manifest_compiles_to_is_compared() {
    for (before, after) in pairs("manifests") {
        for (before, after) in [(&before, &after), (&after, &before)] {
            let compile = |text: &str| crate::config(text, text);
            let effects = diff(&compile(before), &compile(after), "main").effects;
            assert!(
                !effects.is_empty(),
                "nothing is said about {before}\n{after}"
            );
        }
    }
}

/// What GitLab does, and not what is missing in the file.
#[test]
fn values_are_told_as_gitlab_takes_them() {
    let told = |before: &str, after: &str| -> Vec<String> {
        let effects = diff(&parsed(before), &parsed(after), "main").effects;
        effects.into_iter().map(|effect| effect.text).collect()
    };
    let plain = "a: {script: x, image: alpine}";
    assert_eq!(
        told(
            plain,
            "a: {script: x, image: {name: alpine, entrypoint: ['']}}"
        ),
        ["runs in image `{name: alpine, entrypoint: [\"\"]}` instead of `alpine`"]
    );
    assert_eq!(
        told(
            "workflow: {auto_cancel: {on_new_commit: interruptible}}\na: {script: x}",
            "a: {script: x}"
        ),
        ["a new commit cancels older pipelines by `conservative` instead of `interruptible`"]
    );
}
