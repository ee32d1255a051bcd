//! Variables that GitLab sets itself: a manifest that sets one takes GitLab's value away from all that
//! uses it, not least from the jobs that windlass makes.
//!
//! In: the names of all variables, wherever they are set. Out: a finding for each place.

use std::collections::HashSet;

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::names::is_predefined;
use crate::manifest::common::Variables;
use crate::manifest::kinds::Raw;
use crate::manifest::record::all;
use crate::source::{Kind, Node, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut set: Vec<(&str, Span)> = Vec::new();
    for table in all::<Variables>(manifest) {
        set.extend(
            table
                .0
                .iter()
                .map(|(name, _)| (name.value.as_str(), name.span)),
        );
    }
    for raw in all::<Raw>(manifest) {
        in_raw(&raw.0, &mut set);
    }
    // Several entities may have a variable from one place in `defaults`.
    let mut seen = HashSet::new();
    for (name, span) in set {
        if is_predefined(name) && seen.insert(span) {
            check.report.push(finding(name, span));
        }
    }
}

/// That a predefined variable is set.
pub(crate) fn finding(name: &str, span: Span) -> Finding {
    let message = format!("`{name}` is predefined: GitLab sets it in each pipeline or job");
    let finding = Finding::new(Code::PredefinedVariable, span, message);
    match name {
        _ if name.starts_with("CI_REGISTRY") => finding.help(
            "the job's password would be sent to another registry: name that in `registries`",
        ),
        "CI" => finding.help("set it for one command in its script: `CI= make`"),
        _ => finding.help("choose another name"),
    }
}

/// Names in `variables` and `matrix`, however deep these stand.
fn in_raw<'n>(node: &'n Node, set: &mut Vec<(&'n str, Span)>) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries.iter() {
                match &*entry.key.value {
                    "variables" => names(&entry.value, set),
                    "matrix" => match &entry.value.kind {
                        Kind::Sequence(rows) => rows.iter().for_each(|row| names(row, set)),
                        Kind::Mapping(_) | Kind::Scalar(_) => {}
                    },
                    _ => in_raw(&entry.value, set),
                }
            }
        }
        Kind::Sequence(items) => items.iter().for_each(|item| in_raw(item, set)),
        Kind::Scalar(_) => {}
    }
}

fn names<'n>(node: &'n Node, set: &mut Vec<(&'n str, Span)>) {
    if let Kind::Mapping(entries) = &node.kind {
        set.extend(
            entries
                .iter()
                .map(|entry| (&*entry.key.value, entry.key.span)),
        );
    }
}
