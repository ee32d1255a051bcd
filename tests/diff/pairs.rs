//! Pairs of pipelines (`pairs.yml`) that do the same, or that do not.

use serde_yaml::Value;
use windlass::config::{Alone, Config, Repository, read, read_where};
use windlass::diff::{Kind, diff, diff_all};
use windlass::files::Unread;
use windlass::plan::Configs;
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
    let configs = |text: &str| {
        let source = Source::new("ci.yml", text);
        Configs::new(move |given| read_where(source.clone(), &Alone, given))
            .unwrap_or_else(|report| panic!("GitLab refuses {text}: {report:?}"))
    };
    let effects = diff_all(&configs(before), &configs(after), Some("main")).effects;
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

/// A repository with one file to include, whatever it is called.
struct OneFile;

impl Repository for OneFile {
    fn read(&self, path: &str) -> Result<String, Unread> {
        match path {
            "x.yml" | "y.yml" => Ok("b: {script: y}".to_owned()),
            "nested.yml" => Ok("include: [{local: x.yml, rules: [{if: $A}]}]".to_owned()),
            _ => Err(Unread::Absent),
        }
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(vec![
            "x.yml".to_owned(),
            "y.yml".to_owned(),
            "nested.yml".to_owned(),
        ])
    }
}

/// What decides whether a local file is included is compared, on whatever refs it holds.
#[test]
fn other_conditions_of_an_include_are_told() {
    let configs = |rules: &str| {
        let text = format!("include: [{rules}]\na: {{script: x}}");
        Configs::new(move |given| read_where(Source::new("ci.yml", text.clone()), &OneFile, given))
            .unwrap_or_else(|report| panic!("{rules}: {report:?}"))
    };
    let includes = [
        "{local: x.yml}",
        "{local: x.yml, rules: [{if: $A}]}",
        "{local: x.yml, rules: [{if: $B}]}",
        "{local: x.yml, rules: [{if: $A}, {if: $B}]}",
        "{local: x.yml, rules: [{if: $A, when: never}, {when: always}]}",
        "{local: x.yml, rules: [{changes: [a]}]}",
        "{local: x.yml, rules: [{changes: [b]}]}",
        "{local: x.yml, rules: [{changes: {paths: [a], compare_to: main}}]}",
        "{local: x.yml, rules: [{exists: [a]}]}",
        "{local: x.yml, rules: [{exists: [b]}]}",
        "{local: x.yml, rules: [{if: $CI_COMMIT_BRANCH == 'main', changes: [a]}]}",
        "{local: x.yml, rules: [{if: $CI_COMMIT_BRANCH == 'main', changes: [b]}]}",
        "{local: x.yml, rules: [{if: $CI_COMMIT_BRANCH =~ /^re/}]}",
        "{local: x.yml, rules: [{if: $CI_COMMIT_BRANCH =~ /^rel?/}]}",
        "{local: x.yml, rules: [{if: $A}]}, {local: y.yml, rules: [{if: $B}, {if: $C}]}",
        "{local: x.yml, rules: [{if: $A}, {if: $B}]}, {local: y.yml, rules: [{if: $C}]}",
        "{remote: 'https://h/x.yml', rules: [{if: $A}]}",
        "{remote: 'https://h/x.yml', rules: [{if: $B}]}",
    ];
    for (at, before) in includes.iter().enumerate() {
        for (other, after) in includes.iter().enumerate() {
            let effects = diff_all(&configs(before), &configs(after), Some("main")).effects;
            let told = effects.iter().any(|effect| effect.kind == Kind::Refs);
            assert_eq!(told, at != other, "{before}\n{after}\n{effects:?}");
        }
    }
    let same = [
        (
            "{local: x.yml, rules: [{if: $A}]}",
            "{rules: [{if: ($A), when: always}], local: x.yml}",
        ),
        (
            "{local: x.yml, rules: [{changes: [a]}]}",
            "{local: x.yml, rules: [{changes: {paths: [a]}}]}",
        ),
        ("nested.yml", "{local: nested.yml}"),
    ];
    for (before, after) in same {
        let effects = diff_all(&configs(before), &configs(after), Some("main")).effects;
        assert!(effects.is_empty(), "{before}\n{after}\n{effects:?}");
    }
}

/// Files to include, by their paths.
struct Held(Vec<(&'static str, &'static str)>);

impl Repository for Held {
    fn read(&self, path: &str) -> Result<String, Unread> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.0.iter().map(|(path, _)| (*path).to_owned()).collect())
    }
}

/// A job that several files define is compared in each of them, whichever is included.
#[test]
fn a_change_in_any_of_the_files_that_may_be_included_is_told() {
    for [one, other] in [
        ["if: '$X == \"1\"'", "if: '$X == \"2\"'"],
        ["if: $CI_COMMIT_BRANCH", "if: $CI_COMMIT_TAG"],
        ["exists: [one]", "exists: [two]"],
        ["changes: [one]", "changes: [two]"],
        ["if: $X, changes: [one]", "if: $X == null"],
    ] {
        let configs = |one_says: &'static str, two_says: &'static str| {
            let rules = [one, other].map(|rule| format!("rules: [{{{rule}}}]"));
            let [first, second] = rules;
            let text = format!(
                "include: [{{local: x.yml, {first}}}, {{local: y.yml, {second}}}]\na: {{script: x}}\n"
            );
            let files = Held(vec![("x.yml", one_says), ("y.yml", two_says)]);
            Configs::new(move |given| {
                read_where(Source::new("ci.yml", text.as_str()), &files, given)
            })
            .unwrap_or_else(|report| panic!("{one}: {report:?}"))
        };
        let [was, is] = ["b: {script: one}\n", "b: {script: two}\n"];
        let before = configs(was, was);
        for (after, is_told) in [
            (configs(was, is), true),
            (configs(is, was), true),
            (configs(was, was), false),
        ] {
            let effects = diff_all(&before, &after, Some("main")).effects;
            assert_eq!(!effects.is_empty(), is_told, "{one}, {other}: {effects:?}");
        }
    }
}

/// A job that another one names has another name: the other job is as it was.
#[test]
fn a_new_name_is_told_once() {
    let others = [
        "needs: [NAME]",
        "stage: deploy, dependencies: [NAME]",
        "rules: [{if: $A, needs: [NAME, z]}]",
        "rules: [{if: $CI_COMMIT_BRANCH == 'main', needs: [{job: NAME, optional: true}]}]",
        "needs: [{job: NAME, artifacts: false}, z]",
        "environment: {name: p, on_stop: NAME}",
    ];
    for other in others {
        let text = |name: &str| {
            let stop = "environment: {name: p, action: stop}, when: manual";
            let other = other.replace("NAME", name);
            format!("{name}: {{script: x, {stop}}}\nz: {{script: z}}\na: {{script: y, {other}}}")
        };
        let effects = diff(&parsed(&text("b")), &parsed(&text("zz")), "main").effects;
        let kinds: Vec<Kind> = effects.iter().map(|effect| effect.kind).collect();
        assert_eq!(kinds, [Kind::Renamed], "{other}: {effects:?}");
    }
    let trigger = |name: &str| {
        let include = format!("[{{artifact: c.yml, job: {name}}}]");
        format!("{name}: {{script: x}}\na: {{stage: deploy, trigger: {{include: {include}}}}}")
    };
    let effects = diff(&parsed(&trigger("b")), &parsed(&trigger("c")), "main").effects;
    assert_eq!(effects.len(), 1, "{effects:?}");
}
