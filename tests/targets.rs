//! One manifest, any target from 10.4 on: what is compiled holds nothing that is newer than its
//! target, and what cannot be is an error at the line that asks for it, with the version that has it.
//!
//! `targets/gates.tsv` says what GitLab has since when; this file reads it by itself and asks the
//! compiler for nothing but pipelines.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod compiled;
#[path = "targets/gates.rs"]
mod gates;
#[allow(dead_code, reason = "one of its functions is enough here")]
#[path = "psych/ruby.rs"]
mod ruby;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use compiled::{Complete, MANIFEST, compiled, json};
use gates::{Gates, Version};
use windlass::compile::Compiled;
use windlass::finding::{Code, Location};
use windlass::source::Place;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Targets: the oldest, those around which something changes for generated pipelines, the newest.
const TARGETS: [&str; 20] = [
    "10.4", "10.7", "11.0", "11.4", "11.6", "11.11", "12.0", "12.2", "12.3", "12.5", "12.6",
    "12.9", "13.3", "13.12", "14.2", "14.6", "15.3", "16.3", "16.11", "18.5",
];

/// Manifests of the examples and of the whole language, by path.
fn manifests() -> Vec<(PathBuf, String)> {
    let root = Path::new(ROOT);
    let list = |folder: &str| -> Vec<PathBuf> {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let examples = list("examples").into_iter().map(|path| path.join(MANIFEST));
    let mut paths: Vec<PathBuf> = examples.filter(|path| path.is_file()).collect();
    paths.extend(list("tests/manifests"));
    paths.push(root.join("tests/targets/everything.yml"));
    paths.sort();
    assert!(paths.len() >= 10, "{paths:?}");
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text)
    };
    paths.into_iter().map(read).collect()
}

/// A manifest for another target.
fn at(manifest: &str, target: &str) -> String {
    let own = manifest.lines().filter(|line| !line.starts_with("gitlab:"));
    let lines: Vec<String> = own
        .map(|line| match line.starts_with("windlass:") {
            true => format!("{line}\ngitlab: \"{target}\""),
            false => line.to_owned(),
        })
        .collect();
    lines.join("\n") + "\n"
}

fn compile(manifest: &str, target: &str) -> (String, Compiled) {
    let manifest = at(manifest, target);
    let compiled = compiled(&manifest, &Complete);
    (manifest, compiled)
}

/// What the target lacks: line, message and the version that the message names.
fn lacks(manifest: &str, compiled: &Compiled) -> Vec<(usize, String, String)> {
    let sorted = compiled.report.sorted();
    let found = sorted.iter().filter(|f| f.code == Code::NeedsVersion);
    found
        .map(|finding| {
            let Location::Text(Place { span, .. }) = finding.location else {
                panic!("{finding:?}");
            };
            assert!(span.end > span.start, "{finding:?}");
            let line = manifest[..span.start].lines().count().max(1);
            let text = &finding.message;
            let (_, rest) = text.rsplit_once("needs").unwrap();
            let since: String = rest
                .chars()
                .skip_while(|c| !c.is_ascii_digit())
                .take_while(|c| c.is_ascii_digit() || *c == '.')
                .collect();
            (line, text.clone(), since)
        })
        .collect()
}

