//! One input: what it may be, and its value.
//!
//! In: its declaration, in a header or at a job, and what is given. Out: its value, or reports.
//!
//! Facts: `Header::Input`, `Entry::BaseInput`, `Entry::JobInput`, `Ci::Inputs::BaseInput` and its
//! types, `Ci::Inputs::RulesEvaluator` (18.11).

use std::sync::Arc;

use super::{Holder, Values, printed};
use crate::config::entry::Reader;
use crate::config::rules::condition;
use crate::config::value::{Entry, Key, Map, Node, Value};
use crate::finding::Code;
use crate::gitlab::expression::{Lookup, Truth, evaluate};
use crate::gitlab::regex::Pattern;

const TYPES: [&str; 4] = ["array", "boolean", "number", "string"];
/// Most options of an input, and most inputs of a job.
const OPTIONS: usize = 50;
const OF_JOB: usize = 50;

const KEYS: [&str; 5] = ["default", "description", "options", "regex", "type"];
/// `spec:inputs:rules` (18.7).
const KEYS_OF_FILE: [&str; 6] = [
    "default",
    "description",
    "options",
    "regex",
    "type",
    "rules",
];

/// The type of an input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Array,
    Boolean,
    Number,
    String,
}

impl Type {
    fn of(declared: &Map) -> Self {
        match declared.given("type").and_then(Node::as_str) {
            Some("array") => Type::Array,
            Some("boolean") => Type::Boolean,
            Some("number") => Type::Number,
            _ => Type::String,
        }
    }

    /// A value as GitLab takes it: everything becomes a string for a string, and a string that is
    /// JSON becomes what it says for the others.
    fn coerced(self, value: &Value) -> Value {
        match (self, value) {
            (Type::String, value) => Value::Str(printed(value).into()),
            (_, Value::Str(text)) => match serde_json::from_str(text) {
                Ok(json) => from_json(&json),
                Err(_) => value.clone(),
            },
            (_, value) => value.clone(),
        }
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Type::Array => matches!(value, Value::Seq(_)),
            Type::Boolean => matches!(value, Value::Bool(_)),
            Type::Number => matches!(value, Value::Int(_) | Value::Float(_)),
            Type::String => true,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Type::Array => "array",
            Type::Boolean => "boolean",
            Type::Number => "number",
            Type::String => "string",
        }
    }
}

fn from_json(json: &serde_json::Value) -> Value {
    let node = |json: &serde_json::Value| Node::new(from_json(json), Default::default());
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(number), _) => Value::Int(number.into()),
            (None, number) => Value::Float(number.unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::Str(text.as_str().into()),
        serde_json::Value::Array(items) => Value::Seq(items.iter().map(node).collect()),
        serde_json::Value::Object(map) => {
            let entry = |value| Entry {
                key_place: Default::default(),
                value: node(value),
            };
            let map: Map = map
                .iter()
                .map(|(key, value)| (Key::string(key.as_str()), entry(value)))
                .collect();
            Value::Map(Arc::new(map))
        }
    }
}

/// The value of an input of a file.
pub(super) fn of_file(
    key: &Key,
    entry: &Entry,
    given: &Map,
    before: &Values,
    reader: &mut Reader,
) -> Option<Value> {
    let name = &*key.text;
    let declared = declaration(key, entry, &KEYS_OF_FILE, reader)?;
    let rules = rules(&declared, entry, name, reader);
    let matching = rules.as_ref().map(|rules| {
        let mut rules = rules.iter();
        rules.find(|rule| matches(rule, given, before, reader))
    });
    let options = match &matching {
        Some(rule) => rule.and_then(|rule| rule.given("options")),
        None => declared.given("options"),
    };
    let default = match &matching {
        Some(rule) => rule.and_then(|rule| rule.get("default")),
        None => declared.get("default"),
    };
    let by_rules = rules.iter().flatten();
    let has_default = declared.has("default")
        || by_rules
            .into_iter()
            .any(|rule| rule.has("default") || !rule.has("if"));
    let kind = Type::of(&declared);
    let nothing = Value::Null;
    if has_default {
        let value = default.map_or(&nothing, |node| &node.value);
        let at = default.map_or(entry.value.place, |node| node.place);
        let value = Node::new(value.clone(), at);
        check(name, &value, kind, &declared, options, reader);
    }
    let value = match given.get(name).filter(|node| !node.is_null()) {
        Some(value) => {
            check(name, value, kind, &declared, options, reader);
            &value.value
        }
        None if has_default => default.map_or(&nothing, |node| &node.value),
        None => {
            let message = format!("the input `{name}` has no default and no value");
            reader.found(Code::BadInput, entry.key_place, message);
            return None;
        }
    };
    Some(kind.coerced(value))
}

