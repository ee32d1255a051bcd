//! `!reference [job, key, ...]`.
//!
//! In: the tree, `extends` done. Out: the same with the values in place of the references; a list
//! in a list stays one, as its user decides how deep they may nest. Facts:
//! `Gitlab::Ci::Config::Yaml::Tags` (18.11).

use std::sync::Arc;

use super::entry::Reader;
use super::value::{Entry, Map, Node, Value};
use crate::finding::Code;

/// Values that may be copied altogether; a reference to a list of references multiplies.
const BUDGET: usize = 2_000_000;
/// References in what references lead to.
const CHAIN: usize = 200;

/// Puts the values in place of the references.
pub(super) fn resolve(root: &Map, reader: &mut Reader) -> Map {
    let mut walk = Walk {
        root,
        reader,
        path: Vec::new(),
        budget: BUDGET,
    };
    let mut resolved = Map::default();
    for (key, entry) in root.iter() {
        let before = walk.reader.told();
        let value = walk.node(&entry.value);
        if walk.reader.told() > before {
            walk.reader.gives_up(&key.text);
        }
        if let Some(value) = value {
            let key_place = entry.key_place;
            resolved.set(key.clone(), Entry { key_place, value });
        }
    }
    resolved
}

struct Walk<'r> {
    root: &'r Map,
    reader: &'r mut Reader,
    /// The references that are being resolved.
    path: Vec<Vec<String>>,
    budget: usize,
}

impl Walk<'_> {
    fn map(&mut self, map: &Map) -> Map {
        let resolve = |(key, entry): (&super::value::Key, &Entry)| {
            let entry = Entry {
                key_place: entry.key_place,
                value: self.node(&entry.value)?,
            };
            Some((key.clone(), entry))
        };
        map.iter().filter_map(resolve).collect()
    }

    /// The value with its references resolved; `None` if only an include that is not read can say
    /// what it is.
    fn node(&mut self, node: &Node) -> Option<Node> {
        self.budget = self.budget.saturating_sub(1);
        Some(match &node.value {
            Value::Map(map) => node.with(Value::Map(Arc::new(self.map(map)))),
            Value::Seq(items) => {
                let known: Vec<Node> = items.iter().filter_map(|item| self.node(item)).collect();
                if known.is_empty() && !items.is_empty() {
                    return None;
                }
                node.with(Value::Seq(known.into()))
            }
            Value::Reference(path) => {
                let found = self.reference(node, path);
                match found {
                    None if self.reader.is_open() => return None,
                    found => found.unwrap_or_else(|| node.with(Value::Null)),
                }
            }
            _ => node.clone(),
        })
    }

    fn reference(&mut self, at: &Node, path: &[Node]) -> Option<Node> {
        let names: Vec<String> = path
            .iter()
            .filter_map(|step| step.as_str().map(str::to_owned))
            .collect();
        let shown = format!("`!reference [{}]`", names.join(", "));
        if names.is_empty() || names.len() != path.len() {
            let message = "`!reference` wants a list of names, `[job, key]`";
            self.reader.found(Code::BadReference, at.place, message);
            return None;
        }
        if self.path.contains(&names) {
            self.reader.found(
                Code::BadReference,
                at.place,
                format!("{shown} refers to itself"),
            );
            return None;
        }
        if self.budget == 0 || self.path.len() >= CHAIN {
            self.reader.found(
                Code::BadReference,
                at.place,
                "there are too many references in references",
            );
            return None;
        }
        let mut steps = names.iter();
        let mut found = steps.next().and_then(|first| self.root.get(first));
        for step in steps {
            found = found.and_then(|node| node.get(step));
        }
        // Ruby takes `false` for nothing here as well.
        let absent = |node: &&Node| !matches!(node.value, Value::Null | Value::Bool(false));
        let Some(found) = found.filter(absent) else {
            self.reader.missing_as(
                Code::BadReference,
                at.place,
                format!("{shown} leads to nothing"),
            );
            return None;
        };
        let found = found.clone();
        self.path.push(names);
        let resolved = self.node(&found);
        self.path.pop();
        resolved
    }
}
