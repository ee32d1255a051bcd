//! Includes: what is not read is open, and what is read is decided for each pipeline.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use windlass::config::{Config, Given, Repository, Unknown, read, read_where};
use windlass::files::Unread;
use windlass::plan::{Configs, Plan, Presence, Situation, Truth, json, plan};
use windlass::source::Source;

use crate::elsewhere::Elsewhere;

fn config(text: &str, repository: &dyn Repository) -> Option<Config> {
    let source = Source::new(".gitlab-ci.yml", text);
    read(source, repository).result.ok()
}

/// The content of a job: nearly always one that runs, with a few other keys.
fn keys() -> impl Strategy<Value = String> {
    let script = prop_oneof![8 => Just("script: x"), 1 => Just("")];
    let conditions = prop_oneof![
        3 => Just(""),
        1 => Just("rules: [{if: '$A == \"x\"'}]"),
        2 => Just("rules: [{if: $CI_COMMIT_BRANCH, when: manual}, {if: $B}]"),
        3 => Just("rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]"),
        1 => Just("rules: [{if: '$CI_COMMIT_BRANCH == \"main\"', variables: {A: y}, allow_failure: true}]"),
        1 => Just("rules: [!reference [.t, rules], {if: $CI_COMMIT_BRANCH}]"),
        1 => Just("rules: [{if: '$CI_JOB_STAGE == \"deploy\"'}]"),
        1 => Just("only: [main]"),
        1 => Just("only: {variables: [$A]}"),
        1 => Just("except: [tags]"),
        1 => Just("only: [branches, tags, merge_requests], except: {refs: [main]}"),
    ];
    let others = vec![
        "when: manual",
        "when: always",
        "allow_failure: true",
        "stage: deploy",
        "needs: []",
        "needs: [{job: b, optional: true}]",
        "needs: [b]",
        "extends: .t",
        "variables: {A: x}",
        "variables: {B: y}",
        "inherit: {variables: false}",
        "environment: {name: p, on_stop: c}",
        "parallel: 2",
    ];
    let others = proptest::sample::subsequence(others, 0..4);
    (script, conditions, others).prop_map(|(script, conditions, others)| {
        let mut keys: Vec<&str> = vec![script, conditions];
        keys.extend(others);
        keys.retain(|key| !key.is_empty());
        keys.dedup_by_key(|key| key.split(':').next().unwrap_or_default().to_owned());
        format!("{{{}}}", keys.join(", "))
    })
}

/// What the hidden job holds that others extend.
fn template() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(""),
        Just(".t: {rules: [{if: $CI_COMMIT_TAG}], tags: [a]}\n"),
        Just(".t: {rules: [{if: $A, when: manual}], when: always}\n"),
        Just(".t: {variables: {A: x}, rules: [{when: on_success}]}\n"),
    ]
}

/// A file with some jobs; the names are the same in all, so that one overrides another.
fn file() -> impl Strategy<Value = String> {
    let global = prop_oneof![
        2 => Just(""),
        1 => Just("variables: {A: x}\n"),
        1 => Just("variables: {B: z}\n"),
        1 => Just("workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\n"),
        1 => Just("workflow: {rules: [{if: $CI_COMMIT_TAG, variables: {A: x}}, {when: always}]}\n"),
        1 => Just("stages: [build, test, deploy]\n"),
        1 => Just("default: {interruptible: true}\n"),
    ];
    let names = proptest::sample::subsequence(vec!["a", "b", "c"], 0..4);
    (global, template(), names, keys(), keys(), keys()).prop_map(
        |(global, template, names, one, two, three)| {
            let jobs = names.iter().zip([one, two, three]);
            let jobs: String = jobs
                .map(|(name, keys)| format!("{name}: {keys}\n"))
                .collect();
            format!("{global}{template}{jobs}")
        },
    )
}

/// One of the pipelines.
fn situation() -> impl Strategy<Value = Situation> {
    let mut all = vec![
        Situation::branch("main"),
        Situation::branch("feature"),
        Situation::tag("v1"),
        Situation::merge_request("feature", "main"),
    ];
    all.iter_mut().for_each(|one| one.closed = true);
    let mut given = Situation::branch("main");
    given.variables.insert("A".to_owned(), "x".to_owned());
    all.push(given);
    proptest::sample::select(all)
}

/// An answer that was given stays, or was open; how many answers about jobs were given.
fn holds(open: &Plan, read: &Plan) -> Result<usize, TestCaseError> {
    let mut given = 0;
    if open.created != Truth::Unknown {
        given += 1;
        prop_assert_eq!(open.created, read.created);
    }
    if read.created == Truth::False {
        return Ok(given);
    }
    for job in &open.jobs {
        let Some(other) = read.job(&job.name) else {
            continue;
        };
        if job.presence() != Presence::Maybe {
            given += 1;
            prop_assert_eq!(job.presence(), other.presence(), "{}", job.name);
        }
        if job.presence() == Presence::In {
            if job.when().is_some() {
                prop_assert_eq!(job.when(), other.when(), "{}", job.name);
            }
            if job.allow_failure().is_some() {
                prop_assert_eq!(job.allow_failure(), other.allow_failure(), "{}", job.name);
            }
        }
    }
    Ok(given)
}

