//! Globs of `changes` and `exists` that match no file: a job that waits for one never runs.
//!
//! In: the globs of tests, tasks and recipes, and those in raw GitLab keys. Out: a finding each, with
//! the glob that was probably meant.

use std::collections::HashSet;

use super::Check;
use crate::config::unmatchable_glob;
use crate::gitlab::glob::Compared;
use crate::manifest::kinds::Raw;
use crate::manifest::record::all;
use crate::manifest::tools::Include;
use crate::source::{Kind, Node, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (_, test, _) in manifest.tests_and_tasks() {
        for glob in test.changes.get().into_iter().flat_map(|list| list.iter()) {
            look(check, &glob.value, glob.span, Compared::ChangedFiles);
        }
    }
    // Several entities may have their keys from one place in `defaults`.
    let mut seen = HashSet::new();
    let raw = all::<Raw>(manifest).into_iter().map(|raw| &raw.0);
    let includes = all::<Include>(manifest).into_iter();
    for node in raw.chain(includes.map(|include| &include.0)) {
        if seen.insert(node.span) {
            of_keys(check, node);
        }
    }
}

/// The globs in `rules`, `only` and `except`, however deep these stand.
fn of_keys(check: &mut Check<'_>, node: &Node) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries.iter() {
                match &*entry.key.value {
                    "rules" | "only" | "except" => of_conditions(check, &entry.value),
                    _ => of_keys(check, &entry.value),
                }
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| of_keys(check, item)),
        Kind::Scalar(_) => {}
    }
}

fn of_conditions(check: &mut Check<'_>, node: &Node) {
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| of_conditions(check, item)),
        Kind::Mapping(entries) => {
            for entry in entries.iter() {
                let compared = match &*entry.key.value {
                    "changes" => Compared::ChangedFiles,
                    "exists" => Compared::FilesAndFolders,
                    _ => continue,
                };
                let paths = crate::manifest::raw::member(&entry.value, "paths");
                let Kind::Sequence(globs) = &paths.unwrap_or(&entry.value).kind else {
                    continue;
                };
                for glob in globs.iter() {
                    if let Kind::Scalar(text) = &glob.kind {
                        look(check, &text.text, glob.span, compared);
                    }
                }
            }
        }
        Kind::Scalar(_) => {}
    }
}

fn look(check: &mut Check<'_>, glob: &str, span: Span, compared: Compared) {
    if let Some(finding) = unmatchable_glob(glob, compared, span) {
        check.report.push(finding);
    }
}
