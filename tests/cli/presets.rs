//! Presets: what several projects share, under each of their manifests.

use std::fs;

use crate::project::{PIPELINE, Project};

const MANIFEST: &str = "\
windlass: 1
presets: .windlass/backend.yml
tests:
  unit: {image: 'alpine:3.22', script: make test}
  lint: {timeout: 5 minutes, script: make lint}
";

const BACKEND: &str = "\
windlass: 1
presets: shared/base.yml
defaults:
  tests: {image: 'debian:13', timeout: 30 minutes}
refs:
  releases: {tags: ['/^v\\d/']}
";

const BASE: &str = "\
windlass: 1
defaults:
  timeout: 2 hours
  runner_tags: [company]
";

/// A project whose presets lie in a folder beside it, and have been taken over.
fn company() -> Project {
    let project = Project::new(MANIFEST);
    project.write("../presets/backend.yml", BACKEND);
    project.write("../presets/shared/base.yml", BASE);
    project
        .run(&["update", "--from", "../presets"])
        .exits(0)
        .says("wrote windlass.lock");
    project.run(&["check"]).exits(0);
    project
}

#[test]
fn the_manifest_goes_before_its_presets_and_they_before_theirs() {
    let project = company();
    let pipeline = project.read(PIPELINE);
    for (text, count) in [
        ("timeout: 30 minutes", 1),
        ("timeout: 5 minutes", 1),
        ("company", 1),
    ] {
        assert!(
            pipeline.matches(text).count() >= count,
            "{text}\n{pipeline}"
        );
    }
    assert!(
        !pipeline.contains("2 hours") && pipeline.contains("debian:13"),
        "{pipeline}"
    );
    assert_eq!(project.read(".windlass/backend.yml"), BACKEND);
    assert_eq!(project.read(".windlass/shared/base.yml"), BASE);
    // A second time there is nothing to do.
    let lock = project.read("windlass.lock");
    let ran = project.run(&["update", "--from", "../presets"]).exits(0);
    assert!(!ran.stderr.contains("wrote"), "{ran:#?}");
    let ran = project.run(&["update"]).exits(0);
    assert!(!ran.stderr.contains("wrote"), "{ran:#?}");
    assert_eq!(project.read("windlass.lock"), lock);
    assert!(
        !ran.stderr.contains("releases"),
        "an offer need not be used: {ran:#?}"
    );
}

#[test]
fn explain_says_which_file_a_value_comes_from() {
    let project = company();
    for (key, told) in [
        (
            "tests.lint.timeout",
            "windlass.yml:5: tests.lint.timeout: 5 minutes\n  \
             instead of .windlass/backend.yml:4: defaults.tests.timeout: 30 minutes\n  \
             instead of .windlass/shared/base.yml:3: defaults.timeout: 2 hours\n",
        ),
        (
            "tests.lint.image",
            ".windlass/backend.yml:4: defaults.tests.image: 'debian:13'\n",
        ),
        (
            "refs.releases",
            ".windlass/backend.yml:6: refs.releases: {tags: ['/^v\\d/']}\n",
        ),
        ("windlass", "windlass.yml:1: windlass: 1\n"),
    ] {
        assert_eq!(
            project.run(&["explain", key]).exits(0).stdout,
            told,
            "{key}"
        );
    }
    project
        .run(&["explain", "tools.kubectl"])
        .exits(2)
        .says("`windlass.yml` and its presets do not set `tools.kubectl`");
    let pipeline = project.read(PIPELINE);
    let line = pipeline
        .lines()
        .position(|line| line.contains("30 minutes"))
        .unwrap()
        + 1;
    let ran = project
        .run(&["explain", &format!("{PIPELINE}:{line}")])
        .exits(0);
    assert!(
        ran.stdout.contains("from .windlass/backend.yml:4: "),
        "{ran:#?}"
    );
}

