//! Variables that GitLab sets itself: a manifest that sets one takes GitLab's value away from all that
//! uses it, not least from the jobs that windlass makes.
//!
//! In: the names of all variables, wherever they are set. Out: a finding for each place.

use std::collections::HashSet;

use super::Check;
use super::raw_nodes::raw_nodes;
use crate::finding::{Code, Finding};
use crate::gitlab::names::is_predefined;
use crate::manifest::collection::Map;
use crate::manifest::common::Entity;
use crate::source::{Kind, Node, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut set: Vec<(&str, Span)> = Vec::new();
    let sets = manifest.refs.get().into_iter().flat_map(Map::iter);
    let images = manifest.images().map(|(_, image)| image.common());
    let tests = manifest.tests_and_tasks().map(|(_, test, _)| test.common());
    let environments = manifest.environments().map(|(_, one)| one.common());
    let promotions = manifest.promotions().map(|(_, one)| one.common());
    let entities = images.chain(tests).chain(environments).chain(promotions);
    let services = manifest.tests_and_tasks().flat_map(|(_, test, _)| {
        let services = test.services.get().into_iter();
        services.flat_map(|list| list.iter())
    });
    let tables = [manifest.variables.get()]
        .into_iter()
        .chain(sets.map(|(_, set)| set.value.variables.get()))
        .chain(entities.map(|common| common.variables.get()))
        .chain(services.map(|service| service.value.variables.get()));
    for (name, _) in tables.flatten().flat_map(|table| table.0.iter()) {
        set.push((&name.value, name.span));
    }
    for node in raw_nodes(manifest) {
        in_raw(node, &mut set);
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
