//! Every key that all kinds of entities have reaches the job of each kind, and what `defaults` say for
//! all jobs reaches every job that is made.
//!
//! The keys come from the schema: a new one without a sample fails here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::path::Path;

use compiled::{Complete, MANIFEST, compiled, findings, json};
use serde_json::{Value as Json, json as value};

/// A manifest with an entity of each kind.
const BASE: &str = "
windlass: 1
kubernetes: {agent: 'infra/agents:production'}
stages: [build, test, build-prod, promote, deploy, cleanup, late]
images:
  other: {}
  app: {}
tests: {unit: {image: 'debian:13', script: make test}}
tasks: {lint: {stage: test, image: 'debian:13', script: make lint}}
promotions: {stable: {image: other, refs: branches, to: stable, stage: promote}}
environments:
  live: {refs: branches, deploy: {set_image: {deployment/app: {app: other}}}}
";

/// Section, entity, job.
const KINDS: [(&str, &str, &str); 5] = [
    ("images", "app", "build-app"),
    ("tests", "unit", "unit"),
    ("tasks", "lint", "lint"),
    ("promotions", "stable", "promote-stable"),
    ("environments", "live", "deploy-live"),
];

/// What is written under a key, the key of the job, and what that holds then.
fn sample(key: &str) -> (Json, &'static str, &'static str) {
    match key {
        "stage" => (value!("late"), "stage", "late"),
        "refs" => (value!(["default_branch"]), "rules", "CI_DEFAULT_BRANCH"),
        "needs" => (
            value!([{"job": "build-other", "optional": true}]),
            "needs",
            "optional",
        ),
        "when" => (value!("manual"), "when", "manual"),
        "allow_failure" => (value!({"exit_codes": 77}), "allow_failure", "77"),
        "variables" => (value!({"SAMPLE": "held"}), "variables", "held"),
        "before_script" => (value!("echo sample"), "before_script", "echo sample"),
        "after_script" => (value!("echo sample"), "after_script", "echo sample"),
        "artifacts" => (value!({"paths": ["sample"]}), "artifacts", "sample"),
        "cache" => (value!({"key": "sample", "paths": ["x"]}), "cache", "sample"),
        "retry" => (value!(2), "retry", "2"),
        "timeout" => (value!("47 minutes"), "timeout", "47 minutes"),
        "interruptible" => (value!(false), "interruptible", "false"),
        "runner_tags" => (value!(["sample"]), "tags", "sample"),
        "job" => (
            value!({"id_tokens": {"SAMPLE": {"aud": "https://example.com"}}}),
            "id_tokens",
            "SAMPLE",
        ),
        other => panic!("the common key `{other}` has no sample: add one"),
    }
}

/// The keys that every kind of entity has.
fn common_keys() -> Vec<String> {
    let schema = windlass::manifest::schema();
    let of = |kind: &str| {
        schema["definitions"][kind]["properties"]
            .as_object()
            .unwrap()
            .clone()
    };
    let others = [of("Test"), of("Environment"), of("Promotion")];
    let shared =
        |key: &String| key != "job_names" && others.iter().all(|keys| keys.contains_key(key));
    let mut keys: Vec<String> = of("Image")
        .keys()
        .filter(|key| shared(key))
        .cloned()
        .collect();
    keys.sort();
    keys
}

#[track_caller]
fn pipeline(manifest: &Json) -> Json {
    let text = serde_yaml::to_string(manifest).unwrap();
    let compiled = compiled(&text, &Complete);
    let errors = compiled.report.has_errors();
    assert!(!errors, "{:#?}\n{text}", findings(&compiled));
    let files = compiled.files.unwrap().sealed(MANIFEST);
    let mut files = files.iter();
    json(&files.find(|(path, _)| path == ".gitlab-ci.yml").unwrap().1)
}

#[test]
fn every_common_key_reaches_every_kind_of_job() {
    let base: Json = serde_yaml::from_str(BASE).unwrap();
    let keys = common_keys();
    assert!(keys.len() >= 15, "{keys:?}");
    for key in &keys {
        let (written, of_job, wanted) = sample(key);
        for (section, entity, job) in KINDS {
            let mut manifest = base.clone();
            manifest[section][entity][key] = written.clone();
            let found = pipeline(&manifest)[job][of_job].to_string();
            assert!(
                found.contains(wanted),
                "{section}.{entity}.{key}: `{of_job}` of {job} is {found}"
            );
        }
    }
}

#[test]
fn defaults_of_all_jobs_reach_every_job_that_is_made() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut manifests: Vec<_> = std::fs::read_dir(root.join("tests/manifests"))
        .unwrap()
        .collect();
    manifests.extend(std::fs::read_dir(root.join("examples")).unwrap());
    let mut seen = 0;
    for entry in manifests {
        let path = entry.unwrap().path();
        let path = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            path
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let mut manifest: Json = serde_yaml::from_str(&text).unwrap();
        let mut defaults = value!({"runner_tags": ["everywhere"], "retry": 2});
        // Below 12.3 no job has a timeout of its own.
        let old = manifest["gitlab"]
            .as_str()
            .is_some_and(|target| target.starts_with("10."));
        if !old {
            defaults["timeout"] = value!("53 minutes");
        }
        for (key, default) in defaults.as_object().unwrap() {
            manifest["defaults"][key] = default.clone();
        }
        let raw = manifest["jobs"].as_object().cloned().unwrap_or_default();
        let pipeline = pipeline(&manifest);
        for (name, job) in pipeline.as_object().unwrap() {
            if job["script"].is_null() || name.starts_with('.') || raw.contains_key(name) {
                continue;
            }
            seen += 1;
            for key in ["tags", "retry", "timeout"] {
                let said = !job[key].is_null() || !pipeline["default"][key].is_null();
                let held = said || key == "timeout" && old;
                assert!(held, "{}: `{name}` has no `{key}`: {job:#}", path.display());
            }
        }
    }
    assert!(seen > 30, "{seen} jobs");
}
