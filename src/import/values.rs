//! A manifest written from what GitLab's YAML loader reads, where the text cannot be kept.
//!
//! In: the top-level mapping of a pipeline. Out: the text of a manifest, without comments, anchors and
//! merge keys. Always holds: `None` where a value has no spelling in a manifest.

use super::sections::{self, Part};
use crate::config::{Map, Node, Value as Read};
use crate::gitlab::Version;
use crate::pipeline::{Mapping, Value};
use crate::render;

/// The manifest of a pipeline.
pub(super) fn written(map: &Map, target: Option<Version>) -> Option<String> {
    let mut manifest = Mapping::new();
    manifest.set("windlass", Value::Int(1));
    if let Some(target) = target {
        manifest.set("gitlab", target.to_string());
    }
    let mut pipeline = Mapping::new();
    let mut jobs = Mapping::new();
    if !map.has("stages") {
        pipeline.set("stages", Value::Null);
    }
    if !map.has("workflow") {
        pipeline.set("workflow", Value::Null);
    }
    for (key, entry) in map.iter() {
        let name = &*key.text;
        let value = &entry.value;
        match sections::part(name, sections::is_job(map, name)) {
            Part::Own if value.is_null() => {
                if name == "stages" {
                    pipeline.set(name, Value::Null);
                }
            }
            Part::Own => {
                let value = match name {
                    "variables" => variables(value)?,
                    "include" => includes(value)?,
                    _ => listed(value)?,
                };
                manifest.set(name, value);
            }
            Part::Pipeline if name == "workflow" => pipeline.set(name, without_rules(value)?),
            Part::Pipeline => pipeline.set(name, of(value)?),
            // A hidden job without a name is one that nothing extends.
            Part::Jobs if name == "." => {}
            Part::Jobs => jobs.set(name, of(value)?),
        }
    }
    manifest.set("pipeline", Value::Map(pipeline));
    manifest.set("jobs", Value::Map(jobs));
    render::mapping(&manifest).ok()
}

/// `include` as a list of mappings, with its key; nothing if it is empty.
pub(super) fn include(node: &Node) -> Option<String> {
    if node.is_null() {
        return Some(String::new());
    }
    let within = Mapping::from_iter([("include", includes(node)?)]);
    render::mapping(&within).ok()
}

/// Variables of the pipeline, with their key.
pub(super) fn with_key(key: &str, node: &Node) -> Option<String> {
    let within = Mapping::from_iter([(key, variables(node)?)]);
    render::mapping(&within).ok()
}

/// The stages as a plain list, with their key; `None` if they are one already. GitLab flattens the list.
pub(super) fn stages(node: &Node) -> Option<String> {
    let items = node.as_seq()?;
    let is_plain = |item: &Node| item.as_seq().is_none() && !item.as_str().is_some_and(is_useless);
    if items.iter().all(is_plain) {
        return None;
    }
    let within = Mapping::from_iter([("stages", listed(node)?)]);
    render::mapping(&within).ok()
}

fn listed(node: &Node) -> Option<Value> {
    fn flat<'n>(node: &'n Node, out: &mut Vec<&'n Node>) {
        match node.as_seq() {
            Some(items) => items.iter().for_each(|item| flat(item, out)),
            None => out.push(node),
        }
    }
    let mut items = Vec::new();
    flat(node, &mut items);
    items.retain(|item| !item.as_str().is_some_and(is_useless));
    items
        .into_iter()
        .map(strings)
        .collect::<Option<_>>()
        .map(Value::Seq)
}

/// Whether a stage need not be listed: every pipeline has it, or GitLab creates none with it (`Ci::Stage` wants a
/// name, 18.11).
fn is_useless(stage: &str) -> bool {
    [".pre", ".post", ""].contains(&stage)
}

