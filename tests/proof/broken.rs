//! A compiler that is wrong: the pipeline is changed behind the manifest's back, and the proof says so.

use windlass::finding::Report;
use windlass::gitlab::expression::{self, Expr};
use windlass::lower::{Lowered, lower};
use windlass::manifest;
use windlass::pipeline::{Job, Origin, Rule, Rules};
use windlass::proof;
use windlass::source::{Limits, Source, parse};

const MANIFEST: &str = "\
windlass: 1
kubernetes: {agent: 'infra/agents:production'}
compose: {services: {web: checks}}
refs:
  live: [main, '/^release-/']
  topics: {of: [branches], except: [live]}
  nightly: {of: [schedules], if: '$NIGHTLY == \"yes\"'}
  versions: {tags: ['/^v\\d/'], protected: true}
  reviewed: {merge_requests: {target: [main]}}
images:
  checks: {role: test, retention: pipeline}
  app: {role: production, tag: $CI_COMMIT_REF_SLUG, rebuild: {stage: build-prod, older_than: 1 week}, retention: {keep_n: 3}}
tests:
  unit: {image: checks, via: compose, script: make test}
  lint: {image: checks, via: docker, script: make lint}
  slow: {image: 'alpine:3', refs: nightly, script: make slow}
  docs: {image: 'alpine:3', changes: ['docs/*'], refs: live, script: make docs}
tasks:
  review: {stage: test, image: 'alpine:3', refs: reviewed, script: make review}
environments:
  prod:
    refs: live
    deploy: {set_image: {deployment/app: {app: app, migrate: app}}}
promotions:
  release: {image: checks, refs: versions, to: stable}
jobs:
  raw: {refs: topics, stage: test, script: make raw}
";

/// What the proof says of a manifest whose pipeline somebody changed.
fn told(manifest: &str, change: impl FnOnce(&mut Lowered)) -> String {
    let source = Source::new("windlass.yml", manifest);
    let mut report = Report::default();
    let root = parse(&source, Limits::MANIFEST, &mut report).unwrap();
    let manifest = manifest::read(&root, &mut report).unwrap();
    let mut lowered = lower(&manifest);
    change(&mut lowered);
    let proved = proof::check(
        &manifest,
        &root,
        &lowered,
        &lowered.pipeline.to_document(),
        &source,
        &crate::Everything,
        &mut report,
    );
    match proved {
        Ok(()) => format!("nothing: {:?}", report.sorted()),
        Err(fault) => fault.to_string(),
    }
}

fn job<'l>(lowered: &'l mut Lowered, name: &str) -> &'l mut Job {
    let jobs = &mut lowered.pipeline.jobs;
    jobs.iter_mut().find(|job| job.name == name).unwrap()
}

fn condition(text: &str) -> Expr {
    expression::parse(text).unwrap()
}

#[track_caller]
fn refused(said: &str, wanted: &str) {
    assert_eq!(
        said,
        format!("{wanted}; please report it with the manifest")
    );
}

#[test]
fn as_it_is_nothing_is_said() {
    let said = told(MANIFEST, |_| {});
    assert!(said.starts_with("nothing"), "{said}");
}

#[test]
fn a_job_whose_rules_are_forgotten() {
    let forget = |name: &'static str| {
        told(MANIFEST, move |lowered| {
            job(lowered, name).rules = Rules::default();
        })
    };
    refused(
        &forget("deploy-prod"),
        "`deploy-prod` would run on branch `feature`, where `refs: [live]` of `environments.prod` \
         (windlass.yml:22) leaves it out",
    );
    for name in [
        "build-app",
        "check-app",
        "cleanup-app",
        "slow",
        "docs",
        "review",
        "promote-release",
        "raw",
    ] {
        let said = forget(name);
        assert!(
            said.starts_with(&format!("`{name}` would run on ")),
            "{said}"
        );
    }
}

#[test]
fn a_job_that_is_nowhere() {
    let said = told(MANIFEST, |lowered| {
        let rules = &mut job(lowered, "unit").rules.list;
        *rules = vec![Rule::never(condition("$CI_PIPELINE_SOURCE"))];
    });
    refused(
        &said,
        "`unit` would not run on branch `feature`, where `refs: [branches, tags]` of `tests.unit` \
         (windlass.yml:14) lets it run",
    );
}

#[test]
fn two_sets_that_are_mixed_up() {
    let said = told(MANIFEST, |lowered| {
        let topics = job(lowered, "raw").rules.clone();
        let live = std::mem::replace(&mut job(lowered, "deploy-prod").rules, topics);
        job(lowered, "raw").rules = live;
    });
    assert!(said.contains("on branch `feature`, where"), "{said}");
}

