//! `!reference [job, key, ...]`.
//!
//! In: the tree, `extends` done. Out: the same with the values in place of the references; a list
//! in a list stays one, as its user decides how deep they may nest. Facts:
//! `Gitlab::Ci::Config::Yaml::Tags` (18.11).

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Reader;
use super::value::{Entry, Map, Node, Value};
use crate::finding::Code;

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
    let mut resolved = Map::default();
    for (key, entry) in root.iter() {
        let before = walk.reader.told();
        let value = walk.node(&entry.value);
        if walk.reader.told() > before {
            walk.reader.gives_up(&key.text);
        }
        let value = match value {
            Resolved::Same => entry.value.clone(),
            Resolved::Other(value) => value,
            Resolved::Open => continue,
        };
        let key_place = entry.key_place;
        resolved.set(key.clone(), Entry { key_place, value });
    }
    resolved
}

struct Walk<'r> {
    root: &'r Map,
    reader: &'r mut Reader,
    /// The references that are being resolved.
    path: Vec<Vec<String>>,
    /// What became of lists and mappings, by their address; what jobs
    /// share is resolved once. The root keeps all of them. What jobs share is resolved once, and stays shared.
    done: HashMap<usize, Resolved<Value>>,
}

/// What became of a value.
#[derive(Debug, Clone)]
enum Resolved<T> {
    /// It holds no reference, and stays shared.
    Same,
    /// Its references were resolved.
    Other(T),
    /// Only an include that is not read can say what it is.
    Open,
}

impl<T> Resolved<T> {
    fn map<U>(self, make: impl FnOnce(T) -> U) -> Resolved<U> {
        match self {
            Self::Same => Resolved::Same,
            Self::Other(value) => Resolved::Other(make(value)),
            Self::Open => Resolved::Open,
        }
    }
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
    /// Resolves what a mapping holds; a key that is open is left out.
    fn map(&mut self, map: &Map) -> Resolved<Map> {
        let mut resolved: Option<Map> = None;
        for (key, entry) in map.iter() {
            let value = self.node(&entry.value);
            if matches!(value, Resolved::Same) {
                continue;
            }
            if resolved.is_none() && !self.reader.takes(map.len(), entry.key_place) {
                return Resolved::Same;
            }
            let key_place = entry.key_place;
            let resolved = resolved.get_or_insert_with(|| map.clone());
            match value {
                Resolved::Other(value) => resolved.set(key.clone(), Entry { key_place, value }),
                Resolved::Open | Resolved::Same => resolved.take(key),
            }
        }
        resolved.map_or(Resolved::Same, Resolved::Other)
    }

    /// Resolves what a list holds; an item that is open is left out, and a list of nothing else is
    /// open.
    fn items(&mut self, items: &[Node]) -> Resolved<Vec<Node>> {
        let mut resolved: Option<Vec<Node>> = None;
        for (at, item) in items.iter().enumerate() {
            let value = self.node(item);
            if resolved.is_none() {
                if matches!(value, Resolved::Same) {
                    continue;
                }
                if !self.reader.takes(items.len(), item.place) {
                    return Resolved::Same;
                }
            }
            let resolved = resolved.get_or_insert_with(|| items.iter().take(at).cloned().collect());
            match value {
                Resolved::Same => resolved.push(item.clone()),
                Resolved::Other(value) => resolved.push(value),
                Resolved::Open => {}
            }
        }
        match resolved {
            None => Resolved::Same,
            Some(known) if known.is_empty() => Resolved::Open,
            Some(known) => Resolved::Other(known),
        }
    }

    /// Resolves a value.
    fn node(&mut self, node: &Node) -> Resolved<Node> {
        if let Value::Reference(path) = &node.value {
            return match self.reference(node, path) {
                Some(found) => Resolved::Other(found),
                None if self.reader.is_open() => Resolved::Open,
                None => Resolved::Other(node.with(Value::Null)),
            };
        }
        let Some(address) = address(&node.value) else {
            return Resolved::Same;
        };
        let resolved = match self.done.get(&address) {
            Some(done) => done.clone(),
            None => {
                let resolved = match &node.value {
                    Value::Map(map) => self.map(map).map(|map| Value::Map(Arc::new(map))),
                    Value::Seq(items) => self.items(items).map(|items| Value::Seq(items.into())),
                    _ => Resolved::Same,
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
        if !self.reader.takes(1, at.place) || self.path.len() >= CHAIN {
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
        match resolved {
            Resolved::Same => Some(found),
            Resolved::Other(resolved) => Some(resolved),
            Resolved::Open => None,
        }
    }
}
