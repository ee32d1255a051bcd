//! Artifacts that GitLab refuses although each key is well written.
//!
//! In: `artifacts` of all entities. Out: a finding each, at the key that is wrong. Facts:
//! `Entry::Artifacts` (18.11).

use std::collections::HashSet;

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::names;
use crate::manifest::artifacts::Artifacts;
use crate::manifest::record::all;
use crate::source::Span;

pub(super) fn check(check: &mut Check<'_>) {
    // Several entities may have artifacts from one place in `defaults`.
    let mut seen = HashSet::new();
    for finding in all::<Artifacts>(check.manifest).into_iter().flat_map(of) {
        if seen.insert(finding.clone()) {
            check.report.push(finding);
        }
    }
}

fn of(artifacts: &Artifacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tell = |code, span: Option<Span>, message: &str, help: &str| {
        let finding = Finding::new(code, span.unwrap_or_default(), message);
        findings.push(finding.help(help));
    };
    let Some(title) = artifacts.expose_as.get() else {
        return findings;
    };
    let at = artifacts.expose_as.span();
    if let Err(error) = names::exposed(title) {
        let message = format!("`expose_as` {error}");
        tell(
            Code::BadName,
            at,
            &message,
            "it is the title of a link in the merge request",
        );
    }
    let paths: Vec<_> = artifacts
        .paths
        .get()
        .into_iter()
        .flat_map(|list| list.iter())
        .collect();
    if paths.is_empty() {
        let message = "`expose_as` wants `paths`: GitLab exposes nothing else";
        tell(
            Code::MissingKey,
            at,
            message,
            "name the files and folders in `paths`",
        );
    }
    for path in paths {
        if path.value.contains('*') {
            let message = format!(
                "`{}` has a `*`, which GitLab refuses beside `expose_as`",
                path.value
            );
            tell(
                Code::BadPath,
                Some(path.span),
                &message,
                "name the folder: `build/report`",
            );
        }
    }
    findings
}
