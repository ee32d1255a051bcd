//! Runs generated build jobs for real (`tests/builders/run.py`): Docker, Docker Compose 1 and 2,
//! and Buildah, against a registry. ShellCheck reads the lines of rootless BuildKit, which tests/e2e
//! runs.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;
mod installed;

use std::path::{Path, PathBuf};
use std::process::Command;

use installed::installed;
use serde_json::{Map, Value as Json, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/builders")
}

/// The generated files of every manifest here, and the pipelines as JSON.
fn pipelines() -> Json {
    let mut all = Map::new();
    for entry in std::fs::read_dir(folder().join("manifests")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut pipeline = Json::Null;
        let mut others = Map::new();
        for (path, text) in compiled::files(&text, &compiled::Complete) {
            if path == ".gitlab-ci.yml" {
                pipeline = compiled::json(&text);
            } else {
                others.insert(path, text.into());
            }
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        all.insert(name, json!({ "pipeline": pipeline, "files": others }));
    }
    all.into()
}

/// The commands that one shell runs.
fn commands(script: &Json, out: &mut String) {
    match script {
        Json::Array(items) => items.iter().for_each(|item| commands(item, out)),
        Json::String(line) => {
            out.push_str(line);
            out.push('\n');
        }
        _ => {}
    }
}

#[test]
fn shellcheck_accepts_the_jobs_of_every_builder() {
    let all = pipelines();
    let all = all.as_object().unwrap();
    assert!(all.len() >= 8);
    for (name, generated) in all {
        let jobs = generated["pipeline"].as_object().unwrap().iter();
        for (job, keys) in jobs.filter(|(_, keys)| keys["script"].is_array()) {
            if job.starts_with('.') {
                continue;
            }
            let mut script = "set -e\n".to_owned();
            commands(&keys["before_script"], &mut script);
            commands(&keys["script"], &mut script);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("job.sh");
            std::fs::write(&path, &script).unwrap();
            let output = Command::new("shellcheck")
                // What another job hands on is not there to be read (SC1091).
                .args(["--shell=sh", "--norc", "--format=gcc", "--exclude=SC1091"])
                .arg(&path)
                .output()
                .expect("shellcheck must be there: apt-get install shellcheck");
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{name}, {job}:\n{said}\n{script}");
        }
    }
}

#[test]
fn generated_jobs_build_push_and_test() {
    let project = tempfile::tempdir().unwrap();
    let file = project.path().join("pipelines.json");
    std::fs::write(&file, pipelines().to_string()).unwrap();
    let compose = installed("docker-compose");
    let run = Command::new("python3")
        .arg(folder().join("run.py"))
        .arg(&file)
        .env("WINDLASS_COMPOSE_2", compose)
        .output()
        .expect("python3 must be there: apt-get install python3");
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
}