/// A workflow that has no rules, with its key: it must not get those that windlass writes. `None` if it
/// has some.
pub(super) fn workflow(node: &Node) -> Option<String> {
    if node.get("rules").is_some_and(|rules| !rules.is_null()) {
        return None;
    }
    let within = Mapping::from_iter([("workflow", without_rules(node)?)]);
    render::mapping(&within).ok()
}

/// The workflow, which says that it has no rules. To GitLab `rules:` with nothing is a rule that always holds: jobs
/// without conditions then run for merge requests as well (`Entry::Workflow#has_rules?`, 18.11).
fn without_rules(node: &Node) -> Option<Value> {
    let mut value = of(node)?;
    if let Value::Map(map) = &mut value {
        match map.get("rules") {
            None => map.set("rules", Value::Null),
            Some(Value::Null) => {
                let always = Mapping::from_iter([("when", "always")]);
                map.set("rules", Value::Seq(vec![Value::Map(always)]));
            }
            Some(_) => {}
        }
    }
    Some(value)
}

fn includes(node: &Node) -> Option<Value> {
    if node.is_null() {
        return Some(Value::Seq(Vec::new()));
    }
    let one = std::slice::from_ref(node);
    let items = node.as_seq().unwrap_or(one);
    let all: Option<Vec<Value>> = items.iter().map(entry).collect();
    Some(Value::Seq(all?))
}

/// A text alone is a path, or a URL.
fn entry(node: &Node) -> Option<Value> {
    let Some(text) = node.as_str() else {
        return of(node);
    };
    let is_remote = text.starts_with("http://") || text.starts_with("https://");
    let key = if is_remote { "remote" } else { "local" };
    Some(Value::Map(Mapping::from_iter([(key, text)])))
}

/// Variables of the pipeline: strings, or a mapping that says more.
fn variables(node: &Node) -> Option<Value> {
    let mut out = Mapping::new();
    for (key, entry) in node.as_map()?.iter() {
        let value = match entry.value.as_map() {
            Some(keys) if keys.is_empty() => Value::from(""),
            Some(keys) => {
                let mut more = Mapping::new();
                for (key, entry) in keys.iter() {
                    let value = match &*key.text {
                        "expand" => of(&entry.value)?,
                        "value" => string(&entry.value)?,
                        _ => strings(&entry.value)?,
                    };
                    more.set(&*key.text, value);
                }
                Value::Map(more)
            }
            None => string(&entry.value)?,
        };
        out.set(&*key.text, value);
    }
    Some(Value::Map(out))
}

/// The value of a variable: nothing is an empty text.
fn string(node: &Node) -> Option<Value> {
    match node.is_null() {
        true => Some(Value::from("")),
        false => strings(node),
    }
}

/// The same with every scalar as a string.
fn strings(node: &Node) -> Option<Value> {
    match node.as_seq() {
        Some(items) => items
            .iter()
            .map(strings)
            .collect::<Option<_>>()
            .map(Value::Seq),
        None => Some(Value::from(node.scalar_text()?)),
    }
}

/// A value for GitLab as a manifest holds it.
pub(super) fn of(node: &Node) -> Option<Value> {
    Some(match &node.value {
        Read::Null => Value::Null,
        Read::Bool(value) => Value::Bool(*value),
        Read::Int(value) => match i64::try_from(*value) {
            Ok(value) => Value::Int(value),
            Err(_) => Value::from(value.to_string()),
        },
        Read::Float(_) => Value::from(node.scalar_text()?),
        Read::Str(text) | Read::Symbol(text) => Value::from(&**text),
        Read::Seq(items) => Value::Seq(items.iter().map(of).collect::<Option<_>>()?),
        Read::Map(map) => {
            let mut out = Mapping::new();
            for (key, entry) in map.iter() {
                out.set(&*key.text, of(&entry.value)?);
            }
            Value::Map(out)
        }
        Read::Reference(path) => {
            let path: Option<Vec<String>> = path
                .iter()
                .map(|part| part.as_str().map(str::to_owned))
                .collect();
            Value::Reference(path?)
        }
    })
}
