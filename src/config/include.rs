//! `include`.
//!
//! In: the tree of the main file, the repository, and what is known of the pipeline. Out: one tree,
//! the included files under it, and what could not be read. Always holds: every file comes through
//! [`Repository`]; an include that is not read is named with the reason; what decided the tree is
//! recorded in [`Asked`], so that a pipeline with the same answers has the same tree.
//!
//! Facts: `Gitlab::Ci::Config::External::Mapper` and its `Normalizer`, `Filter`, `LocationExpander`,
//! `VariablesExpander` (18.11): rules are evaluated first, then wildcards of a mapping are expanded,
//! then variables; a string has its variables expanded before its wildcards. Variables of the file
//! itself do not count.

use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::Arc;

use super::entry::Reader;
use super::location::{Base, Kind, Location};
use super::model::{NotRead, Unresolved};
use super::path_values;
use super::psych::{self, Loaded};
use super::rules;
use super::value::{Map, Node, Place, Value};
use super::{Given, Repository, Rule, inputs};
use crate::files::Unread;
use crate::finding::Code;
use crate::finding::Finding;
use crate::gitlab::expression::{Expr, Lookup, Truth};
use crate::source::Source;

/// Files that a configuration may include, all levels counted (15.10).
const FILES: usize = 150;

/// Something that the tree depends on, and the answer that was given.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A rule of an include.
    Rule(Box<Rule>, Truth),
    /// A path with variables, and the path that it stands for.
    Path(String, Option<String>),
    /// A variable that an input function puts in.
    Variable(String, Lookup),
}

impl Asked {
    /// Whether the same would be answered.
    pub fn same(&self, given: &dyn Given) -> bool {
        match self {
            Asked::Rule(rule, truth) => given.rule(rule) == *truth,
            Asked::Path(text, path) => given.expanded(text) == *path,
            Asked::Variable(name, found) => given.variable(name) == *found,
        }
    }
}

/// How many values of [`Reader::takes`] an entry of an included file counts as: most are jobs.
const ENTRY: usize = 20;

/// How many bytes of an included file count as one value of [`Reader::takes`].
const BYTES: usize = 16;

/// What an include is evaluated with.
pub(super) struct Includes<'i> {
    repository: &'i dyn Repository,
    given: &'i dyn Given,
    pub(super) sources: Vec<Source>,
    /// Which of the sources are read here; the others are from other readings.
    read: Vec<bool>,
    pub(super) unresolved: Vec<Unresolved>,
    pub(super) asked: RefCell<Vec<Asked>>,
    /// The rules of all includes.
    pub(super) rules: Vec<Rule>,
    /// The entries that have rules.
    pub(super) conditional: Vec<Map>,
    /// The conditions on which a path with a variable names a file.
    pub(super) path_conditions: Vec<Expr>,
    /// `spec` of the main file.
    pub(super) spec: Option<Node>,
    /// The texts of the main file that inputs are put into.
    pub(super) blocks: Vec<String>,
    files: usize,
    /// Sources with values that are not known.
    vague: HashSet<usize>,
    /// Counts what is merged, in the order in which it is.
    clock: usize,
    /// When the content of each source was merged.
    merged: Vec<usize>,
    /// When the last include that is not read would have been.
    last_unread: usize,
}

impl<'i> Includes<'i> {
    /// Begins with the main file.
    pub(super) fn new(main: Source, repository: &'i dyn Repository, given: &'i dyn Given) -> Self {
        let mut sources = vec![main];
        sources.extend(given.sources().iter().skip(1).cloned());
        Self {
            repository,
            given,
            read: vec![false; sources.len()],
            merged: vec![0; sources.len()],
            sources,
            unresolved: Vec::new(),
            asked: RefCell::default(),
            vague: HashSet::new(),
            rules: Vec::new(),
            conditional: Vec::new(),
            path_conditions: Vec::new(),
            spec: None,
            blocks: Vec::new(),
            files: 0,
            clock: 0,
            last_unread: 0,
        }
    }

    /// The tree of the main file with all that it includes.
    pub(super) fn main(&mut self, reader: &mut Reader) -> Result<Node, Finding> {
        match self.sources.first() {
            Some(main) => {
                let loaded = psych::load(main, 0)?;
                self.spec = loaded
                    .header
                    .as_ref()
                    .and_then(|it| it.get("spec"))
                    .cloned();
                if self.spec.is_some() {
                    inputs::blocks(&loaded.content, "", &mut self.blocks);
                }
                let tree = self.interpolated(loaded, self.given.inputs(), (0, false), reader);
                Ok(self.under(tree, reader))
            }
            None => Ok(Node::new(Value::Null, Default::default())),
        }
    }

