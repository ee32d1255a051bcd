//! `include`.
//!
//! In: the tree of the main file and the repository. Out: one tree, the included files under it,
//! and what could not be read. Always holds: nothing outside of the repository is read; what is
//! there is named. Facts: `Gitlab::Ci::Config::External` (18.11).

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Reader;
use super::model::Unresolved;
use super::psych::{self, Loaded};
use super::rules;
use super::value::{Map, Node, Value};
use super::{Repository, inputs};
use crate::files::Unread;
use crate::finding::Finding;
use crate::gitlab::expression::{Lookup, Truth, evaluate};
use crate::gitlab::glob;
use crate::source::Source;

/// Files that a configuration may include, all levels counted (15.10).
const FILES: usize = 150;

/// The kinds of includes that are not in the repository.
const ELSEWHERE: [&str; 5] = ["remote", "project", "template", "component", "artifact"];

/// What an include is evaluated with.
pub(super) struct Includes<'i> {
    pub(super) repository: &'i dyn Repository,
    pub(super) look_up: &'i dyn Fn(&str) -> Lookup,
    pub(super) sources: Vec<Source>,
    pub(super) unresolved: Vec<Unresolved>,
    files: usize,
    /// The files that were read, by their path: one that is included often is parsed once.
    loaded: HashMap<String, Loaded>,
}

impl<'i> Includes<'i> {
    /// Begins with the main file.
    pub(super) fn new(
        main: Source,
        repository: &'i dyn Repository,
        look_up: &'i dyn Fn(&str) -> Lookup,
    ) -> Self {
        Self {
            repository,
            look_up,
            sources: vec![main],
            unresolved: Vec::new(),
            files: 0,
            loaded: HashMap::new(),
        }
    }

    /// The tree of the main file with all that it includes.
    pub(super) fn main(&mut self, reader: &mut Reader) -> Result<Node, Finding> {
        match self.sources.first() {
            Some(main) => {
                let loaded = psych::load(main, 0)?;
                let tree = inputs::apply(loaded, None, &mut self.around(), reader);
                Ok(self.with_includes(tree, reader))
            }
            None => Ok(Node::new(Value::Null, Default::default())),
        }
    }

