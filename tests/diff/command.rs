//! `windlass diff` against revisions of a real git repository.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

const MANIFEST: &str = "\
windlass: 1
kubernetes: {context: main}
refs: {deployable: [main]}
images: {app: {}}
tests: {unit: {image: app, script: make test}}
environments: {prod: {refs: deployable, deploy: {set_image: {deployment/app: {app: app}}}}}
";

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
        .args(arguments)
        .output()
        .expect("git: install the Debian package `git`");
    assert!(done.status.success(), "{done:?}");
}

fn windlass(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.arg("-C").arg(folder).args(arguments);
    command.output().expect("the command")
}

fn said(output: &Output) -> String {
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A repository with one commit that has this file.
fn repository(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").expect("written");
    std::fs::write(folder.path().join(name), text).expect("written");
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    folder
}

/// A file that was deleted without git is gone for `exists` and for includes, as its text is.
#[test]
fn a_file_that_is_deleted_is_gone_before_git_is_told() {
    let pipeline = "include: [{local: 'ci/*.yml'}]\na: {script: x, rules: [{exists: [notes.txt]}]}\nz: {script: x}\n";
    let folder = repository(".gitlab-ci.yml", pipeline);
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("ci")).unwrap();
    for (name, text) in [
        ("notes.txt", ""),
        ("ci/b.yml", "b: {script: x}\n"),
        ("ci/c.yml", "c: {script: x}\n"),
    ] {
        std::fs::write(path(name), text).unwrap();
    }
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "second"]);
    for name in ["notes.txt", "ci/c.yml"] {
        std::fs::remove_file(path(name)).unwrap();
    }
    let arguments = [
        "diff",
        "--file",
        ".gitlab-ci.yml",
        "--default-branch",
        "main",
    ];
    let deleted = said(&windlass(folder.path(), &arguments));
    assert!(deleted.contains("a no longer runs"), "{deleted}");
    assert!(deleted.contains("c is gone"), "{deleted}");
    git(folder.path(), &["add", "--all"]);
    assert_eq!(said(&windlass(folder.path(), &arguments)), deleted);
}

#[test]
fn the_working_tree_is_compared_with_a_revision() {
    let folder = repository("windlass.yml", MANIFEST);
    let same = windlass(folder.path(), &["diff", "--exit-code"]);
    assert_eq!(said(&same), "against HEAD: nothing changes\n");
    assert_eq!(same.status.code(), Some(0));

    let formatted = MANIFEST.replace("[main]}", "[ \"main\" ]} # the one");
    std::fs::write(folder.path().join("windlass.yml"), formatted).unwrap();
    let formatted = windlass(folder.path(), &["diff", "--exit-code"]);
    assert_eq!(said(&formatted), "against HEAD: nothing changes\n");

    let more = MANIFEST.replace("[main]", "[main, develop]");
    std::fs::write(folder.path().join("windlass.yml"), &more).unwrap();
    let changed = windlass(folder.path(), &["diff"]);
    let sentence = "  deploy-prod now also runs on branch `develop`\n";
    assert_eq!(said(&changed), format!("against HEAD:\n{sentence}"));
    assert_eq!(changed.status.code(), Some(0));
    let changed = windlass(folder.path(), &["diff", "--exit-code"]);
    assert_eq!(changed.status.code(), Some(1));

    git(
        folder.path(),
        &["commit", "--quiet", "--all", "--message", "second"],
    );
    let committed = windlass(folder.path(), &["diff"]);
    assert_eq!(said(&committed), "against HEAD: nothing changes\n");
    let against = ["diff", "--against", "HEAD~1", "--format", "json"];
    let told: Json = serde_json::from_str(&said(&windlass(folder.path(), &against))).unwrap();
    assert_eq!(told["effects"][0]["job"], "deploy-prod");
    assert_eq!(told["effects"][0]["kind"], "refs");
    let markdown = windlass(
        folder.path(),
        &["diff", "--against", "HEAD~1", "--format", "markdown"],
    );
    let markdown = said(&markdown);
    assert!(markdown.contains("- **`deploy-prod`** now also runs on branch `develop`\n"));
    assert!(
        markdown.contains("```mermaid\nflowchart LR\n"),
        "{markdown}"
    );
}

