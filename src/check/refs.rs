//! Ref sets: defined, not empty, not in a circle, and named where they are used.

use std::collections::{BTreeSet, HashSet};

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::collection::{Many, Map};
use crate::manifest::common::Entity;
use crate::manifest::raw::member;
use crate::manifest::record::Field;
use crate::manifest::refs::RefSet;
use crate::manifest::resolved::BUILT_IN_REFS;
use crate::source::{At, Span};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let none = Map::default();
    let sets = manifest.refs.get().unwrap_or(&none);
    for (key, set) in sets.iter() {
        definition(check, sets, key, set);
    }
    super::sets::check(check, sets);
    let mut empty: BTreeSet<Span> = BTreeSet::new();
    let mut many = |field: &'_ Field<Many<String>>| -> Vec<At<String>> {
        let sets = field.at().filter(|sets| sets.value.0.is_empty());
        empty.extend(sets.map(|sets| sets.span));
        field.get().map(|many| many.0.clone()).unwrap_or_default()
    };
    let mut names: Vec<At<String>> = Vec::new();
    if let Some(defaults) = manifest.defaults.get() {
        names.extend(many(&defaults.refs));
    }
    for (_, image) in manifest.images() {
        names.extend(many(image.common().refs));
        if let Some(retention) = image.retention.get() {
            names.extend(many(&retention.refs));
        }
    }
    for (_, test, _) in manifest.tests_and_tasks() {
        names.extend(many(test.common().refs));
    }
    for (_, environment) in manifest.environments() {
        names.extend(many(environment.common().refs));
    }
    for (_, promotion) in manifest.promotions.get().into_iter().flat_map(Map::iter) {
        names.extend(many(promotion.common().refs));
    }
    for (_, raw) in manifest.jobs.get().into_iter().flat_map(Map::iter) {
        let sets = raw_refs(check, &raw.value.0);
        let refs = member(&raw.value.0, "refs").filter(|_| sets.is_empty());
        empty.extend(refs.map(|refs| refs.span));
        names.extend(sets);
    }
    for span in empty {
        let finding = Finding::new(Code::Empty, span, "`refs` names no ref set");
        check
            .report
            .push(finding.help("name one, or remove the key to get the default"));
    }
    names.sort_by_key(|at| at.span);
    names.dedup();
    for name in &names {
        named(check, sets, name);
    }
    // With errors, what should use a set may be what is wrong.
    if !check.report.has_errors() {
        unused(check, sets, &names);
    }
}

/// Reports sets that nothing names. A set with variables gives them to every job on its refs.
fn unused(check: &mut Check<'_>, sets: &Map<RefSet>, names: &[At<String>]) {
    let others = sets.iter().flat_map(|(_, set)| {
        let fields = [&set.value.of, &set.value.except].into_iter();
        fields.filter_map(|field| field.get()).flat_map(Many::iter)
    });
    let used: HashSet<&str> = names
        .iter()
        .chain(others)
        .map(|name| name.value.as_str())
        .collect();
    for (key, set) in sets.iter() {
        if !used.contains(key.value.as_str()) && set.variables.at().is_none() {
            let message = format!("nothing uses the ref set `{}`", key.value);
            let finding = Finding::new(Code::Unused, key.span, message);
            check
                .report
                .push(finding.help("name it in `refs` of what is to run there, or remove it"));
        }
    }
}

/// The sets that a raw job's `refs` names.
fn raw_refs(check: &mut Check<'_>, job: &crate::source::Node) -> Vec<At<String>> {
    let Some(refs) = member(job, "refs") else {
        return Vec::new();
    };
    if let Some(other) = ["rules", "only", "except"]
        .iter()
        .find(|key| member(job, key).is_some())
    {
        let message = format!("a job has either `refs` or `{other}`");
        let help = format!(
            "remove one of the two; `refs` is written out as the rules that `{other}` would hold"
        );
        let finding = Finding::new(Code::Exclusive, refs.span, message).help(help);
        check.report.push(finding);
    }
    let mut reader = crate::manifest::record::Reader::new(check.report);
    reader
        .below("refs", |reader| {
            <Many<String> as crate::manifest::record::Read>::read(refs, reader)
        })
        .map(|many| many.0)
        .unwrap_or_default()
}