#[test]
fn the_compiler_knows_the_table() {
    let differences = Gates::read().differences();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn nothing_is_newer_than_its_target() {
    let gates = Gates::read();
    let (mut pipelines, mut refused) = (0, 0);
    for (path, manifest) in manifests() {
        for target in TARGETS {
            let place = format!("{} at {target}", path.display());
            let (_, compiled) = compile(&manifest, target);
            let Some(files) = &compiled.files else {
                refused += 1;
                continue;
            };
            pipelines += 1;
            let newer = gates.newer(&json(&files.files[0].body), Version::parse(target));
            assert!(newer.is_empty(), "{place}: {newer:#?}");
        }
    }
    assert!(pipelines > 50, "{pipelines} pipelines, {refused} refused");
}

#[test]
fn the_version_that_is_named_has_it() {
    let mut named = 0;
    for (path, manifest) in manifests() {
        // What is lacking there, by target.
        let mut at: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let lacking = |target: &str| -> Vec<(String, String)> {
            let (text, compiled) = compile(&manifest, target);
            let found = lacks(&text, &compiled);
            found
                .into_iter()
                .map(|(_, message, since)| (message, since))
                .collect()
        };
        for target in TARGETS {
            for (message, since) in lacking(target) {
                let place = format!("{} at {target}: {message}", path.display());
                if message.contains("older than") {
                    assert!(Version::parse(&since) <= Version::parse(target), "{place}");
                    continue;
                }
                assert!(Version::parse(&since) > Version::parse(target), "{place}");
                let still = at.entry(since.clone()).or_insert_with(|| {
                    let later = lacking(&since).into_iter();
                    later.map(|(message, _)| message).collect()
                });
                let what = message.split(" needs GitLab").next().unwrap();
                assert!(
                    !still.iter().any(|message| message.starts_with(what)),
                    "{place}"
                );
                named += 1;
            }
        }
    }
    assert!(named > 100, "{named}");
}

#[test]
fn the_reference_project_compiles_for_each_target_or_says_why_not() {
    let path = Path::new(ROOT).join("examples/facile").join(MANIFEST);
    let manifest = fs::read_to_string(path).unwrap();
    let expected: [(&str, &[&str]); 6] = [
        (
            "10.4",
            &[
                "`agent` needs GitLab 14.2; the target is 10.4",
                "deleting with the credentials of a job needs GitLab 12.3; the target is 10.4",
                "deleting with the credentials of a job needs GitLab 12.3; the target is 10.4",
                "`environment:deployment_tier` needs GitLab 13.10; the target is 10.4",
            ],
        ),
        (
            "12.5",
            &[
                "`agent` needs GitLab 14.2; the target is 12.5",
                "`environment:deployment_tier` needs GitLab 13.10; the target is 12.5",
            ],
        ),
        ("13.12", &["`agent` needs GitLab 14.2; the target is 13.12"]),
        ("15.11", &[]),
        ("16.11", &[]),
        ("18.5", &[]),
    ];
    for (target, expected) in expected {
        let (text, compiled) = compile(&manifest, target);
        let found = lacks(&text, &compiled);
        let messages: Vec<&str> = found.iter().map(|(_, m, _)| m.as_str()).collect();
        assert_eq!(messages, expected, "{target}");
        assert_eq!(compiled.files.is_some(), expected.is_empty(), "{target}");
    }
    // Without the tier, and with what an old GitLab has in place of the others, there is a pipeline for each of them.
    let old = manifest.replace("    deployment_tier: production\n", "");
    let old = old.replace(
        "kubernetes: {agent: facile/infrastructure:production}",
        "kubernetes: {kubeconfig: KUBECONFIG_PROD}\n\
         registries: {gitlab: {delete_username: CLEANER, delete_password: CLEANER_TOKEN}}",
    );
    for target in TARGETS {
        let (_, compiled) = compile(&old, target);
        assert!(compiled.files.is_some(), "{target}: {:?}", compiled.report);
    }
}

#[test]
fn every_key_that_the_oldest_target_lacks_is_told_at_its_line() {
    let path = Path::new(ROOT).join("tests/targets/everything.yml");
    let manifest = fs::read_to_string(path).unwrap();
    let (newest, compiled_newest) = compile(&manifest, "18.5");
    let found = compiled_newest.report.sorted();
    assert!(compiled_newest.files.is_some(), "{newest}{found:#?}");
    let (text, compiled) = compile(&manifest, "10.4");
    let found = lacks(&text, &compiled);
    let lines: Vec<String> = found
        .iter()
        .map(|(line, message, _)| {
            let source = text.lines().nth(line - 1).unwrap().trim();
            let shown: String = source.chars().take(60).collect();
            format!("{message}\n  {shown}")
        })
        .collect();
    let lines = lines.join("\n") + "\n";
    let expected = Path::new(ROOT).join("tests/targets/everything.10.4.txt");
    if std::env::var_os("WINDLASS_BLESS").is_some() {
        fs::write(expected, lines).unwrap();
        return;
    }
    assert_eq!(lines, fs::read_to_string(expected).unwrap());
}

#[test]
fn psych_reads_what_is_written_for_every_target() {
    let mut documents = Vec::new();
    for (_, manifest) in manifests() {
        for target in TARGETS {
            if let Some(lowered) = compile(&manifest, target).1.lowered {
                documents.push(lowered.pipeline.to_document());
            }
        }
    }
    assert!(documents.len() > 50, "{}", documents.len());
    ruby::assert_read_back(&documents);
}
