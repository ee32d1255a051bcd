//! `!reference [job, key, ...]`.
//!
//! In: the tree, `extends` done. Out: the same with the values in place of the references; a list
//! in a list stays one, as its user decides how deep they may nest. Facts:
//! `Gitlab::Ci::Config::Yaml::Tags` (18.11).

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Reader;
use super::value::{Entry, Map, Node, Value};

/// References in what references lead to.
const CHAIN: usize = 200;

/// Puts the values in place of the references.
pub(super) fn resolve(root: &Map, reader: &mut Reader) -> Map {
    let mut walk = Walk {
        root,
        reader,
        path: Vec::new(),
        done: HashMap::new(),
    };
    walk.map(root).unwrap_or_else(|| root.clone())
}

struct Walk<'r> {
    root: &'r Map,
    reader: &'r mut Reader,
    /// The references that are being resolved.
    path: Vec<Vec<String>>,
    /// What became of lists and mappings, by their address; nothing, if they hold no reference. The
    /// root keeps all of them. What jobs share is resolved once, and stays shared.
    done: HashMap<usize, Option<Value>>,
}

/// The address of what a list or mapping shares.
fn address(value: &Value) -> Option<usize> {
    match value {
        Value::Map(map) => Some(Arc::as_ptr(map).addr()),
        Value::Seq(items) => Some(items.as_ptr().addr()),
        _ => None,
    }
}

impl Walk<'_> {
    /// The mapping without references; nothing, if it holds none.
    fn map(&mut self, map: &Map) -> Option<Map> {
        let mut resolved: Option<Map> = None;
        for (key, entry) in map.iter() {
            let Some(value) = self.node(&entry.value) else {
                continue;
            };
            if resolved.is_none() && !self.reader.takes(map.len(), entry.key_place) {
                return None;
            }
            let key_place = entry.key_place;
            let resolved = resolved.get_or_insert_with(|| map.clone());
            resolved.set(key.clone(), Entry { key_place, value });
        }
        resolved
    }

    fn items(&mut self, items: &[Node]) -> Option<Vec<Node>> {
        let mut resolved: Option<Vec<Node>> = None;
        for (at, item) in items.iter().enumerate() {
            let Some(value) = self.node(item) else {
                continue;
            };
            if resolved.is_none() && !self.reader.takes(items.len(), item.place) {
                return None;
            }
            let resolved = resolved.get_or_insert_with(|| items.to_vec());
            if let Some(slot) = resolved.get_mut(at) {
                *slot = value;
            }
        }
        resolved
    }

    /// A value without references; nothing, if it holds none.
    fn node(&mut self, node: &Node) -> Option<Node> {
        if let Value::Reference(path) = &node.value {
            let resolved = self.reference(node, path);
            return Some(resolved.unwrap_or_else(|| node.with(Value::Null)));
        }
        let address = address(&node.value)?;
        let resolved = match self.done.get(&address) {
            Some(done) => done.clone(),
            None => {
                let resolved = match &node.value {
                    Value::Map(map) => self.map(map).map(|map| Value::Map(Arc::new(map))),
                    Value::Seq(items) => self.items(items).map(|items| Value::Seq(items.into())),
                    _ => None,
                };
                self.done.insert(address, resolved.clone());
                resolved
            }
        };
        resolved.map(|value| node.with(value))
    }

    fn reference(&mut self, at: &Node, path: &[Node]) -> Option<Node> {
        let names: Vec<String> = path
            .iter()
            .filter_map(|step| step.as_str().map(str::to_owned))
            .collect();
        let shown = format!("`!reference [{}]`", names.join(", "));
        if names.is_empty() || names.len() != path.len() {
            let message = "`!reference` wants a list of names, `[job, key]`";
            self.reader.report(at.place, message);
            return None;
        }
        if self.path.contains(&names) {
            self.reader
                .report(at.place, format!("{shown} refers to itself"));
            return None;
        }
        if !self.reader.takes(1, at.place) || self.path.len() >= CHAIN {
            self.reader
                .report(at.place, "there are too many references in references");
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
            self.reader
                .report(at.place, format!("{shown} leads to nothing"));
            return None;
        };
        let found = found.clone();
        self.path.push(names);
        let resolved = self.node(&found);
        self.path.pop();
        Some(resolved.unwrap_or(found))
    }
}
