//! Mistakes that people make, through the real command: the status, the line and column, and the
//! help that names what was meant.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A mistake in a manifest whose first line is `windlass: 1`.
struct Mistake {
    /// The manifest from its second line on.
    text: &'static str,
    /// Line, column and code of the finding.
    at: (u64, u64, &'static str),
    /// Part of its message or help.
    says: &'static str,
}

const fn mistake(text: &'static str, at: (u64, u64, &'static str), says: &'static str) -> Mistake {
    Mistake { text, at, says }
}

const MISTAKES: &[Mistake] = &[
    // A mis-spelt key at three depths.
    mistake(
        "imagse:\n  app: {}",
        (2, 1, "unknown-key"),
        "did you mean `images`?",
    ),
    mistake(
        "images:\n  app:\n    dockerfil: Dockerfile",
        (4, 5, "unknown-key"),
        "did you mean `dockerfile`?",
    ),
    mistake(
        "tests:\n  unit:\n    image: alpine:3.22\n    script: make\n    artifacts:\n      reports:\n        junti: report.xml",
        (8, 9, "unknown-key"),
        "did you mean `junit`?",
    ),
    // Unknown images.
    mistake(
        "images: {app: {}}\ntests:\n  unit: {image: ap, script: make}",
        (4, 17, "unknown-image"),
        "did you mean `app`?",
    ),
    mistake(
        "kubernetes: {agent: 'a:b'}\nrefs: {stable: [main]}\nimages: {web: {}}\nenvironments:\n  live:\n    refs: stable\n    deploy: {set_image: {deployment/web: {nginx: wbe}}}",
        (8, 50, "unknown-image"),
        "did you mean `web`?",
    ),
    mistake(
        "images:\n  app: {}\n  web: {}\n  app: {}",
        (5, 3, "duplicate-key"),
        "remove one of the two",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, retry: many}",
        (3, 42, "wrong-type"),
        "write a number, as in `2`",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, retry: 5}",
        (3, 42, "out-of-range"),
        "at most twice",
    ),
    mistake(
        "refs: {r: ['/^(?!x)/']}\ntests:\n  unit: {image: 'a:1', script: x, refs: r}",
        (2, 15, "bad-regex"),
        "no look-ahead",
    ),
    mistake(
        "refs: {r: []}\ntests:\n  unit: {image: 'a:1', script: x, refs: r}",
        (2, 11, "empty"),
        "name at least one",
    ),
    // Job names.
    mistake(
        "images: {app: {}}\ntests:\n  build-app: {image: app, script: make}",
        (4, 3, "duplicate-name"),
        "`job_names`",
    ),
    mistake(
        "tests:\n  services: {image: 'a:1', script: make}",
        (3, 3, "reserved-job-name"),
        "`job_names`",
    ),
    mistake(
        "kubernetes: {agent: 'a:b', context: c}\njobs: {a: {script: x}}",
        (2, 37, "cluster-access"),
        "keep one of the two",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, refs: main}",
        (3, 41, "branch-not-refs"),
        "`refs: {main: [main]}`",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, refs: brnaches}",
        (3, 41, "unknown-refs"),
        "did you mean `branches`?",
    ),
    // Strings that YAML reads as something else.
    mistake(
        "variables: {A: yes}\njobs: {a: {script: x}}",
        (2, 16, "not-quoted"),
        "`\"yes\"`",
    ),
    mistake(
        "variables: {A: 1.10}\njobs: {a: {script: x}}",
        (2, 16, "not-quoted"),
        "`\"1.10\"`",
    ),
    mistake(
        "variables: {A: 0o19}\njobs: {a: {script: x}}",
        (2, 16, "not-quoted"),
        "`\"0o19\"`",
    ),
    mistake(
        "gitlab: 18.10\njobs: {a: {script: x}}",
        (2, 9, "not-quoted"),
        "`\"18.10\"`",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, job: {timeout: 1h}}",
        (3, 41, "key-beside-job"),
        "write `timeout` beside `job`",
    ),
    mistake(
        "registries: {gitlab: {delete_username: BOT, delete_password: glpat-xxxxxxxxxxxxxxxxxxxx}}\njobs: {a: {script: x}}",
        (2, 62, "literal-secret"),
        "store the value as a CI/CD variable",
    ),
    mistake(
        "tests:\n  unit: {image: 'a:1', script: x, needs: [biuld]}\njobs: {build: {script: x}}",
        (3, 43, "unknown-job"),
        "did you mean `build`?",
    ),
    mistake(
        "images: {app: {}}\ntests:\n  unit: {image: app, script: x, needs: [app]}",
        (4, 41, "unknown-job"),
        "`build-app`",
    ),
    mistake(
        "stages: [build, test]\njobs: {a: {stage: tset, script: x}}",
        (3, 19, "unknown-stage"),
        "did you mean `test`?",
    ),
    mistake(
        "images: {app: {role: tset}}",
        (2, 22, "unknown-word"),
        "did you mean `test`?",
    ),
    mistake(
        "images: {app: {context: ../other}}",
        (2, 25, "bad-path"),
        "inside the project",
    ),
    mistake(
        "images: {app: {}}\ntests:\n  ünïcode: {image: 'a:1', script: x, imgae: y}",
        (4, 38, "unknown-key"),
        "did you mean `image`?",
    ),
    mistake(
        "tests:\r\n  unit: {image: 'a:1', script: x, retyr: 1}\r",
        (3, 35, "unknown-key"),
        "did you mean `retry`?",
    ),
    mistake(
        "images: {app: {}}\ntests:\n  unit: &u {image: app, script: x, imgae: y}\n  two: *u",
        (4, 36, "unknown-key"),
        "did you mean `image`?",
    ),
];

