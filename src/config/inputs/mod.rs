//! `spec:inputs` and `$[[ inputs.name ]]`.
//!
//! In: a file with its header, what is given to it, and what is known of the project's variables.
//! Out: the file with the values put in. Always holds: a file without a header is left as it is; a
//! value that depends on a variable of which nothing is known stands in [`Around::unknown`].
//!
//! Facts: `Gitlab::Ci::Config::Interpolation`, `Gitlab::Ci::Config::Header`, `Ci::Inputs` (18.11).

mod block;
mod functions;
mod input;

use std::sync::Arc;

use indexmap::IndexMap;

use super::entry::Reader;
use super::psych::Loaded;
use super::unknown::Holder;
use super::value::{Entry, Key, Map, Node, Place, Value};
use crate::finding::Code;
use crate::gitlab::expression::Lookup;

pub(super) use input::of_job;

/// What a file is interpolated in.
pub(super) struct Around<'a> {
    /// The variables of the project and the pipeline; those of the file are not among them.
    pub(super) look_up: &'a dyn Fn(&str) -> Lookup,
    /// The variables that are not known and would be put in, and where.
    pub(super) unknown: &'a mut Vec<(String, Place)>,
    /// Where `spec:include` takes inputs from other files, which are not read (GitLab 18.6).
    pub(super) included: &'a mut Option<Place>,
}

/// The values of inputs by name.
type Values = IndexMap<String, Value>;

/// Puts the inputs into a file.
pub(super) fn apply(
    loaded: Loaded,
    given: Option<&Node>,
    around: &mut Around<'_>,
    reader: &mut Reader,
) -> Node {
    let Some(header) = &loaded.header else {
        if let Some(given) = given.and_then(Node::as_map).filter(|map| !map.is_empty()) {
            let place = given.iter().next().map(|(_, entry)| entry.key_place);
            let message = "`inputs` are given to a file without `spec: inputs`";
            reader.found(Code::BadInput, place.unwrap_or_default(), message);
        }
        return loaded.content;
    };
    let included = header.get("spec").and_then(|spec| spec.get("include"));
    *around.included = included
        .filter(|node| !node.is_null())
        .map(|node| node.place);
    let values = values(header, given, around.included.is_some(), reader);
    Interpolation {
        values: &values,
        around,
        reader,
    }
    .node(&loaded.content)
}

/// The value of each input that a header declares; `open`: other files declare more.
fn values(header: &Node, given: Option<&Node>, open: bool, reader: &mut Reader) -> Values {
    let none = Map::default();
    let given = given.and_then(Node::as_map).unwrap_or(&none);
    if let Some(map) = header.as_map() {
        reader.known_keys(map, Holder::Words("the header"), &["spec"]);
    }
    let mut within = |node: Option<&Node>, what: &str| match node {
        Some(node) if !node.is_null() => reader.map(node, what).cloned(),
        _ => None,
    };
    let spec = within(header.get("spec"), "spec").unwrap_or_default();
    let inputs = within(spec.get("inputs"), "spec:inputs").unwrap_or_default();
    let known = ["inputs", "include", "component", "description"];
    reader.known_keys(&spec, "spec", &known);
    for (key, entry) in given.iter() {
        if !open && !inputs.has(&key.text) {
            let message = format!("`inputs` has `{}`, which the file does not know", key.text);
            reader.found(Code::BadInput, entry.key_place, message);
        }
    }
    let mut values = Values::new();
    for (key, entry) in inputs.iter() {
        if let Some(value) = input::of_file(key, entry, given, &values, reader) {
            values.insert(key.text.to_string(), value);
        }
    }
    values
}

/// Values that are being put into a file.
struct Interpolation<'i, 'a> {
    values: &'i Values,
    around: &'i mut Around<'a>,
    reader: &'i mut Reader,
}

impl Interpolation<'_, '_> {
    fn node(&mut self, of: &Node) -> Node {
        match &of.value {
            Value::Str(text) if text.contains(block::OPEN) => of.with(self.text(text, of)),
            Value::Seq(items) => {
                let items: Vec<Node> = items.iter().map(|item| self.node(item)).collect();
                of.with(Value::Seq(items.into()))
            }
            Value::Reference(items) => {
                let items: Vec<Node> = items.iter().map(|item| self.node(item)).collect();
                of.with(Value::Reference(items.into()))
            }
            Value::Map(map) => {
                let entries = map.iter().map(|(key, entry)| {
                    let text = match key.text.contains(block::OPEN) {
                        true => printed(&self.text(&key.text, of)).into(),
                        false => Arc::clone(&key.text),
                    };
                    let key = Key {
                        text,
                        is_string: key.is_string,
                    };
                    let entry = Entry {
                        key_place: entry.key_place,
                        value: self.node(&entry.value),
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
    fn text(&mut self, text: &str, at: &Node) -> Value {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, data, after)) = block::next(rest) {
            let Some(value) = self.block(data, at) else {
                // `$[[ matrix.NAME ]]` is read with the jobs.
                let end = rest.len() - after.len();
                out.push_str(rest.get(..end).unwrap_or_default());
                rest = after;
                continue;
            };
            if before.is_empty() && after.is_empty() && out.is_empty() {
                return value;
            }
            let printed = printed(&value);
            if !self.reader.takes(printed.len() / 100, at.place) {
                return Value::Null;
            }
            out.push_str(before);
            out.push_str(&printed);
            rest = after;
        }
        out.push_str(rest);
        Value::Str(out.into())
    }

    /// What a block stands for; `None` if it is left as it is.
    fn block(&mut self, data: &str, at: &Node) -> Option<Value> {
        let mut parts = data.split('|').map(str::trim);
        let access = parts.next().unwrap_or_default();
        if access.starts_with("matrix.") {
            return None;
        }
        let mut functions: Vec<&str> = parts.collect();
        // Ruby's `split` drops what is empty at the end.
        while functions.last().is_some_and(|last| last.is_empty()) {
            functions.pop();
        }
        if self.around.included.is_some() && block::is_undeclared(access, self.values) {
            return None;
        }
        let value = block::access(access, self.values);
        let value = value.and_then(|value| self.applied(value, &functions, at));
        value
            .map_err(|error| self.reader.found(Code::BadInput, at.place, error))
            .ok()
    }

    fn applied(
        &mut self,
        mut value: Value,
        functions: &[&str],
        at: &Node,
    ) -> Result<Value, String> {
        if functions.len() > functions::MOST {
            return Err(format!(
                "`$[[ ... ]]` takes {} functions at most",
                functions::MOST
            ));
        }
        for text in functions {
            let function = functions::parse(text)?;
            let mut unknown = Vec::new();
            value = function.apply(&value, self.around.look_up, &mut unknown)?;
            for name in unknown {
                self.around.unknown.push((name, at.place));
            }
        }
        Ok(value)
    }
}

/// A value inside of a text, as Ruby's `to_s` prints it.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item| inspected(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, entry)| format!(":{}=>{}", key.text, inspected(&entry.value.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        other => Node::new(other.clone(), Default::default())
            .scalar_text()
            .unwrap_or_default(),
    }
}

/// A value inside of a list, as Ruby's `inspect` prints it.
fn inspected(value: &Value) -> String {
    match value {
        Value::Null => "nil".to_owned(),
        Value::Str(text) => format!("{text:?}"),
        Value::Symbol(text) => format!(":{text}"),
        other => printed(other),
    }
}