    /// A tree of the main file with all that it includes.
    pub(super) fn under(&mut self, tree: Node, reader: &mut Reader) -> Node {
        self.with_includes(tree, 0, &Base::Own, reader)
    }

    /// For each source, whether an include that is not read may replace what it says.
    pub(super) fn contested(&self) -> Vec<bool> {
        let earlier = |(file, merged): (usize, &usize)| {
            *merged < self.last_unread || self.vague.contains(&file)
        };
        self.merged.iter().enumerate().map(earlier).collect()
    }

    /// A file with its inputs put in.
    fn interpolated(
        &mut self,
        loaded: Loaded,
        inputs: Option<&Node>,
        (file, is_component): (usize, bool),
        reader: &mut Reader,
    ) -> Node {
        let (given, asked) = (self.given, &self.asked);
        let look_up = |name: &str| {
            let found = given.variable(name);
            asked
                .borrow_mut()
                .push(Asked::Variable(name.to_owned(), found.clone()));
            found
        };
        let mut unknown = Vec::new();
        let mut around = inputs::Around {
            look_up: &look_up,
            unknown: &mut unknown,
            is_component,
        };
        let tree = inputs::apply(loaded, inputs, &mut around, reader);
        for (what, place) in unknown {
            // What the file says with such a value is not known.
            self.vague.insert(file);
            let unresolved = Unresolved::of_value(&what, place);
            if !self.unresolved.contains(&unresolved) {
                self.unresolved.push(unresolved);
            }
        }
        tree
    }

    /// A tree merged over what it includes.
    fn with_includes(&mut self, tree: Node, file: usize, base: &Base, reader: &mut Reader) -> Node {
        let mut merged = Map::default();
        if let Some(include) = tree.get("include").filter(|node| !node.is_null()) {
            let items = match &include.value {
                Value::Seq(items) => items.as_ref(),
                _ => std::slice::from_ref(include),
            };
            for item in items {
                for location in self.locations(item, base, reader) {
                    // Behind too much nothing is read.
                    if !reader.takes(0, item.place) {
                        break;
                    }
                    if let Some(map) = self.file(&location, item, reader)
                        && reader.takes(merged.merge_cost(&map) + map.len() * ENTRY, item.place)
                    {
                        merged.deep_merge(&map);
                    }
                }
            }
        }
        self.clock += 1;
        if let Some(slot) = self.merged.get_mut(file) {
            *slot = self.clock;
        }
        // A name in it may be any: it may replace what was merged before.
        if self.vague.contains(&file) {
            self.last_unread = self.clock;
        }
        let Some(own) = tree.as_map().filter(|own| own.has("include")) else {
            return tree;
        };
        merged.deep_merge(own);
        merged.remove("include");
        tree.with(Value::Map(Arc::new(merged)))
    }

    /// The files that an include stands for; none if its rules leave it out or it is not read.
    fn locations(&mut self, item: &Node, base: &Base, reader: &mut Reader) -> Vec<Location> {
        let entry = match &item.value {
            Value::Str(text) => match self.expanded(text) {
                Some(text) => Kind::normalized(&text, item),
                None => {
                    let map = Kind::normalized(text, item);
                    self.unread(&map, item, NotRead::Variable);
                    return Vec::new();
                }
            },
            Value::Map(map) => Map::clone(map),
            _ => {
                reader.found(
                    Code::BadInclude,
                    item.place,
                    "each `include` should be a path or a mapping",
                );
                return Vec::new();
            }
        };
        let Some(kind) = Kind::of(&entry, item, reader) else {
            return Vec::new();
        };
        if let Some(rules) = entry.given("rules") {
            self.conditional.push(entry.clone());
            match self.admits(rules, reader) {
                Truth::True => {}
                Truth::False => return Vec::new(),
                Truth::Unknown | Truth::Raises => {
                    self.unread(&entry, item, NotRead::Rules);
                    return Vec::new();
                }
            }
        }
        let mut locations = Vec::new();
        for text in kind.texts(&entry, item, reader) {
            if kind == Kind::Local && text.contains('*') {
                match base.matching(&text, self.repository) {
                    Some(paths) => {
                        locations.extend(paths.into_iter().map(|path| base.local(path, &entry)));
                    }
                    None => self.unread(&entry, item, NotRead::NotHere),
                }
                continue;
            }
            let (host, rest) = kind.own_host(&text);
            match self.expanded(rest).map(|rest| format!("{host}{rest}")) {
                Some(text) => match kind.location(text, &entry, base, item, reader) {
                    Ok(location) => locations.extend(location),
                    Err(unread) => self.unread(&entry, item, unread),
                },
                None => self.unread(&entry, item, NotRead::Variable),
            }
        }
        locations
    }

