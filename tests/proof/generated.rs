//! Any manifest: what compiles keeps the promises on any ref, as told from the manifest alone; what
//! is refused has a command that shows it.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;
use windlass::compile::Compiled;
use windlass::config::{Config, of_pipeline};
use windlass::plan::{Changed, Ref, Situation, Trigger, json, plan};
use windlass::source::Source;

use crate::{commands, compiled, shown};

const HEAD: &str = "\
windlass: 1
kubernetes: {agent: 'infra/agents:production'}
refs:
  stable: [main]
  releases: ['/^release-/']
  topics: {of: [branches], except: [stable]}
  versions: {tags: ['/^v\\d/']}
  protected: {tags: ['/^v\\d/'], protected: true}
";

const SETS: [&str; 9] = [
    "stable",
    "releases",
    "topics",
    "versions",
    "protected",
    "branches",
    "tags",
    "merge_requests",
    "default_branch",
];

const STAGES: [&str; 3] = ["test", "deploy", "cleanup"];

/// A raw job, as far as it matters.
#[derive(Debug, Clone)]
struct Raw {
    set: &'static str,
    stage: &'static str,
    image: Option<&'static str>,
    need: Option<(&'static str, bool)>,
    deploys: bool,
    manual: bool,
    interruptible: bool,
}

/// Lists of `changes`; nothing for a job that always runs.
const CHANGES: [&[&str]; 4] = [&[], &["a/**/*"], &["a/**/*", "b/*"], &["b/*", "a/**/*"]];

/// Files of which a push may change some.
const FILES: [&str; 4] = ["a/x/y", "b/x", "b/x/y", "c"];

#[derive(Debug, Clone)]
struct Made {
    /// `changes` of the image `app`, the image `checks`, the test and the environment.
    changes: [&'static [&'static str]; 4],
    app: Vec<&'static str>,
    checks: Vec<&'static str>,
    unit: Vec<&'static str>,
    production: &'static str,
    deploys: &'static str,
    raw: Vec<Raw>,
}

/// How production is deployed.
const DEPLOYMENTS: [&str; 4] = [
    "deploy: {set_image: {deployment/a: {a: app}}}",
    "deploy: {set_image: {deployment/a: {a: app}}}, rollout: {verify: smoke}",
    "migrate: {file: m.yml, envsubst: [IMAGE_APP]}, deploy: {kustomize: {path: k, images: {a: app}}}",
    "deploy: {gitops: {repository: 'https://git.example.com/o.git', token: T, files: {a.yml: app}}}",
];

fn sets() -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(SETS.to_vec(), 1..=3)
}

fn raw() -> impl Strategy<Value = Raw> {
    let need = select(vec![
        "unit",
        "build-app",
        "build-checks",
        "deploy-production",
    ]);
    (
        select(SETS.to_vec()),
        select(STAGES.to_vec()),
        proptest::option::of(select(vec!["app", "checks"])),
        proptest::option::of((need, any::<bool>())),
        any::<bool>(),
        proptest::bool::weighted(0.2),
        proptest::bool::weighted(0.2),
    )
        .prop_map(
            |(set, stage, image, need, deploys, manual, interruptible)| Raw {
                set,
                stage,
                image,
                need,
                deploys,
                manual,
                interruptible,
            },
        )
}

fn made() -> impl Strategy<Value = Made> {
    let raw = proptest::collection::vec(raw(), 0..3);
    let changes = || prop_oneof![3 => Just(CHANGES[0]), 2 => select(CHANGES.to_vec())];
    let changes = [changes(), changes(), changes(), changes()];
    let production = (select(SETS.to_vec()), select(DEPLOYMENTS.to_vec()));
    (sets(), sets(), sets(), production, raw, changes).prop_map(
        |(app, checks, unit, (production, deploys), raw, changes)| Made {
            changes,
            app,
            checks,
            unit,
            production,
            deploys,
            raw,
        },
    )
}

