//! Cases that GitLab judged later: keywords up to 18.11, and faults that an earlier windlass passed.
//!
//! In: `tests/verdicts/newer.jsonl`. Out: whether we say the same of the file (taken or
//! refused) and of each ref (created, its jobs with `when` and `allow_failure`, or the stage at
//! which its creation stopped). A case that differs stands in [`NEWER`] with the reason.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use windlass::config::{Reading, Repository, read_where};
use windlass::files::Unread;
use windlass::plan::{Absence, Changed, Plan, Presence, Situation, Trigger, Truth, plan};
use windlass::source::Source;

use super::disagreements::NEWER;

#[derive(Deserialize)]
struct Case {
    id: String,
    yaml: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    changes: Vec<String>,
    valid: bool,
    #[serde(default)]
    errors: Vec<String>,
    #[serde(default)]
    refs: BTreeMap<String, Verdict>,
}

/// What becomes of a ref: one of its jobs, or the stage that stopped it.
#[derive(Deserialize)]
struct Verdict {
    #[serde(default)]
    created: bool,
    stage: Option<String>,
    #[serde(default)]
    jobs: BTreeMap<String, Vec<serde_json::Value>>,
}

impl Repository for Case {
    fn read(&self, path: &str) -> Result<String, Unread> {
        self.files.get(path).cloned().ok_or(Unread::Absent)
    }

    fn paths(&self) -> Option<Vec<String>> {
        Some(self.files.keys().cloned().collect())
    }
}

/// `branch main (push, protected)`, `merge_request feature..main (merge_request_event)`.
fn situation(case: &Case, name: &str) -> Situation {
    let (reference, attributes) = name.trim_end_matches(')').split_once(" (").unwrap();
    let (kind, reference) = reference.split_once(' ').unwrap();
    let attributes: Vec<&str> = attributes.split(", ").collect();
    let mut situation = match kind {
        "branch" => Situation::branch(reference),
        "tag" => Situation::tag(reference),
        "merge_request" => {
            let (source, target) = reference.split_once("..").unwrap();
            Situation::merge_request(source, target)
        }
        other => panic!("no kind of ref: {other}"),
    };
    situation.trigger = Trigger::parse(attributes[0]);
    situation.default_branch = Some("main".to_owned());
    situation.protected = Some(attributes.contains(&"protected"));
    situation.open_merge_request = Some(attributes.contains(&"open merge request"));
    situation.closed = true;
    situation.kubernetes = Some(false);
    situation.changed = Changed::Paths(case.changes.clone());
    situation.files = Some(case.files.keys().cloned().collect());
    situation.variables.clone_from(&case.variables);
    let path = "group/project".to_owned();
    situation
        .variables
        .insert("CI_PROJECT_PATH".to_owned(), path);
    situation
}

fn reading(case: &Case, situation: &Situation) -> Reading {
    let source = Source::new(".gitlab-ci.yml", case.yaml.clone().unwrap_or_default());
    read_where(source, case, situation)
}

/// What we say of a ref, in the words of the verdicts; `None` where we leave it open.
fn ours(case: &Case, situation: &Situation) -> Option<Verdict> {
    let none = |stage: &str| Verdict {
        created: false,
        stage: Some(stage.to_owned()),
        jobs: BTreeMap::new(),
    };
    let Ok(config) = reading(case, situation).result else {
        return Some(none("config"));
    };
    let plan: Plan = plan(&config, situation);
    match (&plan.absence, plan.created) {
        (_, Truth::True) => {}
        (_, Truth::Unknown | Truth::Raises) => return None,
        (Some(Absence::Workflow(_)), _) => return Some(none("workflow")),
        (Some(_), _) => return Some(none("populate")),
        (None, _) => return Some(none("seed")),
    }
    let jobs = plan
        .jobs
        .iter()
        .filter(|job| job.presence() != Presence::Out)
        .map(|job| {
            let chosen = job.decision.decided()?;
            let mut says = vec![chosen.when.as_str().into(), chosen.allow_failure.into()];
            says.extend(chosen.start_in.clone().map(serde_json::Value::from));
            Some((job.name.clone(), says))
        })
        .collect::<Option<_>>()?;
    Some(Verdict {
        created: true,
        stage: None,
        jobs,
    })
}

/// How the case differs; nothing if it does not.
fn differences(case: &Case) -> Vec<String> {
    let mut differences = Vec::new();
    assert_eq!(case.valid, case.errors.is_empty(), "{}", case.id);
    for (name, gitlabs) in &case.refs {
        let situation = situation(case, name);
        let read = reading(case, &situation).result;
        if read.is_ok() != case.valid {
            let errors = &case.errors;
            differences.push(format!("GitLab: {errors:?}; ours: {:?}", read.err()));
            break;
        }
        let Some(ours) = ours(case, &situation) else {
            differences.push(format!("{name}: open"));
            continue;
        };
        if (ours.created, &ours.stage, &ours.jobs)
            != (gitlabs.created, &gitlabs.stage, &gitlabs.jobs)
        {
            differences.push(format!(
                "{name}: GitLab {} {:?} {:?}; ours {} {:?} {:?}",
                gitlabs.created, gitlabs.stage, gitlabs.jobs, ours.created, ours.stage, ours.jobs
            ));
        }
    }
    differences
}

#[test]
fn newer_verdicts_are_ours() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts/newer.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for line in text.lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        // Two cases are manifests, whose pipelines include what is not there.
        if case.yaml.is_none() {
            continue;
        }
        seen += 1;
        let differences = differences(&case);
        let known = NEWER.iter().any(|(id, _)| *id == case.id);
        if differences.is_empty() == known {
            let yaml = case.yaml.unwrap_or_default();
            wrong.push(format!(
                "{}\n{yaml}  {}\n",
                case.id,
                differences.join("\n  ")
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {seen}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(seen, 196);
}
