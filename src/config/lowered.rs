//! The effective configuration of a pipeline that was made from a manifest.
//!
//! In: a [`Pipeline`] and the text of its manifest. Out: the [`Config`] that GitLab would make of
//! the written file. Always holds: nothing is written and read back; every job knows its
//! [origin](crate::pipeline::Origin), and every value of it points at that entity.

use std::collections::HashMap;
use std::sync::Arc;

use super::model::{Conditions, Config, Rule};
use super::value::{Entry, Key, Map, Node, Place, Value};
use super::{Given, Nothing, Reading, Repository, Unknown};
use crate::finding::Report;
use crate::pipeline::{
    Include, Job as PlannedJob, Mapping, Pipeline, Rule as PlannedRule, Value as Planned,
};
use crate::source::Source;

/// Makes the effective configuration of a lowered pipeline whose includes are not read.
///
/// # Errors
///
/// What GitLab would refuse in it; only raw jobs and keys can bring that about.
pub fn of_pipeline(pipeline: &Pipeline, manifest: &Source) -> Result<Config, Report> {
    read_pipeline(pipeline, manifest, &Unknown, &Nothing).result
}

/// Reads a lowered pipeline and what it includes in a pipeline of which this is known.
pub fn read_pipeline(
    pipeline: &Pipeline,
    manifest: &Source,
    repository: &dyn Repository,
    given: &dyn Given,
) -> Reading {
    let document = pipeline.to_document();
    let whole = Place::default();
    // Jobs hold all keys of their bases. The hidden jobs of these have names that the text may
    // change, so nothing written by hand can extend them.
    let mut tree = mapping(&document.globals, whole);
    let planned: HashMap<&str, &PlannedJob> = pipeline
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    for job in document.sections.iter().flat_map(|section| &section.jobs) {
        let place = Place {
            file: 0,
            span: planned
                .get(job.name.as_str())
                .map(|planned| planned.place)
                .unwrap_or_default(),
        };
        let keys = mapping(&job.keys, place);
        tree.put(&job.name, Node::new(Value::Map(Arc::new(keys)), place));
    }
    let include = |include: &Include| {
        let place = Place {
            file: 0,
            span: include.span,
        };
        node(&include.value, place)
    };
    if !pipeline.include.is_empty() {
        let entries = pipeline.include.iter().map(include).collect();
        tree.put("include", Node::new(Value::Seq(entries), whole));
    }
    let tree = Node::new(Value::Map(Arc::new(tree)), whole);
    let mut reading = super::read_tree(tree, manifest.clone(), repository, given);
    if let Ok(config) = &mut reading.result {
        name_origins(config, pipeline);
    }
    reading
}

/// Says of each job of the manifest where it comes from.
fn name_origins(config: &mut Config, pipeline: &Pipeline) {
    let planned: HashMap<&str, &PlannedJob> = pipeline
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job))
        .collect();
    if let Some(rules) = &mut config.workflow.rules {
        place_rules(rules, &pipeline.workflow);
    }
    for job in &mut config.jobs {
        let Some(planned) = planned.get(job.key.as_str()) else {
            continue;
        };
        job.origin = Some(planned.origin.clone());
        if let Conditions::Rules(rules) = &mut job.conditions {
            place_rules(rules, &planned.rules.list);
        }
    }
}

/// Points each rule at the entry of the manifest that asks for it. Rules that raw keys replaced
/// are others, and stay where they are.
fn place_rules(rules: &mut [Rule], planned: &[PlannedRule]) {
    let text = |rule: &PlannedRule| rule.condition.as_ref().map(ToString::to_string);
    let same = rules.len() == planned.len()
        && rules.iter().zip(planned).all(|(rule, planned)| {
            rule.condition.as_ref().map(|condition| &condition.text) == text(planned).as_ref()
        });
    if !same {
        return;
    }
    for (rule, planned) in rules.iter_mut().zip(planned) {
        if let Some(span) = planned.provenance.0 {
            rule.place = Place { file: 0, span };
        }
    }
}

fn mapping(from: &Mapping, place: Place) -> Map {
    let entry = |(key, value): (&str, &Planned)| {
        let value = node(value, place);
        let key_place = place;
        (Key::string(key), Entry { key_place, value })
    };
    from.iter().map(entry).collect()
}

fn node(from: &Planned, place: Place) -> Node {
    let value = match from.plain() {
        Planned::Null | Planned::Shared(_) => Value::Null,
        Planned::Bool(value) => Value::Bool(*value),
        Planned::Int(number) => Value::Int(i128::from(*number)),
        Planned::Str(text) => Value::Str(text.as_str().into()),
        Planned::Seq(items) => Value::Seq(items.iter().map(|item| node(item, place)).collect()),
        Planned::Map(map) => Value::Map(Arc::new(mapping(map, place))),
        Planned::Reference(path) => {
            let step = |name: &String| Node::new(Value::Str(name.as_str().into()), place);
            Value::Reference(path.iter().map(step).collect())
        }
    };
    Node::new(value, place)
}
