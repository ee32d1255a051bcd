//! What a manifest and the presets under it say together.
//!
//! In: the trees of files. Out: a [`Stack`], which is one tree, and knows for each key in it which files say it. Always
//! holds: where several say something, the uppermost is in effect, down to the key that the table names and no deeper;
//! an empty value of an upper one stays, and takes away what is under it.

use std::collections::HashMap;
use std::rc::Rc;

use super::entries;
use crate::source::{Entry, Kind, Node, Span};

/// How two values of one key become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merge {
    /// The upper one is in effect.
    Whole,
    /// Lists: what the lower one has, and then what the upper one has.
    Added,
    /// Mappings, name by name; each value as a whole.
    Names,
    /// Mappings, key by key; variables and build arguments name by name.
    Keys,
    /// Mappings, name by name, and each of them key by key.
    Entities,
    /// `defaults`: for each kind key by key.
    Defaults,
    /// The whole manifest.
    Manifest,
}

/// The table of `docs/presets.md`. A key that is not in it is taken as a whole.
const TABLE: &[(&[&str], Merge)] = &[
    (&["include", "accept"], Merge::Added),
    (&["variables", "refs", "jobs"], Merge::Names),
    (
        &["tools", "docker", "kubernetes", "compose", "pipeline"],
        Merge::Keys,
    ),
    (&["registries"], Merge::Entities),
    (KINDS, Merge::Entities),
    (&["defaults"], Merge::Defaults),
];

/// The collections of entities.
pub(super) const KINDS: &[&str] = &["images", "tests", "tasks", "environments", "promotions"];

impl Merge {
    /// How the values of a key are merged that stands in what this merges.
    pub(super) fn below(self, key: &str) -> Self {
        match self {
            Self::Manifest => {
                let row = TABLE.iter().find(|(keys, _)| keys.contains(&key));
                row.map_or(Self::Whole, |(_, merge)| *merge)
            }
            Self::Entities => Self::Keys,
            Self::Defaults if KINDS.contains(&key) => Self::Keys,
            Self::Keys if ["variables", "build_args"].contains(&key) => Self::Names,
            Self::Whole | Self::Added | Self::Names | Self::Keys | Self::Defaults => Self::Whole,
        }
    }
}

/// What several files say under one key: those whose values make one value, the uppermost last.
#[derive(Debug, Clone)]
pub(super) struct Stack<'n> {
    said: Vec<Said<'n>>,
    how: Merge,
}

/// A value in one of the files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Said<'n> {
    /// Where its key stands.
    pub(super) key: Span,
    /// The value.
    pub(super) value: &'n Node,
}

impl<'n> Stack<'n> {
    fn new(how: Merge) -> Self {
        Self {
            said: Vec::new(),
            how,
        }
    }

    /// Whole files, the uppermost last.
    pub(super) fn of(files: impl IntoIterator<Item = &'n Node>) -> Self {
        let mut stack = Self::new(Merge::Manifest);
        for value in files {
            let key = value.span;
            stack.put(Said { key, value });
        }
        stack
    }

    /// The values that are in effect, the uppermost last.
    pub(super) fn said(&self) -> &[Said<'n>] {
        &self.said
    }

    /// Whether no file says anything that is in effect.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Puts a value over the others: it is merged with them, or takes their place.
    fn put(&mut self, over: Said<'n>) {
        let is_merged = self.said.last().is_some_and(|under| {
            let has_tag = under.value.tag.is_some() || over.value.tag.is_some();
            let fits = match (&under.value.kind, &over.value.kind) {
                (Kind::Sequence(_), Kind::Sequence(_)) => self.how == Merge::Added,
                (Kind::Mapping(_), Kind::Mapping(_)) => {
                    !matches!(self.how, Merge::Whole | Merge::Added)
                }
                _ => false,
            };
            fits && !has_tag
        });
        if !is_merged {
            self.said.clear();
        }
        self.said.push(over);
    }

    /// Puts an entry of the mapping that holds this over the others. An empty value of a name takes away what is
    /// under it.
    fn put_entry(&mut self, entry: &'n Entry, of: Merge) {
        let by_name = matches!(of, Merge::Entities | Merge::Names);
        if by_name && entry.value.is_null() && !self.is_empty() {
            self.said.clear();
            return;
        }
        self.put(Said {
            key: entry.key.span,
            value: &entry.value,
        });
    }