/// `inputs` of a job (18.10): each has a default, and none has rules.
pub(crate) fn of_job(node: &Node, reader: &mut Reader) {
    let Some(map) = reader.map(node, "inputs").cloned() else {
        return;
    };
    if map.len() > OF_JOB {
        reader.found(
            Code::BadInput,
            node.place,
            format!("`inputs` takes {OF_JOB} inputs at most"),
        );
    }
    for (key, entry) in map.iter() {
        let Some(declared) = declaration(key, entry, &KEYS, reader) else {
            continue;
        };
        let kind = Type::of(&declared);
        match declared.given("default") {
            Some(value) => {
                let options = declared.given("options");
                check(&key.text, value, kind, &declared, options, reader);
            }
            None => {
                let message = format!("the input `{}` should have a `default`", key.text);
                reader.found(Code::BadInput, entry.key_place, message);
            }
        }
    }
}

/// The keys of an input, if it has any and they are of the right types.
fn declaration(key: &Key, entry: &Entry, keys: &[&str], reader: &mut Reader) -> Option<Map> {
    let name = &*key.text;
    let integer = !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit());
    if !key.is_string && !integer {
        let message = format!("`inputs` has the name `{name}`, which is not a string; quote it");
        reader.found(Code::BadInput, entry.key_place, message);
    }
    if entry.value.is_null() {
        return Some(Map::default());
    }
    let declared = reader.map(&entry.value, name)?.clone();
    reader.known_keys(&declared, name, keys);
    if let Some(node) = declared.given("description")
        && !matches!(node.value, Value::Str(_) | Value::Symbol(_) | Value::Int(_))
    {
        reader.found(
            Code::BadInput,
            node.place,
            "`description` should be a string",
        );
    }
    if let Some(node) = declared.given("regex") {
        reader.string(node, "regex");
    }
    if let Some(node) = declared.given("type") {
        let known = node.as_str().is_some_and(|text| TYPES.contains(&text));
        if !known {
            let text = node.scalar_text().unwrap_or_default();
            let message = format!(
                "the input `{name}` has no type `{text}`; it can be {}",
                TYPES.join(", ")
            );
            reader.found(Code::BadInput, node.place, message);
            return None;
        }
    }
    options(&declared, reader);
    Some(declared)
}

fn options(of: &Map, reader: &mut Reader) {
    let Some(node) = of.given("options") else {
        return;
    };
    match node.as_seq() {
        None => reader.found(Code::BadInput, node.place, "`options` should be a list"),
        Some(options) if options.len() > OPTIONS => {
            reader.found(
                Code::BadInput,
                node.place,
                format!("`options` takes {OPTIONS} options at most"),
            );
        }
        Some(_) => {}
    }
}

