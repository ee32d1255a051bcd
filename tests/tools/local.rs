//! gitlab-ci-local: an independent reading of rules, needs and stages, in a real git repository.

use std::path::Path;
use std::process::Command;

use windlass::compile::Project;
use windlass::config::{self, When};
use windlass::plan::{self, Changed, Presence, Situation};
use windlass::source::Source;

use super::{folder, installed, succeeds};

fn git(repository: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let mut git = Command::new("git");
    git.current_dir(repository).args(identity).args(arguments);
    for (name, _) in std::env::vars_os() {
        // Of the git that runs the tests from a hook.
        if name.to_string_lossy().starts_with("GIT_") {
            git.env_remove(name);
        }
    }
    succeeds(&mut git, "git");
}

/// Which jobs of an example run on a branch: `name` or `name (when)`, in order.
#[track_caller]
fn jobs(example: &str, default_branch: &str, branch: &str) -> Vec<String> {
    jobs_where(example, default_branch, branch, &[])
}

/// The same with further arguments.
#[track_caller]
fn jobs_where(
    example: &str,
    default_branch: &str,
    branch: &str,
    arguments: &[&str],
) -> Vec<String> {
    let repository = tempfile::tempdir().unwrap();
    let repository = repository.path();
    for (path, text) in crate::compiled::files_of(&folder(example)) {
        let path = repository.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let head = format!("refs/remotes/origin/{default_branch}");
    git(repository, &["init", "--quiet", "-b", default_branch]);
    git(
        repository,
        &[
            "remote",
            "add",
            "origin",
            "git@gitlab.example.com:group/project.git",
        ],
    );
    git(repository, &["add", "."]);
    git(repository, &["commit", "--quiet", "-m", "test"]);
    git(repository, &["update-ref", &head, "HEAD"]);
    git(
        repository,
        &["symbolic-ref", "refs/remotes/origin/HEAD", &head],
    );
    git(repository, &["checkout", "--quiet", "-B", branch]);

    let list = succeeds(
        Command::new(installed("node22"))
            .arg(installed("gitlab-ci-local.js"))
            .arg("--list-csv")
            .args(arguments)
            .current_dir(repository)
            .env("HOME", repository),
        "nodejs",
    );
    let mut lines = list.lines();
    let heading = lines.next();
    assert_eq!(
        heading,
        Some("name;stage;when;allowFailure;environment;needs")
    );
    lines
        .map(|line| match line.split(';').collect::<Vec<_>>()[..] {
            [name, _, "on_success", ..] => name.to_owned(),
            [name, _, when, ..] => format!("{name} ({when})"),
            _ => panic!("{line}"),
        })
        .collect()
}

#[test]
fn the_reference_project_deploys_from_its_deployable_branches_only() {
    let everywhere = ["build-php-ci", "test-coverage", "phpstan"];
    let cleaned = ["cleanup-php-ci (always)"];
    let feature = [&everywhere[..], &cleaned].concat();
    assert_eq!(jobs("facile", "master", "feature"), feature);
    let deployed = [
        &everywhere[..],
        &["build-php", "deploy-prod", "running-prod"],
        &cleaned,
        &["cleanup-php"],
    ]
    .concat();
    assert_eq!(jobs("facile", "master", "master"), deployed);
    assert_eq!(
        jobs("facile", "master", "an-other-deployable-branch"),
        deployed
    );
}

#[test]
fn the_tagging_project_builds_on_branches_alone() {
    assert_eq!(jobs("build-and-tag", "main", "feature"), ["build-app"]);
    assert_eq!(jobs("build-and-tag", "main", "main"), ["build-app"]);
}

#[test]
fn the_minimal_project_deploys_from_the_default_branch_only() {
    assert_eq!(jobs("minimal", "main", "feature"), ["build-app", "unit"]);
    let deployed = ["build-app", "unit", "deploy-production"];
    assert_eq!(jobs("minimal", "main", "main"), deployed);
}

#[test]
fn the_retention_project_cleans_up_where_it_deploys() {
    let feature = ["build-checks", "checks", "cleanup-checks (always)"];
    assert_eq!(jobs("retention", "main", "feature"), feature);
    let deployed = [
        "build-checks",
        "checks",
        "build-web",
        "deploy-production",
        "running-production",
        "cleanup-checks (always)",
        "cleanup-web",
    ];
    assert_eq!(jobs("retention", "main", "main"), deployed);
}

#[test]
fn the_services_project_asks_before_production() {
    let tested = ["build-api", "build-load", "unit", "lint", "load"];
    assert_eq!(jobs("services", "main", "feature"), tested);
    let deployed = [
        &tested[..],
        &[
            "migrate-staging",
            "deploy-staging",
            "deploy-production (manual)",
            "announce",
        ],
    ]
    .concat();
    assert_eq!(jobs("services", "main", "main"), deployed);
    assert_eq!(jobs("services", "main", "release-1"), deployed);
}

#[test]
fn a_git_tag_promotes_and_a_branch_builds() {
    assert_eq!(jobs("build-and-tag", "main", "feature"), ["build-app"]);
    assert_eq!(jobs("build-and-tag", "main", "main"), ["build-app"]);
}

/// What `plan` says of an example, in the words of [`jobs`].
fn planned(example: &str, situation: &Situation) -> Vec<String> {
    let root = folder(example);
    let text = std::fs::read_to_string(root.join(crate::compiled::MANIFEST)).unwrap();
    let lowered = crate::compiled::compiled(&text, &Project { root }).lowered;
    let manifest = Source::new(crate::compiled::MANIFEST, text);
    let config = config::of_pipeline(&lowered.unwrap().pipeline, &manifest).unwrap();
    let plan = plan::plan(&config, situation);
    // gitlab-ci-local does not know that a workflow can leave a pipeline out.
    let within = plan
        .jobs
        .iter()
        .filter(|job| job.presence() == Presence::In);
    within
        .map(|job| match job.when().unwrap() {
            When::OnSuccess => job.name.clone(),
            when => format!("{} ({})", job.name, when.as_str()),
        })
        .collect()
}

/// What both decide by rules alone: without changed files, which here are of one commit, and without
/// protected refs, of which gitlab-ci-local has none.
#[test]
fn plan_says_the_same_of_every_kind_of_ref() {
    let mut compared = 0;
    for (example, default_branch) in [
        ("build-and-tag", "main"),
        ("facile", "master"),
        ("minimal", "main"),
        ("review-apps", "main"),
        ("retention", "main"),
        ("services", "main"),
    ] {
        let on_tag = [
            "--unset-variable",
            "CI_COMMIT_BRANCH",
            "--variable",
            "CI_COMMIT_TAG=v1.2.3",
        ];
        let on_request = [
            "--unset-variable",
            "CI_COMMIT_BRANCH",
            "--variable",
            "CI_PIPELINE_SOURCE=merge_request_event",
            "--ignore-predefined-vars",
            "CI_PIPELINE_SOURCE",
        ];
        let situations: [(Situation, &str, &[&str]); 4] = [
            (Situation::branch(default_branch), default_branch, &[]),
            (Situation::branch("feature"), "feature", &[]),
            (Situation::tag("v1.2.3"), "feature", &on_tag),
            (
                Situation::merge_request("feature", default_branch),
                "feature",
                &on_request,
            ),
        ];
        for (mut situation, branch, arguments) in situations {
            situation = situation.with_default_branch(default_branch);
            situation.changed = Changed::Paths(Vec::new());
            let mut theirs = jobs_where(example, default_branch, branch, arguments);
            let mut ours = planned(example, &situation);
            theirs.sort();
            ours.sort();
            assert_eq!(ours, theirs, "{example}: {situation}");
            compared += 1;
        }
    }
    assert_eq!(compared, 24);
}

#[test]
fn the_review_project_reviews_branches_and_deploys_the_default_one() {
    let built = ["build-app", "qa"];
    let reviewed = ["deploy-review", "stop-review (manual)", "untag-review"];
    let feature = [&built[..], &reviewed].concat();
    assert_eq!(jobs("review-apps", "main", "feature/new"), feature);
    let deployed = [
        &built[..],
        &["deploy-production", "running-review", "running-production"],
        &["branches-app", "cleanup-app"],
    ]
    .concat();
    assert_eq!(jobs("review-apps", "main", "main"), deployed);
}

#[test]
fn a_fork_builds_in_the_images_of_the_distributions_and_makes_none() {
    let everywhere = ["fedora:27", "fedora:28", "ubuntu:17.10", "ubuntu:18.04"];
    let mut built = everywhere
        .map(|row| format!("{row}@default-build"))
        .to_vec();
    for only in ["no-libwacom", "no-docs", "no-tests", "no-docs-nodeps"] {
        built.push(format!("fedora:28@build-{only}"));
    }
    built.push("fedora:28@scan-build".to_owned());
    assert_eq!(jobs("distributions", "master", "feature"), built);
    assert_eq!(jobs("distributions", "master", "master"), built);
}
