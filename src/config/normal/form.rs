//! A value in normal form.
//!
//! In: a [`Node`]. Out: a [`Form`], that can be compared and shown. Always holds: two forms are
//! equal if and only if their texts are; places and the order of keys are not part of a form.

use std::fmt::{self, Display, Formatter};

use indexmap::IndexMap;

use crate::config::value::{Key, Node, Value, float};

/// A value as GitLab takes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Nothing. Only inside of lists: a key without a value is left out.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number, as Ruby prints it.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Form>),
    /// A mapping.
    Map(Fields),
    /// What GitLab also assumes if it is not written. It is shown alone, but not as a part of
    /// something else.
    Default(Box<Form>),
}

/// A mapping without null values; the order of its keys does not count.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(IndexMap<String, Form>);

impl Fields {
    /// What stands under a key.
    pub fn get(&self, key: &str) -> Option<&Form> {
        self.0.get(key)
    }

    /// Sets a key; one that is there keeps its position.
    pub(super) fn set(&mut self, key: impl Into<String>, form: Form) {
        self.0.insert(key.into(), form);
    }

    /// Takes a key away.
    pub(super) fn remove(&mut self, key: &str) -> Option<Form> {
        self.0.shift_remove(key)
    }

    /// The same without some keys.
    pub fn without(&self, keys: &[&str]) -> Self {
        let kept = self
            .0
            .iter()
            .filter(|(key, _)| !keys.contains(&key.as_str()));
        Self(
            kept.map(|(key, form)| (key.clone(), form.clone()))
                .collect(),
        )
    }

    /// The keys and what stands under them, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Form)> {
        self.0.iter().map(|(key, form)| (key.as_str(), form))
    }

    /// The keys under which two mappings have different values, those of the first in its order
    /// and then those that only the second has.
    pub fn differing<'f>(&'f self, other: &'f Self) -> Vec<&'f str> {
        let mine = self
            .iter()
            .filter(|(key, form)| other.get(key) != Some(form));
        let theirs = other.iter().filter(|(key, _)| self.get(key).is_none());
        mine.chain(theirs).map(|(key, _)| key).collect()
    }
}

impl Form {
    /// A value as it is written.
    pub(super) fn plain(node: &Node) -> Self {
        match &node.value {
            Value::Null => Form::Null,
            Value::Bool(value) => Form::Bool(*value),
            Value::Int(number) => Form::Number(number.to_string()),
            Value::Float(number) => Form::Number(float(*number)),
            Value::Str(text) | Value::Symbol(text) => Form::Text(text.to_string()),
            Value::Seq(items) => Form::List(items.iter().map(Form::plain).collect()),
            Value::Map(map) => {
                let mut fields = Fields::default();
                for (key, entry) in map.iter().filter(|(_, entry)| !entry.value.is_null()) {
                    fields.set(key_text(key), Form::plain(&entry.value));
                }
                Form::Map(fields)
            }
            Value::Reference(path) => {
                let mut fields = Fields::default();
                let path = path.iter().map(Form::plain).collect();
                fields.set("!reference", Form::List(path));
                Form::Map(fields)
            }
        }
    }

    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Form::Text(text.into())
    }

    /// Items of which neither the order nor the number counts.
    pub(super) fn set_of(items: impl IntoIterator<Item = Form>) -> Self {
        let mut items: Vec<Form> = items.into_iter().collect();
        items.sort_by_cached_key(Form::to_string);
        items.dedup();
        Form::List(items)
    }

    /// The form, or the one that GitLab assumes, marked if it is that.
    pub(super) fn or_default(given: Option<Form>, default: Form) -> Self {
        match given {
            Some(form) if form != default => form,
            _ => Form::Default(Box::new(default)),
        }
    }

    /// The form without the mark of a default.
    pub fn inner(&self) -> &Form {
        match self {
            Form::Default(form) => form,
            form => form,
        }
    }

    /// The mapping, if it is one.
    pub fn fields(&self) -> Option<&Fields> {
        match self.inner() {
            Form::Map(fields) => Some(fields),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<&[Form]> {
        match self.inner() {
            Form::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self.inner() {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.inner() {
            Form::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether it is a list or a mapping that holds nothing but what GitLab assumes.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Form::List(items) => items.is_empty(),
            Form::Map(fields) => fields
                .iter()
                .all(|(_, form)| matches!(form, Form::Default(_))),
            _ => false,
        }
    }
}

/// A key as text; one that is not a string differs from a string of the same letters.
pub(super) fn key_text(key: &Key) -> String {
    match key.is_string {
        true => key.text.to_string(),
        false => format!("{} (not a string)", key.text),
    }
}

/// On one line, as YAML's flow style: `{name: alpine, entrypoint: [""]}`. Defaults inside of
/// mappings are left out.
impl Display for Form {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Form::Null => f.write_str("null"),
            Form::Bool(value) => write!(f, "{value}"),
            Form::Number(number) => f.write_str(number),
            Form::Text(text) if is_plain(text) => f.write_str(text),
            Form::Text(text) => quoted(text, f),
            Form::List(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Form::Map(fields) => write!(f, "{{{fields}}}"),
            Form::Default(form) => write!(f, "{form}"),
        }
    }
}

/// Without braces.
impl Display for Fields {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let written = self.iter();
        let written = written.filter(|(_, form)| !matches!(form, Form::Default(_)));
        for (at, (key, form)) in written.enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}: {form}", Form::text(key))?;
        }
        Ok(())
    }
}

/// Whether a text can only be read as the text that it is.
fn is_plain(text: &str) -> bool {
    const WITHIN: &[char] = &[',', '[', ']', '{', '#'];
    const FIRST: &[char] = &[
        '"', '\'', '`', '*', '&', '!', '|', '>', '%', '@', '-', '?', ':',
    ];
    let looks_otherwise = matches!(text, "" | "true" | "false" | "null" | "~")
        || text.parse::<f64>().is_ok()
        || text.trim() != text;
    !looks_otherwise
        && !text.starts_with(FIRST)
        && !text.replace("${", "").contains(WITHIN)
        && text.matches('}').count() <= text.matches("${").count()
        && !text.contains(char::is_control)
        && !text.contains(": ")
        && !text.ends_with(':')
}

/// A text in quotes: the ones that need no escapes.
fn quoted(text: &str, f: &mut Formatter<'_>) -> fmt::Result {
    let has_control = text.contains(char::is_control);
    match text.contains(['"', '\\']) && !has_control {
        true => write!(f, "'{}'", text.replace('\'', "''")),
        false => write!(f, "{}", serde_json::Value::from(text)),
    }
}
