//! Manifests of Kubernetes that a deployment applies: what `envsubst` leaves in them, and what it is given for
//! nothing.
//!
//! In: the files of `deploy.apply` and of `migrate`. Out: findings at their lines. Always holds: a file that cannot be read, or
//! is no YAML, gives no finding here; text that a shell or a program in the container may read is not looked
//! at.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::objects::documents;
use crate::finding::{Code, Finding, Report};
use crate::manifest::collection::List;
use crate::manifest::kinds::{ProjectPath, VariableName};
use crate::manifest::record::Field;
use crate::source::{At, Kind, Limits, Node, Place, Source, Span, parse};

/// Kinds of objects whose values are files of a program.
const DATA: [&str; 2] = ["ConfigMap", "Secret"];
/// Keys whose values a shell or a program in the container reads.
const OF_THE_CONTAINER: [&str; 3] = ["args", "command", "annotations"];
/// Bytes that are looked at, altogether; beyond it nothing more is known.
const MOST: usize = 16 << 20;

pub(super) fn check(check: &mut Check<'_>) {
    let mut left_to_read = MOST;
    for (key, environment) in check.manifest.environments() {
        let deploy = environment.deploy.get();
        let apply = deploy.and_then(|deploy| deploy.apply.get());
        let apply = apply.map(|apply| Applied {
            files: apply.files.get().into_iter().flat_map(List::iter).collect(),
            names: &apply.envsubst,
            key: "deploy.apply.envsubst",
        });
        let migrate = environment.migrate.get().map(|migrate| Applied {
            files: migrate.file.at().into_iter().collect(),
            names: &migrate.envsubst,
            key: "migrate.envsubst",
        });
        for applied in apply.into_iter().chain(migrate) {
            if !applied.check(check, &key.value, &mut left_to_read) {
                return;
            }
        }
    }
}

/// Files that are applied, and the names that are substituted in them.
struct Applied<'m> {
    files: Vec<&'m At<ProjectPath>>,
    names: &'m Field<List<VariableName>>,
    /// The key of the names.
    key: &'static str,
}

impl Applied<'_> {
    /// Reports what is wrong with the names; `false` when nothing more may be read.
    fn check(&self, check: &mut Check<'_>, environment: &str, left_to_read: &mut usize) -> bool {
        let names = self.names.get().into_iter().flat_map(List::iter);
        let substituted: BTreeMap<&str, Span> =
            names.map(|name| (&*name.value, name.span)).collect();
        let mut used = BTreeSet::new();
        let mut all_are_read = !self.files.is_empty();
        for path in &self.files {
            let Some(files) = check.files.applied(&path.value) else {
                all_are_read = false;
                continue;
            };
            for source in files {
                let Some(rest) = left_to_read.checked_sub(source.text.len()) else {
                    return false;
                };
                *left_to_read = rest;
                let names = references(&source.text).map(|(name, _)| name);
                let known = names.filter(|name| substituted.contains_key(name));
                used.extend(known.map(str::to_owned));
                let left = left(&source, &substituted, environment, self.key);
                check.report.join(left);
            }
        }
        let unused = substituted
            .iter()
            .filter(|(name, _)| !used.contains(**name));
        for (name, span) in unused.filter(|_| all_are_read) {
            let message = format!("no file that is applied has `${{{name}}}`");
            let finding = Finding::new(Code::Unused, *span, message);
            check
                .report
                .push(finding.help("remove it, or use it in one of the `files`"));
        }
        true
    }
}

/// The variables in a text as `envsubst` of GNU gettext reads it, which knows no escape: the name, and whether
/// it is in braces.
fn references(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split('$').skip(1).filter_map(|rest| {
        let (rest, is_braced) = match rest.strip_prefix('{') {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = rest.find(|c| !of_name(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let is_name = name.starts_with(|c: char| !c.is_ascii_digit());
        (is_name && (!is_braced || after.starts_with('}'))).then_some((name, is_braced))
    })
}

/// What stays in a file as `${NAME}`, each name once.
fn left(
    source: &Source,
    substituted: &BTreeMap<&str, Span>,
    environment: &str,
    key: &str,
) -> Report {
    let mut found: BTreeMap<String, Span> = BTreeMap::new();
    for document in documents(source).unwrap_or_default() {
        let mut faults = Report::about(document.clone());
        let Some(root) = parse(&document, Limits::APPLIED, &mut faults) else {
            continue;
        };
        if !is_data(&root) {
            look(&root, &mut |name, span| {
                if !substituted.contains_key(name) {
                    found.entry(name.to_owned()).or_insert(span);
                }
            });
        }
    }
    let findings = found.into_iter().map(|(name, span)| {
        let message = format!(
            "`{environment}` applies `${{{name}}}` as it is written: nothing substitutes it"
        );
        Finding::new(Code::Unsubstituted, Place { file: 0, span }, message)
            .help(format!("add `{name}` to `{key}` of the environment"))
    });
    Report::of(std::slice::from_ref(source), findings)
}

/// Whether an object holds files of a program.
fn is_data(object: &Node) -> bool {
    let Kind::Mapping(entries) = &object.kind else {
        return false;
    };
    entries.iter().any(|entry| match &entry.value.kind {
        Kind::Scalar(kind) => &*entry.key.value == "kind" && DATA.contains(&&*kind.text),
        Kind::Mapping(_) | Kind::Sequence(_) => false,
    })
}

/// Visits each `${NAME}` in a value of one line that no program in the container reads.
fn look(node: &Node, see: &mut impl FnMut(&str, Span)) {
    match &node.kind {
        Kind::Mapping(entries) => {
            for entry in entries.iter() {
                if !OF_THE_CONTAINER.contains(&&*entry.key.value) {
                    look(&entry.value, see);
                }
            }
        }
        Kind::Sequence(items) => {
            for item in items.iter() {
                look(item, see);
            }
        }
        Kind::Scalar(scalar) if !scalar.text.contains('\n') => {
            // `$NAME` alone may be a price or a pattern.
            for (name, _) in references(&scalar.text).filter(|(_, is_braced)| *is_braced) {
                see(name, node.span);
            }
        }
        Kind::Scalar(_) => {}
    }
}
