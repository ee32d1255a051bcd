//! The reference project: what its pipeline promises, as its reader understands it.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::compiled;

/// The jobs of the pipeline in order, and its global keys.
struct Pipeline {
    text: String,
    all: Json,
}

impl Pipeline {
    fn new() -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facile");
        let files = compiled::files_of(&folder);
        let (_, text) = files.into_iter().next().unwrap();
        let all = compiled::json(&text);
        Self { text, all }
    }

    /// Names and keys of the jobs.
    fn jobs(&self) -> Vec<(&str, &Json)> {
        let all = self.all.as_object().unwrap().iter();
        all.filter(|(name, value)| !name.starts_with('.') && value["script"].is_array())
            .map(|(name, job)| (name.as_str(), job))
            .collect()
    }

    #[track_caller]
    fn job(&self, name: &str) -> &Json {
        let job = &self.all[name];
        assert!(job.is_object(), "no job {name}");
        job
    }

    /// The commands of a job.
    fn script(&self, name: &str) -> String {
        let lines = self.job(name)["script"].as_array().unwrap().iter();
        lines
            .map(|line| format!("{}\n", line.as_str().unwrap()))
            .collect()
    }
}

/// Asserts that the script of a job says all of these, in this order.
#[track_caller]
fn says(pipeline: &Pipeline, job: &str, words: &[&str]) {
    let script = pipeline.script(job);
    let mut rest = script.as_str();
    for word in words {
        match rest.split_once(word) {
            Some((_, after)) => rest = after,
            None => panic!("{job}: no `{word}`, or not in this place, in\n{script}"),
        }
    }
}

#[test]
fn five_stages_in_order() {
    let pipeline = Pipeline::new();
    let stages = json!(["build", "test", "build-prod", "deploy", "cleanup"]);
    assert_eq!(pipeline.all["stages"], stages);
    let jobs = pipeline.jobs().into_iter();
    let jobs: Vec<_> = jobs
        .map(|(name, job)| (job["stage"].as_str().unwrap(), name))
        .collect();
    assert_eq!(
        jobs,
        [
            ("build", "build-php-ci"),
            ("test", "test-coverage"),
            ("test", "phpstan"),
            ("build-prod", "build-php"),
            ("deploy", "deploy-prod"),
            ("cleanup", "running-prod"),
            ("cleanup", "cleanup-php-ci"),
            ("cleanup", "cleanup-php"),
        ]
    );
}

#[test]
fn the_build_reads_and_writes_the_cache_of_its_branch() {
    let pipeline = Pipeline::new();
    let cache = "type=registry,ref=$CI_REGISTRY_IMAGE/php-ci:cache";
    let from = format!("--cache-from \"{cache}_$CI_COMMIT_REF_SLUG\"");
    let default = format!("--cache-from \"{cache}_$default_branch_slug\"");
    let to = format!("--cache-to \"{cache}_$CI_COMMIT_REF_SLUG,mode=max\"");
    says(&pipeline, "build-php-ci", &[&from, &default, &to, "--push"]);
}

#[test]
fn the_build_pushes_the_tag_by_which_later_jobs_find_the_image() {
    let pipeline = Pipeline::new();
    let tag = &pipeline.all["variables"]["IMAGE_PHP_CI"];
    assert_eq!(tag, "$CI_REGISTRY_IMAGE/php-ci:$CI_PIPELINE_ID");
    says(
        &pipeline,
        "build-php-ci",
        &["--tag \"$IMAGE_PHP_CI\"", "--push"],
    );
    says(&pipeline, "cleanup-php-ci", &["\"$IMAGE_PHP_CI\""]);
    for test in ["test-coverage", "phpstan"] {
        says(
            &pipeline,
            test,
            &["docker pull", "\"$IMAGE_PHP_CI\"", "compose run"],
        );
    }
}

#[test]
fn builds_hand_the_digest_on() {
    let pipeline = Pipeline::new();
    for (build, digest) in [
        ("build-php-ci", "IMAGE_PHP_CI_DIGEST"),
        ("build-php", "IMAGE_PHP_DIGEST"),
    ] {
        let dotenv = &pipeline.job(build)["artifacts"]["reports"]["dotenv"];
        assert_eq!(dotenv, "image.env");
        let written = format!("echo \"{digest}=${{digest:?}}\" > image.env");
        says(&pipeline, build, &["containerimage.digest", &written]);
    }
}

#[test]
fn the_tests_run_in_the_image_that_was_built() {
    let pipeline = Pipeline::new();
    let pull = "export IMAGE_PHP_CI=\"$CI_REGISTRY_IMAGE/php-ci@${IMAGE_PHP_CI_DIGEST:?}\"\ndocker pull --quiet \"$IMAGE_PHP_CI\"";
    says(
        &pipeline,
        "phpstan",
        &[pull, "compose run", "php phing phpstan_check"],
    );
    says(
        &pipeline,
        "test-coverage",
        &[pull, "compose run", "php vendor/bin/phing ci"],
    );
    let files = "docker-compose.yml:docker-compose.windlass.yml";
    for test in ["test-coverage", "phpstan"] {
        let script = pipeline.script(test);
        assert!(!script.contains("build"), "{script}");
        assert_eq!(pipeline.job(test)["variables"]["COMPOSE_FILE"], files);
        assert_eq!(pipeline.job(test)["rules"], Json::Null);
    }
}

#[test]
fn one_test_has_a_database_and_a_coverage() {
    let pipeline = Pipeline::new();
    let up = "docker compose up --detach --wait mysql";
    says(
        &pipeline,
        "test-coverage",
        &["compose pull --quiet mysql", up, "compose run"],
    );
    assert!(!pipeline.script("phpstan").contains("mysql"));
    let coverage = r"/^\s*Lines:\s*\d+.\d+\%/";
    assert_eq!(pipeline.job("test-coverage")["coverage"], coverage);
    assert_eq!(pipeline.job("phpstan")["coverage"], Json::Null);
}

