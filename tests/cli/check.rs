//! `check`: drift, how it is shown, and the command that fixes it.

use std::fs;

use crate::project::{OVERRIDE, PIPELINE, PLAIN, Project, with_companion};

/// The last line of a check, which names the command that fixes everything.
fn fixes(project: &Project, args: &[&str]) -> String {
    let ran = project.run(args).exits(1);
    let last = ran.stdout.lines().last().unwrap_or_default();
    last.strip_prefix("to fix it, run: ")
        .unwrap_or_else(|| panic!("{ran:#?}"))
        .to_owned()
}

#[test]
fn clean_is_clean() {
    let project = Project::generated(&with_companion(OVERRIDE));
    let ran = project
        .run(&["check"])
        .exits(0)
        .says("windlass.yml: 2 files are up to date");
    assert_eq!(ran.stdout, "");
}

#[test]
fn missing_files_are_drift() {
    let project = Project::new(&with_companion(OVERRIDE));
    let ran = project
        .run(&["check"])
        .exits(1)
        .says("error[drift]: `.gitlab-ci.yml` is missing");
    assert_eq!(
        ran.says(OVERRIDE).stdout,
        "to fix it, run: windlass generate\n"
    );
    assert!(!project.exists(PIPELINE), "a check writes nothing");
}

#[test]
fn a_changed_manifest_is_drift_with_the_diff() {
    let project = Project::generated(PLAIN);
    project.write("windlass.yml", PLAIN.replace("echo hi", "echo ho"));
    let ran = project.run(&["check"]).exits(1);
    let ran = ran.says("error[drift]: `.gitlab-ci.yml` is not what `windlass.yml` compiles to");
    assert!(
        ran.stdout
            .starts_with("--- a/.gitlab-ci.yml\n+++ b/.gitlab-ci.yml\n@@ "),
        "{ran:#?}"
    );
    let changed = |sign: char, word: &str| {
        let mut lines = ran.stdout.lines();
        lines.any(|line| line.starts_with(sign) && line.contains(word))
    };
    assert!(
        changed('-', "echo hi") && changed('+', "echo ho"),
        "{ran:#?}"
    );
    assert_eq!(fixes(&project, &["check"]), "windlass generate");
}

#[test]
fn a_hand_edit_is_named_with_its_line_and_needs_force() {
    let project = Project::generated(PLAIN);
    let text = project.read(PIPELINE);
    let line = text.lines().count() + 1;
    project.write(PIPELINE, text + "# mine\n");
    let ran = project.run(&["check"]).exits(1);
    let ran = ran
        .says(&format!(".gitlab-ci.yml:{line}"))
        .says("error[edited-file]");
    assert!(ran.stdout.contains("\n-# mine\n"), "{ran:#?}");
    assert_eq!(fixes(&project, &["check"]), "windlass generate --force");
}

#[test]
fn the_mending_command_works_with_the_options_that_were_given() {
    let project = Project::new(PLAIN);
    project.write("my shop/ci.yml", PLAIN);
    project.write("my shop/.gitlab-ci.yml", "stages: [mine]\n");
    let args = ["-C", "my shop", "-m", "ci.yml", "check"];
    let command = fixes(&project, &args);
    assert_eq!(command, "windlass -C 'my shop' -m ci.yml generate --force");
    let words: Vec<&str> = vec!["-C", "my shop", "-m", "ci.yml", "generate", "--force"];
    project.run(&words).exits(0);
    project.run(&args).exits(0);
}

#[test]
fn a_stale_companion_is_drift() {
    let project = Project::generated(&with_companion("old.yml"));
    project.write("windlass.yml", with_companion("new.yml"));
    project
        .run(&["check"])
        .exits(1)
        .says("`old.yml` is no longer generated");
    assert!(project.exists("old.yml"));
}

#[test]
fn machine_formats_are_alone_on_standard_output() {
    let project = Project::generated(PLAIN);
    fs::remove_file(project.path(PIPELINE)).unwrap();
    for format in ["json", "gitlab", "sarif"] {
        let ran = project.run(&["check", "--format", format]).exits(1);
        assert_eq!(ran.stderr, "", "{format}");
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert!(json.to_string().contains("drift"), "{format}: {json}");
    }
}

#[test]
fn errors_of_the_manifest_come_before_drift() {
    let project = Project::new("windlass: 1\njobz: {}\n");
    let ran = project
        .run(&["check"])
        .exits(1)
        .says("windlass.yml:2:1: error[unknown-key]");
    assert_eq!(
        ran.stdout, "",
        "without a pipeline there is nothing to compare with"
    );
}

/// A new project has files that git does not track yet, and may have links that lead nowhere.
#[cfg(unix)]
#[test]
fn init_sees_what_is_not_committed_yet() {
    let project = Project::new("");
    fs::remove_file(project.path("windlass.yml")).unwrap();
    let git = std::process::Command::new("git")
        .current_dir(project.path("."))
        .args(["init", "--quiet"])
        .status();
    assert!(git.unwrap().success());
    project.write("api/Dockerfile", "FROM debian:13\n");
    project.write("ignored/Dockerfile", "FROM debian:13\n");
    project.write(".gitignore", "ignored/\n");
    let _ = fs::remove_file(project.path("Dockerfile"));
    std::os::unix::fs::symlink("nowhere", project.path("Dockerfile")).unwrap();
    project.run(&["init"]).exits(0);
    let manifest = project.read("windlass.yml");
    assert!(manifest.contains("api: {context: api}"), "{manifest}");
    assert!(
        !manifest.contains("ignored") && !manifest.contains("app"),
        "{manifest}"
    );
}

#[test]
fn needs_may_name_jobs_of_included_files() {
    let manifest = |needs: &str| {
        format!(
            "windlass: 1\nstages: [build, test]\ninclude: [{{local: ci/extra.yml}}]\n\
             tests: {{unit: {{image: 'debian:13', script: x, needs: [{needs}]}}}}\n"
        )
    };
    let project = Project::new(&manifest("extra"));
    project.write(
        "ci/extra.yml",
        "extra: {stage: build, script: [x]}\ntagged: {stage: build, script: [x], only: [tags]}\n",
    );
    project.run(&["generate"]).exits(0);
    for (needs, status, says) in [
        ("{job: tagged, optional: true}", 0, ""),
        ("{job: nowhere, optional: true}", 0, ""),
        ("tagged", 1, "error[need-missing]: `unit` needs `tagged`"),
        ("nowhere", 1, "`needs` has `nowhere`, which does not exist"),
    ] {
        project.write("windlass.yml", manifest(needs));
        project
            .run(&["generate", "--stdout"])
            .exits(status)
            .says(says);
    }
}
