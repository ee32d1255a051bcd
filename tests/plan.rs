//! What the examples do on every kind of ref, as reviewed by hand. `WINDLASS_BLESS=1` writes
//! `tests/plan/*.txt` anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic, also in a function that several tests use"
)]

mod compiled;
mod elsewhere;
#[path = "plan/forty.rs"]
mod forty;
#[path = "plan/includes.rs"]
mod includes;
#[path = "plan/questions.rs"]
mod questions;

use std::path::{Path, PathBuf};

use windlass::compile::Project;
use windlass::config::{self, Config};
use windlass::plan::{self, Style};
use windlass::source::Source;

/// The examples, and the default branch of each.
fn examples() -> Vec<(String, &'static str)> {
    let mut examples: Vec<(String, &str)> = std::fs::read_dir(folder(""))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join(compiled::MANIFEST).is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let default_branch = match name.starts_with("facile") {
                true => "master",
                false => "main",
            };
            (name, default_branch)
        })
        .collect();
    examples.sort();
    assert!(examples.len() >= 6, "{examples:?}");
    examples
}

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("examples")
        .join(example)
}

/// The configuration that an example's manifest stands for.
fn of_manifest(example: &str) -> Config {
    let root = folder(example);
    let text = std::fs::read_to_string(root.join(compiled::MANIFEST)).unwrap();
    let lowered = compiled::compiled(&text, &Project { root })
        .lowered
        .unwrap();
    let manifest = Source::new(compiled::MANIFEST, text);
    config::of_pipeline(&lowered.pipeline, &manifest).unwrap()
}

/// The configuration of an example's written pipeline.
fn of_file(example: &str) -> Config {
    let text = std::fs::read_to_string(folder(example).join(".gitlab-ci.yml")).unwrap();
    let reading = config::read(Source::new(".gitlab-ci.yml", text), &config::Alone);
    reading.result.unwrap()
}

#[test]
fn the_examples_run_where_they_should() {
    for (example, default_branch) in examples() {
        let config = of_manifest(&example);
        let classes = plan::classes(&config, default_branch);
        let plans = plan::plan_all(&config, &classes.situations);
        let table = plan::table(&config, &plans, &classes.left_out, Style::default()).to_string();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/plan/{example}.txt"));
        if std::env::var_os("WINDLASS_BLESS").is_some_and(|value| value == "1") {
            std::fs::write(&path, &table).unwrap();
        }
        let reviewed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            reviewed, table,
            "run WINDLASS_BLESS=1 cargo test --test plan"
        );
    }
}

/// Read back from the file, a pipeline is the same as it was planned.
#[test]
fn the_written_pipeline_does_what_the_manifest_does() {
    for (example, default_branch) in examples() {
        let (planned, written) = (of_manifest(&example), of_file(&example));
        let kinds = plan::classes(&planned, default_branch).situations;
        assert_eq!(kinds, plan::classes(&written, default_branch).situations);
        let keys = |config: &Config| -> Vec<(String, config::Node)> {
            let of = |job: &config::Job| {
                let keys = config::Value::Map(job.keys.clone().into());
                (
                    job.name.clone(),
                    config::Node::new(keys, config::Place::default()),
                )
            };
            config.jobs.iter().map(of).collect()
        };
        for ((name, planned), (other, written)) in keys(&planned).iter().zip(&keys(&written)) {
            assert_eq!(name, other, "{example}");
            assert!(
                planned.same(written),
                "{example}: {name}: {planned:?} {written:?}"
            );
        }
        for situation in kinds {
            let json = |config: &Config| {
                let mut json = plan::json(config, &plan::plan(config, &situation));
                for job in json["jobs"].as_array_mut().unwrap() {
                    job.as_object_mut().unwrap().remove("because");
                }
                json
            };
            assert_eq!(json(&planned), json(&written), "{example}: {situation}");
        }
    }
}
