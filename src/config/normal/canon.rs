//! What spellings of a value GitLab takes for the same.
//!
//! In: a value and its [`Canon`]. Out: its [`Form`]. Always holds: a key that a [`Canon`] does not
//! name is kept as it is written.

use super::expand::{By, braced};
use super::form::{Fields, Form, key_text};
use crate::config::value::{Map, Node, Value};
use crate::gitlab::duration;

/// The canonical shape of a value.
pub(super) enum Canon {
    /// As it is written.
    Plain,
    /// Texts in which these expand variables, at any depth.
    Expanded(By),
    /// One item or a list of them, lists in it flattened.
    List(&'static Canon),
    /// The same where order and number do not count.
    Set(&'static Canon),
    /// A mapping.
    Map(&'static [Field]),
    /// A mapping; a text is its first key.
    Short(&'static [Field]),
    /// A mapping of any names.
    Each(&'static Canon),
    /// A mapping of names to texts, numbers and booleans, which all become texts.
    Texts,
    /// A length of time.
    Duration,
    /// Something else.
    Custom(fn(&Node) -> Form),
}

/// A key of a mapping.
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) canon: Canon,
    /// What GitLab assumes if it is not written.
    pub(super) otherwise: Otherwise,
}

/// What stands for a key that is not written.
pub(super) enum Otherwise {
    /// Nothing that GitLab fixes.
    Nothing,
    /// Nothing, and an empty list or mapping is the same.
    Blank,
    /// A boolean.
    Flag(bool),
    /// A word.
    Word(&'static str),
    /// A list of one word.
    Words(&'static str),
}

impl Otherwise {
    fn form(&self) -> Option<Form> {
        match self {
            Otherwise::Nothing | Otherwise::Blank => None,
            Otherwise::Flag(value) => Some(Form::Bool(*value)),
            Otherwise::Word(word) => Some(Form::text(*word)),
            Otherwise::Words(word) => Some(Form::List(vec![Form::text(*word)])),
        }
    }
}

/// A key without a default.
pub(super) const fn field(key: &'static str, canon: Canon) -> Field {
    with(key, canon, Otherwise::Nothing)
}

/// A key with what stands for it if it is not written.
pub(super) const fn with(key: &'static str, canon: Canon, otherwise: Otherwise) -> Field {
    Field {
        key,
        canon,
        otherwise,
    }
}

impl Canon {
    /// The form of a value.
    pub(super) fn form(&self, node: &Node) -> Form {
        match self {
            Canon::Plain => Form::plain(node),
            Canon::Expanded(by) => expanded(Form::plain(node), *by),
            Canon::List(item) => {
                let mut forms = Vec::new();
                item.flatten(node, &mut forms);
                Form::List(forms)
            }
            Canon::Set(item) => {
                let mut forms = Vec::new();
                item.flatten(node, &mut forms);
                Form::set_of(forms)
            }
            Canon::Map(fields) => match &node.value {
                Value::Map(map) => Form::Map(complete(map, fields)),
                _ => Form::plain(node),
            },
            Canon::Short(fields) => match (&node.value, fields.first()) {
                (Value::Map(map), _) => Form::Map(complete(map, fields)),
                (_, Some(first)) => {
                    let mut map = Map::default();
                    map.put(first.key, node.clone());
                    Form::Map(complete(&map, fields))
                }
                (_, None) => Form::plain(node),
            },
            Canon::Each(of) => match &node.value {
                Value::Map(map) => {
                    let mut all = Fields::default();
                    for (key, entry) in map.iter().filter(|(_, entry)| !entry.value.is_null()) {
                        all.set(key_text(key), of.form(&entry.value));
                    }
                    Form::Map(all)
                }
                _ => Form::plain(node),
            },
            Canon::Texts => match &node.value {
                Value::Map(map) => {
                    let mut all = Fields::default();
                    for (key, entry) in map.iter() {
                        let text = entry.value.scalar_text();
                        let form = text.map_or_else(|| Form::plain(&entry.value), Form::Text);
                        all.set(key.text.to_string(), expanded(form, By::GitLab));
                    }
                    Form::Map(all)
                }
                _ => Form::plain(node),
            },
            Canon::Duration => length(node),
            Canon::Custom(form) => form(node),
        }
    }

    /// The shape of what stands under a key of a mapping of this shape.
    pub(super) fn below(&self, key: &str) -> &Canon {
        match self {
            Canon::Map(fields) | Canon::Short(fields) => {
                let found = fields.iter().find(|field| field.key == key);
                found.map_or(&Canon::Plain, |field| &field.canon)
            }
            Canon::List(item) => item.below(key),
            Canon::Each(of) => of,
            _ => &Canon::Plain,
        }
    }

    fn flatten(&self, node: &Node, into: &mut Vec<Form>) {
        match &node.value {
            Value::Seq(items) => items.iter().for_each(|item| self.flatten(item, into)),
            _ => into.push(self.form(node)),
        }
    }
}

/// The keys of a mapping in canonical shape, with what GitLab assumes for those that are missing.
pub(super) fn complete(map: &Map, fields: &[Field]) -> Fields {
    let mut all = Fields::default();
    for (key, entry) in map.iter().filter(|(_, entry)| !entry.value.is_null()) {
        let known = fields
            .iter()
            .find(|field| key.is_string && field.key == &*key.text);
        let form = match known {
            Some(field) => field.canon.form(&entry.value),
            None => Form::plain(&entry.value),
        };
        let blank = known.is_some_and(|field| matches!(field.otherwise, Otherwise::Blank));
        if !(blank && form.is_blank()) {
            all.set(key_text(key), form);
        }
    }
    for field in fields {
        if let Some(default) = field.otherwise.form() {
            let given = all.get(field.key).cloned();
            all.set(field.key, Form::or_default(given, default));
        }
    }
    all
}

/// The form with each variable in a text spelt `${X}`.
pub(super) fn expanded(form: Form, by: By) -> Form {
    match form {
        Form::Text(text) => Form::Text(braced(&text, by)),
        Form::List(items) => Form::List(items.into_iter().map(|item| expanded(item, by)).collect()),
        Form::Map(fields) => {
            let mut all = Fields::default();
            for (key, form) in fields.iter() {
                all.set(key, expanded(form.clone(), by));
            }
            Form::Map(all)
        }
        other => other,
    }
}

/// A length of time in seconds where our reader knows it; `1 hour` is `60 minutes`.
fn length(node: &Node) -> Form {
    let Some(text) = node.as_str() else {
        return Form::plain(node);
    };
    match duration::parse_or_never(text) {
        Ok(Some(length)) => Form::Text(words(length.as_secs())),
        Ok(None) => Form::text("never"),
        Err(_) => expanded(Form::plain(node), By::GitLab),
    }
}

/// A number of seconds in the largest unit that divides it: `90 minutes`.
fn words(seconds: u64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let unit = units
        .into_iter()
        .find(|(size, _)| seconds.is_multiple_of(*size));
    let (size, unit) = unit.unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("1 {unit}"),
        count => format!("{count} {unit}s"),
    }
}
