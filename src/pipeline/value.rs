//! YAML as GitLab's loader holds it: the values of a pipeline, ordered.

use std::fmt;

use indexmap::IndexMap;

use super::Shared;
use crate::hash::Hasher;

/// A value of the written pipeline.
///
/// Numbers with a fraction do not occur in what GitLab reads, so there are none: a raw `1.5` is
/// an error of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// YAML's null.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A string, exactly as GitLab must see it.
    Str(String),
    /// A list.
    Seq(Vec<Value>),
    /// A mapping, in the order it is to be written.
    Map(Mapping),
    /// `!reference [job, key, ...]`, the one tag that GitLab has (13.9).
    Reference(Vec<String>),
    /// A value that may stand in several places under one name: written once with an anchor and
    /// referred to by alias if it is used twice or more, in place otherwise.
    Shared(Shared),
}

/// An ordered mapping with string keys, no key twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping(IndexMap<String, Value, Hasher>);

impl Mapping {
    /// An empty mapping.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key: in its place if it exists, else at the end.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(key.into(), value.into());
    }

    /// Sets a key if there is a value.
    pub fn set_if(&mut self, key: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Removes a key; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many keys it holds.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// Merges as `extends` does: mappings merge, everything else replaces, null removes.
    pub fn merge(&mut self, over: &Mapping) {
        for (key, value) in over.iter() {
            match (self.0.get_mut(key), value) {
                (_, Value::Null) => {
                    self.remove(key);
                }
                (Some(slot), Value::Map(new)) => match slot.plain_mut() {
                    Value::Map(old) => old.merge(new),
                    other => *other = Value::Map(new.clone()),
                },
                (Some(slot), new) => *slot = new.clone(),
                // What removes nothing is not written either.
                (None, Value::Map(new)) => {
                    let mut own = Mapping::new();
                    own.merge(new);
                    self.set(key, own);
                }
                (None, new) => self.set(key, new.clone()),
            }
        }
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Mapping {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut mapping = Self::new();
        for (key, value) in iter {
            mapping.set(key, value);
        }
        mapping
    }
}

impl Extend<(String, Value)> for Mapping {
    fn extend<I: IntoIterator<Item = (String, Value)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl IntoIterator for Mapping {
    type Item = (String, Value);
    type IntoIter = indexmap::map::IntoIter<String, Value>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Value {
    /// A list.
    pub fn list<V: Into<Value>>(items: impl IntoIterator<Item = V>) -> Self {
        Value::Seq(items.into_iter().map(Into::into).collect())
    }

    /// The value itself, whatever name it is shared under.
    pub fn plain(&self) -> &Value {
        match self {
            Value::Shared(shared) => shared.value.plain(),
            other => other,
        }
    }

    /// Gives up a shared name so that this one place can be changed.
    fn plain_mut(&mut self) -> &mut Value {
        if let Value::Shared(shared) = self {
            *self = shared.value.plain().clone();
        }
        self
    }

    /// A copy without any shared names: what GitLab sees.
    pub fn resolved(&self) -> Value {
        match self.plain() {
            Value::Seq(items) => Value::Seq(items.iter().map(Value::resolved).collect()),
            Value::Map(map) => Value::Map(map.iter().map(|(k, v)| (k, v.resolved())).collect()),
            other => other.clone(),
        }
    }

    /// Whether GitLab sees the same in both: shared names and the order of keys do not count.
    pub fn same(&self, other: &Value) -> bool {
        match (self.plain(), other.plain()) {
            (Value::Seq(a), Value::Seq(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .all(|(key, a)| b.get(key).is_some_and(|b| a.same(b)))
            }
            (a, b) => a == b,
        }
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self.plain() {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plain() {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Str(s) => write!(f, "{s:?}"),
            Value::Reference(path) => write!(f, "!reference {path:?}"),
            Value::Seq(items) => f
                .debug_list()
                .entries(items.iter().map(Value::to_string))
                .finish(),
            Value::Map(map) => f
                .debug_map()
                .entries(map.iter().map(|(k, v)| (k, v.to_string())))
                .finish(),
            Value::Shared(_) => Ok(()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}
impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}
impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::Str(value.to_owned())
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::Str(value)
    }
}
impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Value::Seq(value)
    }
}
impl From<Mapping> for Value {
    fn from(value: Mapping) -> Self {
        Value::Map(value)
    }
}
impl From<Shared> for Value {
    fn from(value: Shared) -> Self {
        Value::Shared(value)
    }
}
