//! The keys of a job that decide nothing about where it runs.

use super::entry::Reader;
use super::value::{Located, Map, Node, Value};

/// Checks the keys that are kept as values alone.
pub(super) fn check(_job: &Map, _reader: &mut Reader) {}

/// The name of an image.
pub(super) fn image(node: &Node, reader: &mut Reader) -> Option<Located<String>> {
    match &node.value {
        Value::Str(name) if !name.trim().is_empty() => {
            Some(Located::new(name.to_string(), node.place))
        }
        Value::Map(map) => match map.given("name") {
            Some(name) => reader.string(name, "image:name"),
            None => {
                reader.report(node.place, "`image` should have `name`");
                None
            }
        },
        _ => {
            reader.report(node.place, "`image` should be a name or a mapping");
            None
        }
    }
}

/// The names of the services' images.
pub(super) fn services(node: &Node, reader: &mut Reader) -> Vec<Located<String>> {
    let Some(items) = node.as_seq() else {
        reader.report(node.place, "`services` should be a list");
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| image(item, reader))
        .collect()
}

/// A whole number or a list of them.
pub(super) fn integers(node: &Node, what: &str, reader: &mut Reader) -> Vec<i64> {
    let items = match &node.value {
        Value::Seq(items) => items.as_ref(),
        _ => std::slice::from_ref(node),
    };
    let numbers: Option<Vec<i64>> = items
        .iter()
        .map(|item| match item.value {
            Value::Int(number) => i64::try_from(number).ok(),
            _ => None,
        })
        .collect();
    numbers.unwrap_or_else(|| {
        reader.report(node.place, format!("`{what}` should be whole numbers"));
        Vec::new()
    })
}