#[test]
fn explain_names_what_is_in_force_alone() {
    let project = Project::new(
        "windlass: 1
presets: [base.yml, over.yml]
tests:
  unit: {image: 'alpine:3.22', script: make test, variables: {OWN: '1'}}
refs: {releases: {tags: ['/^r/']}}
",
    );
    project.write(
        "base.yml",
        "windlass: 1
refs: {releases: {branches: [x]}}
tools: {git: 'a:1', kubectl: 'b:1'}
tests:
  gone: {image: 'alpine:3.22', script: make gone}
defaults:
  retry: 2
  tests: {variables: {SHARED: '1'}, runner_tags: [base]}
",
    );
    project.write(
        "over.yml",
        "windlass: 1
tools: {git: 'a:2'}
tests: {gone: null}
defaults: {tests: {runner_tags: null, retry: {max: 1}}}
",
    );
    project.run(&["update"]).exits(0);
    for (key, told) in [
        (
            "tools.git",
            "over.yml:2: tools.git: 'a:2'\n  instead of base.yml:3: tools.git: 'a:1'\n",
        ),
        ("tools.kubectl", "base.yml:3: tools.kubectl: 'b:1'\n"),
        (
            "tools",
            "over.yml:2: tools: {git: 'a:2'}\n  with base.yml:3: tools: {git: 'a:1', kubectl: 'b:1'}\n",
        ),
        (
            "tests.unit.variables.SHARED",
            "base.yml:8: defaults.tests.variables.SHARED: '1'\n",
        ),
        (
            "tests.unit.variables",
            "windlass.yml:4: tests.unit.variables: {OWN: '1'}\n  \
             with base.yml:8: defaults.tests.variables: {SHARED: '1'}\n",
        ),
        (
            "tests.unit.runner_tags",
            "over.yml:4: defaults.tests.runner_tags: null\n  \
             instead of base.yml:8: defaults.tests.runner_tags: [base]\n",
        ),
        (
            "tests.unit.retry.max",
            "over.yml:4: defaults.tests.retry.max: 1\n",
        ),
        (
            "refs.releases.tags",
            "windlass.yml:5: refs.releases.tags: ['/^r/']\n",
        ),
    ] {
        let ran = project.run(&["explain", key]).exits(0);
        assert_eq!(ran.stdout, told, "{key}");
    }
    // A set of refs is taken whole, a test was taken away, and no key of a default is one of something else.
    for key in [
        "refs.releases.branches",
        "refs.releases.retry",
        "tests.gone",
        "tests.gone.image",
        "tests.gone.retry",
        "tests.nowhere.retry",
        "tests.unit.retry.when",
    ] {
        let ran = project.run(&["explain", key]).exits(2);
        ran.says(&format!("its presets do not set `{key}`"));
    }
}

#[test]
fn a_mistake_that_something_above_hides_is_shown_as_well() {
    for (text, place) in [
        ("tests: [a]\n", ":2:8: error[wrong-type]: `tests` wants"),
        (
            "tests: {unit: [a]}\n",
            ":2:15: error[wrong-type]: `unit` wants",
        ),
        (
            "tests: {unit: {script: {a: 1}}}\n",
            ":2:24: error[wrong-type]",
        ),
        (
            "tests: {unit: {timeout: [1]}}\n",
            ":2:25: error[wrong-type]",
        ),
        ("gitlab: [18]\n", ":2:9: error[wrong-type]"),
        ("refs: {m: {branchs: [a]}}\n", ":2:12: error[unknown-key]"),
        ("tools: nonsense\n", ":2:8: error[wrong-type]"),
    ] {
        let project = Project::new(
            "windlass: 1
presets: base.yml
gitlab: '18.0'
tools: {git: 'a:1'}
refs: {m: {branches: [main]}}
tests: {unit: {image: 'alpine:3.22', script: make test, timeout: 1h, refs: m}}
",
        );
        project.write("base.yml", format!("windlass: 1\n{text}"));
        let ran = project.run(&["update"]).exits(1);
        let ran = ran.says(&format!("base.yml{place}"));
        assert_eq!(ran.stderr.matches("error[").count(), 1, "{ran:#?}");
    }
}