#[test]
fn what_was_written_by_hand_is_compared_with_the_first_manifest() {
    let by_hand = "unit:\n  script: make test\n";
    let folder = repository(".gitlab-ci.yml", by_hand);
    std::fs::write(folder.path().join("windlass.yml"), MANIFEST).unwrap();
    let told = said(&windlass(folder.path(), &["diff"]));
    assert!(told.starts_with("against HEAD:.gitlab-ci.yml:\n"), "{told}");
    assert!(
        told.contains("  build-app is new, in stage `build`"),
        "{told}"
    );
    assert!(told.contains("  unit now runs in image"), "{told}");
}

#[test]
fn a_pipeline_of_ones_own_is_compared_too() {
    let folder = repository(
        ".gitlab-ci.yml",
        "a: {script: x}\nb: {script: x, only: [tags]}\n",
    );
    let text = "b:\n  only:\n    - tags\n  script:\n    - x\na: {script: [x, y]}\n";
    std::fs::write(folder.path().join(".gitlab-ci.yml"), text).unwrap();
    let told = windlass(folder.path(), &["diff", "--file", ".gitlab-ci.yml"]);
    assert_eq!(
        said(&told),
        "against HEAD:\n  a runs other commands\n      + y\n"
    );
}

#[test]
fn two_files_are_compared_without_git() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old.yml"), "a: {script: x}\n").unwrap();
    std::fs::write(folder.path().join("new.yml"), "c: {script: x}\n").unwrap();
    let told = windlass(folder.path(), &["diff", "old.yml", "new.yml"]);
    assert_eq!(
        said(&told),
        "against old.yml:\n  c is the new name of `a`\n"
    );
    let one = windlass(folder.path(), &["diff", "old.yml"]);
    assert_eq!(one.status.code(), Some(2));
}