fn manifest(made: &Made) -> String {
    let mut text = HEAD.to_owned();
    let list = |sets: &[&str]| sets.join(", ");
    let [app, checks, unit, production] = made.changes.map(|globs| match globs {
        [] => String::new(),
        globs => format!(", changes: ['{}']", globs.join("', '")),
    });
    let _ = writeln!(text, "images:\n  app: {{refs: [{}]{app}}}", list(&made.app));
    let _ = writeln!(
        text,
        "  checks: {{role: test, refs: [{}], retention: pipeline{checks}}}",
        list(&made.checks)
    );
    let _ = writeln!(
        text,
        "tests:\n  unit: {{image: checks, refs: [{}], script: x{unit}}}",
        list(&made.unit)
    );
    let _ = writeln!(
        text,
        "environments:\n  production: {{refs: {}, {}{production}}}",
        made.production, made.deploys
    );
    if !made.raw.is_empty() {
        text.push_str("jobs:\n");
    }
    for (at, raw) in made.raw.iter().enumerate() {
        let _ = write!(
            text,
            "  raw-{at}: {{refs: {}, stage: {}, script: x",
            raw.set, raw.stage
        );
        if let Some(image) = raw.image {
            let _ = write!(text, ", image: $IMAGE_{}", image.to_uppercase());
        }
        if let Some((need, optional)) = raw.need {
            let _ = write!(text, ", needs: [{{job: {need}, optional: {optional}}}]");
        }
        if raw.deploys {
            text.push_str(", environment: production");
        }
        if raw.manual {
            text.push_str(", when: manual");
        }
        if raw.interruptible {
            text.push_str(", interruptible: true");
        }
        text.push_str("}\n");
    }
    text
}

fn situation() -> impl Strategy<Value = Situation> {
    let branch = select(vec!["main", "feature", "release-1", "v1"]);
    let tag = select(vec!["v1", "main", "latest"]);
    let pair = (branch.clone(), select(vec!["main", "other"]));
    let on = prop_oneof![
        branch.clone().prop_map(Situation::branch),
        branch.prop_map(Situation::schedule),
        tag.prop_map(Situation::tag),
        pair.prop_map(|(source, target)| Situation::merge_request(source, target)),
    ];
    let files = proptest::sample::subsequence(FILES.to_vec(), 1..=FILES.len());
    let files = files.prop_map(|files| files.into_iter().map(str::to_owned).collect());
    let changed = prop_oneof![
        3 => files.clone().prop_map(Changed::Paths),
        1 => files.prop_map(|files| Changed::FirstPush(Some(files))),
    ];
    (on, any::<bool>(), any::<bool>(), changed).prop_map(|(mut on, protected, open, changed)| {
        on.changed = changed;
        on.protected = Some(protected);
        on.open_merge_request = Some(open);
        on.closed = true;
        on.with_default_branch("main")
    })
}

fn planned(config: &Config, situation: &Situation) -> Json {
    json(config, &plan(config, situation))
}

fn holds(plan: &Json, job: &str) -> bool {
    let mut jobs = plan["jobs"].as_array().unwrap().iter();
    jobs.any(|other| other["name"] == job)
}

