//! A loaded configuration: values that know their place.
//!
//! Always holds: copying a value is cheap, whatever it holds; every value that stands in a file
//! has the place where it stands there, also after `extends`, aliases and `!reference`.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};

use crate::hash;

pub use crate::source::Place;

/// Something that knows its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> Located<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

impl<T> std::ops::Deref for Located<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A value and its place.
pub type Node = Located<Value>;

/// What GitLab's YAML loader makes of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// A number with a fraction.
    Float(f64),
    /// A string.
    Str(Arc<str>),
    /// Ruby's symbol: `:name` without quotes.
    Symbol(Arc<str>),
    /// A list.
    Seq(Arc<[Node]>),
    /// A mapping.
    Map(Arc<Map>),
    /// `!reference [job, key]`, before it is resolved.
    Reference(Arc<[Node]>),
}

/// A key of a mapping. What is not a string is another key than the string of the same letters:
/// `true` and `"true"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text.
    pub text: Arc<str>,
    /// Whether it is a string or a symbol, which GitLab takes for the same.
    pub is_string: bool,
}

impl Key {
    /// A key that is a string.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self {
            text: text.into(),
            is_string: true,
        }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        str::hash(&self.text, state);
    }
}

impl Equivalent<Key> for str {
    fn equivalent(&self, key: &Key) -> bool {
        key.is_string && &*key.text == self
    }
}

/// What stands under a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

/// A mapping in the order written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map(IndexMap<Key, Entry, hash::Hasher>);

impl Map {
    /// The value under a key that is a string.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.0.get(key).map(|entry| &entry.value)
    }

    /// The value under a key, if it is there and not null.
    pub fn given(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// The key's place and the value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    /// Whether there is such a key, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Sets a key; one that is there keeps its position.
    pub fn set(&mut self, key: Key, entry: Entry) {
        self.0.insert(key, entry);
    }

    /// Sets a key that is a string, at the place of its value.
    pub fn put(&mut self, key: &str, value: Node) {
        let key_place = value.place;
        self.0.insert(Key::string(key), Entry { key_place, value });
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        self.0.shift_remove(key)
    }

    /// Takes any key away.
    pub fn take(&mut self, key: &Key) {
        self.0.shift_remove(key);
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many entries [`Map::deep_merge`] copies: those of `over`, and those of a mapping on either
    /// side that is merged with another one.
    pub fn merge_cost(&self, over: &Map) -> usize {
        let nested = |(key, entry): (&Key, &Entry)| {
            let mine = self.0.get(key)?.value.as_map()?;
            let cost = mine.merge_cost(entry.value.as_map()?);
            Some(mine.len().saturating_add(cost))
        };
        let nested: usize = over.iter().filter_map(nested).sum();
        over.len().saturating_add(nested)
    }

    /// GitLab's `deep_merge`: mappings merge, everything else is replaced.
    pub fn deep_merge(&mut self, over: &Map) {
        for (key, entry) in &over.0 {
            let merged = match (self.0.get_mut(key), &entry.value.value) {
                (Some(mine), Value::Map(new)) => match &mut mine.value.value {
                    Value::Map(old) => {
                        Arc::make_mut(old).deep_merge(new);
                        continue;
                    }
                    _ => entry.clone(),
                },
                _ => entry.clone(),
            };
            self.0.insert(key.clone(), merged);
        }
    }
}

impl FromIterator<(Key, Entry)> for Map {
    fn from_iter<I: IntoIterator<Item = (Key, Entry)>>(iter: I) -> Self {
        Map(iter.into_iter().collect())
    }
}

impl Value {
    /// The text of a string, a number or a boolean, as Ruby's `to_s` prints it.
    pub fn scalar_text(&self) -> Option<String> {
        match self {
            Value::Str(text) | Value::Symbol(text) => Some(text.to_string()),
            Value::Int(number) => Some(number.to_string()),
            Value::Float(number) => Some(float(*number)),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::Seq(_) | Value::Map(_) | Value::Reference(_) => None,
        }
    }
}

impl Node {
    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// The text of a string or a symbol.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) | Value::Symbol(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a list, those of lists in it among them; the value itself if it is not a list, as GitLab
    /// reads what may be one or several (`Gitlab::Config::Entry::ComposableArray`, 18.11).
    pub fn flat(&self) -> Vec<&Node> {
        match &self.value {
            Value::Seq(items) => items.iter().flat_map(Node::flat).collect(),
            _ => vec![self],
        }
    }

    /// The items of a list.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text of a string, a number or a boolean, as Ruby's `to_s` prints it.
    pub fn scalar_text(&self) -> Option<String> {
        self.value.scalar_text()
    }

    /// The mapping under a key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key)
    }

    /// Whether both say the same; places and the order of keys do not count.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.value, &other.value) {
            (Value::Seq(a), Value::Seq(b)) | (Value::Reference(a), Value::Reference(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.same(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                let in_b = |key: &Key| b.0.get(key).map(|entry| &entry.value);
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, entry)| in_b(key).is_some_and(|b| entry.value.same(b)))
            }
            (a, b) => a == b,
        }
    }

    /// Another value at the same place.
    pub fn with(&self, value: Value) -> Node {
        Node::new(value, self.place)
    }
}

/// A float as Ruby prints it: always with a point.
pub(in crate::config) fn float(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    match number.to_string() {
        text if text.contains(['.', 'N']) => text,
        text => format!("{text}.0"),
    }
}
