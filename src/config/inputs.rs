//! `spec: inputs` and `$[[ inputs.name ]]`.
//!
//! In: a file with its header, and what is given to it. Out: the file with the values put in.
//! Facts: `Gitlab::Ci::Config::Interpolation` (18.11). A file without a header is left as it is.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::Reader;
use super::psych::Loaded;
use super::value::{Entry, Key, Map, Node, Value};
use crate::gitlab::regex::Pattern;

const OPEN: &str = "$[[";
const CLOSE: &str = "]]";

/// Puts the inputs into a file.
pub(super) fn apply(loaded: Loaded, given: Option<&Node>, reader: &mut Reader) -> Node {
    let Some(header) = &loaded.header else {
        if let Some(given) = given.and_then(Node::as_map).filter(|map| !map.is_empty()) {
            let place = given.iter().next().map(|(_, entry)| entry.key_place);
            let message = "`inputs` are given to a file without `spec: inputs`";
            reader.report(place.unwrap_or_default(), message);
        }
        return loaded.content;
    };
    let values = values(header, given, reader);
    node(&loaded.content, &values, reader)
}

/// The value of each input.
fn values(header: &Node, given: Option<&Node>, reader: &mut Reader) -> HashMap<String, Node> {
    let mut values = HashMap::new();
    let none = Map::default();
    let given = given.and_then(Node::as_map).unwrap_or(&none);
    if let Some(map) = header.as_map() {
        reader.known_keys(map, "the header", &["spec"]);
    }
    let spec = header.get("spec").and_then(Node::as_map).unwrap_or(&none);
    let known = ["inputs", "include", "component", "description"];
    reader.known_keys(spec, "spec", &known);
    let inputs = spec.get("inputs").and_then(Node::as_map).unwrap_or(&none);
    for (key, _) in given.iter() {
        if !inputs.has(&key.text) {
            let message = format!("`inputs` has `{}`, which the file does not know", key.text);
            reader.report(header.place, message);
        }
    }
    for (key, entry) in inputs.iter() {
        let name = &*key.text;
        let of = entry.value.as_map().unwrap_or(&none);
        let keys = [
            "default",
            "description",
            "options",
            "regex",
            "type",
            "rules",
        ];
        reader.known_keys(of, name, &keys);
        let Some(value) = given.get(name).or_else(|| of.get("default")) else {
            let message = format!("the input `{name}` has no default and no value");
            reader.report(entry.key_place, message);
            continue;
        };
        check(name, value, of, reader);
        values.insert(name.to_owned(), value.clone());
    }
    values
}

/// Whether a value is of the type of its input, and one of its options.
fn check(name: &str, value: &Node, of: &Map, reader: &mut Reader) {
    let kind = of.given("type").and_then(Node::as_str).unwrap_or("string");
    let fits = match kind {
        "string" => matches!(
            value.value,
            Value::Str(_) | Value::Symbol(_) | Value::Int(_)
        ),
        "number" => matches!(value.value, Value::Int(_) | Value::Float(_)),
        "boolean" => matches!(value.value, Value::Bool(_)),
        "array" => matches!(value.value, Value::Seq(_)),
        _ => {
            reader.report(
                value.place,
                format!("the input `{name}` has no type `{kind}`"),
            );
            return;
        }
    };
    if !fits {
        reader.report(
            value.place,
            format!("the input `{name}` should be a {kind}"),
        );
    }
    if let Some(options) = of.given("options").and_then(Node::as_seq)
        && !options.iter().any(|option| option.same(value))
    {
        let message = format!("the input `{name}` has a value that is none of its options");
        reader.report(value.place, message);
    }
    if let Some(regex) = of.given("regex").and_then(Node::as_str) {
        let slashed = regex.starts_with('/') && regex.len() > 1;
        let literal = if slashed {
            regex.to_owned()
        } else {
            format!("/{regex}/")
        };
        let pattern = Pattern::parse(&literal).ok();
        let regex = pattern.and_then(|p| regex::bytes::Regex::new(&p.to_rust()).ok());
        let text = value.scalar_text().unwrap_or_default();
        if regex.is_some_and(|regex| !regex.is_match(text.as_bytes())) {
            let message = format!("the input `{name}` does not match its pattern");
            reader.report(value.place, message);
        }
    }
}

fn node(of: &Node, values: &HashMap<String, Node>, reader: &mut Reader) -> Node {
    match &of.value {
        Value::Str(text) if text.contains(OPEN) => interpolate(text, of, values, reader),
        Value::Seq(items) => {
            let items: Vec<Node> = items
                .iter()
                .map(|item| node(item, values, reader))
                .collect();
            of.with(Value::Seq(items.into()))
        }
        Value::Reference(items) => {
            let items: Vec<Node> = items
                .iter()
                .map(|item| node(item, values, reader))
                .collect();
            of.with(Value::Reference(items.into()))
        }
        Value::Map(map) => {
            let entries = map.iter().map(|(key, entry)| {
                let text = match key.text.contains(OPEN) {
                    true => interpolate(&key.text, &of.with(Value::Null), values, reader)
                        .scalar_text()
                        .unwrap_or_default()
                        .into(),
                    false => Arc::clone(&key.text),
                };
                let key = Key {
                    text,
                    is_string: key.is_string,
                };
                let entry = Entry {
                    key_place: entry.key_place,
                    value: node(&entry.value, values, reader),
                };
                (key, entry)
            });
            let map: Map = entries.collect();
            of.with(Value::Map(Arc::new(map)))
        }
        _ => of.clone(),
    }
}

/// A text that is one block alone becomes the value, whatever its type.
fn interpolate(text: &str, at: &Node, values: &HashMap<String, Node>, reader: &mut Reader) -> Node {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, block, after)) = rest.split_once(OPEN).and_then(|(before, inside)| {
        let (block, after) = inside.split_once(CLOSE)?;
        Some((before, block, after))
    }) {
        let access = block.split('|').next().unwrap_or("").trim();
        let value = access
            .strip_prefix("inputs.")
            .and_then(|name| values.get(name));
        let Some(value) = value else {
            let message = format!("there is no `{access}` for `{OPEN}{block}{CLOSE}`");
            reader.report(at.place, message);
            return at.clone();
        };
        if before.is_empty() && after.is_empty() && out.is_empty() {
            return at.with(value.value.clone());
        }
        out.push_str(before);
        out.push_str(&value.scalar_text().unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    at.with(Value::Str(out.into()))
}