    fn around(&mut self) -> inputs::Around<'_> {
        inputs::Around {
            look_up: self.look_up,
            unresolved: &mut self.unresolved,
        }
    }

    /// A tree merged over what it includes.
    fn with_includes(&mut self, tree: Node, reader: &mut Reader) -> Node {
        let Some(include) = tree.get("include").filter(|node| !node.is_null()) else {
            return tree;
        };
        let mut merged = Map::default();
        let items = match &include.value {
            Value::Seq(items) => items.as_ref(),
            _ => std::slice::from_ref(include),
        };
        for item in items {
            for (file, inputs) in self.files_of(item, reader) {
                if let Some(map) = self.file(&file, inputs.as_ref(), item, reader)
                    && reader.takes(merged.merge_cost(&map), item.place)
                {
                    merged.deep_merge(&map);
                }
            }
        }
        if let Some(own) = tree.as_map() {
            merged.deep_merge(own);
        }
        merged.remove("include");
        tree.with(Value::Map(Arc::new(merged)))
    }

    /// The files of the repository that an include names, and its inputs.
    fn files_of(&mut self, item: &Node, reader: &mut Reader) -> Vec<(String, Option<Node>)> {
        let (local, given) = match &item.value {
            Value::Str(text) if text.starts_with("http://") || text.starts_with("https://") => {
                self.elsewhere(&format!("remote: {text}"), item);
                return Vec::new();
            }
            Value::Str(text) => (text.to_string(), None),
            Value::Map(map) => match self.local(map, item, reader) {
                Some(local) => local,
                None => return Vec::new(),
            },
            _ => {
                reader.report(item.place, "each `include` should be a path or a mapping");
                return Vec::new();
            }
        };
        if local.contains('$') {
            self.elsewhere(&format!("local: {local}"), item);
            return Vec::new();
        }
        let path = local.trim_start_matches('/');
        if ![".yml", ".yaml"].iter().any(|end| path.ends_with(end)) {
            let message = format!("`{local}` should end with `.yml` or `.yaml`");
            reader.report(item.place, message);
            return Vec::new();
        }
        if !path.contains('*') {
            return vec![(path.to_owned(), given)];
        }
        let Some(mut all) = self.repository.paths() else {
            self.elsewhere(&format!("local: {local}"), item);
            return Vec::new();
        };
        all.retain(|one| glob::matches(path, one));
        all.sort();
        all.into_iter().map(|one| (one, given.clone())).collect()
    }

    /// The path of an include that is a mapping, if its rules let it in and it is here.
    fn local(
        &mut self,
        map: &Map,
        item: &Node,
        reader: &mut Reader,
    ) -> Option<(String, Option<Node>)> {
        if let Some(key) = ELSEWHERE.iter().find(|key| map.has(key)) {
            let value = map.get(key).and_then(Node::scalar_text).unwrap_or_default();
            let file = match map.get("file").and_then(Node::scalar_text) {
                Some(file) => format!(", file: {file}"),
                None => String::new(),
            };
            self.elsewhere(&format!("{key}: {value}{file}"), item);
            return None;
        }
        let Some(local) = map.get("local") else {
            let message = "`include` should have one of `local`, `project`, `remote`, \
                           `template`, `component`";
            reader.report(item.place, message);
            return None;
        };
        let local = reader.string(local, "local")?.value;
        if let Some(rules) = map.given("rules") {
            match self.admits(rules, reader) {
                Truth::True => {}
                Truth::False => return None,
                Truth::Unknown | Truth::Raises => {
                    self.elsewhere(&format!("local: {local}, under conditions"), item);
                    return None;
                }
            }
        }
        Some((local, map.given("inputs").cloned()))
    }

    /// Whether the rules of an include let it in.
    fn admits(&self, node: &Node, reader: &mut Reader) -> Truth {
        for rule in rules::of_include(node, reader) {
            let truth = match (&rule.condition, &rule.changes, &rule.exists) {
                (Some(condition), None, None) => evaluate(&condition.expr, self.look_up),
                (None, None, None) => Truth::True,
                _ => Truth::Unknown,
            };
            match truth {
                Truth::False => {}
                Truth::True if rule.when == Some(super::When::Never) => return Truth::False,
                decided => return decided,
            }
        }
        Truth::False
    }

    fn elsewhere(&mut self, what: &str, item: &Node) {
        self.unresolved.push(Unresolved {
            what: what.to_owned(),
            place: item.place,
        });
    }

    /// Reads one file of the repository, with what it includes itself.
    fn file(
        &mut self,
        path: &str,
        inputs: Option<&Node>,
        item: &Node,
        reader: &mut Reader,
    ) -> Option<Map> {
        self.files += 1;
        if self.files > FILES {
            let message = format!("more than {FILES} files are included");
            reader.report(item.place, message);
            return None;
        }
        let loaded = match self.loaded.get(path) {
            Some(loaded) => loaded.clone(),
            None => {
                let loaded = self.load(path, item, reader)?;
                self.loaded.insert(path.to_owned(), loaded.clone());
                loaded
            }
        };
        self.content(loaded, path, inputs, item, reader)
    }

    /// Reads and parses a file.
    fn load(&mut self, path: &str, item: &Node, reader: &mut Reader) -> Option<Loaded> {
        let text = match self.repository.read(path) {
            Ok(text) => text,
            Err(Unread::Absent) => {
                reader.report(item.place, format!("there is no file `{path}` to include"));
                return None;
            }
            Err(unread) => {
                let reason = unread.reason();
                reader.report(item.place, format!("cannot include `{path}`: it {reason}"));
                return None;
            }
        };
        let source = Source::new(path, text);
        let loaded = psych::load(&source, self.sources.len());
        self.sources.push(source);
        loaded.map_err(|problem| reader.add(problem)).ok()
    }

    fn content(
        &mut self,
        loaded: Loaded,
        path: &str,
        inputs: Option<&Node>,
        item: &Node,
        reader: &mut Reader,
    ) -> Option<Map> {
        let tree = inputs::apply(loaded, inputs, &mut self.around(), reader);
        if tree.as_map().is_none() {
            let message = format!("`{path}` should be a mapping of jobs and keys");
            reader.report(item.place, message);
            return None;
        }
        // A file that includes itself ends with the number of files.
        let tree = self.with_includes(tree, reader);
        match tree.value {
            Value::Map(map) => Some(Arc::unwrap_or_clone(map)),
            _ => None,
        }
    }
}
