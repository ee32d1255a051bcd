//! Lists and mappings with free keys.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::record::{Read, Reader, SchemaName, nullable};
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
            Kind::Sequence(items) => Some(Self(read_items(items, reader))),
            Kind::Scalar(_) | Kind::Mapping(_) => {
                let value = T::read(node, reader)?;
                Some(Self(vec![At::new(value, node.span)]))
            }
        }
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
            Kind::Sequence(items) => Some(Self(read_items(items, reader))),
            Kind::Scalar(_) | Kind::Mapping(_) => {
                reader.wrong_type(node, "a list");
                None
            }
        }
    }
}

fn read_items<T: Read>(items: &[Node], reader: &mut Reader<'_>) -> Vec<At<T>> {
    items
        .iter()
        .filter_map(|item| {
            if item.is_null() {
                reader.wrong_type(item, "values in its list");
                return None;
            }
            T::read(item, reader).map(|value| At::new(value, item.span))
        })
        .collect()
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

/// A mapping from names to values, in the order written. `null` values are kept as `None`: they
/// remove what a default holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(pub Vec<(At<String>, Option<At<T>>)>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Map<T> {
    /// The entries that have a value.
    pub fn iter(&self) -> impl Iterator<Item = (&At<String>, &At<T>)> {
        self.0
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| (key, value)))
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&At<T>> {
        self.iter()
            .find(|(key, _)| key.value == name)
            .map(|(_, value)| value)
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
            reader.wrong_type(node, "a mapping");
            return None;
        };
        let mut map = Vec::with_capacity(entries.len());
        for entry in entries.iter() {
            let key = &entry.key;
            if entry.plain_key
                && let Some(kind) = plain_type(&key.value)
            {
                let name = &key.value;
                let message = format!("the key `{name}` is {kind} in YAML, and a name is wanted");
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
            map.push((At::new(key.value.to_string(), key.span), read));
        }
        Some(Self(map))
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