#[test]
fn a_revision_that_is_none_is_a_usage_error() {
    let folder = repository("windlass.yml", MANIFEST);
    for revision in ["absent", "--all", "HEAD:windlass.yml", ""] {
        let against = format!("--against={revision}");
        let output = windlass(folder.path(), &["diff", &against]);
        assert_eq!(output.status.code(), Some(2), "{revision}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    }
}

#[test]
fn a_manifest_that_did_not_compile_says_so_under_its_old_name() {
    let folder = repository("windlass.yml", "windlass: 1\nimages: {app: {rol: app}}\n");
    std::fs::write(folder.path().join("windlass.yml"), MANIFEST).unwrap();
    let output = windlass(folder.path(), &["diff"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("HEAD:windlass.yml:2:"), "{said}");
}

/// What cannot be read is not what is not there: nothing else is compared in its place.
#[test]
fn a_manifest_of_a_revision_that_cannot_be_read_is_an_error() {
    type Write<'w> = &'w dyn Fn(&Path);
    let unreadable: [(&str, Write<'_>); 3] = [
        ("UTF-8", &|path| {
            std::fs::write(path, b"windlass: 1\n# \xff\n").unwrap();
        }),
        ("symbolic link", &|path| {
            std::os::unix::fs::symlink("elsewhere.yml", path).unwrap();
        }),
        ("bytes", &|path| {
            // 300 MB without writing them.
            std::fs::File::create(path)
                .unwrap()
                .set_len(300_000_000)
                .unwrap();
        }),
    ];
    for (reason, write) in unreadable {
        let folder = repository(".gitlab-ci.yml", "unit: {script: make test}\n");
        let path = folder.path().join("windlass.yml");
        write(&path);
        // Stored as it is: compressing it is what takes long.
        let add = [
            "-c",
            "core.bigFileThreshold=1m",
            "-c",
            "core.compression=0",
            "add",
            ".",
        ];
        git(folder.path(), &add);
        git(folder.path(), &["commit", "--quiet", "--message", "second"]);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, MANIFEST).unwrap();
        let started = std::time::Instant::now();
        let output = windlass(folder.path(), &["diff", "--exit-code"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            matches!(output.status.code(), Some(1 | 3)),
            "{reason}: {output:?}"
        );
        assert!(
            said.contains("HEAD:windlass.yml") && said.contains(reason),
            "{said}"
        );
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
    }
}

/// Text, Markdown, JSON and the exit status agree on whether something changes.
#[test]
fn all_formats_agree_on_whether_something_changes() {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("same.yml", "a: {script: x, image: {name: alpine}}\n", 0),
        (
            "other.yml",
            "a: {script: x, image: alpine, rules: [{changes: [a]}]}\n",
            1,
        ),
    ];
    std::fs::write(
        folder.path().join("old.yml"),
        "a: {script: x, image: alpine}\n",
    )
    .unwrap();
    for (name, text, code) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
        let told = |format: &str| {
            let output = windlass(
                folder.path(),
                &["diff", "old.yml", name, "--exit-code", "--format", format],
            );
            assert_eq!(output.status.code(), Some(code), "{name} {format}");
            said(&output)
        };
        assert_eq!(told("text").contains("nothing changes"), code == 0);
        assert_eq!(told("markdown").contains("nothing changes"), code == 0);
        let json: Json = serde_json::from_str(&told("json")).unwrap();
        assert_eq!(json["effects"].as_array().unwrap().is_empty(), code == 0);
    }
}

/// A file that comes or goes is a change of the jobs that ask for it, though the pipeline stays as it is.
#[test]
fn the_files_of_each_side_decide_what_exists() {
    let text = "\
always: {script: x}
built: {script: x, rules: [{exists: [Containerfile]}]}
docs: {script: x, rules: [{exists: ['docs/**/*.md']}]}
";
    let folder = repository(".gitlab-ci.yml", text);
    let diff = || windlass(folder.path(), &["diff", "--file", ".gitlab-ci.yml"]);
    assert_eq!(said(&diff()), "against HEAD: nothing changes\n");
    std::fs::write(folder.path().join("Containerfile"), "FROM scratch\n").unwrap();
    // What git does not know is in no pipeline.
    assert_eq!(said(&diff()), "against HEAD: nothing changes\n");
    git(folder.path(), &["add", "--all"]);
    // A job with rules is in the pipelines of merge requests, too.
    let told = said(&diff());
    let runs = "all branches, all merge requests and schedules of the default branch";
    let requests = "there is a pipeline now on all merge requests";
    let expected = format!("against HEAD:\n  {requests}\n  built now also runs on {runs}\n");
    assert_eq!(told, expected);
    git(folder.path(), &["commit", "--quiet", "--message", "second"]);
    git(folder.path(), &["rm", "--quiet", "Containerfile"]);
    let told = said(&diff());
    let requests = "there is no pipeline any more on all merge requests";
    let expected = format!("against HEAD:\n  {requests}\n  built no longer runs on {runs}\n");
    assert_eq!(told, expected);
}

/// That a file is there today is no reason to take its condition away.
#[test]
fn a_condition_on_a_file_that_is_there_is_not_always_true() {
    let before = "a: {script: x, rules: [{exists: [Dockerfile]}]}\n";
    let folder = repository(".gitlab-ci.yml", before);
    let after = "a: {script: x, rules: [{when: on_success}]}\n";
    std::fs::write(folder.path().join(".gitlab-ci.yml"), after).unwrap();
    let told = windlass(
        folder.path(),
        &["diff", "--file", ".gitlab-ci.yml", "--exit-code"],
    );
    assert_eq!(told.status.code(), Some(1));
    assert!(
        said(&told).contains("a runs under other conditions"),
        "{told:?}"
    );
}

/// Nothing is taken for the name of a default branch that is not known.
#[test]
fn a_default_branch_that_is_not_known_has_every_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, rule: &str| {
        let text = format!("b: {{script: y}}\na: {{script: x, rules: [{{if: {rule}}}]}}\n");
        std::fs::write(folder.path().join(name), text).unwrap();
    };
    write("old.yml", "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
    write("new.yml", "$CI_COMMIT_BRANCH == 'main'");
    let told = |more: &[&str]| {
        let arguments = [&["diff", "old.yml", "new.yml"], more].concat();
        said(&windlass(folder.path(), &arguments))
    };
    let unknown = told(&[]);
    assert!(unknown.contains("the default branch"), "{unknown}");
    assert!(!unknown.contains("nothing changes"), "{unknown}");
    let known = told(&["--default-branch", "main"]);
    assert!(
        known.starts_with("against old.yml: nothing changes\n"),
        "{known}"
    );
    let other = told(&["--default-branch", "trunk"]);
    assert!(
        other.contains("a no longer runs on branch `trunk`"),
        "{other}"
    );
}
