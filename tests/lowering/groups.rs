//! A row of a group does what the image's own job would do.
//!
//! In: manifests with and without `group`. Both scripts run in a shell, in which the programs print
//! their arguments, with the variables that GitLab would set. Always holds: they print the same, and
//! hand on the same digest.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use windlass::finding::Report;
use windlass::lower::{Lowered, lower};
use windlass::manifest;
use windlass::pipeline::{Job, Mapping, Parallel, Value};
use windlass::source::{Limits, Source, parse};

/// The variables that GitLab sets in these tests.
const SET: [(&str, &str); 5] = [
    ("CI_REGISTRY_IMAGE", "registry.example.com/shop"),
    ("CI_COMMIT_SHA", "4f2a"),
    ("CI_COMMIT_REF_SLUG", "topic"),
    ("CI_DEFAULT_BRANCH", "main"),
    ("CI_PROJECT_DIR", "/builds/shop"),
];

/// The clients that build.
const CLIENTS: [&str; 3] = ["docker", "buildah", "buildctl-daemonless.sh"];

/// What they do here: they note their arguments, and say what a registry says.
const CLIENT: &str = r#"#!/bin/sh
printf '<%s>' "$0" "$P" "$@" >> log
echo 'latest: digest: sha256:0a size: 1' | tee image.digest
echo '"containerimage.digest": "sha256:0a"' > image.json
"#;

fn lowered(text: &str) -> Lowered {
    let mut report = Report::default();
    let source = Source::new("windlass.yml", text);
    let tree = parse(&source, Limits::MANIFEST, &mut report);
    let manifest = tree.and_then(|tree| manifest::read(&tree, &mut report));
    let manifest = manifest.unwrap_or_else(|| panic!("{text}\n{report:?}"));
    assert!(report.is_empty(), "{text}\n{report:?}");
    lower(&manifest)
}

fn script(job: &Job) -> String {
    let lines = job.script.iter().filter_map(Value::as_str);
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// What a script does with the variables of the pipeline and of a row.
fn run(script: &str, pipeline: &Mapping, row: &Mapping) -> String {
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let any = programs.join("any");
    fs::write(&any, CLIENT).unwrap();
    fs::set_permissions(&any, fs::Permissions::from_mode(0o755)).unwrap();
    for client in CLIENTS {
        symlink("any", programs.join(client)).unwrap();
    }
    let mut command = Command::new("/bin/sh");
    command
        .args(["-ec", script])
        .current_dir(folder.path())
        .env_clear();
    command.envs(SET).env("PATH", "bin:/usr/bin:/bin");
    for (name, value) in pipeline.iter().chain(row.iter()) {
        let mut value = value.as_str().unwrap().to_owned();
        for (name, set) in SET {
            value = value.replace(&format!("${name}"), set);
        }
        command.env(name, value);
    }
    let done = command.output().unwrap();
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{script}\n{error}");
    let read = |name: &str| fs::read_to_string(Path::new(folder.path()).join(name)).unwrap();
    read("log") + &read("image.env")
}

/// Keys that every image of a group has, and texts that their values are made of: `@` is a word that
/// each image has for itself.
fn keys() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    let all = vec![
        ("context", "@"),
        ("context", "services/@"),
        ("dockerfile", "ci/@.Dockerfile"),
        ("dockerfile", "Dockerfile"),
        ("target", "@"),
        ("tag", "@-$CI_COMMIT_SHA"),
        ("tag", "$CI_COMMIT_SHA-@"),
        ("also_tag", "[latest, '@', 'registry.example.com/x/@:1']"),
        ("repository", "$CI_REGISTRY_IMAGE/team/@"),
        ("repository", "registry.example.com/@"),
        ("cache_from", "['cache-@', '$CI_REGISTRY_IMAGE/@:cache']"),
        ("cache_to", "@-cache"),
        ("platforms", "[linux/@, linux/arm64]"),
        ("build_options", "['--network', '@', '--a=@ b']"),
        (
            "build_args",
            "{P: '@ of $$@', Q: 'it''s \"@\" \\@ `x`', R: '$CI_COMMIT_SHA.@'}",
        ),
        ("build_args", "{P: '$TOKEN/@', OTHER: '@'}"),
        ("secrets", "{'@': TOKEN}"),
    ];
    proptest::sample::subsequence(all, 0..7).prop_map(|mut keys| {
        keys.dedup_by_key(|(key, _)| *key);
        keys
    })
}

fn image(name: &str, word: &str, keys: &[(&str, &str)], group: &str) -> String {
    let mut text = format!("  {name}: {{{group}");
    for (key, value) in keys {
        let value = value.replace('@', word);
        let value = match value.starts_with(['[', '{']) {
            true => value,
            false => format!("'{value}'"),
        };
        write!(text, "{key}: {value}, ").unwrap();
    }
    text + "}\n"
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(48)
    })]

    #[test]
    fn a_row_does_what_the_job_of_its_image_did(
        keys in keys(),
        builder in proptest::sample::select(vec!["buildx", "docker", "buildah", "buildkit"]),
        words in proptest::sample::select(vec![["web", "php-ci"], ["a", "b"], ["x.y", "x-y"], ["php-ci", "web"]]),
    ) {
        let names = ["web", "php-ci"];
        let manifest = |group: &str| {
            let images: String = names.iter().zip(words)
                .map(|(name, word)| image(name, word, &keys, group)).collect();
            lowered(&format!("windlass: 1\ndefaults: {{images: {{builder: {builder}}}}}\nimages:\n{images}"))
        };
        let (own, grouped) = (manifest(""), manifest("group: all, "));
        prop_assert_eq!(&grouped.faults, &Vec::new());
        let [job] = grouped.pipeline.jobs.as_slice() else { panic!("one job") };
        let Some(Parallel::Matrix(rows)) = &job.parallel else { panic!("rows") };
        prop_assert_eq!(rows.len(), 2);
        for (own, row) in own.pipeline.jobs.iter().zip(rows) {
            let pipeline = |variables: &Mapping| {
                let mut all = variables.clone();
                all.merge(&own.variables);
                all.set("TOKEN", "secret");
                all
            };
            let expected = run(&script(own), &pipeline(&grouped.pipeline.variables), &Mapping::new());
            let done = run(&script(job), &pipeline(&grouped.pipeline.variables), row);
            prop_assert_eq!(done, expected, "{}\n{:?}", script(job), row);
        }
    }
}
