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
    /// What would be put in and is not known, and where.
    pub(super) unknown: &'a mut Vec<(Unknown, Place)>,
    /// Whether the file is included as a component; of another one `component.name` is not known to GitLab.
    pub(super) is_component: bool,
}

/// Something that is put into a file and is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unknown {
    /// A variable that `expand_vars` puts in.
    Variable(String),
    /// An input that a file of `spec:include` declares (GitLab 18.6); these files are not read.
    Included,
    /// What `spec:component` makes known of the component (GitLab 18.6).
    Component,
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
    let spec = |key: &str| header.get("spec").and_then(|spec| spec.get(key));
    let said = |key: &str| spec(key).filter(|node| !node.is_null());
    let included = said("include").map(|node| node.place);
    let values = values(header, given, included.is_some(), reader);
    let mut interpolation = Interpolation {
        values: &values,
        included,
        of_component: { said("component").filter(|_| around.is_component) }
            .map_or_else(Vec::new, words),
        around,
        reader,
    };
    let content = interpolation.node(&loaded.content, false);
    content.unwrap_or_else(|| loaded.content.with(Value::Null))
}

/// The texts of a tree that inputs are put into, each behind the keys that lead to it.
pub(super) fn blocks(node: &Node, path: &str, found: &mut Vec<String>) {
    match &node.value {
        Value::Str(text) if text.contains(block::OPEN) => found.push(format!("{path}: {text}")),
        Value::Seq(items) | Value::Reference(items) => {
            items.iter().for_each(|item| blocks(item, path, found));
        }
        Value::Map(map) => {
            for (key, entry) in map.iter() {
                let path = format!("{path}:{}", key.text);
                if key.text.contains(block::OPEN) {
                    found.push(path.clone());
                }
                blocks(&entry.value, &path, found);
            }
        }
        _ => {}
    }
}

/// The words of a list.
fn words(list: &Node) -> Vec<String> {
    let items = list.as_seq().unwrap_or_default();
    let words = items.iter().filter_map(Node::as_str);
    words.map(str::to_owned).collect()
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
        let given_there = |key: &str| given.has(key) || has_default(&entry.value);
        if open && !given_there(&key.text) {
            // The file that declares it too may give it a default.
            continue;
        }
        if let Some(value) = input::of_file(key, entry, given, &values, reader) {
            values.insert(key.text.to_string(), value);
        }
    }
    values
}

fn has_default(input: &Node) -> bool {
    input
        .as_map()
        .is_some_and(|input| input.has("default") || input.has("rules"))
}

/// Keys whose texts are commands: part of one may be open, and the rest is still read.
const COMMANDS: [&str; 3] = ["script", "before_script", "after_script"];

/// Values that are being put into a file.
struct Interpolation<'i, 'a> {
    values: &'i Values,
    /// Where the header has `include`.
    included: Option<Place>,
    /// What the header's `component` makes known.
    of_component: Vec<String>,
    around: &'i mut Around<'a>,
    reader: &'i mut Reader,
}

/// What a block stands for.
enum Block {
    Value(Value),
    /// It stays as it is written.
    AsWritten,
    /// It is not known.
    Open,
}

impl Interpolation<'_, '_> {
    /// A value with the inputs put in; `None` if one of them is not known, so that the value is left out and
    /// counts as what an include may say. Texts of commands stay as they are written then.
    fn node(&mut self, of: &Node, commands: bool) -> Option<Node> {
        match &of.value {
            Value::Str(text) if text.contains(block::OPEN) => match self.text(text, of) {
                None if commands => Some(of.clone()),
                made => made.map(|made| of.with(made)),
            },
            Value::Seq(items) => Some(of.with(Value::Seq(self.nodes(items, commands)?))),
            Value::Reference(items) => {
                Some(of.with(Value::Reference(self.nodes(items, commands)?)))
            }
            Value::Map(map) => {
                let entries = map.iter().filter_map(|(key, entry)| {
                    let text = match key.text.contains(block::OPEN) {
                        true => printed(&self.text(&key.text, of)?).into(),
                        false => Arc::clone(&key.text),
                    };
                    let commands = commands || COMMANDS.contains(&&*key.text);
                    let key = Key {
                        text,
                        is_string: key.is_string,
                    };
                    let entry = Entry {
                        key_place: entry.key_place,
                        value: self.node(&entry.value, commands)?,
                    };
                    Some((key, entry))
                });
                let map: Map = entries.collect();
                Some(of.with(Value::Map(Arc::new(map))))
            }
            _ => Some(of.clone()),
        }
    }

    /// The items of a list, of which none may be open: nothing is merged into a list.
    fn nodes(&mut self, items: &[Node], commands: bool) -> Option<Arc<[Node]>> {
        let unknown = self.around.unknown.len();
        let items: Vec<Option<Node>> = items.iter().map(|item| self.node(item, commands)).collect();
        let is_open = self.around.unknown.len() > unknown && !commands;
        let items: Option<Vec<Node>> = items.into_iter().collect();
        items.filter(|_| !is_open).map(Arc::from)
    }

    /// A text that is one block alone becomes the value, whatever its type; `None` if one is not known.
    fn text(&mut self, text: &str, at: &Node) -> Option<Value> {
        let mut out = String::new();
        let mut rest = text;
        let mut is_open = false;
        while let Some((before, data, after)) = block::next(rest) {
            let value = match self.block(data, at) {
                Block::Value(value) => value,
                other => {
                    is_open |= matches!(other, Block::Open);
                    let end = rest.len() - after.len();
                    out.push_str(rest.get(..end).unwrap_or_default());
                    rest = after;
                    continue;
                }
            };
            if before.is_empty() && after.is_empty() && out.is_empty() {
                return Some(value);
            }
            let printed = printed(&value);
            if !self.reader.takes(printed.len() / 100, at.place) {
                return Some(Value::Null);
            }
            out.push_str(before);
            out.push_str(&printed);
            rest = after;
        }
        out.push_str(rest);
        (!is_open).then(|| Value::Str(out.into()))
    }

    fn block(&mut self, data: &str, at: &Node) -> Block {
        let mut parts = data.split('|').map(str::trim);
        let access = parts.next().unwrap_or_default();
        // `$[[ matrix.NAME ]]` is read with the jobs.
        if access.starts_with("matrix.") {
            return Block::AsWritten;
        }
        let mut functions: Vec<&str> = parts.collect();
        // Ruby's `split` drops what is empty at the end.
        while functions.last().is_some_and(|last| last.is_empty()) {
            functions.pop();
        }
        if let Some(place) = self.included
            && block::is_undeclared(access, self.values)
        {
            self.around.unknown.push((Unknown::Included, place));
            return Block::Open;
        }
        let of_component = access.strip_prefix("component.");
        if of_component.is_some_and(|name| self.of_component.iter().any(|one| one == name)) {
            self.around.unknown.push((Unknown::Component, at.place));
            return Block::Open;
        }
        let unknown = self.around.unknown.len();
        let value = block::access(access, self.values);
        match value.and_then(|value| self.applied(value, &functions, at)) {
            Ok(_) if self.around.unknown.len() > unknown => Block::Open,
            Ok(value) => Block::Value(value),
            Err(error) => {
                self.reader.found(Code::BadInput, at.place, error);
                Block::AsWritten
            }
        }
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
                self.around
                    .unknown
                    .push((Unknown::Variable(name), at.place));
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
