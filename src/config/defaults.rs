//! `default`, the global keys that stand for it, and `inherit`.
//!
//! Facts: `Entry::Default`, `Entry::Root` and `Entry::Inherit` (18.11).

use super::entry::Reader;
use super::model::Inherits;
use super::value::{Key, Map, Node, Value};
use crate::finding::Code;
use crate::gitlab::keywords;

/// Global keys that are the default of all jobs.
const GLOBAL: [&str; 5] = [
    "before_script",
    "image",
    "services",
    "after_script",
    "cache",
];

/// What jobs take over if they say nothing else.
#[derive(Debug, Default)]
pub(super) struct Defaults(Map);

/// What a job does not take over.
#[derive(Debug, Default)]
pub(super) struct Inherit {
    /// Of the defaults: these keys alone; `None`: all.
    defaults: Option<Vec<String>>,
    /// Of the global variables.
    pub(super) variables: Inherits,
}

impl Defaults {
    /// Reads the defaults of a configuration.
    pub(super) fn read(tree: &Map, default: Option<&Node>, reader: &mut Reader) -> Self {
        let mut keys = Map::default();
        let map = default.and_then(|node| reader.map(node, "default"));
        if let Some(map) = map {
            reader.known_keys(map, "default", &keywords::DEFAULT);
            keys = map.clone();
        }
        for key in GLOBAL {
            let Some(entry) = tree.entry(key).filter(|entry| !entry.value.is_null()) else {
                continue;
            };
            if keys.given(key).is_some() {
                let message = format!("`{key}` stands at the top level and in `default`");
                reader.found(Code::Exclusive, entry.key_place, message);
            }
            keys.set(Key::string(key), entry.clone());
        }
        Self(keys)
    }

    /// The keys of a job, with the defaults that it inherits; a job with `trigger` takes
    /// `interruptible` alone (`Entry::Processable`, 18.11).
    pub(super) fn complete(&self, own: &Map, inherit: &Inherit, is_trigger: bool) -> Map {
        let mut keys = own.clone();
        for (key, entry) in self.0.iter() {
            if is_trigger && &*key.text != "interruptible" {
                continue;
            }
            let inherited = inherit
                .defaults
                .as_ref()
                .is_none_or(|only| only.iter().any(|one| **one == *key.text));
            if inherited && own.given(&key.text).is_none() && !entry.value.is_null() {
                keys.set(key.clone(), entry.clone());
            }
        }
        keys
    }
}

impl Inherit {
    /// Reads a job's `inherit`.
    pub(super) fn read(job: &Map, reader: &mut Reader) -> Self {
        let mut inherit = Inherit::default();
        let node = job.given("inherit");
        let Some(map) = node.and_then(|node| reader.map(node, "inherit")) else {
            return inherit;
        };
        reader.known_keys(map, "inherit", &["default", "variables"]);
        if let Some(node) = map.given("default") {
            inherit.defaults = list(node, "inherit:default", reader);
            for key in inherit.defaults.iter().flatten() {
                if !keywords::DEFAULT.contains(&key.as_str()) {
                    let message = format!("`inherit:default` has `{key}`, which is not a default");
                    reader.report(node.place, message);
                }
            }
        }
        if let Some(node) = map.given("variables") {
            inherit.variables = match list(node, "inherit:variables", reader) {
                None => Inherits::All,
                Some(names) if names.is_empty() => Inherits::Nothing,
                Some(names) => Inherits::Only(names),
            };
        }
        inherit
    }
}

/// `true` is everything (`None`), `false` nothing, a list what it names.
fn list(node: &Node, what: &str, reader: &mut Reader) -> Option<Vec<String>> {
    match &node.value {
        Value::Bool(true) => None,
        Value::Bool(false) => Some(Vec::new()),
        _ => {
            let names = reader.strings(node, what);
            Some(names.into_iter().map(|name| name.value).collect())
        }
    }
}
