//! Raw GitLab values: a node becomes the [`Value`] that GitLab is to see.
//!
//! Always holds: nothing that YAML parsers read differently gets through unquoted.

use super::Manifest;
use super::collection::{Many, Map};
use super::kinds::Raw;
use super::record::{Read, Reader};
use super::resolved::SetNames;
use super::scalar::{decimal, plain_type};
use crate::finding::{Code, Finding, Report};
use crate::pipeline::{Mapping, Value};
use crate::source::{At, Kind, Node};

/// Converts a raw node; what cannot be written is reported and becomes null.
pub fn value(node: &Node, report: &mut Report) -> Value {
    if let Some(tag) = node.tag.as_deref() {
        return reference(node, tag, report);
    }
    match &node.kind {
        Kind::Mapping(_) => Value::Map(mapping(node, report)),
        Kind::Sequence(items) => items
            .iter()
            .map(|item| value(item, report))
            .collect::<Vec<_>>()
            .into(),
        Kind::Scalar(_) if node.is_null() => Value::Null,
        Kind::Scalar(scalar) => {
            let text = &*scalar.text;
            let kind = if scalar.plain { plain_type(text) } else { None };
            match (kind, text) {
                (None, _) => Value::from(text),
                (_, "true") => Value::Bool(true),
                (_, "false") => Value::Bool(false),
                (Some(kind), _) => match decimal(text) {
                    Some(number) => Value::Int(number),
                    None => {
                        not_quoted(node, text, kind, report);
                        Value::Null
                    }
                },
            }
        }
    }
}

/// Converts a raw mapping; anything else is empty.
pub fn mapping(node: &Node, report: &mut Report) -> Mapping {
    let Kind::Mapping(entries) = &node.kind else {
        return Mapping::new();
    };
    let mut mapping = Mapping::new();
    for entry in entries.iter() {
        let key = &*entry.key.value;
        if entry.plain_key
            && let Some(kind) = plain_type(key)
            && decimal(key).is_none()
        {
            let message = format!("the key `{key}` is {kind} in YAML");
            let finding = Finding::new(Code::NotQuoted, entry.key.span, message);
            report.push(finding.help(format!("write it in quotes: `\"{key}\":`")));
            continue;
        }
        mapping.set(key, value(&entry.value, report));
    }
    mapping
}

fn not_quoted(node: &Node, text: &str, kind: &str, report: &mut Report) {
    let message = format!("`{text}` is {kind} that YAML parsers read differently");
    let finding = Finding::new(Code::NotQuoted, node.span, message).help(format!(
        "write it in quotes, `\"{text}\"`, or in its plain form (`true`, `false`, `8`)"
    ));
    report.push(finding);
}

fn reference(node: &Node, tag: &str, report: &mut Report) -> Value {
    let path: Option<Vec<String>> = match &node.kind {
        Kind::Sequence(items) if tag == "!reference" => items
            .iter()
            .map(|item| match &item.kind {
                Kind::Scalar(scalar) => Some(scalar.text.to_string()),
                Kind::Sequence(_) | Kind::Mapping(_) => None,
            })
            .collect(),
        _ => None,
    };
    match path {
        Some(path) if !path.is_empty() => Value::Reference(path),
        _ => {
            let message = format!("GitLab knows no tag `{tag}` of this kind");
            let finding = Finding::new(Code::YamlTag, node.span, message)
                .help("the one tag that GitLab has is `!reference [job, key]`");
            report.push(finding);
            Value::Null
        }
    }
}

impl Manifest {
    /// The entries of `jobs` that are jobs, hidden ones too.
    pub fn raw_jobs(&self) -> impl Iterator<Item = (&At<String>, &At<Raw>)> {
        let all = self.jobs.get().into_iter().flat_map(Map::iter);
        all.filter(|(key, raw)| !is_hidden_value(key, raw))
    }

    /// The hidden keys of `jobs` that hold a list or a text, as `!reference` takes them.
    pub fn hidden_values(&self) -> impl Iterator<Item = (&At<String>, &At<Raw>)> {
        let all = self.jobs.get().into_iter().flat_map(Map::iter);
        all.filter(|(key, raw)| is_hidden_value(key, raw))
    }
}

fn is_hidden_value(key: &str, raw: &Raw) -> bool {
    key.starts_with('.') && !matches!(raw.0.kind, Kind::Mapping(_))
}

/// The value of a key of a raw mapping.
pub fn member<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Mapping(entries) = &node.kind else {
        return None;
    };
    entries
        .iter()
        .find(|entry| &*entry.key.value == key)
        .map(|entry| &entry.value)
}

/// The ref sets that a raw job names.
pub fn refs(job: &Node) -> SetNames {
    let Some(node) = member(job, "refs") else {
        return SetNames::new();
    };
    let mut ignored = Report::default();
    let mut reader = Reader::new(&mut ignored);
    Many::<String>::read(node, &mut reader)
        .map(|many| many.0)
        .unwrap_or_default()
}
