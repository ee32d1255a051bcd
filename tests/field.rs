//! Manifests that once compiled wrongly, or were refused wrongly, with the right answer.
//!
//! `tests/field/manifests.yml` holds the cases: `finds` are the codes of all that is found, `has` and
//! `lacks` are texts of the generated pipeline, and `jobs` are keys of its jobs as GitLab gets them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::collections::{BTreeMap, BTreeSet};

use compiled::{Complete, MANIFEST, compiled, findings, json};
use serde_json::Value as Json;

/// A manifest and what is right.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    manifest: String,
    #[serde(default)]
    finds: BTreeSet<String>,
    /// Texts of the messages, if the code alone does not say enough.
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    has: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    /// Job -> what its keys are; a job that is `null` does not exist.
    #[serde(default)]
    jobs: BTreeMap<String, Json>,
}

/// The keys of a job after `extends`, which the hidden jobs of windlass are for.
fn with_bases(pipeline: &Json, job: &str) -> Json {
    let own = pipeline[job].clone();
    let bases = match &own["extends"] {
        Json::String(one) => vec![one.clone()],
        Json::Array(all) => all
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect(),
        _ => Vec::new(),
    };
    let mut all = serde_json::Map::new();
    for base in bases {
        all.extend(with_bases(pipeline, &base).as_object().unwrap().clone());
    }
    all.extend(
        own.as_object()
            .unwrap_or_else(|| panic!("no job {job}"))
            .clone(),
    );
    Json::Object(all)
}

/// A job with what `default` gives it, unless it says that itself.
fn with_default(pipeline: &Json, job: &Json) -> Json {
    let default = pipeline.get("default").and_then(Json::as_object);
    let mut all = default.cloned().unwrap_or_default();
    all.extend(job.as_object().unwrap().clone());
    Json::Object(all)
}

/// Whether a value is as wanted: of mappings the keys that are named.
fn agrees(wanted: &Json, got: &Json) -> bool {
    match (wanted, got) {
        (Json::Object(wanted), Json::Object(got)) => wanted
            .iter()
            .all(|(key, value)| agrees(value, got.get(key).unwrap_or(&Json::Null))),
        (wanted, got) => wanted == got,
    }
}

fn faults(case: &Case) -> Vec<String> {
    let compiled = compiled(&case.manifest, &Complete);
    let found = findings(&compiled);
    let code = |line: &String| line.split(':').next().unwrap().to_owned();
    let codes: BTreeSet<String> = found.iter().map(code).collect();
    let mut faults = Vec::new();
    if codes != case.finds {
        faults.push(format!("finds {found:#?}"));
    }
    for text in &case.says {
        if !found.iter().any(|line| line.contains(text)) {
            faults.push(format!("no finding says `{text}`: {found:#?}"));
        }
    }
    let Some(files) = compiled.files else {
        if !case.has.is_empty() || !case.jobs.is_empty() {
            faults.push("there is no pipeline".to_owned());
        }
        return faults;
    };
    let files = files.sealed(MANIFEST);
    let mut files = files.iter();
    let (_, text) = files.find(|(path, _)| path == ".gitlab-ci.yml").unwrap();
    for wanted in case.has.iter().filter(|wanted| !text.contains(*wanted)) {
        faults.push(format!("`{wanted}` is not in\n{text}"));
    }
    for unwanted in case
        .lacks
        .iter()
        .filter(|unwanted| text.contains(*unwanted))
    {
        faults.push(format!("`{unwanted}` is in\n{text}"));
    }
    let pipeline = json(text);
    for (job, wanted) in &case.jobs {
        let got = match pipeline.get(job) {
            Some(_) => with_default(&pipeline, &with_bases(&pipeline, job)),
            None => Json::Null,
        };
        if !agrees(wanted, &got) {
            faults.push(format!("`{job}` is {got:#}"));
        }
    }
    faults
}

#[test]
fn every_case_is_right() {
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/field/manifests.yml"
    ));
    let cases: Vec<Case> = serde_yaml::from_str(&text.unwrap()).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .map(|case| (case, faults(case)))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(case, faults)| format!("{}:\n{}", case.id, faults.join("\n")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn an_included_file_that_moves_a_job_is_a_finding() {
    let project = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(project.path().join(name), text).unwrap();
    write(
        "windlass.yml",
        "windlass: 1\ninclude: [{local: own.yml}]\n\
         tests: {t: {image: 'debian:13', script: x}, u: {image: 'debian:13', script: x}}\n",
    );
    write(
        "own.yml",
        "t: {rules: [{if: $CI_COMMIT_TAG}]}\nu: {only: [tags]}\n",
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_windlass"))
        .args(["generate", "--stdout"])
        .current_dir(project.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    for text in [
        "windlass.yml:2:1: error[exclusive]: an included file gives `t` its own `rules`",
        "windlass.yml:2:1: error[exclusive]: an included file gives `u` its own `only`",
    ] {
        assert!(said.contains(text), "{said}");
    }
}