/// What an include changes of a job that is here, the plan without it names as open.
fn is_named(config: &Config, open: &Plan, read: &Plan) -> Result<(), TestCaseError> {
    if open.created == Truth::False {
        return Ok(());
    }
    let printed = json(config, open);
    let jobs = printed["jobs"].as_array().cloned().unwrap_or_default();
    for job in open
        .jobs
        .iter()
        .filter(|job| job.presence() == Presence::In)
    {
        let (Some(other), Some(unchanged)) = (read.job(&job.name), &job.otherwise) else {
            continue;
        };
        let named = jobs
            .iter()
            .find(|printed| printed["name"] == *job.name)
            .and_then(|printed| printed["open"].as_str())
            .unwrap_or_default();
        let when = unchanged.agreed(|chosen| chosen.when);
        if when.is_some() && other.when() != when {
            prop_assert!(named.contains("`when`"), "{}: {}", job.name, named);
        }
        let may_fail = unchanged.agreed(|chosen| chosen.allow_failure);
        if may_fail.is_some() && other.allow_failure() != may_fail {
            prop_assert!(named.contains("`allow_failure`"), "{}: {}", job.name, named);
        }
    }
    Ok(())
}

/// A repository with some files.
struct Files(&'static [(&'static str, &'static str)]);

impl Repository for Files {
    fn read(&self, path: &str) -> Result<String, Unread> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found
            .map(|(_, text)| (*text).to_owned())
            .ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }
}

#[test]
fn a_pipeline_is_open_where_one_of_its_configurations_is_refused() {
    let text = "include:\n  - {local: t.yml, rules: [{if: $T}]}\n  \
                - {local: u.yml, rules: [{if: $T == null}]}\na: {extends: .t, script: x}\n";
    let files = Files(&[
        ("t.yml", ".t: {tags: [big]}\n"),
        ("u.yml", ".t: {tags: [small]}\n"),
    ]);
    let read = |given: &dyn Given| read_where(Source::new("ci.yml", text), &files, given);
    let configs = Configs::new(read).unwrap();
    let mut main = Situation::branch("main");
    // An empty variable is set and not true: neither file is included then.
    assert_eq!(configs.plan(&main).plan.created, Truth::Unknown);
    main.variables.insert("T".to_owned(), String::new());
    assert_eq!(configs.plan(&main).plan.created, Truth::False);
    main.variables.insert("T".to_owned(), "1".to_owned());
    assert_eq!(configs.plan(&main).plan.created, Truth::True);
}

/// How many cases a law is tried on.
const CASES: u32 = 10_000;

/// Tries a law on many cases; at least one case in twenty has to give
/// an answer, as most answers are open where an include is not read.
fn law<S: Strategy>(cases: S, holds: impl Fn(S::Value) -> Result<usize, TestCaseError>) {
    let answered = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let tried = runner.run(&cases, |case| {
        let given = holds(case)?;
        answered.set(answered.get() + u32::from(given > 0));
        Ok(())
    });
    if let Err(fault) = tried {
        panic!("{fault}");
    }
    let answered = answered.get();
    assert!(
        answered * 20 >= CASES,
        "only {answered} of {CASES} cases give an answer"
    );
}

/// Included files in an order: that of another project which is read, if there is one, and that which is
/// not read.
fn includes(read: Option<bool>) -> &'static str {
    match read {
        None => "include: [{project: p/ci, file: x.yml}]\n",
        Some(true) => "include: [{project: p/ci, file: y.yml}, {project: p/ci, file: x.yml}]\n",
        Some(false) => "include: [{project: p/ci, file: x.yml}, {project: p/ci, file: y.yml}]\n",
    }
}

#[test]
fn what_an_unread_include_holds_changes_no_answer() {
    // Half of the cases have a second file, which is read: the other overrides it where it comes later.
    let second = proptest::option::of((any::<bool>(), file()));
    law(
        (file(), second, file(), situation()),
        |(own, second, included, situation)| {
            let first = second.as_ref().map(|(is_first, _)| *is_first);
            let text = format!("{}{own}", includes(first));
            let at = |name: &str| format!("project/p/ci/{name}.yml");
            let mut files: BTreeMap<String, String> = second
                .into_iter()
                .map(|(_, text)| (at("y"), text))
                .collect();
            let open = config(&text, &Elsewhere(files.clone()));
            files.insert(at("x"), included);
            match (open, config(&text, &Elsewhere(files))) {
                (Some(open), Some(read)) => {
                    let (before, after) = (plan(&open, &situation), plan(&read, &situation));
                    is_named(&open, &before, &after)?;
                    holds(&before, &after)
                }
                _ => Ok(0),
            }
        },
    );
}

#[test]
fn an_unread_include_only_opens() {
    law((file(), situation()), |(own, situation)| {
        let text = format!("include: [{{project: p/ci, file: x.yml}}]\n{own}");
        let Some(alone) = config(&own, &Unknown) else {
            return Ok(0);
        };
        let open = config(&text, &Unknown);
        prop_assert!(
            open.is_some(),
            "an include that is not read is not an error"
        );
        match open {
            Some(open) => holds(&plan(&open, &situation), &plan(&alone, &situation)),
            None => Ok(0),
        }
    });
}
