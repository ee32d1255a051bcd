//! Globs of `changes` and `exists` that match no file: a job that waits for one never runs.
//!
//! In: the globs of images, tests, tasks and environments, and those in raw GitLab keys. Out: a finding each,
//! with the glob that was probably meant.

use std::collections::HashSet;

use super::Check;
use crate::config::unmatchable_glob;
use crate::finding::{Code, Finding};
use crate::gitlab::glob::{self, Compared};
use crate::manifest::kinds::Raw;
use crate::manifest::record::all;
use crate::manifest::tools::Include;
use crate::source::{At, Kind, Node, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    // Several entities may have their keys from one place in `defaults`.
    let mut seen = HashSet::new();
    let mut paths = None;
    for changes in super::changes::written(manifest) {
        for glob in changes.iter().filter(|glob| seen.insert(glob.span)) {
            let finding = unmatchable_glob(&glob.value, Compared::ChangedFiles, glob.span);
            match finding {
                Some(finding) => check.report.push(finding),
                None => {
                    let paths = paths.get_or_insert_with(|| check.files.repository().paths());
                    unmatched(check, paths.as_deref(), glob);
                }
            }
        }
    }
    let raw = all::<Raw>(manifest).into_iter().map(|raw| &raw.0);
    let includes = all::<Include>(manifest).into_iter();
    for node in raw.chain(includes.map(|include| &include.0)) {
        if seen.insert(node.span) {
            of_keys(check, node);
        }
    }
}

/// Reports a glob that matches no file of the project, most often a folder that was renamed or misspelt: what
/// waits for it never runs again.
fn unmatched(check: &mut Check<'_>, paths: Option<&[String]>, glob: &At<String>) {
    let Some(paths) = paths.filter(|_| !glob.value.contains('$')) else {
        return;
    };
    if glob::matches_any(&glob.value, paths) != Some(false) {
        return;
    }
    // The files of a new folder are not in the index yet.
    let literal = glob.value.split(['*', '?', '[', '{', '\\']).next();
    let folder = literal.and_then(|literal| Some(literal.rsplit_once('/')?.0));
    let is_new = folder.is_some_and(|folder| {
        let below = format!("{folder}/");
        let mut known = paths.iter();
        check.files.exists(folder) && !known.any(|path| path.starts_with(&below))
    });
    if is_new {
        return;
    }
    let message = format!("`{}` matches no file of the project", glob.value);
    check.report.push(
        Finding::new(Code::UnmatchedGlob, glob.span, message)
            .help("a glob is compared with whole paths from the root of the project; `**/*` stands for all files below a folder"),
    );
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
