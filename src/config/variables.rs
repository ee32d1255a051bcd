//! `variables`: of the pipeline, of a job, of a rule.

use super::entry::{Reader, count};
use super::model::{Inherits, Variable, Variables};
use super::value::{Node, Place, Value};
use crate::finding::Code;

/// What a variable may be written with, where it is a mapping.
const GLOBAL_DATA: [&str; 4] = ["value", "description", "expand", "options"];
const JOB_DATA: [&str; 2] = ["value", "expand"];

/// Whose variables they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The pipeline's.
    Pipeline,
    /// A job's.
    Job,
    /// A rule's, which are texts alone.
    Rule,
}

/// Reads a mapping of variables.
pub(super) fn read(node: Option<&Node>, what: &str, of: Of, reader: &mut Reader) -> Variables {
    let mut variables = Variables::new();
    let Some(map) = node.and_then(|node| reader.map(node, what)) else {
        return variables;
    };
    let values = map.iter().map(|(_, entry)| count(&entry.value, 1)).sum();
    if !reader.takes(values, node.map_or(Place::default(), |node| node.place)) {
        return variables;
    }
    for (key, entry) in map.iter() {
        let integer = key.text.bytes().all(|b| b.is_ascii_digit()) && !key.text.is_empty();
        if !key.is_string && !integer {
            let message = format!(
                "`{what}` has the name `{}`, which is not a string",
                key.text
            );
            reader.found(Code::WrongType, entry.key_place, message);
            continue;
        }
        let name = &*key.text;
        if let Some((value, expand)) = variable(&entry.value, name, what, of, reader) {
            let place = entry.value.place;
            let variable = Variable {
                value,
                expand,
                place,
            };
            variables.insert(name.to_owned(), variable);
        }
    }
    variables
}

fn variable(
    node: &Node,
    name: &str,
    what: &str,
    of: Of,
    reader: &mut Reader,
) -> Option<(String, bool)> {
    let Value::Map(map) = &node.value else {
        return match text(node) {
            Some(text) => Some((text, true)),
            None => {
                let message = format!("`{what}` has `{name}`, which should be a string");
                reader.found(Code::WrongType, node.place, message);
                None
            }
        };
    };
    let data: &[&str] = match of {
        Of::Pipeline => &GLOBAL_DATA,
        Of::Job => &JOB_DATA,
        Of::Rule => {
            let message = format!("`{name}` should be a string; in a rule it takes no `value`");
            reader.found(Code::WrongType, node.place, message);
            return None;
        }
    };
    reader.known_keys(map, name, data);
    let expand = match map.given("expand") {
        Some(node) => reader.boolean(node, "expand").unwrap_or(true),
        None => true,
    };
    if let Some(node) = map.given("description") {
        reader.string(node, "description");
    }
    let options = map
        .given("options")
        .map(|node| reader.strings(node, "options"));
    let value = match map.get("value") {
        Some(node) => match text(node) {
            Some(text) => text,
            None => {
                reader.found(
                    Code::WrongType,
                    node.place,
                    format!("`{name}`: `value` should be a string"),
                );
                return None;
            }
        },
        None if of == Of::Pipeline => {
            if let (Some(_), Some(node)) = (&options, map.get("options")) {
                let message = format!("`{name}`: `options` want a `value` that is one of them");
                reader.missing(node.place, message);
            }
            String::new()
        }
        None => {
            reader.missing(node.place, format!("`{name}`: `value` is missing"));
            return None;
        }
    };
    if let Some(options) = options
        && !options.iter().any(|option| **option == value)
        && map.has("value")
    {
        let message = format!("`{name}`: the value `{value}` is none of its `options`");
        reader.found(Code::UnknownWord, node.place, message);
    }
    Some((value, expand))
}

/// A variable's text: strings, numbers and booleans.
fn text(node: &Node) -> Option<String> {
    match &node.value {
        Value::Null => Some(String::new()),
        _ => node.scalar_text(),
    }
}

impl Inherits {
    /// Whether a global variable is taken over.
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Inherits::All => true,
            Inherits::Nothing => false,
            Inherits::Only(names) => names.iter().any(|one| one == name),
        }
    }
}