/// A set whose names no condition of the pipeline holds any more is looked at all the same.
#[test]
fn a_name_that_is_lost() {
    let said = told(MANIFEST, |lowered| {
        for job in &mut lowered.pipeline.jobs {
            let about = |rule: &Rule| rule.condition.as_ref().map(ToString::to_string);
            let lost = |rule: &Rule| about(rule).is_some_and(|text| text.contains("release-"));
            for rule in &mut job.rules.list {
                if about(rule).is_some_and(|text| text.contains("!~ /^release-/")) {
                    rule.condition = Some(condition("$CI_COMMIT_BRANCH != \"main\""));
                }
            }
            job.rules.list.retain(|rule| !lost(rule));
        }
        lowered
            .pipeline
            .workflow
            .retain(|rule| !format!("{rule:?}").contains("release-"));
    });
    assert!(said.contains("on branch `release-x`, where"), "{said}");
}

#[test]
fn a_protected_ref_that_is_any() {
    let said = told(MANIFEST, |lowered| {
        let rules = &mut job(lowered, "promote-release").rules.list;
        *rules = vec![Rule::when_true(condition("$CI_COMMIT_TAG =~ /^v\\d/"))];
    });
    assert!(
        said.starts_with("`promote-release` would run on tag `v1`, which is not protected, where"),
        "{said}"
    );
}

#[test]
fn a_condition_that_is_forgotten() {
    let said = told(MANIFEST, |lowered| {
        let rules = &mut job(lowered, "slow").rules.list;
        *rules = vec![Rule::when_true(condition(
            "$CI_PIPELINE_SOURCE == \"schedule\"",
        ))];
    });
    assert!(
        said.starts_with("`slow` would run on a schedule of `main`"),
        "{said}"
    );
}

#[test]
fn a_workflow_that_leaves_pipelines_out() {
    for (about, wanted) in [
        ("$CI_COMMIT_TAG", "the workflow leaves out tag `"),
        (
            "merge_request_event",
            "the workflow leaves out a merge request from `feature` to `main`",
        ),
    ] {
        let said = told(MANIFEST, |lowered| {
            lowered.pipeline.workflow.retain(|rule| {
                let condition = rule.condition.as_ref().map(ToString::to_string);
                !condition.is_some_and(|text| text.contains(about))
            });
        });
        assert!(said.starts_with(wanted), "{said}");
    }
}

#[test]
fn a_workflow_that_leaves_schedules_of_a_branch_with_a_merge_request_out() {
    let said = told(MANIFEST, |lowered| {
        let rules = &mut lowered.pipeline.workflow;
        for rule in rules.iter_mut().filter(|rule| {
            rule.condition
                .as_ref()
                .is_some_and(|it| it.to_string().contains("CI_OPEN_MERGE_REQUESTS"))
        }) {
            rule.condition = Some(condition("$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS"));
        }
    });
    assert!(
        said.contains("the workflow leaves out a schedule of `feature` with an open merge request"),
        "{said}"
    );
}

#[test]
fn only_that_is_forgotten() {
    let manifest = MANIFEST
        .replace("windlass: 1\n", "windlass: 1\ngitlab: '12.4'\n")
        .replace("rebuild: {stage: build-prod, older_than: 1 week}, ", "");
    let said = told(&manifest, |_| {});
    assert!(said.starts_with("nothing"), "{said}");
    let said = told(&manifest, |lowered| {
        job(lowered, "deploy-prod").policies = Default::default();
    });
    assert!(
        said.starts_with("`deploy-prod` would run on branch `feature`"),
        "{said}"
    );
}

/// What the project says itself by raw keys is its own.
#[test]
fn raw_rules_are_the_projects_own() {
    let manifest = MANIFEST.replace(
        "refs: live, script: make docs}",
        "refs: live, script: make docs, job: {rules: [{when: always}]}}",
    );
    let said = told(&manifest, |_| {});
    assert!(said.starts_with("nothing"), "{said}");
}

#[test]
fn a_deployment_by_a_tag() {
    let said = told(MANIFEST, |lowered| {
        job(lowered, "deploy-prod").uses.by_digest.pop();
    });
    refused(
        &said,
        "`deploy-prod` does not deploy the image `app` by its digest",
    );
}

#[test]
fn a_test_by_a_tag() {
    for name in ["unit", "lint"] {
        let said = told(MANIFEST, |lowered| {
            job(lowered, name).uses.by_digest.clear();
        });
        refused(
            &said,
            &format!("`{name}` does not test the image `checks` by its digest"),
        );
    }
}

