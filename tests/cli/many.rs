//! Several projects at once: one table, one exit status, paths with the project in them.

use std::fs;

use crate::project::{PIPELINE, PLAIN, Project};

/// A folder with three projects: a clean one, one that drifted, one whose manifest is wrong.
fn three() -> Project {
    let projects = Project::new(PLAIN);
    for name in ["clean", "drift", "wrong"] {
        fs::create_dir(projects.path(name)).unwrap();
        projects.write(&format!("{name}/windlass.yml"), PLAIN);
    }
    projects
        .run(&["-C", "clean", "-C", "drift", "generate"])
        .exits(0);
    projects.write("drift/windlass.yml", PLAIN.replace("echo hi", "echo ho"));
    projects.write("wrong/windlass.yml", "windlass: 1\njbs: {}\n");
    projects.write("list", "# all of them\nclean\n\ndrift\nwrong\nclean/.\n");
    projects
}

/// The rows of the table at the end.
fn rows(stdout: &str) -> Vec<Vec<&str>> {
    let table = stdout
        .lines()
        .skip_while(|line| !line.starts_with("project "));
    table
        .skip(1)
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn check_tells_all_and_ends_with_the_worst() {
    let projects = three();
    let ran = projects.run(&["--projects", "list", "check"]).exits(1);
    let ran = ran.says("drift/.gitlab-ci.yml:");
    let ran = ran.says("wrong/windlass.yml:2:1: error[unknown-key]");
    let ran = ran.says("2 errors");
    assert!(
        ran.stdout
            .contains("to fix it, run: windlass -C drift generate")
    );
    assert_eq!(
        rows(&ran.stdout),
        [
            ["clean", "ok", "0", "0"],
            ["drift", "findings", "1", "0"],
            ["wrong", "findings", "1", "0"],
        ]
    );
    projects
        .run(&["-C", "clean", "-C", "missing", "check"])
        .exits(3)
        .says("missing: error: cannot open");
    projects
        .run(&["-C", "clean", "-C", "clean/.", "check"])
        .exits(0)
        .says("windlass.yml: 1 file is up to date");
}

#[test]
fn the_answer_does_not_depend_on_threads_or_company() {
    let projects = three();
    let first = projects.run(&["--projects", "list", "check"]);
    for _ in 0..5 {
        let again = projects.run(&["--projects", "list", "check"]);
        assert_eq!(
            (again.stdout, again.stderr),
            (first.stdout.clone(), first.stderr.clone())
        );
    }
    // Each project is told the same alone.
    for name in ["clean", "drift", "wrong"] {
        let alone = projects.run(&["-C", name, "check", "--format", "json"]);
        let alone: serde_json::Value = serde_json::from_str(&alone.stdout).unwrap();
        let all = projects
            .run(&["--projects", "list", "check", "--format", "json"])
            .exits(1);
        let all: serde_json::Value = serde_json::from_str(&all.stdout).unwrap();
        let messages = |value: &serde_json::Value, below: &str| -> Vec<String> {
            let findings = value["findings"].as_array().unwrap().iter();
            let own = findings.filter(|one| one.to_string().contains(below));
            own.map(|one| one["message"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(
            messages(&all, &format!("{name}/")),
            messages(&alone, ""),
            "{name}"
        );
    }
}

#[test]
fn reports_for_programs_have_paths_from_here() {
    let projects = three();
    let ran = projects
        .run(&["-C", "drift", "-C", "wrong", "check", "--format", "gitlab"])
        .exits(1);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut paths: Vec<&str> = report
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["location"]["path"].as_str().unwrap())
        .collect();
    paths.sort_unstable();
    assert_eq!(paths, ["drift/.gitlab-ci.yml", "wrong/windlass.yml"]);
}

#[test]
fn lint_and_diff_work_on_several() {
    let projects = three();
    fs::create_dir(projects.path("hand")).unwrap();
    projects.write("hand/.gitlab-ci.yml", "a: {script: [make], need: []}\n");
    let ran = projects
        .run(&["-C", "clean", "-C", "hand", "lint"])
        .exits(1);
    assert!(
        ran.stdout
            .contains("hand/.gitlab-ci.yml:1:21: error[unknown-keyword]"),
        "{ran:#?}"
    );
    assert_eq!(rows(&ran.stdout).len(), 2, "{ran:#?}");
    let text = projects.read(&format!("clean/{PIPELINE}"));
    projects.write(&format!("clean/{PIPELINE}"), text + "# mine\n");
    projects
        .run(&["-C", "clean", "-C", "drift", "generate"])
        .exits(1)
        .says("clean/.gitlab-ci.yml:");
    projects.run(&["-C", "drift", "check"]).exits(0);
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(args).current_dir(projects.root());
        for role in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{role}_NAME"), "T")
                .env(format!("GIT_{role}_EMAIL"), "t@example.com");
        }
        assert!(git.status().unwrap().success());
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-qm", "all"]);
    projects.write(
        "drift/windlass.yml",
        PLAIN.replace("echo hi", "echo changed"),
    );
    let several = ["-C", "clean", "-C", "drift", "diff"];
    let ran = projects.run(&several).exits(0);
    assert!(
        ran.stdout
            .contains("drift\nagainst HEAD:\n  hello runs other commands"),
        "{ran:#?}"
    );
    let ran = projects
        .run(&[&several[..], &["--format", "json"]].concat())
        .exits(0);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(json["projects"]["clean"].is_object() && json["projects"]["drift"].is_object());
}

#[test]
fn what_works_on_one_project_says_so() {
    let projects = three();
    let both = ["-C", "clean", "-C", "drift"];
    for command in [
        &["plan"][..],
        &["graph"],
        &["generate", "--stdout"],
        &["lint", "-"],
        &["schema"],
    ] {
        projects
            .run(&[&both[..], command].concat())
            .exits(2)
            .says("works on one project, and 2 are given");
    }
    for arguments in [
        ["-C", "clean", "check", "-C", "drift"],
        ["-qC", "clean", "check", "-Cdrift", "-q"],
    ] {
        let ran = projects.run(&arguments).exits(2);
        ran.says("write all of them on one side");
    }
    projects.write("empty", "# none\n");
    projects
        .run(&["--projects", "empty", "check"])
        .exits(2)
        .says("lists no project");
    projects
        .run(&["--projects", "nowhere", "check"])
        .exits(3)
        .says("cannot read the list");
}

#[test]
fn a_report_tells_the_state_of_each() {
    let projects = three();
    fs::create_dir(projects.path("hand")).unwrap();
    projects.write("hand/.gitlab-ci.yml", "a: {script: [make], need: []}\n");
    fs::create_dir(projects.path("old")).unwrap();
    let before = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/upgrades/before-0.1.0/minimal"
    );
    for name in ["windlass.yml", PIPELINE, "Dockerfile"] {
        fs::copy(format!("{before}/{name}"), projects.path("old").join(name)).unwrap();
    }
    let all = [
        "--projects",
        "list",
        "-C",
        "hand",
        "-C",
        "old",
        "-C",
        "missing",
        "report",
    ];
    let json = projects
        .run(&[&all[..], &["--format", "json"]].concat())
        .exits(0)
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let states: Vec<(&str, &str)> = json["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["project"].as_str().unwrap(),
                one["files"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        states,
        [
            ("hand", "no manifest"),
            ("old", "older windlass"),
            ("missing", "failed"),
            ("clean", "up to date"),
            ("drift", "out of date"),
            ("wrong", "manifest is invalid"),
        ]
    );
    assert_eq!(json["projects"][3]["windlass"], env!("CARGO_PKG_VERSION"));
    let text = projects.run(&all).exits(0).stdout;
    assert!(text.contains("\nold\n  "), "{text}");
    assert!(
        text.contains("\nmissing\n  error: cannot open the folder"),
        "{text}"
    );
    let markdown = projects
        .run(&[&all[..], &["--format", "markdown"]].concat())
        .exits(0)
        .stdout;
    assert!(
        markdown.contains("| `drift` | `0.1.0` | `-` | out of date | 1 | 0 |"),
        "{markdown}"
    );
}
