//! A manifest compiled through the library, and what it wrote as a reader gets it.

use std::fmt::Debug;
use std::path::Path;

use serde_json::Value as Json;
use windlass::check::Files;
use windlass::compile::{Compiled, Project, compile};
use windlass::source::Source;

/// The manifest of every project here.
pub(crate) const MANIFEST: &str = "windlass.yml";

/// A project in which every file exists.
#[derive(Debug)]
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) struct Complete;

impl Files for Complete {
    fn exists(&self, _: &str) -> bool {
        true
    }
}

/// Compiles a manifest, whatever is found in it.
pub(crate) fn compiled(manifest: &str, files: &dyn Files) -> Compiled {
    compile(&Source::new(MANIFEST, manifest), files).unwrap()
}

/// What was found, a line each.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn findings(compiled: &Compiled) -> Vec<String> {
    let found = compiled.report.sorted();
    let line = |finding: &&windlass::finding::Finding| {
        format!("{}: {}", finding.code.as_str(), finding.message)
    };
    found.iter().map(line).collect()
}

/// What may be found in a manifest that is compiled for one key of it: what it defines for other cases, on
/// which refs the base does not want what the case asks for, and which branch could have the name of a tag.
const BESIDE_THE_POINT: [&str; 6] = [
    "overlapping-tags: ",
    "unused: ",
    "merge-request-missing: ",
    "branch-job-missing: ",
    "scheduled-deploy: ",
    "unread-include: ",
];

/// The files of a manifest in which nothing else is found: path and text as they are written.
#[track_caller]
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn files(manifest: &str, project: &dyn Files) -> Vec<(String, String)> {
    let compiled = compiled(manifest, project);
    let mut found = findings(&compiled);
    found.retain(|line| !BESIDE_THE_POINT.iter().any(|code| line.starts_with(code)));
    assert_eq!(found, [""; 0], "found in:\n{manifest}");
    compiled.files.unwrap().sealed(MANIFEST)
}

/// The manifest of a folder, and its files as they must be there.
#[track_caller]
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn files_of(folder: &Path) -> Vec<(String, String)> {
    let manifest = std::fs::read_to_string(folder.join(MANIFEST)).unwrap();
    let root = folder.to_path_buf();
    files(&manifest, &Project { root })
}

/// YAML as JSON, `<<` merged.
#[track_caller]
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn json(yaml: &str) -> Json {
    let mut value: serde_yaml::Value =
        serde_yaml::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    value.apply_merge().unwrap();
    serde_json::to_value(value).unwrap()
}

/// The pipeline of a manifest, in which nothing else is found.
#[track_caller]
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn pipeline(manifest: &str) -> Json {
    let files = files(manifest, &Complete);
    let mut files = files.iter();
    let (_, text) = files.find(|(path, _)| path == ".gitlab-ci.yml").unwrap();
    json(text)
}

/// The commands of a script, a line each.
#[allow(dead_code, reason = "not every test uses it")]
pub(crate) fn commands(script: &Json) -> String {
    let commands = script.as_array().unwrap().iter();
    commands
        .map(|line| format!("{}\n", line.as_str().unwrap()))
        .collect()
}
