//! Every project under `examples/`, and windlass itself: what is committed there is what its manifest compiles
//! to.
//!
//! `WINDLASS_BLESS=1 cargo test --test examples` writes the files anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use compiled::{Complete, MANIFEST};
use serde_json::Value as Json;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folders of the examples, and the project's own.
fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(ROOT).join("examples")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.push(PathBuf::from(ROOT));
    folders.retain(|folder| folder.join(MANIFEST).is_file());
    folders.sort();
    assert!(folders.len() >= 4, "{folders:?}");
    folders
}

fn windlass(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("-C")
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn schema() -> Json {
    let output = windlass(Path::new(ROOT), &["schema"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_committed_files_are_those_of_the_manifest() {
    let bless = std::env::var_os("WINDLASS_BLESS").is_some();
    for folder in examples() {
        for (path, text) in compiled::files_of(&folder) {
            let path = folder.join(path);
            if bless {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(&path, text).unwrap();
                continue;
            }
            let committed = fs::read_to_string(&path).unwrap_or_default();
            let diff = similar::TextDiff::from_lines(&committed, &text);
            let diff = diff.unified_diff().to_string();
            assert!(diff.is_empty(), "{}:\n{diff}", path.display());
        }
    }
}

#[test]
fn the_command_finds_nothing_to_do() {
    for folder in examples() {
        let output = windlass(&folder, &["check"]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{}: {said}", folder.display());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        assert!(said.contains("up to date"), "{said}");
    }
}

#[test]
fn lint_finds_nothing_in_the_pipelines_of_examples() {
    for folder in examples() {
        let output = windlass(&folder, &["lint"]);
        let found = String::from_utf8(output.stdout).unwrap();
        // GitLab 10.4 has no `resource_group`.
        match folder.ends_with("facile-2018") {
            false => assert!(
                output.status.success() && found.is_empty(),
                "{}: {found}",
                folder.display()
            ),
            true => assert_eq!(
                found.matches("missing-resource-group").count(),
                found.matches("warning[").count() + 1,
                "{found}"
            ),
        }
    }
}

#[test]
fn the_same_manifest_gives_the_same_bytes() {
    for folder in examples() {
        let once = windlass(&folder, &["generate", "--stdout"]).stdout;
        let twice = windlass(&folder, &["generate", "--stdout"]).stdout;
        let committed = fs::read(folder.join(".gitlab-ci.yml")).unwrap();
        assert_eq!(once, twice);
        assert_eq!(once, committed, "{}", folder.display());
        assert_eq!(compiled::files_of(&folder), compiled::files_of(&folder));
    }
}

#[test]
fn every_example_says_what_it_is() {
    for folder in examples() {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.len() > 100, "{}", folder.display());
        for (path, _) in compiled::files_of(&folder).into_iter().skip(1) {
            assert!(readme.contains(&path), "{}: {path}", folder.display());
        }
    }
}

/// "generated: N jobs in M stages" of a README.
#[test]
fn the_jobs_and_stages_of_an_example_are_counted() {
    let mut counted = 0;
    for folder in examples() {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let Some((_, said)) = readme.split_once("`.gitlab-ci.yml` | generated: ") else {
            continue;
        };
        let said = said.split(" |").next().unwrap();
        let text = fs::read_to_string(folder.join(".gitlab-ci.yml")).unwrap();
        let pipeline: serde_yaml::Mapping = serde_yaml::from_str(&text).unwrap();
        let global = ["stages", "workflow", "variables", "default", "include"];
        let names = pipeline.keys().filter_map(|key| key.as_str());
        let jobs = names.filter(|name| !name.starts_with('.') && !global.contains(name));
        let stages = pipeline
            .get("stages")
            .and_then(|stages| stages.as_sequence());
        let (jobs, stages) = (jobs.count(), stages.unwrap().len());
        assert_eq!(
            said,
            format!("{jobs} jobs in {stages} stages"),
            "{}",
            folder.display()
        );
        counted += 1;
    }
    assert!(counted >= 5, "{counted}");
}

/// The manifests of real systems stay short, and their documents say where each part of the
/// original is.
#[test]
fn real_systems_are_short_and_told_line_by_line() {
    for (name, most) in [
        ("facile", 40),
        ("facile-2018", 45),
        ("review-apps", 35),
        ("build-and-tag", 15),
        ("distributions", 45),
    ] {
        let folder = Path::new(ROOT).join("examples").join(name);
        let manifest = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        let lines = manifest.lines().count();
        assert!(lines <= most, "{name}: {lines} lines");
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let rows = readme.lines().filter(|line| line.starts_with("| ")).count();
        assert!(rows >= 8, "{name}: {rows} rows of a table");
    }
}

/// Manifests of the whole language.
fn manifests() -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(Path::new(ROOT).join("tests/manifests")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "{paths:?}");
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn the_committed_schema_is_that_of_the_command() {
    let path = Path::new(ROOT).join("schemas/windlass.schema.json");
    let schema = windlass(Path::new(ROOT), &["schema"]).stdout;
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        fs::write(path, schema).unwrap();
        return;
    }
    let schema = String::from_utf8(schema).unwrap();
    let same = fs::read_to_string(path).unwrap_or_default() == schema;
    assert!(same, "run WINDLASS_BLESS=1 cargo test --test examples");
}

#[test]
fn manifests_obey_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let examples = examples().into_iter().map(|folder| {
        let path = folder.join(MANIFEST);
        (path.clone(), fs::read_to_string(path).unwrap())
    });
    for (path, text) in manifests().into_iter().chain(examples) {
        let mut manifest = compiled::json(&text);
        let errors: Vec<String> = validator
            .iter_errors(&manifest)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        manifest["image"] = Json::from("a key that is not of the language");
        assert!(!validator.is_valid(&manifest), "{}", path.display());
    }
}

#[test]
fn manifests_of_the_whole_language_are_read() {
    for (path, text) in manifests() {
        let found = compiled::findings(&compiled::compiled(&text, &Complete));
        assert!(found.is_empty(), "{}: {found:#?}", path.display());
    }
}

/// What an example's README offers besides compiles, too.
#[test]
fn manifests_in_readmes_compile() {
    let mut count = 0;
    for folder in examples() {
        let text = fs::read_to_string(folder.join("README.md")).unwrap();
        for block in text.split("```yaml\n").skip(1) {
            let manifest = block.split("```").next().unwrap();
            if manifest.starts_with("windlass: 1") {
                let files = compiled::files(manifest, &Complete);
                assert!(!files.is_empty(), "{manifest}");
                count += 1;
            }
        }
    }
    assert!(count >= 3, "{count}");
}

/// The longest line of a generated file.
const WIDEST: usize = 120;

/// No line is wider than a reviewer's screen, save those that the manifest itself writes so.
#[test]
fn no_line_is_too_long() {
    for folder in examples() {
        let manifest = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        for (path, text) in compiled::files_of(&folder) {
            for line in text.lines().filter(|line| line.chars().count() > WIDEST) {
                let own = line.trim_start().trim_start_matches("- ");
                assert!(
                    manifest.contains(own),
                    "{}: {path}: {line}",
                    folder.display()
                );
            }
        }
    }
}

/// Every job that windlass makes ends some time.
#[test]
fn every_generated_job_has_a_timeout() {
    for folder in examples() {
        let text = fs::read_to_string(folder.join(MANIFEST)).unwrap();
        let lowered = compiled::compiled(&text, &Complete).lowered.unwrap();
        let old = text.contains("gitlab: \"10.4\"");
        for job in &lowered.pipeline.jobs {
            let by_hand = matches!(job.origin, windlass::pipeline::Origin::Raw(_));
            let expected = !(old || by_hand);
            assert_eq!(
                job.timeout.is_some(),
                expected,
                "{}: {}",
                folder.display(),
                job.name
            );
        }
    }
}