/// `rules` of an input, in order. GitLab 18.11 looks neither for circles nor for the names of
/// inputs that they ask for: what is not there yet is null.
fn rules(declared: &Map, entry: &Entry, name: &str, reader: &mut Reader) -> Option<Vec<Map>> {
    let node = declared.given("rules")?;
    for key in ["options", "default"] {
        if let Some(other) = declared.entry(key) {
            let message = format!("`{key}` of the input `{name}` may not stand beside `rules`");
            reader.found(Code::BadInput, other.key_place, message);
        }
    }
    let Some(items) = node.as_seq() else {
        reader.found(
            Code::BadInput,
            entry.value.place,
            "`rules` of an input should be a list",
        );
        return None;
    };
    let mut rules = Vec::new();
    for item in items {
        let Some(rule) = reader.map(item, "rules").cloned() else {
            continue;
        };
        reader.known_keys(
            &rule,
            Holder::Words("a rule"),
            &["if", "options", "default"],
        );
        options(&rule, reader);
        let (asks, lists) = (rule.given("if").is_some(), rule.given("options").is_some());
        if asks && !lists && !rule.has("default") {
            let message = "a rule with `if` should have `options` or `default`";
            reader.found(Code::BadInput, item.place, message);
        }
        if !asks && !lists {
            let message = "a rule without `if` should have `options`";
            reader.found(Code::BadInput, item.place, message);
        }
        rules.push(rule);
    }
    Some(rules)
}

fn matches(rule: &Map, given: &Map, before: &Values, reader: &mut Reader) -> bool {
    let Some(node) = rule.given("if") else {
        return true;
    };
    let look_up = |name: &str| {
        let name = name.strip_prefix("inputs.").unwrap_or_default();
        let given = given.get(name).map(|node| &node.value);
        match before.get(name).or(given) {
            None | Some(Value::Null) => Lookup::Unset,
            Some(value) => Lookup::Set(printed(value)),
        }
    };
    let condition = condition(node, "if", reader);
    condition.is_some_and(|condition| evaluate(&condition.expr, &look_up) == Truth::True)
}

/// Whether a value is of the type of its input, one of its options, and matches its pattern.
fn check(
    name: &str,
    given: &Node,
    kind: Type,
    declared: &Map,
    options: Option<&Node>,
    reader: &mut Reader,
) {
    let value = kind.coerced(&given.value);
    if !kind.fits(&value) {
        let message = format!("the input `{name}` should be a {}", kind.name());
        reader.found(Code::BadInput, given.place, message);
    }
    if let Some(options) = options {
        let known = options.as_seq().unwrap_or_default().iter();
        let known: Option<bool> = match kind {
            Type::String => Some(
                known
                    .map(|one| printed(&one.value))
                    .any(|one| one == printed(&value)),
            ),
            Type::Number => Some(known.map(|one| &one.value).any(|one| *one == value)),
            Type::Array | Type::Boolean => None,
        };
        let message = match known {
            Some(true) => None,
            Some(false) => Some(format!(
                "the input `{name}` has a value that is none of its options"
            )),
            None => Some(format!(
                "`options` of the input `{name}` wants a string or a number, not a {}",
                kind.name()
            )),
        };
        if let Some(message) = message {
            reader.found(Code::BadInput, given.place, message);
        }
    }
    if let Some(regex) = declared.given("regex").and_then(Node::as_str) {
        match kind {
            Type::String => matches_pattern(name, &printed(&value), regex, given, reader),
            _ => {
                let message = format!(
                    "`regex` of the input `{name}` wants a string, not a {}",
                    kind.name()
                );
                reader.found(Code::BadInput, given.place, message);
            }
        }
    }
}

fn matches_pattern(name: &str, text: &str, regex: &str, given: &Node, reader: &mut Reader) {
    let slashed = regex.starts_with('/') && regex.len() > 1;
    let literal = match slashed {
        true => regex.to_owned(),
        false => format!("/{regex}/"),
    };
    let pattern = Pattern::parse(&literal).ok();
    let message = match pattern.and_then(|pattern| pattern.is_match(text)) {
        None => format!("the pattern of the input `{name}` is not one of RE2"),
        Some(false) => {
            format!("the input `{name}` does not match its pattern")
        }
        Some(true) => return,
    };
    reader.found(Code::BadInput, given.place, message);
}