#[test]
fn a_preset_is_written_over_nothing_else() {
    let preset = "windlass: 1\ntests: {unit: {timeout: 2h}}\n";
    let manifest = |path: &str| {
        format!(
            "windlass: 1\npresets: [{path}]\ntests: {{unit: {{image: 'alpine:3.22', script: make test}}}}\n"
        )
    };
    let before = |project: &Project, path: &str| {
        (project.names(), fs::read_to_string(project.path(path)).ok())
    };
    for (path, code) in [
        (
            "Makefile",
            "error[foreign-file]: `Makefile` is a file of the project",
        ),
        ("ci/notes.yml", "error[foreign-file]: `ci/notes.yml`"),
        ("folder", "error[foreign-file]: `folder` is a folder"),
        ("Makefile/x.yml", "error["),
        (
            PIPELINE,
            "error[bad-path]: `.gitlab-ci.yml` cannot be a preset",
        ),
        (
            "./.GitLab-ci.yml",
            "error[bad-path]: `.gitlab-ci.yml` cannot be a preset",
        ),
        (
            "ci/../windlass.lock",
            "error[bad-path]: `windlass.lock` cannot be a preset",
        ),
        ("windlass.yml", "error[cyclic-presets]"),
        ("../outside.yml", "error[bad-path]"),
        (".git/hooks/x", "error[bad-path]"),
    ] {
        let project = Project::new(&manifest(path));
        project.write("../from/x", "");
        for own in ["Makefile", "ci/notes.yml", "folder/file"] {
            project.write(own, "all: mine\n");
        }
        if !path.contains("Makefile/") && path != "folder" && !path.contains("..") {
            project.write(&format!("../from/{path}"), preset);
            project.write(
                &format!("../from/{}", path.rsplit('/').next().unwrap()),
                preset,
            );
        }
        if path == "folder" {
            project.write("../from/folder", preset);
        }
        let was = before(&project, path);
        let ran = project.run(&["update", "--from", "../from"]).exits(1);
        ran.says(code).says("nothing was written");
        assert_eq!(before(&project, path), was, "{path}");
    }

    // An edited preset is no other file, and its edit is kept all the same.
    let project = company();
    project.write(".windlass/backend.yml", format!("{BACKEND}# mine\n"));
    project.write("../presets/backend.yml", format!("{BACKEND}# theirs\n"));
    let ran = project.run(&["update", "--from", "../presets"]).exits(1);
    ran.says(".windlass/backend.yml:1: error[edited-file]: `.windlass/backend.yml` is not the preset that");
    project.run(&["update"]).exits(0);
    project.run(&["update", "--from", "../presets"]).exits(0);
    assert!(
        project
            .read(".windlass/backend.yml")
            .ends_with("# theirs\n")
    );

    // A generated file in its place.
    let project = Project::new(
        "windlass: 1
presets: over.yml
compose: {override: over.yml, services: {php: php-ci}}
images: {php-ci: {role: test}}
tests: {unit: {image: php-ci, via: compose, script: make test}}
",
    );
    project.write("../from/over.yml", "windlass: 1\n");
    let ran = project.run(&["update", "--from", "../from"]).exits(1);
    ran.says("error[bad-path]: `over.yml` is a preset, and a file that windlass generates");
    assert!(!project.path("over.yml").exists());
}

#[test]
fn an_update_writes_all_or_nothing() {
    let project = company();
    project.write(
        "../presets/backend.yml",
        BACKEND.replace("30 minutes", "40 minutes"),
    );
    let lock = project.read("windlass.lock");
    let pipeline = project.read(PIPELINE);
    // What stands in the way of the lock, of the pipeline, of a new folder.
    for (path, message) in [
        (
            "windlass.lock",
            "error[bad-lock]: `windlass.lock` is a folder",
        ),
        (
            PIPELINE,
            "error[foreign-file]: `.gitlab-ci.yml` is a folder",
        ),
        (".windlass/shared", "error["),
    ] {
        let saved = project.path("../saved");
        fs::rename(project.path(path), &saved).unwrap();
        match path {
            ".windlass/shared" => project.write(path, "mine\n"),
            _ => fs::create_dir(project.path(path)).unwrap(),
        }
        let ran = project.run(&["update", "--from", "../presets"]).exits(1);
        ran.says(message);
        assert_eq!(project.read(".windlass/backend.yml"), BACKEND, "{path}");
        match path {
            ".windlass/shared" => fs::remove_file(project.path(path)).unwrap(),
            _ => fs::remove_dir(project.path(path)).unwrap(),
        }
        fs::rename(&saved, project.path(path)).unwrap();
        assert_eq!(
            (project.read("windlass.lock"), project.read(PIPELINE)),
            (lock.clone(), pipeline.clone())
        );
    }
    // A lock of a newer windlass says more than this one can write.
    project.write("windlass.lock", "version = 2\n");
    let ran = project.run(&["update", "--from", "../presets"]).exits(1);
    ran.says("error[bad-lock]")
        .says("install the windlass that wrote it");
    assert_eq!(project.read("windlass.lock"), "version = 2\n");
    // One that a merge broke is written anew, from what is there.
    project.write("windlass.lock", "<<<<<<< HEAD\n");
    project.run(&["update"]).exits(0);
    assert_eq!(project.read("windlass.lock"), lock);
}