    /// A text with its variables put in, if they are known.
    fn expanded(&mut self, text: &str) -> Option<String> {
        if !text.contains('$') {
            return Some(text.to_owned());
        }
        let expanded = self.given.expanded(text);
        self.asked
            .get_mut()
            .push(Asked::Path(text.to_owned(), expanded.clone()));
        if let Some(paths) = self.repository.paths() {
            let named = path_values::conditions(text, &paths);
            for condition in named {
                if !self.path_conditions.contains(&condition) {
                    self.path_conditions.push(condition);
                }
            }
        }
        expanded
    }

    /// Whether the rules of an include let it in.
    fn admits(&mut self, node: &Node, reader: &mut Reader) -> Truth {
        let rules = rules::of_include(node, reader);
        self.rules.extend(rules.iter().cloned());
        for rule in rules {
            let truth = self.given.rule(&rule);
            let never = rule.when == Some(super::When::Never);
            let asked = self.asked.get_mut();
            asked.push(Asked::Rule(Box::new(rule), truth));
            match truth {
                Truth::False => {}
                Truth::True if never => return Truth::False,
                decided => return decided,
            }
        }
        Truth::False
    }

    fn unread(&mut self, entry: &Map, item: &Node, why: NotRead) {
        self.clock += 1;
        self.last_unread = self.clock;
        let unresolved = Unresolved::of(entry, item.place, why);
        if !self.unresolved.contains(&unresolved) {
            self.unresolved.push(unresolved);
        }
    }

    /// Reads one file, with what it includes itself.
    fn file(&mut self, location: &Location, item: &Node, reader: &mut Reader) -> Option<Map> {
        self.files += 1;
        if self.files > FILES {
            if self.files == FILES + 1 {
                let message = format!("more than {FILES} files are included");
                reader.found(Code::BadInclude, item.place, message);
            }
            return None;
        }
        let (name, text) = match location.read(self.repository) {
            Ok(found) => found,
            Err(Unread::Absent) if location.is_missing(self.repository) => {
                let message = format!("there is no file `{}` to include", location.name());
                reader.found(Code::BadInclude, item.place, message);
                return None;
            }
            Err(Unread::Absent) => {
                self.unread(&location.entry, item, NotRead::NotHere);
                return None;
            }
            Err(unread) => {
                let reason = unread.reason();
                let message = format!("cannot include `{}`: it {reason}", location.name());
                reader.found(Code::BadInclude, item.place, message);
                return None;
            }
        };
        // A file that is included often is parsed as often.
        if !reader.takes(text.len() / BYTES, item.place) {
            return None;
        }
        let source = Source::new(&name, text);
        let file = self.number(&source);
        let loaded = match psych::load(&source, file) {
            Ok(loaded) => loaded,
            Err(problem) => {
                reader.add(problem);
                return None;
            }
        };
        self.content(loaded, file, location, item.place, reader)
    }

    /// The index of a source: the one that it has in other readings.
    fn number(&mut self, source: &Source) -> usize {
        let is_same = |(at, other): (usize, &Source)| {
            let is_read = at == 0 || self.read.get(at).copied().unwrap_or(true);
            !is_read && other.name == source.name && other.text == source.text
        };
        match self.sources.iter().enumerate().position(is_same) {
            Some(at) => {
                if let Some(read) = self.read.get_mut(at) {
                    *read = true;
                }
                at
            }
            None => {
                self.sources.push(source.clone());
                self.merged.push(0);
                self.read.push(true);
                self.sources.len().saturating_sub(1)
            }
        }
    }

    fn content(
        &mut self,
        loaded: Loaded,
        file: usize,
        location: &Location,
        place: Place,
        reader: &mut Reader,
    ) -> Option<Map> {
        let inputs = location.entry.given("inputs");
        let is_component = location.entry.given("component").is_some();
        let tree = self.interpolated(loaded, inputs, (file, is_component), reader);
        if tree.as_map().is_none() {
            let name = self.sources.get(file).map_or("", |source| &source.name);
            let message = format!("`{name}` should be a mapping of jobs and keys");
            reader.found(Code::BadInclude, place, message);
            return None;
        }
        // A file that includes itself ends with the number of files.
        let tree = self.with_includes(tree, file, &location.base, reader);
        match tree.value {
            Value::Map(map) => Some(Arc::unwrap_or_clone(map)),
            _ => None,
        }
    }
}
