//! `extends`.
//!
//! In: the tree of all files. Out: the same with every job merged over what it extends. Facts:
//! `Gitlab::Ci::Config::Extendable` (18.11).

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Reader;
use super::value::{Map, Node, Value};
use crate::finding::{Code, Finding, did_you_mean};

/// `Extendable::Entry::MAX_NESTING_LEVELS` is 10 parents above the first.
const LEVELS: usize = 11;

/// Findings with a suggestion: each one compares a name with all others.
const SUGGESTIONS: usize = 50;

/// Merges every job over what it extends.
pub(super) fn extend(root: &Map, reader: &mut Reader) -> Map {
    let mut extended = HashMap::new();
    let mut out = Map::default();
    for (key, entry) in root.iter() {
        let mut entry = entry.clone();
        if key.is_string
            && let Some(map) = entry.value.as_map()
            && map.has("extends")
        {
            let mut walk = Walk {
                root,
                done: &mut extended,
                reader,
                path: Vec::new(),
            };
            match walk.job(&key.text) {
                Some(merged) => entry.value.value = Value::Map(merged),
                None => reader.gives_up(&key.text),
            }
        }
        out.set(key.clone(), entry);
    }
    out
}

struct Walk<'r> {
    root: &'r Map,
    done: &'r mut HashMap<String, Option<(Arc<Map>, usize)>>,
    reader: &'r mut Reader,
    path: Vec<String>,
}

impl Walk<'_> {
    fn job(&mut self, name: &str) -> Option<Arc<Map>> {
        self.merged(name).map(|(map, _)| map)
    }

    /// The merged job and how many levels stand above it.
    fn merged(&mut self, name: &str) -> Option<(Arc<Map>, usize)> {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let result = self.merge(name);
        self.done.insert(name.to_owned(), result.clone());
        result
    }

    fn merge(&mut self, name: &str) -> Option<(Arc<Map>, usize)> {
        let node = self.root.get(name)?;
        let Value::Map(own) = &node.value else {
            return None;
        };
        let Some(extends) = own.entry("extends").filter(|e| !e.value.is_null()) else {
            return Some((Arc::clone(own), 0));
        };
        let place = extends.value.place;
        if self.path.iter().any(|above| above == name) {
            let message = format!("`{name}` extends itself");
            self.reader.found(Code::CircularExtends, place, message);
            return None;
        }
        if self.path.len() > 10 * LEVELS {
            self.reader
                .found(Code::CircularExtends, place, "`extends` goes on for ever");
            return None;
        }
        let bases = self.bases(name, &extends.value)?;
        self.path.push(name.to_owned());
        let mut merged = Map::default();
        let mut levels = 0;
        let mut good = true;
        for base in bases {
            match self.merged(&base) {
                Some((map, above)) => {
                    levels = levels.max(above + 1);
                    if !self.reader.takes(merged.merge_cost(&map), place) {
                        return None;
                    }
                    merged.deep_merge(&map);
                }
                None => good = false,
            }
        }
        self.path.pop();
        if levels > LEVELS {
            let message = format!("`{name}`: `extends` goes on for more than {LEVELS} levels");
            self.reader.found(Code::CircularExtends, place, message);
            return None;
        }
        if !self.reader.takes(merged.merge_cost(own), place) {
            return None;
        }
        merged.deep_merge(own);
        good.then(|| (Arc::new(merged), levels))
    }

    /// The names of the bases, all of which exist and are mappings.
    fn bases(&mut self, name: &str, extends: &Node) -> Option<Vec<String>> {
        let items = match &extends.value {
            Value::Seq(items) => items.as_ref(),
            _ => std::slice::from_ref(extends),
        };
        let mut bases = Vec::with_capacity(items.len());
        let mut absent = 0;
        for item in items {
            let base = item.as_str().unwrap_or_default();
            let problem = match self.root.get(base) {
                // An include that is not read may define it.
                None if self.reader.is_open() && !base.is_empty() => {
                    absent += 1;
                    continue;
                }
                None => format!("`{name}` extends `{base}`, which does not exist"),
                Some(node) if node.as_map().is_none() => {
                    format!("`{name}` extends `{base}`, which is not a mapping")
                }
                Some(_) => {
                    bases.push(base.to_owned());
                    continue;
                }
            };
            let names = self.root.iter().map(|(key, _)| &*key.text);
            let meant = match self.reader.told() {
                ..SUGGESTIONS => did_you_mean(base, names.filter(|known| *known != name)),
                _ => None,
            };
            let finding = Finding::new(Code::UnknownJob, item.place, problem);
            let meant = meant.filter(|meant| *meant != base);
            let help = meant.map(|meant| format!("did you mean `{meant}`?"));
            self.reader.add(finding.help_if(help));
        }
        (bases.len() + absent == items.len()).then_some(bases)
    }
}