#[test]
fn a_lock_goes_with_its_presets() {
    let project = company();
    let plain = "windlass: 1\njobs: {hello: {script: [echo hi]}}\n";
    project.write("windlass.yml", plain);
    project.run(&["generate"]).exits(0);
    let ran = project.run(&["check"]).exits(0);
    let ran = ran.says("warning[stale-lock]: `windlass.lock` pins the preset `.windlass/backend.yml` for `windlass.yml`");
    assert_eq!(ran.stderr.matches("stale-lock]").count(), 2, "{ran:#?}");
    project.run(&["update", "--dry-run"]).exits(0);
    assert!(project.path("windlass.lock").exists());
    project
        .run(&["update"])
        .exits(0)
        .says("removed windlass.lock");
    assert!(!project.path("windlass.lock").exists());
    let ran = project.run(&["check"]).exits(0);
    assert!(!ran.stderr.contains("stale-lock"), "{ran:#?}");
}

#[test]
fn a_mistake_in_a_preset_is_shown_there() {
    let project = company();
    project.write(
        "../presets/shared/base.yml",
        "windlass: 1\ndefaults:\n  timeot: 2 hours\n",
    );
    let before = (
        project.read(PIPELINE),
        project.read("windlass.lock"),
        project.names(),
    );
    let ran = project.run(&["update", "--from", "../presets"]).exits(1);
    let ran = ran.says(".windlass/shared/base.yml:3:3: error[unknown-key]");
    let ran = ran.says("3 |   timeot: 2 hours");
    ran.says("nothing was written");
    assert_eq!(
        before,
        (
            project.read(PIPELINE),
            project.read("windlass.lock"),
            project.names()
        )
    );
    assert_eq!(project.read(".windlass/shared/base.yml"), BASE);
    project.run(&["check"]).exits(0);

    // In formats for programs, too, and with the project's folder in its path.
    project.write(
        ".windlass/shared/base.yml",
        "windlass: 1\ndefaults:\n  timeot: 2 hours\n",
    );
    for (format, path) in [
        ("json", "\"file\""),
        ("gitlab", "\"path\""),
        ("sarif", "\"uri\""),
    ] {
        let ran = project.run(&["check", "--format", format]).exits(1);
        let wanted = format!("{path}: \".windlass/shared/base.yml\"");
        assert!(ran.stdout.contains(&wanted), "{format}: {}", ran.stdout);
    }
    project.write(
        "other/windlass.yml",
        "windlass: 1\njobs: {a: {script: [b]}}\n",
    );
    project
        .run(&["-C", "other", "-C", ".", "check"])
        .exits(1)
        .says("./.windlass/shared/base.yml:3:3: error[unknown-key]");
}

#[test]
fn each_preset_says_the_version_of_the_language_and_may_want_a_newer_windlass() {
    for (text, code) in [
        (
            "windlass: 1\nmade_for: 99.0.0\n",
            ":2:11: error[made-for-newer]: the preset is made for",
        ),
        ("windlass: 2\n", ":1:11: error[out-of-range]"),
        ("defaults: {}\n", ":1:1: error[missing-key]"),
        ("- a\n", ":1:1: error[wrong-type]"),
        ("", ":1:1: error[empty]"),
        ("windlass: 1\na: [\n", ":2:4: error[yaml-syntax]"),
        ("windlass: 1\npresets: ../x.yml\n", ":2:10: error[bad-path]"),
        (
            "windlass: 1\npresets: nowhere.yml\n",
            ":2:10: error[missing-preset]",
        ),
        (
            "windlass: 1\npresets: base.yml\n",
            ":2:10: error[cyclic-presets]",
        ),
    ] {
        let project = company();
        project.write("../presets/shared/base.yml", text);
        project
            .run(&["update", "--from", "../presets"])
            .exits(1)
            .says(&format!(".windlass/shared/base.yml{code}"));
    }
}

#[cfg(unix)]
#[test]
fn no_preset_leads_out_of_the_project_or_of_the_folder() {
    use std::os::unix::fs::symlink;
    let secret = "windlass: 1\n# secret\n";
    let project = company();
    project.write("../secret.yml", secret);
    fs::remove_file(project.path(".windlass/backend.yml")).unwrap();
    symlink("../../secret.yml", project.path(".windlass/backend.yml")).unwrap();
    project
        .run(&["check"])
        .exits(1)
        .says("error[missing-preset]");
    project
        .run(&["update"])
        .exits(1)
        .says("error[missing-preset]");

    let project = company();
    project.write("../secret.yml", secret);
    fs::remove_file(project.path("../presets/backend.yml")).unwrap();
    symlink("../secret.yml", project.path("../presets/backend.yml")).unwrap();
    project
        .run(&["update", "--from", "../presets"])
        .exits(1)
        .says("error[missing-preset]");
    assert_eq!(project.read(".windlass/backend.yml"), BACKEND);

    // What is written goes through no link either.
    let project = company();
    fs::remove_dir_all(project.path(".windlass")).unwrap();
    fs::create_dir(project.path("../elsewhere")).unwrap();
    symlink("../elsewhere", project.path(".windlass")).unwrap();
    let ran = project.run(&["update", "--from", "../presets"]);
    assert_ne!(ran.status, 0, "{ran:#?}");
    assert_eq!(
        fs::read_dir(project.path("../elsewhere")).unwrap().count(),
        0
    );
}