    /// The keys of the values in effect, in any order; a key of several values is there several times.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'n str> {
        let all = self.said.iter().flat_map(|said| entries(said.value));
        all.map(|entry| &*entry.key.value)
    }

    /// What is said under a key of the mapping that these values make.
    pub(super) fn below(&self, key: &str) -> Self {
        let mut below = Self::new(self.how.below(key));
        for said in &self.said {
            for entry in entries(said.value).filter(|entry| &*entry.key.value == key) {
                below.put_entry(entry, self.how);
            }
        }
        below
    }

    /// The one value that they make; `None` if nothing is in effect. What only a lower mapping has stands before what
    /// an upper one has.
    pub(super) fn node(&self) -> Option<Node> {
        let (last, under) = self.said.split_last()?;
        let over = last.value;
        if under.is_empty() {
            return Some(over.clone());
        }
        let kind = match &over.kind {
            Kind::Scalar(_) => over.kind.clone(),
            Kind::Sequence(_) => {
                let lists = self.said.iter().map(|said| match &said.value.kind {
                    Kind::Sequence(items) => items.as_ref(),
                    Kind::Scalar(_) | Kind::Mapping(_) => [].as_slice(),
                });
                Kind::Sequence(lists.flatten().cloned().collect())
            }
            Kind::Mapping(_) => Kind::Mapping(self.entries()),
        };
        Some(Node {
            kind,
            ..over.clone()
        })
    }

    fn entries(&self) -> Rc<[Entry]> {
        let mut below: HashMap<&str, (usize, Self)> = HashMap::new();
        for (layer, said) in self.said.iter().enumerate() {
            for entry in entries(said.value) {
                let key = &*entry.key.value;
                let new = || (layer, Self::new(self.how.below(key)));
                let (last, stack) = below.entry(key).or_insert_with(new);
                *last = layer;
                stack.put_entry(entry, self.how);
            }
        }
        let layers = self.said.iter().enumerate();
        let all = layers.flat_map(|(layer, said)| entries(said.value).map(move |it| (layer, it)));
        let merged = all.filter_map(|(layer, entry)| {
            let (last, stack) = below.get(&*entry.key.value)?;
            let value = (*last == layer).then(|| stack.node())??;
            Some(Entry {
                value,
                ..entry.clone()
            })
        });
        merged.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::finding::Report;
    use crate::source::{Limits, Source, parse};

    fn tree(text: &str) -> Node {
        parse(
            &Source::new("m", text),
            Limits::MANIFEST,
            &mut Report::default(),
        )
        .unwrap()
    }

    /// A tree in flow style.
    fn flow(node: &Node, out: &mut String) {
        match &node.kind {
            Kind::Scalar(scalar) => out.push_str(&scalar.text),
            Kind::Sequence(items) => {
                out.push('[');
                for item in items.iter() {
                    flow(item, out);
                    out.push(' ');
                }
                out.push(']');
            }
            Kind::Mapping(entries) => {
                out.push('{');
                for entry in entries.iter() {
                    let _ = write!(out, "{}:", entry.key.value);
                    flow(&entry.value, out);
                    out.push(' ');
                }
                out.push('}');
            }
        }
    }

    #[test]
    fn each_row_of_the_table() {
        for (under, over, want) in [
            ("gitlab: 17", "gitlab: 18", "{gitlab:18 }"),
            ("stages: [a, b]", "stages: [c]", "{stages:[c ] }"),
            (
                "include: [{a: 1}]",
                "include: [{b: 2}]",
                "{include:[{a:1 } {b:2 } ] }",
            ),
            ("accept: [x]", "accept: null", "{accept:null }"),
            (
                "variables: {A: 1, B: 2}",
                "variables: {B: 3, C: 4}",
                "{variables:{A:1 B:3 C:4 } }",
            ),
            (
                "refs: {m: {branches: a}}",
                "refs: {m: {tags: b}}",
                "{refs:{m:{tags:b } } }",
            ),
            (
                "tools: {git: a, helm: b}",
                "tools: {git: c}",
                "{tools:{helm:b git:c } }",
            ),
            (
                "jobs: {a: {x: 1}}",
                "jobs: {a: {y: 2}}",
                "{jobs:{a:{y:2 } } }",
            ),
            (
                "registries: {r: {host: a, path: b}}",
                "registries: {r: {host: c}}",
                "{registries:{r:{path:b host:c } } }",
            ),
            (
                "tests: {t: {image: a, variables: {A: 1}, artifacts: {paths: [a]}}}",
                "tests: {t: {script: b, variables: {B: 2}, artifacts: {expire_in: never}}}",
                "{tests:{t:{image:a script:b variables:{A:1 B:2 } artifacts:{expire_in:never } } } }",
            ),
            ("tests: {t: {image: a}}", "tests: {t: null}", "{tests:{} }"),
            (
                "defaults: {timeout: 1, tests: {image: a, retry: {max: 1}}}",
                "defaults: {tests: {retry: {when: x}}, refs: [a]}",
                "{defaults:{timeout:1 tests:{image:a retry:{when:x } } refs:[a ] } }",
            ),
            (
                "variables: {A: 1}",
                "variables: !x {B: 2}",
                "{variables:{B:2 } }",
            ),
            ("tools: [a]", "tools: {git: b}", "{tools:{git:b } }"),
        ] {
            let mut got = String::new();
            let trees = [tree(under), tree(over)];
            flow(&Stack::of(&trees).node().unwrap(), &mut got);
            assert_eq!(got, want, "{under} under {over}");
        }
    }

    #[test]
    fn the_table_names_every_key_that_is_not_taken_as_a_whole() {
        use crate::manifest::{Manifest, record::Record as _};
        let whole = [
            "windlass",
            "made_for",
            "presets",
            "gitlab",
            "stages",
            "includes_from",
        ];
        for key in Manifest::keys() {
            let is_whole = Merge::Manifest.below(key.name) == Merge::Whole;
            assert_eq!(is_whole, whole.contains(&key.name), "{}", key.name);
        }
    }
}