#[test]
fn the_production_image_is_built_from_what_only_such_builds_cached() {
    let pipeline = Pipeline::new();
    let script = pipeline.script("build-php");
    assert!(!script.contains("REF_SLUG"), "{script}");
    assert_eq!(script.matches("/php:cache_production").count(), 2);
    assert_eq!(
        pipeline.all["variables"]["IMAGE_PHP"],
        "$CI_REGISTRY_IMAGE/php:$CI_COMMIT_SHA"
    );
    assert_eq!(
        pipeline.job("build-php")["cache"],
        json!({"paths": ["node_modules/"]})
    );
    says(
        &pipeline,
        "build-php",
        &[
            "--file docker/production/php/Dockerfile",
            "--tag \"$IMAGE_PHP\"",
            "--push",
        ],
    );
}

#[test]
fn the_deployment_is_by_digest_watched_and_undone() {
    let pipeline = Pipeline::new();
    let deploy = pipeline.job("deploy-prod");
    let environment = json!({
        "name": "prod",
        "url": "https://my-project.facile.it/",
        "deployment_tier": "production",
    });
    assert_eq!(deploy["environment"], environment);
    assert_eq!(deploy["resource_group"], "prod");
    assert_eq!(deploy["interruptible"], false);
    let access = json!(["kubectl config use-context facile/infrastructure:production"]);
    assert_eq!(deploy["before_script"], access);
    says(
        &pipeline,
        "deploy-prod",
        &[
            "kubectl set image deployment/my-project",
            "php-container=\"$CI_REGISTRY_IMAGE/php@${IMAGE_PHP_DIGEST:?}\"",
            "if ! kubectl rollout status deployment/my-project --timeout=",
            "kubectl rollout undo deployment/my-project",
            "exit 1",
        ],
    );
}

#[test]
fn the_test_image_goes_whatever_happened() {
    let pipeline = Pipeline::new();
    let cleanup = pipeline.job("cleanup-php-ci");
    assert_eq!(cleanup["when"], "always");
    assert_eq!(cleanup["rules"], Json::Null);
    // It waits for those that use the image, not for the deployment.
    let build = json!({"job": "build-php-ci", "artifacts": false});
    assert_eq!(cleanup["needs"], json!([build, "test-coverage", "phpstan"]));
    says(
        &pipeline,
        "cleanup-php-ci",
        &["regctl tag delete --ignore-missing \"$IMAGE_PHP_CI\""],
    );
}

#[test]
fn old_production_images_go_only_after_the_deployment() {
    let pipeline = Pipeline::new();
    let running = pipeline.job("running-prod");
    assert_eq!(running["needs"], json!(["deploy-prod"]));
    assert_eq!(running["artifacts"]["paths"], json!(["running-prod.txt"]));
    let cleanup = pipeline.job("cleanup-php");
    assert_eq!(cleanup["needs"], json!(["running-prod"]));
    assert_eq!(cleanup["when"], Json::Null);
    says(
        &pipeline,
        "cleanup-php",
        &[
            "images --include '[0-9a-f]{40,64}(-[0-9]+)?'",
            "all_but_newest 3 ",
            "older_than 86400 ",
            "not_kept running-prod.txt | delete",
        ],
    );
}

#[test]
fn deployable_branches_are_written_once() {
    let pipeline = Pipeline::new();
    let text = &pipeline.text;
    assert_eq!(text.matches("&deployable-branches").count(), 1);
    assert_eq!(text.matches("rules: *deployable-branches").count(), 4);
    for branch in ["master", "an-other-deployable-branch"] {
        assert_eq!(
            text.matches(&format!("\"{branch}\"")).count(),
            1,
            "{branch}"
        );
    }
    let rules = json!([
        {"if": "$CI_COMMIT_BRANCH == \"master\""},
        {"if": "$CI_COMMIT_BRANCH == \"an-other-deployable-branch\""},
    ]);
    let restricted = pipeline
        .jobs()
        .into_iter()
        .filter(|(_, job)| !job["rules"].is_null());
    let restricted: Vec<&str> = restricted
        .map(|(name, job)| {
            assert_eq!(job["rules"], rules, "{name}");
            name
        })
        .collect();
    assert_eq!(
        restricted,
        ["build-php", "deploy-prod", "running-prod", "cleanup-php"]
    );
}

#[test]
fn only_jobs_that_need_docker_have_a_daemon() {
    let pipeline = Pipeline::new();
    for (name, job) in pipeline.jobs() {
        let docker = pipeline.script(name).contains("docker ");
        assert_eq!(!job["services"].is_null(), docker, "{name}");
        assert_eq!(!job["variables"]["DOCKER_HOST"].is_null(), docker, "{name}");
    }
    let daemon = &pipeline.job("phpstan")["services"][0];
    assert_eq!(daemon["alias"], "docker");
    let mirror = json!(["--registry-mirror", "https://registry-mirror.facile.it"]);
    assert_eq!(daemon["command"], mirror);
}

#[test]
fn a_password_is_never_an_argument() {
    let pipeline = Pipeline::new();
    for (name, job) in pipeline.jobs() {
        let before = job["before_script"].to_string();
        if before.contains("docker login") {
            assert!(before.contains("--password-stdin"), "{name}: {before}");
        }
        assert!(
            !pipeline.script(name).contains("CI_REGISTRY_PASSWORD"),
            "{name}"
        );
    }
    assert_eq!(pipeline.text.matches("docker login").count(), 1);
}