fn config(text: &str, compiled: &Compiled) -> Config {
    let source = Source::new("windlass.yml", text);
    let lowered = compiled.lowered.as_ref().unwrap();
    of_pipeline(&lowered.pipeline, &source)
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// What changed is built, and what did not is not, wherever a push or a merge request is asked; for a tag
/// everything is built.
fn built_when_changed(made: &Made, config: &Config, on: &Situation, text: &str) {
    let everything = Situation {
        changed: Changed::Paths(FILES.map(str::to_owned).to_vec()),
        ..on.clone()
    };
    let (all, plan) = (planned(config, &everything), planned(config, on));
    let Changed::Paths(paths) = &on.changed else {
        return;
    };
    let [app, checks, ..] = made.changes;
    for (image, globs) in [("app", app), ("checks", checks)] {
        let build = format!("build-{image}");
        let touched = paths.iter().any(|path| match path.as_str() {
            "a/x/y" => globs.contains(&"a/**/*"),
            "b/x" => globs.contains(&"b/*"),
            _ => false,
        });
        let asked = match on.reference {
            Ref::Branch(_) => on.trigger == Trigger::Push,
            Ref::MergeRequest { .. } => true,
            Ref::Tag(_) => false,
        };
        let why = format!("{on} {:?}: {build}\n{text}\n{plan:#}", on.changed);
        if touched || globs.is_empty() || matches!(on.reference, Ref::Tag(_)) {
            assert_eq!(holds(&plan, &build), holds(&all, &build), "{why}");
        } else if asked {
            assert!(!holds(&plan, &build), "{why}");
        }
    }
}

/// The promises, told from the manifest and from the names of the jobs alone.
fn kept(made: &Made, config: &Config, on: &Situation, text: &str) {
    let plan = planned(config, on);
    let why = format!("{on}\n{text}\n{plan:#}");
    assert!(plan.get("failures").is_none(), "{why}");
    if plan["pipeline"] != true {
        return;
    }
    for (at, raw) in made.raw.iter().enumerate() {
        if !holds(&plan, &format!("raw-{at}")) {
            continue;
        }
        if let Some(image) = raw.image {
            assert!(holds(&plan, &format!("build-{image}")), "{why}");
        }
        if raw.deploys {
            assert!(holds(&plan, "deploy-production"), "{why}");
            // Only a push cancels what runs already, and not on a tag.
            let pushed = match (&on.reference, &on.trigger) {
                (Ref::Branch(_), trigger) => *trigger == Trigger::Push,
                (Ref::MergeRequest { .. }, _) => true,
                (Ref::Tag(_), _) => false,
            };
            assert!(!(raw.interruptible && pushed), "{why}");
        }
        // The clean-up is in the last stage, and waits for no one whom nobody starts.
        if raw.image == Some("checks") {
            assert!(!raw.manual, "{why}");
        }
    }
    for (user, image) in [("unit", "checks"), ("deploy-production", "app")] {
        assert!(
            !holds(&plan, user) || holds(&plan, &format!("build-{image}")),
            "{why}"
        );
    }
    if holds(&plan, "build-checks") {
        let jobs = plan["jobs"].as_array().unwrap();
        let always = |job: &Json| job["name"] == "cleanup-checks" && job["when"] == "always";
        assert!(jobs.iter().any(always), "{why}");
    }
}

/// The other pipeline of a push on a branch with an open merge request has no job of this one.
fn made_once(config: &Config, text: &str) {
    for source in ["main", "feature", "release-1"] {
        let mut pushed = Situation::branch(source).with_default_branch("main");
        pushed.open_merge_request = Some(true);
        let pushed = planned(config, &pushed);
        let request = Situation::merge_request(source, "other").with_default_branch("main");
        let request = planned(config, &request);
        if pushed["pipeline"] != true || request["pipeline"] != true {
            continue;
        }
        for job in pushed["jobs"].as_array().unwrap() {
            let name = job["name"].as_str().unwrap();
            assert!(!holds(&request, name), "{source}: {name} twice\n{text}");
        }
    }
}

/// The situation of a command that a finding names.
fn parsed(command: &str) -> Situation {
    let words: Vec<&str> = command.split(' ').collect();
    let value = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words.get(at + 1).copied()
    };
    let mut on = if let Some(tag) = value("--tag") {
        Situation::tag(tag)
    } else if let Some(branch) = value("--schedule") {
        Situation::schedule(branch)
    } else if let Some(request) = value("--merge-request") {
        let (source, target) = request.split_once("..").unwrap();
        Situation::merge_request(source, target)
    } else {
        Situation::branch(value("--branch").unwrap())
    };
    on.protected = value("--protected").map(|word| word == "true");
    on.open_merge_request = Some(words.contains(&"--open-merge-request"));
    on.closed = words.contains(&"--closed");
    let changed = words.iter().zip(words.iter().skip(1));
    let changed = changed.filter(|(option, _)| **option == "--changed");
    let changed: Vec<String> = changed.map(|(_, path)| (*path).to_owned()).collect();
    if !changed.is_empty() {
        on.changed = Changed::Paths(changed);
    }
    on.with_default_branch(value("--default-branch").unwrap_or("main"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("WINDLASS_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_compiles_keeps_the_promises_and_what_does_not_shows_why(
        made in made(),
        on in proptest::collection::vec(situation(), 6),
    ) {
        let text = manifest(&made);
        let compiled = compiled(&text);
        if compiled.files.is_some() {
            let config = config(&text, &compiled);
            for on in &on {
                kept(&made, &config, on, &text);
                built_when_changed(&made, &config, on, &text);
            }
            made_once(&config, &text);
        } else if compiled.lowered.is_some() {
            for finding in compiled.report.sorted() {
                let commands = commands(finding);
                if commands.is_empty() {
                    continue;
                }
                let config = config(&text, &compiled);
                let plans: Vec<Json> = commands
                    .iter()
                    .map(|command| planned(&config, &parsed(command)))
                    .collect();
                shown::holds(finding, &plans);
            }
        }
    }
}
