//! `windlass explain FILE:LINE`: every line of every example's pipeline comes from somewhere in its manifest.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails a test"
)]

mod compiled;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use compiled::MANIFEST;
use windlass::compile::{Project, compile};
use windlass::source::Source;
use windlass::trace::Traced;

const PIPELINE: &str = ".gitlab-ci.yml";

fn examples() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("examples")).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.push(root.to_owned());
    folders.retain(|folder| folder.join(MANIFEST).is_file());
    folders
}

#[test]
fn every_line_comes_from_the_manifest() {
    let mut traced = 0;
    for root in examples() {
        let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
        let manifest = Source::new(MANIFEST, read(MANIFEST));
        let pipeline = Source::new(PIPELINE, read(PIPELINE));
        let project = Project { root: root.clone() };
        let compiled = compile(&manifest, &project).unwrap();
        let lowered = compiled.lowered.unwrap();
        let traced_pipeline = Traced::new(&pipeline, &compiled.composed, &lowered).unwrap();
        let trace = |line| traced_pipeline.line(line);
        let count = manifest.text.lines().count();
        // The key at the left margin under which a line stands.
        let mut around = String::new();
        for (number, line) in pipeline.text.lines().enumerate() {
            let place = format!("{}:{}: {line}", root.display(), number + 1);
            let found = trace(number + 1);
            let found = found.unwrap_or_else(|| panic!("{place}"));
            assert!(!found.places.is_empty(), "{place}: {found:?}");
            assert!(!found.reasons.is_empty(), "{place}: {found:?}");
            for (at, path) in &found.places {
                let at: &usize = &at.strip_prefix("windlass.yml:").unwrap().parse().unwrap();
                assert!((1..=count).contains(at), "{place}: {at} {path}");
            }
            if !line.starts_with([' ', '#']) && !line.is_empty() {
                let key = line.rsplit_once(':').map_or(line, |(key, _)| key);
                around = key.split(": ").next().unwrap().trim_matches('"').to_owned();
            }
            if line.starts_with(' ') && !line.trim().starts_with("<<") {
                let within = format!("`{around}`");
                assert!(
                    found.what.contains(&within) || found.what.contains(&around),
                    "{place}: {found:?}"
                );
            }
            // A key of a job has its reason besides that of the job.
            if found.what.contains(" of job ")
                && !found
                    .places
                    .iter()
                    .any(|(_, path)| path.starts_with("jobs."))
            {
                assert!(found.reasons.len() >= 2, "{place}: {found:?}");
            }
            traced += 1;
        }
        let beyond = pipeline.text.lines().count() + 1;
        assert_eq!(trace(beyond), None);
        assert_eq!(trace(0), None);
    }
    assert!(traced > 1_000, "{traced}");
}

/// Runs `windlass explain` in an example.
fn explained(what: &str) -> (Option<i32>, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facile");
    let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("-C")
        .arg(root)
        .args(["explain", what])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// The line of the example that begins so, after another one.
fn line(after: &str, start: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facile");
    let text = fs::read_to_string(root.join(PIPELINE)).unwrap();
    let from = text.lines().position(|line| line == after).unwrap();
    let number = text
        .lines()
        .skip(from)
        .position(|line| line.starts_with(start));
    format!("{PIPELINE}:{}", from + number.unwrap() + 1)
}

#[test]
fn lines_are_explained() {
    let (status, text) = explained(&line("deploy-prod:", "  resource_group:"));
    assert_eq!(status, Some(0));
    let (_, told) = text.split_once(": ").unwrap();
    insta::assert_snapshot!(told, @r"
    `resource_group` of job `deploy-prod`
      from windlass.yml:34: environments.prod
      It deploys the environment with the images of this pipeline, by their digests.
      Jobs that change the same environment or registry wait for each other.
    ");
    for (after, start, says) in [
        (
            "deploy-prod:",
            "  <<:",
            "`.kubectl`, which several jobs share",
        ),
        (
            "deploy-prod:",
            "  rules:",
            "from windlass.yml:8: environments.prod",
        ),
        (
            ".refs-deployable-branches:",
            "    - if:",
            "from windlass.yml:8: refs.deployable-branches",
        ),
        ("workflow:", "    - if:", "`workflow.rules` of the pipeline"),
        ("variables:", "  IMAGE_PHP:", "one for each image"),
        (
            "deploy-prod:",
            "deploy-prod:",
            "windlass.yml:34: environments.prod",
        ),
    ] {
        let (status, text) = explained(&line(after, start));
        assert!(
            status == Some(0) && text.contains(says),
            "{after} {start}: {text}"
        );
    }
    let (status, text) = explained(".gitlab-ci.yml:1");
    assert!(status == Some(0) && text.contains("the header"), "{text}");
}

#[test]
fn what_cannot_be_explained_says_why() {
    for (what, status, says) in [
        (".gitlab-ci.yml:0", 2, "no line 0"),
        (".gitlab-ci.yml:99999", 2, "no line 99999"),
        ("windlass.yml:3", 2, "not of `windlass.yml`"),
        (".gitlab-ci.yml:x", 2, "unknown finding"),
    ] {
        let (found, text) = explained(what);
        assert!(
            found == Some(status) && text.contains(says),
            "{what}: {text}"
        );
    }
}
