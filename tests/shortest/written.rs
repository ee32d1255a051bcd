//! Every rule of every example and of every manifest that a test compiles: none could be shorter, none is
//! dead, none stands there twice.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use windlass::gitlab::expression::Expr;
use windlass::pipeline::{Pipeline, Rule};
use windlass::plan::simplify::{Allowed, Line, Table, shortest};

use crate::compiled::{Complete, compiled};

type Lines = Vec<Line<Rule>>;

fn lines(rules: &[Rule]) -> Lines {
    rules.iter().map(Line::of).collect()
}

fn conditions(lines: &Lines) -> impl Iterator<Item = &Expr> {
    lines.iter().filter_map(|line| line.condition.as_ref())
}

fn text(lines: &Lines) -> String {
    let line = |line: &Line<Rule>| {
        let never = if line.outcome.is_none() { " never" } else { "" };
        let condition = line.condition.as_ref().map(ToString::to_string);
        format!("{}{never}\n", condition.unwrap_or_default())
    };
    lines.iter().map(line).collect()
}

/// What could be shorter in a pipeline.
fn objections(pipeline: &Pipeline) -> Vec<String> {
    let mut found = Vec::new();
    let own = pipeline.replaces_workflow_rules() || !pipeline.include.is_empty();
    let workflow = lines(&pipeline.workflow);
    let mut all: BTreeMap<String, Lines> = BTreeMap::new();
    for job in &pipeline.jobs {
        let list = lines(&job.rules.list);
        all.insert(text(&list), list);
    }
    for rules in all.values().chain([&workflow]) {
        let whole = text(rules);
        let mut seen = std::collections::HashSet::new();
        for rule in rules.iter().filter(|rule| {
            rule.outcome
                .as_ref()
                .is_none_or(|rule| rule.changes.is_none())
        }) {
            if !seen.insert(&rule.condition) {
                found.push(format!("a rule stands there twice:\n{whole}"));
            }
        }
    }
    // The workflow by itself: it admits what it admits.
    if let Some(table) = Table::of(conditions(&workflow))
        && let Some(decisions) = table.decisions(&workflow)
    {
        let allowed: Vec<_> = decisions
            .into_iter()
            .map(|one| Allowed::Exactly(one.cloned()))
            .collect();
        let short = shortest(&table, &workflow, &allowed);
        if short != workflow && !own {
            found.push(format!(
                "workflow:\n{}could be\n{}",
                text(&workflow),
                text(&short)
            ));
        }
    }
    for list in all.values().filter(|list| !list.is_empty()) {
        let admits = match own {
            true => Lines::new(),
            false => workflow.clone(),
        };
        let Some(table) = Table::of(conditions(&admits).chain(conditions(list))) else {
            continue;
        };
        let (Some(admitted), Some(decisions)) = (table.decisions(&admits), table.decisions(list))
        else {
            continue;
        };
        let is_admitted = |admitted: &Option<&Rule>| admits.is_empty() || admitted.is_some();
        for line in list {
            let Some(truths) = line.condition.as_ref().and_then(|own| table.truths(own)) else {
                continue;
            };
            let mut classes = truths.iter().zip(&admitted);
            let runs = decisions
                .iter()
                .zip(&admitted)
                .any(|(one, admitted)| one.is_some() && is_admitted(admitted));
            if runs && !classes.any(|(holds, admitted)| *holds && is_admitted(admitted)) {
                found.push(format!("a rule never matches:\n{}", text(list)));
            }
        }
        if list.iter().any(|line| {
            line.outcome
                .as_ref()
                .is_some_and(|rule| rule.changes.is_some())
        }) {
            continue;
        }
        let allowed: Vec<_> = decisions
            .into_iter()
            .zip(&admitted)
            .map(|(one, admitted)| match is_admitted(admitted) {
                true => Allowed::Exactly(one.cloned()),
                false => Allowed::Anything,
            })
            .collect();
        let short = shortest(&table, list, &allowed);
        if short != *list && !short.is_empty() {
            found.push(format!(
                "within\n{}the rules\n{}could be\n{}",
                text(&workflow),
                text(list),
                text(&short)
            ));
        }
    }
    found
}

/// Every manifest below a folder: `windlass.yml`, and the parts of texts that begin as one does.
fn manifests(folder: &Path, found: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            manifests(&path, found);
            continue;
        }
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let name = path.display().to_string();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("yml" | "yaml") if text.lines().any(|line| line.starts_with("windlass: 1")) => {
                found.push((name, text));
            }
            Some("yml" | "yaml") if text.contains("windlass: 1") => {
                let cases: Result<serde_yaml::Value, _> = serde_yaml::from_str(&text);
                let cases = cases
                    .ok()
                    .and_then(|cases| cases.as_sequence().cloned())
                    .unwrap_or_default();
                let own = cases
                    .iter()
                    .filter_map(|case| case.get("manifest")?.as_str());
                found.extend(own.map(|manifest| (name.clone(), manifest.to_owned())));
            }
            Some("txt") if text.starts_with("windlass: 1") => {
                let mut parts = text.split("\n## ");
                let base = parts.next().unwrap().to_owned();
                found.push((name.clone(), base.clone()));
                for part in parts {
                    let over = part.split_once('\n').map_or("", |(_, rest)| rest);
                    let over = over.split("\n=>").next().unwrap_or_default();
                    found.push((name.clone(), merged(&base, over)));
                }
            }
            _ => {}
        }
    }
}

/// A case laid over its base.
fn merged(base: &str, over: &str) -> String {
    fn merge(base: &mut serde_yaml::Value, over: serde_yaml::Value) {
        match (base, over) {
            (serde_yaml::Value::Mapping(base), serde_yaml::Value::Mapping(over)) => {
                for (key, value) in over {
                    match base.get_mut(&key) {
                        Some(slot) => merge(slot, value),
                        None => drop(base.insert(key, value)),
                    }
                }
            }
            (base, over) => *base = over,
        }
    }
    let Ok(mut whole) = serde_yaml::from_str::<serde_yaml::Value>(base) else {
        return String::new();
    };
    if let Ok(over) = serde_yaml::from_str(over) {
        merge(&mut whole, over);
    }
    serde_yaml::to_string(&whole).unwrap()
}

#[test]
fn no_written_rule_could_be_shorter() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for folder in ["examples", "tests"] {
        manifests(&root.join(folder), &mut all);
    }
    let mut compiled_ones = 0;
    let mut found = Vec::new();
    for (name, manifest) in &all {
        let source = windlass::source::Source::new("windlass.yml", manifest.as_str());
        let Ok(compiled) = windlass::compile::compile(&source, &Complete) else {
            panic!("{name}: {manifest}")
        };
        if let (Some(lowered), Some(_)) = (&compiled.lowered, &compiled.files) {
            compiled_ones += 1;
            let objections = objections(&lowered.pipeline);
            found.extend(
                objections
                    .into_iter()
                    .map(|one| format!("{name}: {one}\n{manifest}")),
            );
        }
    }
    assert!(
        compiled_ones > 400,
        "only {compiled_ones} of {} compiled",
        all.len()
    );
    assert!(
        found.is_empty(),
        "{} objections:\n{}",
        found.len(),
        found.join("\n---\n")
    );
    // The helper of other tests compiles the same way.
    assert!(compiled(&all[0].1, &Complete).lowered.is_some());
}