fn definition(check: &mut Check<'_>, sets: &Map<RefSet>, key: &At<String>, set: &At<RefSet>) {
    if BUILT_IN_REFS.contains(&key.value.as_str()) || key.value == "all" {
        let message = format!("`{}` is a built-in ref set", key.value);
        let finding = Finding::new(Code::BadName, key.span, message).help("choose another name");
        check.report.push(finding);
    }
    let requests = set.merge_requests.get();
    for (list, what) in [
        (
            set.branches.at().map(|at| (at.span, at.0.is_empty())),
            "branches",
        ),
        (set.tags.at().map(|at| (at.span, at.0.is_empty())), "tags"),
        (set.of.at().map(|at| (at.span, at.0.is_empty())), "of"),
        (
            set.sources.at().map(|at| (at.span, at.0.is_empty())),
            "sources",
        ),
        (
            requests.and_then(|own| own.source.at().map(|at| (at.span, at.0.is_empty()))),
            "source",
        ),
        (
            requests.and_then(|own| own.target.at().map(|at| (at.span, at.0.is_empty()))),
            "target",
        ),
    ] {
        if let Some((span, true)) = list {
            let message = format!(
                "`{what}` of the ref set `{}` is empty: it matches nothing",
                key.value
            );
            let finding = Finding::new(Code::Empty, span, message)
                .help("name at least one, or remove the set and what uses it");
            check.report.push(finding);
        }
    }
    let written = !set.branches.is_missing()
        || !set.tags.is_missing()
        || !set.merge_requests.is_missing()
        || !set.of.is_missing();
    if !written {
        let message = format!("the ref set `{}` holds nothing", key.value);
        let finding = Finding::new(Code::Empty, key.span, message)
            .help("give it `branches`, `tags`, `merge_requests` or `of`");
        check.report.push(finding);
    }
    if let Some(requests) = set.merge_requests.at()
        && requests.source.is_missing()
        && requests.target.is_missing()
    {
        let finding = Finding::new(
            Code::Empty,
            requests.span,
            "`merge_requests` names no branch",
        )
        .help("give it `source` or `target`, or use the built-in set `merge_requests` in `of`");
        check.report.push(finding);
    }
    let others = [&set.of, &set.except];
    for name in others
        .into_iter()
        .flat_map(|field| field.get())
        .flat_map(Many::iter)
    {
        named(check, sets, name);
    }
}

/// Whether a name is that of a set; if not, says so.
fn named(check: &mut Check<'_>, sets: &Map<RefSet>, name: &At<String>) -> bool {
    let text = name.value.as_str();
    if sets.get(text).is_some() || BUILT_IN_REFS.contains(&text) {
        return true;
    }
    let known: Vec<&str> = sets.names().chain(BUILT_IN_REFS).collect();
    let meant = check.meant(&name.value, &known);
    if meant.is_some() || !looks_like_branch(&name.value) {
        check.unknown(Code::UnknownRefs, name, "ref set", known);
        return false;
    }
    let branch = &name.value;
    let message = format!("`{branch}` looks like a branch; `refs` here takes names of ref sets");
    let pattern = if branch.starts_with('/') {
        format!("'{branch}'")
    } else {
        branch.clone()
    };
    let set = if branch.starts_with('/') {
        "my-branches"
    } else {
        branch
    };
    let set: String = set
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    check.report.push(
        Finding::new(Code::BranchNotRefs, name.span, message)
            .help(format!(
                "name it once at the top: `refs: {{{set}: [{pattern}]}}`"
            ))
            .help(format!("then name the set here: `refs: {set}`")),
    );
    false
}

/// Whether a word is more likely a branch than a mis-spelt set.
fn looks_like_branch(word: &str) -> bool {
    const USUAL: [&str; 9] = [
        "master",
        "main",
        "develop",
        "development",
        "staging",
        "production",
        "trunk",
        "stable",
        "dev",
    ];
    USUAL.contains(&word) || word.contains('/') || word.contains('*')
}
