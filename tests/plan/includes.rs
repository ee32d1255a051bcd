//! Includes: what is not read is open, and what is read is decided for each pipeline.

use std::collections::BTreeMap;

use proptest::prelude::*;
use windlass::config::{Config, Given, Repository, Unknown, read, read_where};
use windlass::files::Unread;
use windlass::plan::{Configs, Plan, Presence, Situation, Truth, plan};
use windlass::source::Source;

/// A repository with one file elsewhere.
struct Elsewhere(BTreeMap<String, String>);

impl Repository for Elsewhere {
    fn read(&self, _path: &str) -> Result<String, Unread> {
        Err(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        None
    }

    fn elsewhere(&self, path: &str) -> Result<(String, String), Unread> {
        let text = self.0.get(path).cloned().ok_or(Unread::Absent)?;
        Ok((path.to_owned(), text))
    }
}

fn config(text: &str, repository: &dyn Repository) -> Option<Config> {
    let source = Source::new(".gitlab-ci.yml", text);
    read(source, repository).result.ok()
}

/// A key of a job, with values that conditions and attributes tell apart.
fn keys() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("script: x"),
        Just("when: manual"),
        Just("when: always"),
        Just("allow_failure: true"),
        Just("stage: deploy"),
        Just("needs: []"),
        Just("needs: [b]"),
        Just("extends: .t"),
        Just("variables: {A: x}"),
        Just("variables: {B: y}"),
        Just("rules: [{if: '$A == \"x\"'}]"),
        Just("rules: [{if: $CI_COMMIT_BRANCH, when: manual}, {if: $B}]"),
        Just("rules: [{if: $CI_COMMIT_TAG, when: never}, {when: always}]"),
        Just("only: [main]"),
        Just("only: {variables: [$A]}"),
        Just("except: [tags]"),
        Just("except: {refs: [main]}"),
    ];
    proptest::collection::vec(key, 0..4).prop_map(|mut keys| {
        keys.sort_by_key(|key| key.split(':').next().unwrap_or_default().to_owned());
        keys.dedup_by_key(|key| key.split(':').next().unwrap_or_default().to_owned());
        format!("{{{}}}", keys.join(", "))
    })
}

/// A file with some jobs; the names are the same in all, so that one overrides another.
fn file() -> impl Strategy<Value = String> {
    let global = prop_oneof![
        Just(""),
        Just("variables: {A: x}\n"),
        Just("variables: {B: z}\n"),
        Just("workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\n"),
        Just("stages: [build, test, deploy]\n"),
        Just("default: {interruptible: true}\n"),
    ];
    let job = (
        prop_oneof![Just("a"), Just("b"), Just("c"), Just(".t")],
        keys(),
    );
    (global, proptest::collection::vec(job, 0..4)).prop_map(|(global, mut jobs)| {
        jobs.sort();
        jobs.dedup_by(|one, other| one.0 == other.0);
        let jobs = jobs.iter().map(|(name, keys)| format!("{name}: {keys}\n"));
        format!("{global}{}", jobs.collect::<String>())
    })
}

fn situations() -> Vec<Situation> {
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
    all
}

/// An answer that was given stays, or was open.
fn holds(open: &Plan, read: &Plan) -> Result<(), TestCaseError> {
    if open.created != Truth::Unknown {
        prop_assert_eq!(open.created, read.created);
    }
    if read.created == Truth::False {
        return Ok(());
    }
    for job in &open.jobs {
        let Some(other) = read.job(&job.name) else {
            continue;
        };
        if job.presence() != Presence::Maybe {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn what_an_unread_include_holds_changes_no_answer(own in file(), included in file()) {
        let text = format!("include: [{{project: p/ci, file: x.yml}}]\n{own}");
        let files = BTreeMap::from([("project/p/ci/x.yml".to_owned(), included)]);
        if let (Some(open), Some(read)) = (config(&text, &Unknown), config(&text, &Elsewhere(files))) {
            for situation in situations() {
                holds(&plan(&open, &situation), &plan(&read, &situation))?;
            }
        }
    }

    #[test]
    fn an_unread_include_only_opens(own in file()) {
        let text = format!("include: [{{project: p/ci, file: x.yml}}]\n{own}");
        if let Some(alone) = config(&own, &Unknown) {
            let open = config(&text, &Unknown);
            prop_assert!(open.is_some(), "an include that is not read is no error");
            for (open, situation) in open.iter().flat_map(|open| situations().into_iter().map(move |one| (open, one))) {
                holds(&plan(open, &situation), &plan(&alone, &situation))?;
            }
        }
    }
}