/// Runs `check` on a manifest; gives its status and its findings.
fn check(text: &str) -> (i32, serde_json::Value) {
    let project = tempfile::Builder::new()
        .prefix("windlass-test-")
        .tempdir()
        .unwrap();
    fs::write(project.path().join("windlass.yml"), text).unwrap();
    fs::write(project.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    let done = command(project.path(), &["check", "--format", "json"]);
    (done.0, serde_json::from_str(&done.1).unwrap())
}

/// Status and standard output of a command in a project.
pub(crate) fn command(project: &Path, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    let done = command.args(args).current_dir(project).output().unwrap();
    let status = done.status.code().expect("no signal");
    (status, String::from_utf8(done.stdout).unwrap())
}

#[test]
fn mistakes_are_found_at_their_place_with_what_was_meant() {
    for Mistake { text, at, says } in MISTAKES {
        let text = format!("windlass: 1\n{text}\n");
        let (status, json) = check(&text);
        assert_eq!(status, 1, "{text}");
        let findings = json["findings"].as_array().unwrap();
        let found = findings.iter().find(|found| {
            let place = (found["line"].as_u64(), found["column"].as_u64());
            place == (Some(at.0), Some(at.1)) && found["code"] == at.2
        });
        let found = found.unwrap_or_else(|| panic!("{text}\nno {at:?} in {json:#}"));
        let said = format!("{} {}", found["message"], found["help"]).replace("\\\"", "\"");
        assert!(said.contains(says), "{text}\nno {says:?} in {said}");
    }
}

#[test]
fn one_mistake_is_one_finding() {
    for Mistake { text, at, .. } in MISTAKES {
        let text = format!("windlass: 1\n{text}\n");
        let (_, json) = check(&text);
        let places: Vec<_> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| (found["line"].clone(), found["column"].clone()))
            .collect();
        // A mapping that is used twice has its mistakes twice, at one place.
        assert!(
            places.windows(2).all(|pair| pair[0] == pair[1]),
            "{at:?}: {json:#}"
        );
    }
}

#[test]
fn a_name_too_long_is_found_and_not_repeated_whole() {
    let name = "x".repeat(256);
    let text = format!(
        "windlass: 1\ntests:\n  unit: {{image: 'a:1', script: x, job_names: {{run: {name}}}}}\n"
    );
    let (status, json) = check(&text);
    let found = &json["findings"][0];
    assert_eq!((status, &found["code"]), (1, &"bad-name".into()));
    assert_eq!((&found["line"], &found["column"]), (&3.into(), &52.into()));
    let message = found["message"].as_str().unwrap();
    assert!(
        message.contains("256 characters; 255 are the most"),
        "{message}"
    );
    assert!(!message.contains(&name));
}

/// The message goes to logs and reports that more people read than the repository.
#[test]
fn a_literal_secret_is_not_repeated() {
    for value in [
        "glpat-xxxxxxxxxxxxxxxxxxxx",
        "'s3cret value'",
        "correct.horse",
    ] {
        let text = format!(
            "windlass: 1\nregistries: {{gitlab: {{delete_username: BOT, delete_password: {value}}}}}\njobs: {{a: {{script: x}}}}\n"
        );
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("windlass.yml"), &text).unwrap();
        for format in ["json", "gitlab", "sarif"] {
            let (status, out) = command(project.path(), &["check", "--format", format]);
            assert_eq!(status, 1);
            assert!(out.contains("literal-secret"), "{out}");
            assert!(!out.contains(value.trim_matches('\'')), "{format}: {out}");
        }
    }
}

/// A warning is not an obstacle.
#[test]
fn a_missing_dockerfile_is_a_warning() {
    let project = tempfile::tempdir().unwrap();
    let text = "windlass: 1\nimages:\n  app: {dockerfile: docker/Dockerfiel}\n";
    fs::write(project.path().join("windlass.yml"), text).unwrap();
    assert_eq!(command(project.path(), &["generate"]).0, 0);
    let (status, out) = command(project.path(), &["check", "--format", "json"]);
    assert_eq!(status, 0, "{out}");
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let found = &json["findings"][0];
    assert_eq!(
        (json["errors"].as_u64(), json["warnings"].as_u64()),
        (Some(0), Some(1))
    );
    assert_eq!((&found["line"], &found["column"]), (&3.into(), &21.into()));
    assert_eq!(found["code"], "missing-file");
}
