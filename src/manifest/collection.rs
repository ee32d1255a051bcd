//! Lists and mappings with free keys.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::record::{Read, Reader, SchemaName, See, Wanted, nullable};
use super::scalar::plain_type;
use crate::finding::{Code, Finding};
use crate::source::{At, Kind, Node};

/// A list, or one value that stands for a list of one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Many<T>(pub Vec<At<T>>);

impl<T> Many<T> {
    /// The values with their places.
    pub fn iter(&self) -> impl Iterator<Item = &At<T>> {
        self.0.iter()
    }
}

impl<T: Read> Read for Many<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Sequence(items) => {
                reader.refuse_tag(node);
                read_items(items, reader).map(Self)
            }
            Kind::Scalar(_) | Kind::Mapping(_) => {
                let value = T::read(node, reader)?;
                Some(Self(vec![At::new(value, node.span)]))
            }
        }
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        self.iter().for_each(|item| item.value.visit(see));
    }
}

impl<T: Read> JsonSchema for Many<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        format!("Many{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [item, { "type": "array", "items": item }] })
    }
}

/// A list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List<T>(pub Vec<At<T>>);

impl<T> List<T> {
    /// The values with their places.
    pub fn iter(&self) -> impl Iterator<Item = &At<T>> {
        self.0.iter()
    }
}

impl<T: Read> Read for List<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.refuse_tag(node);
        match &node.kind {
            Kind::Sequence(items) => read_items(items, reader).map(Self),
            Kind::Scalar(_) | Kind::Mapping(_) => {
                reader.wrong_type(node, Wanted::List);
                None
            }
        }
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        self.iter().for_each(|item| item.value.visit(see));
    }
}

/// The items that can be read; `None` if there are some and none can, so that nobody takes the
/// list for an empty one.
fn read_items<T: Read>(items: &[Node], reader: &mut Reader<'_>) -> Option<Vec<At<T>>> {
    let read: Vec<At<T>> = items
        .iter()
        .filter_map(|item| {
            if item.is_null() {
                let finding = Finding::new(Code::WrongType, item.span, "this item is empty");
                reader.fault(item, finding.help("write its value, or remove it"));
                return None;
            }
            T::read(item, reader).map(|value| At::new(value, item.span))
        })
        .collect();
    (items.is_empty() || !read.is_empty()).then_some(read)
}

impl<T: Read> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        format!("List{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item })
    }
}

/// A mapping from names to values, in the order written, with constant-time look-up. `null` values
/// are kept as `None`: they remove what a default holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(IndexMap<Name, Option<At<T>>>);

/// A name that is looked up by its text, wherever it is written.
#[derive(Debug, Clone)]
struct Name(At<String>);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.value == other.0.value
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.value.hash(state);
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0.value
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(IndexMap::new())
    }
}

impl<T> Map<T> {
    /// The entries that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (&At<String>, &At<T>)> {
        self.entries()
            .filter_map(|(key, value)| value.map(|value| (key, value)))
    }

    /// All entries, those with `null` too.
    pub fn entries(&self) -> impl Iterator<Item = (&At<String>, Option<&At<T>>)> {
        self.0.iter().map(|(name, value)| (&name.0, value.as_ref()))
    }

    /// The values, to be changed in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut At<T>> {
        self.0.values_mut().flatten()
    }

    /// The entries that have a value, which may be changed in place.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut At<T>)> {
        let entries = self.0.iter_mut();
        entries.filter_map(|(name, value)| Some((name.0.value.as_str(), value.as_mut()?)))
    }

    /// Whether nothing is written in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&At<T>> {
        self.0.get(name)?.as_ref()
    }

    /// The entry of a name: its key, with its place, and its value.
    pub fn entry(&self, name: &str) -> Option<(&At<String>, &At<T>)> {
        let (key, value) = self.0.get_key_value(name)?;
        Some((&key.0, value.as_ref()?))
    }

    /// Adds what another one has and this one lacks, in front of its own.
    pub fn inherit_entries(&mut self, default: &Self)
    where
        T: Clone,
    {
        let mut all = default.0.clone();
        all.retain(|name, _| !self.0.contains_key(name));
        all.append(&mut self.0);
        self.0 = all;
    }

    /// The names that have a value.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| key.value.as_str())
    }
}

impl<T: Read + Clone> Read for Map<T> {
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.refuse_tag(node);
        let Kind::Mapping(entries) = &node.kind else {
            reader.wrong_type(node, Wanted::Mapping);
            return None;
        };
        let mut map = IndexMap::with_capacity(entries.len());
        for entry in entries.iter() {
            let key = &entry.key;
            if entry.plain_key
                && let Some(kind) = plain_type(&key.value)
            {
                let name = &key.value;
                let message =
                    format!("the key `{name}` is {kind} in YAML, but this must be a name");
                let finding = Finding::new(Code::NotQuoted, key.span, message)
                    .help(format!("write it in quotes: `\"{name}\":`"));
                reader.report.push(finding);
                continue;
            }
            let value = &entry.value;
            let read = if value.is_null() {
                None
            } else {
                match reader.below(&key.value, |reader| T::read(value, reader)) {
                    Some(read) => Some(At::new(read, value.span)),
                    None => continue,
                }
            };
            map.insert(Name(At::new(key.value.to_string(), key.span)), read);
        }
        Some(Self(map))
    }

    fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        self.iter().for_each(|(_, item)| item.value.visit(see));
    }
}

impl<T: Read> JsonSchema for Map<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> SchemaName {
        format!("Map{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = nullable(generator.subschema_for::<T>());
        json_schema!({ "type": "object", "additionalProperties": value })
    }
}