#[test]
fn a_login_that_is_missing() {
    for (name, image) in [
        ("build-checks", "checks"),
        ("build-app", "app"),
        ("unit", "checks"),
    ] {
        let said = told(MANIFEST, |lowered| job(lowered, name).uses.logins.clear());
        refused(
            &said,
            &format!("`{name}` handles the image `{image}` and does not log in to `gitlab`"),
        );
    }
}

/// What is promised of an entity's jobs would hold of no job at all.
#[test]
fn an_entity_without_its_job() {
    for (name, wanted) in [
        ("build-checks", "no job builds `images.checks`"),
        ("build-app", "no job builds `images.app`"),
        ("check-app", "no job checks `images.app.rebuild`"),
        ("cleanup-app", "no job runs `images.app.retention`"),
        ("unit", "no job runs `tests.unit`"),
        ("review", "no job runs `tasks.review`"),
        ("deploy-prod", "no job deploys `environments.prod`"),
        ("promote-release", "no job runs `promotions.release`"),
        ("raw", "no job runs `jobs.raw`"),
    ] {
        let said = told(MANIFEST, |lowered| {
            lowered.pipeline.jobs.retain(|job| job.name != name);
        });
        refused(&said, wanted);
    }
}

#[test]
fn an_entity_with_two_jobs() {
    let said = told(MANIFEST, |lowered| {
        let mut again = job(lowered, "deploy-prod").clone();
        again.name = "again".to_owned();
        lowered.pipeline.jobs.push(again);
    });
    refused(&said, "2 jobs deploy `environments.prod`");
}

#[test]
fn a_job_that_nobody_asks_for() {
    let said = told(MANIFEST, |lowered| {
        let mut stray = job(lowered, "slow").clone();
        stray.name = "stray".to_owned();
        stray.origin = Origin::Test("stray".to_owned());
        lowered.pipeline.jobs.push(stray);
    });
    refused(
        &said,
        "`stray` runs `tests.stray`, and the manifest asks for no such job",
    );
}

/// The job of a group is in the pipelines of each of its images, as far as it says that it builds
/// them.
#[test]
fn a_group_that_loses_an_image() {
    let manifest = MANIFEST.replace(
        "images:\n",
        "images:\n  web: {group: both, role: test}\n  worker: {group: both, role: test}\n",
    );
    let said = told(&manifest, |_| {});
    assert!(said.starts_with("nothing"), "{said}");
    let said = told(&manifest, |lowered| {
        job(lowered, "both").origin = Origin::build("web");
    });
    refused(&said, "no job builds `images.worker`");
}

#[test]
fn a_clean_up_that_does_not_wait() {
    let said = told(MANIFEST, |lowered| {
        job(lowered, "running-prod").needs = Some(Vec::new());
    });
    refused(
        &said,
        "`cleanup-app` deletes images of `app` and does not wait for `deploy-prod`",
    );
}

#[test]
fn a_clean_up_that_does_not_ask_what_runs() {
    let said = told(MANIFEST, |lowered| {
        job(lowered, "cleanup-app").needs = Some(Vec::new());
    });
    refused(
        &said,
        "`cleanup-app` deletes builds of `app` and does not ask what `prod` runs",
    );
}

#[test]
fn a_clean_up_that_does_not_read_what_runs() {
    let said = told(MANIFEST, |lowered| {
        job(lowered, "cleanup-app").uses.asks.clear();
    });
    refused(
        &said,
        "`cleanup-app` deletes builds of `app` and does not ask what `prod` runs",
    );
}

#[test]
fn a_build_without_a_tag_of_its_own() {
    let said = told(MANIFEST, |lowered| {
        job(lowered, "build-app").uses.own_tags.clear();
    });
    refused(
        &said,
        "`build-app` gives `app` no tag of its own, and `prod` runs it",
    );
}

/// GitLab takes an empty text for true where it goes on behind it: nothing is held against that.
#[test]
fn a_variable_that_is_blank() {
    let manifest = MANIFEST
        .replace(
            "  live: [main, ",
            "  blank: {branches: [main], if: '$NIGHTLY == \"\"'}\n  live: [main, ",
        )
        .replace("except: [live]", "except: [live, asked]")
        .replace(
            "  reviewed:",
            "  asked: {branches: [feature], if: '$NIGHTLY'}\n  reviewed:",
        )
        .replace("refs: nightly", "refs: [nightly, blank, topics]");
    let said = told(&manifest, |_| {});
    assert!(said.starts_with("nothing"), "{said}");
}
