//! `windlass lint` as people run it, and what its documentation says of other linters.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod documentation;
mod fix;
mod foreign;
mod injection;
mod judged;
mod shell;
mod shellcheck;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A pipeline with one finding of each kind: refused nowhere, never meant, dangerous.
const PIPELINE: &str = "\
# kept
test:
  image: node:latest   # kept, too
  script:
    - docker login -u me -p $REGISTRY_PASSWORD registry.example.com
    - npm test
  rules:
    - if: $CI_PIPELINE_SOURCE == \"scheduled\"
    - if: $CI_COMMIT_BRANCH
";

/// A folder with a pipeline.
fn project(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".gitlab-ci.yml"), text).unwrap();
    folder
}

/// Exit status, standard output and standard error.
fn run(root: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
        .arg("lint")
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ran = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        ran.status.code().unwrap(),
        text(ran.stdout),
        text(ran.stderr),
    )
}

/// The codes that are found, with their lines.
fn found(root: &Path, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["--format", "json"], arguments].concat();
    let (_, out, _) = run(root, &arguments, "");
    let json: Value = serde_json::from_str(&out).unwrap();
    let all = json["findings"].as_array().unwrap().iter();
    all.map(|one| format!("{}:{}", one["code"].as_str().unwrap(), one["line"]))
        .collect()
}

#[test]
fn findings_are_what_was_asked_for() {
    let folder = project(PIPELINE);
    let (status, out, err) = run(folder.path(), &[], "");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(
        out.starts_with(".gitlab-ci.yml:3:10: warning[unpinned-image]: "),
        "{out}"
    );
    let lines = [
        "unpinned-image:3",
        "secret-argument:5",
        "impossible-comparison:8",
    ];
    assert_eq!(found(folder.path(), &[]), lines);
    assert_eq!(
        found(folder.path(), &["./.gitlab-ci.yml", ".gitlab-ci.yml"]).len(),
        6
    );
    let (status, out, _) = run(folder.path(), &["-"], "a: {script: x, when: nver}\n");
    assert_eq!(status, 1);
    assert!(out.contains("<stdin>:1:22: error[unknown-word]"), "{out}");
    let (status, _, err) = run(folder.path(), &["-"], "a: {script: x}\n");
    assert_eq!((status, err.as_str()), (0, "-: nothing found\n"));
    assert_eq!(run(folder.path(), &["no-such.yml"], "").0, 3);
}

#[test]
fn an_include_that_is_not_here_opens_answers() {
    let include = "include: [{project: group/ci, ref: v1, file: /x.yml}]\n";
    let deploy = "a:\n  script: x\n  environment: production\n  rules: [{if: $CI_COMMIT_TAG}]\n";
    let folder = project(deploy);
    assert_eq!(found(folder.path(), &[]), ["missing-resource-group:3"]);
    // The include may say `default` or the key of the job.
    let folder = project(&format!("{include}{deploy}"));
    assert_eq!(found(folder.path(), &[]), ["unread-include:1"]);
    let needs = "b: {script: x, needs: [c], rules: [{if: $CI_COMMIT_TAG}]}\n";
    let folder = project(&format!("{include}{needs}"));
    assert_eq!(found(folder.path(), &[]), ["unread-include:1"]);
    let absent = format!("{needs}c: {{script: x, rules: [{{if: $CI_COMMIT_BRANCH}}]}}\n");
    assert_eq!(found(project(&absent).path(), &[]), ["need-missing:1"]);
}

#[test]
fn a_baseline_leaves_new_findings() {
    let folder = project(PIPELINE);
    let root = folder.path();
    assert_eq!(run(root, &["--write-baseline", "known.json"], "").0, 0);
    assert!(found(root, &["--baseline", "known.json"]).is_empty());
    let moved = format!("# a line more\n{}", PIPELINE.replace("me -p", "other -p"));
    let more = moved.replace(
        "    - npm test\n",
        "    - npm test\n    - curl -k https://example.com\n",
    );
    fs::write(root.join(".gitlab-ci.yml"), more).unwrap();
    let new = ["unverified-connection:8"];
    assert_eq!(found(root, &["--baseline", "known.json"]), new);
    fs::write(
        root.join(".windlass.toml"),
        "[lint]\nbaseline = 'known.json'\n",
    )
    .unwrap();
    assert_eq!(found(root, &[]), new);
    assert_eq!(run(root, &["--baseline", "none.json"], "").0, 3);
}

#[test]
fn what_has_one_right_answer_is_fixed_and_nothing_else() {
    let folder = project(PIPELINE);
    let (status, _, err) = run(folder.path(), &["--fix"], "");
    assert_eq!(
        (status, err.as_str()),
        (0, ".gitlab-ci.yml: 2 findings are fixed\n")
    );
    let fixed = PIPELINE
        .replace(
            "docker login -u me -p $REGISTRY_PASSWORD registry",
            "printf '%s' \"$REGISTRY_PASSWORD\" | docker login -u me --password-stdin registry",
        )
        .replace("scheduled", "schedule");
    let text = fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
    assert_eq!(text, fixed);
    for (before, after) in [
        (
            "a:\n  script: x # old\n  # why\n  script: y\n",
            "a:\n  # why\n  script: y\n",
        ),
        (
            "a: {script: x, stage: 1}\nstages: ['1']\n",
            "a: {script: x, stage: \"1\"}\nstages: ['1']\n",
        ),
        (
            "a:\n  script: x\n  rules:\n    - if: $CI_COMMIT_BRANCH\n      changes: [/src/**/*]\n",
            "a:\n  script: x\n  rules:\n    - if: $CI_COMMIT_BRANCH\n      changes: [src/**/*]\n",
        ),
        // Several answers: nothing is changed.
        (
            "a: {script: x, timeout: 60}\n",
            "a: {script: x, timeout: 60}\n",
        ),
        ("a: {script: x, script: y}\n", "a: {script: x, script: y}\n"),
    ] {
        let folder = project(before);
        run(folder.path(), &["--fix"], "");
        let text = fs::read_to_string(folder.path().join(".gitlab-ci.yml")).unwrap();
        assert_eq!(text, after);
    }
}

#[test]
fn every_format_is_well_formed() {
    let folder = project(&PIPELINE.replace("npm test", "curl -k 'https://a.example/<&>\\\"x'"));
    for format in ["json", "gitlab", "sarif"] {
        let (status, out, _) = run(folder.path(), &["--format", format], "");
        assert_eq!(status, 0);
        assert!(serde_json::from_str::<Value>(&out).is_ok(), "{out}");
    }
    let (_, out, _) = run(folder.path(), &["--format", "junit"], "");
    let cases = out.matches("<testcase ").count();
    assert!(out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
    assert!(
        out.contains("<testsuite name=\".gitlab-ci.yml\" tests=\"4\" failures=\"0\">"),
        "{out}"
    );
    assert_eq!((cases, out.matches("</testcase>").count()), (4, 4), "{out}");
    let folder = project("a: {script: x, \"<&>\": 1}\n");
    let (status, out, _) = run(folder.path(), &["--format", "junit"], "");
    assert_eq!(status, 1);
    assert!(out.contains("<failure type=\"unknown-keyword\">"), "{out}");
    assert!(
        out.contains("&lt;&amp;&gt;") && !out.contains("<&>"),
        "{out}"
    );
}