#[test]
fn a_preset_that_the_folder_lacks_is_the_projects_own() {
    let project = company();
    fs::remove_file(project.path("../presets/shared/base.yml")).unwrap();
    project.run(&["update", "--from", "../presets"]).exits(0);
    project
        .run(&["update", "--from", "../nowhere"])
        .exits(3)
        .says("is not a folder");
    assert_eq!(project.read(".windlass/shared/base.yml"), BASE);
    project.run(&["check"]).exits(0);
}

#[test]
fn a_dry_run_writes_nothing_and_an_edited_file_stops_all() {
    let project = company();
    project.write(
        "../presets/backend.yml",
        BACKEND.replace("30 minutes", "40 minutes"),
    );
    let ran = project
        .run(&["update", "--from", "../presets", "--dry-run"])
        .exits(0);
    assert!(ran.stdout.contains("40 minutes"), "{ran:#?}");
    assert_eq!(project.read(".windlass/backend.yml"), BACKEND);
    project.run(&["check"]).exits(0);
    project.write(PIPELINE, project.read(PIPELINE) + "# mine\n");
    project
        .run(&["update", "--from", "../presets"])
        .exits(1)
        .says("error[edited-file]");
    assert_eq!(project.read(".windlass/backend.yml"), BACKEND);
}

/// Forty services that differ in their names, and take one preset.
pub(crate) fn forty() -> Project {
    let company = Project::new("windlass: 1\njobs: {a: {script: [b]}}\n");
    company.write("presets/backend.yml", BACKEND);
    company.write("presets/shared/base.yml", BASE);
    let mut list = String::new();
    for number in 0..40 {
        let name = format!("services/s{number:02}");
        company.write(
            &format!("{name}/windlass.yml"),
            MANIFEST.replace("make test", &format!("make test-{number}")),
        );
        list += &format!("{name}\n");
    }
    company.write("list", list);
    company
        .run(&["--projects", "list", "update", "--from", "presets"])
        .exits(0);
    company
}

#[test]
fn one_change_and_one_command_change_forty_projects() {
    let company = forty();
    let all = |arguments: &[&str]| company.run(&[&["--projects", "list"], arguments].concat());
    all(&["check"]).exits(0);
    let presets = company.path("presets/backend.yml");
    fs::write(&presets, BACKEND.replace("30 minutes", "45 minutes")).unwrap();
    let report = ["report", "--presets-from", "presets"];
    for format in ["text", "markdown", "html"] {
        let told = all(&[&report[..], &["--format", format]].concat())
            .exits(0)
            .stdout;
        let names = "40 projects: services/s00, services/s01, services/s02, services/s03, services/s04 and 35 more";
        assert!(told.contains(names), "{told}");
        assert_eq!(told.matches("45 minutes").count(), 1, "{told}");
    }
    let ran = all(&["update", "--from", "presets"]).exits(0);
    assert_eq!(
        ran.stdout.matches("40 projects: ").count(),
        1,
        "{}",
        ran.stdout
    );
    assert_eq!(
        ran.stdout.matches("45 minutes").count(),
        1,
        "{}",
        ran.stdout
    );
    let page = include_str!("../../docs/presets.md");
    let told = ran.stdout.lines().take(2).map(|line| format!("{line}\n"));
    assert!(page.contains(&told.collect::<String>()), "{}", ran.stdout);
    all(&["check"]).exits(0);
    for number in 0..40 {
        let pipeline = company.read(&format!("services/s{number:02}/{PIPELINE}"));
        assert!(pipeline.contains("timeout: 45 minutes"), "{number}");
    }
    // One that goes its own way is told apart.
    company.write("services/s07/.windlass/backend.yml", BACKEND);
    all(&["check"])
        .exits(1)
        .says("services/s07/windlass.yml:2:10: error[changed-preset]");
    let json = all(&["report", "--format", "json"]).exits(0).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let checksum = |number: usize| &json["projects"][number]["presets"][".windlass/backend.yml"];
    assert_ne!(checksum(7), checksum(8));
    assert_eq!(checksum(8), checksum(9));
}
