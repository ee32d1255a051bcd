//! From a manifest's text to the files it stands for: all steps of the compiler in one call.
//!
//! In: a [`Source`] and the project around it. Out: everything that was found, and the files if
//! nothing was an error. Always holds: no input panics, and nothing is written here.
//!
//! TEMPORARY BODY: the steps between `source` and `files` are not joined yet. Until they are, jobs
//! of `jobs` are listed as comments, `compose` gives its override file and `scripts` one script,
//! which is what the file set and the commands need to work on.

use std::path::PathBuf;

use crate::files::{FileSet, GeneratedFile};
use crate::finding::{Code, Finding, Report};
use crate::source::{Entry, Kind, Limits, Node, Source, Span, parse};

/// The project that a manifest is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its root folder, where `.gitlab-ci.yml` lies.
    pub root: PathBuf,
}

/// What compiling gave.
#[derive(Debug)]
pub struct Compiled {
    /// All that was found.
    pub report: Report,
    /// The files; `None` if something found is an error.
    pub files: Option<FileSet>,
}

/// Compiles a manifest.
pub fn compile(source: &Source, _project: &Project) -> Compiled {
    let mut report = Report::default();
    let root = parse(source, Limits::MANIFEST, &mut report);
    if root.is_none() && !report.has_errors() {
        let message = "the manifest is empty";
        report.push(Finding::new(Code::Empty, Span::default(), message));
    }
    let files = root.and_then(|root| temporary_files(&root, &mut report));
    let files = files.filter(|_| !report.has_errors());
    Compiled { report, files }
}

fn temporary_files(root: &Node, report: &mut Report) -> Option<FileSet> {
    let keys = entries(root);
    if find(keys, "windlass").is_none() {
        let message = "the key `windlass` is missing";
        report.push(Finding::new(Code::MissingKey, Span::default(), message));
        return None;
    }
    let known = [
        "windlass",
        "gitlab",
        "variables",
        "images",
        "tests",
        "jobs",
        "compose",
        "scripts",
    ];
    for entry in keys
        .iter()
        .filter(|entry| !known.contains(&&*entry.key.value))
    {
        let message = format!("`{}` is not a key of the manifest", entry.key.value);
        report.push(Finding::new(Code::UnknownKey, entry.key.span, message));
    }
    let mut body = "stages: [build, test, build-prod, deploy, cleanup]\n".to_owned();
    for job in find(keys, "jobs").map(entries).unwrap_or_default() {
        body += &format!("\n{}:\n  script:\n", job.key.value);
        let lines = find(entries(&job.value), "script")
            .map(items)
            .unwrap_or_default();
        for line in lines.iter().filter_map(text) {
            body += &format!("    - {line:?}\n");
        }
    }
    let mut files = vec![file(".gitlab-ci.yml", body, false)];
    if let Some(compose) = find(keys, "compose").map(entries) {
        let path = find(compose, "override").and_then(text);
        let path = path.unwrap_or("docker-compose.windlass.yml");
        files.push(file(path, "services: {}\n".to_owned(), false));
    }
    if let Some(folder) = find(keys, "scripts").and_then(text) {
        let body = "#!/bin/sh\nset -eu\n".to_owned();
        files.push(file(&format!("{folder}/registry.sh"), body, true));
    }
    Some(FileSet { files })
}

fn file(path: &str, body: String, executable: bool) -> GeneratedFile {
    let path = path.to_owned();
    GeneratedFile {
        path,
        body,
        executable,
    }
}

fn entries(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        Kind::Scalar(_) | Kind::Sequence(_) => &[],
    }
}

fn items(node: &Node) -> &[Node] {
    match &node.kind {
        Kind::Sequence(items) => items,
        Kind::Scalar(_) | Kind::Mapping(_) => &[],
    }
}

fn find<'a>(entries: &'a [Entry], key: &str) -> Option<&'a Node> {
    let entry = entries.iter().find(|entry| &*entry.key.value == key);
    entry.map(|entry| &entry.value)
}

fn text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Scalar(scalar) => Some(&scalar.text),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}
