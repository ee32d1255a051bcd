//! How a mapping of the manifest becomes a Rust struct: one declaration gives the type, the
//! reader, the schema and the manifest reference.
//!
//! In: [`Node`]s. Out: structs whose fields are [`Field`]s. Always holds: reading never stops at
//! the first mistake; every unknown key is reported with the nearest key that exists there.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::unknown_key::unknown_key;
use crate::finding::{Code, Finding, Report};
use crate::source::{At, Kind, Node, Span};

/// Reads nodes and collects what is wrong with them.
pub struct Reader<'r> {
    /// Where findings go.
    pub report: &'r mut Report,
    /// The keys that lead to the current node.
    path: Vec<String>,
}

impl<'r> Reader<'r> {
    /// A reader at the top of the manifest.
    pub fn new(report: &'r mut Report) -> Self {
        Self {
            report,
            path: Vec::new(),
        }
    }

    /// Reads something below a key.
    pub fn below<T>(&mut self, key: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(key.to_owned());
        let value = read(self);
        self.path.pop();
        value
    }

    /// The current place as people write it: `images.app`, or `the manifest` at the top.
    pub fn place(&self) -> String {
        if self.path.is_empty() {
            "the manifest".to_owned()
        } else {
            format!("`{}`", self.path.join("."))
        }
    }

    /// Reports a finding at a node; one that came through an alias also shows its definition.
    pub fn fault(&mut self, node: &Node, finding: Finding) {
        let finding = match node.defined {
            Some(defined) => finding.related(defined, "the alias refers to this"),
            None => finding,
        };
        self.report.push(finding);
    }

    /// Reports a value of the wrong type.
    pub fn wrong_type(&mut self, node: &Node, wanted: Wanted<'_>) {
        let key = match self.path.last() {
            Some(key) => format!("`{key}`"),
            None => "the manifest".to_owned(),
        };
        let message = format!("{key} wants {wanted}, not {}", node.describe());
        let finding = Finding::new(Code::WrongType, node.span, message);
        self.fault(node, finding.help(instead(node, wanted)));
    }

    /// Refuses a tag such as `!x`; they mean something only in raw GitLab values.
    pub fn refuse_tag(&mut self, node: &Node) {
        if let Some(tag) = &node.tag {
            let message = format!("`{tag}` has no meaning here");
            let finding = Finding::new(Code::YamlTag, node.span, message)
                .help("`!reference` may stand inside `jobs`, `job` and `pipeline` only");
            self.fault(node, finding);
        }
    }
}

/// The type that a value must have.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A list.
    List,
    /// A mapping with any keys.
    Mapping,
    /// A mapping or mappings, in words.
    Like(&'a str),
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Boolean => "`true` or `false`",
            Self::Integer => "an integer",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::Like(words) => words,
        })
    }
}

/// What to write instead of a value of the wrong type.
fn instead(node: &Node, wanted: Wanted<'_>) -> String {
    match (&node.kind, wanted) {
        (Kind::Mapping(_), Wanted::String) => {
            "`: ` makes a mapping of it: put the whole value in quotes".to_owned()
        }
        (Kind::Sequence(_), Wanted::String) => {
            "write one value, without brackets or `-`".to_owned()
        }
        (Kind::Scalar(scalar), Wanted::Boolean | Wanted::Integer) if !scalar.plain => {
            format!("write it without quotes: `{}`", scalar.text)
        }
        (_, Wanted::Integer) => "write a number, as in `2`".to_owned(),
        (Kind::Scalar(scalar), Wanted::List) if !scalar.text.contains([',', ':', '#', '\n']) => {
            format!("write it as a list: `[{}]`", scalar.text)
        }
        (_, Wanted::List) => "write it as a list, as in `[first, second]`".to_owned(),
        (Kind::Sequence(_), Wanted::Mapping) => "write `name: ...` lines, without `-`".to_owned(),
        (_, Wanted::Mapping) => "write it as a mapping, as in `{name: value}`".to_owned(),
        _ => format!("write {wanted}"),
    }
}

/// A type that a value of the manifest can have.
pub trait Read: Sized + JsonSchema {
    /// Reads a value that is not null; reports what is wrong and gives `None` if nothing of it
    /// can be used.
    fn read(node: &Node, reader: &mut Reader<'_>) -> Option<Self>;

    /// Takes over what a default has and this value lacks. Most values replace their default.
    fn inherit(&mut self, _default: &Self) {}

    /// Shows the mappings, raw values and tables of variables in this value, itself among them. It
    /// has no default, so that no value can hide what is in it; see [`all`].
    fn visit<'m>(&'m self, see: &mut See<'_, 'm>);
}

/// What looks at the parts of a manifest.
pub type See<'s, 'm> = dyn FnMut(&'m dyn Any) + 's;

/// Everything of one type that is somewhere in a value, in the order of its keys: all [`Raw`] values
/// of a manifest, or all variables of a test. What entities have from `defaults` comes with them, and
/// with `defaults` again.
///
/// [`Raw`]: super::kinds::Raw
pub fn all<T: 'static>(of: &impl Read) -> Vec<&T> {
    let mut found = Vec::new();
    of.visit(&mut |part| found.extend(part.downcast_ref::<T>()));
    found
}

/// What the manifest says under a key.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Field<T> {
    /// Nothing: a default applies.
    #[default]
    Absent,
    /// `null`: nothing, and no default of the manifest applies.
    Null,
    /// Something wrong, which is reported already.
    Invalid,
    /// A value.
    Set(At<T>),
}

impl<T> Field<T> {
    /// The value with its place.
    pub fn at(&self) -> Option<&At<T>> {
        match self {
            Field::Set(at) => Some(at),
            Field::Absent | Field::Null | Field::Invalid => None,
        }
    }

    /// The value.
    pub fn get(&self) -> Option<&T> {
        self.at().map(|at| &at.value)
    }

    /// The value with its place, to change it.
    pub fn at_mut(&mut self) -> Option<&mut At<T>> {
        match self {
            Field::Set(at) => Some(at),
            Field::Absent | Field::Null | Field::Invalid => None,
        }
    }

    /// The value, to change it.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.at_mut().map(|at| &mut at.value)
    }

    /// Where the value stands.
    pub fn span(&self) -> Option<Span> {
        self.at().map(|at| at.span)
    }

    /// Whether the key is missing, so that a finding about its absence is fair.
    pub fn is_missing(&self) -> bool {
        matches!(self, Field::Absent | Field::Null)
    }
}

impl<T: Copy> Field<T> {
    /// The value, or else.
    pub fn copied_or(&self, default: T) -> T {
        self.get().copied().unwrap_or(default)
    }
}

impl<T: Read> Field<T> {
    /// Shows what is in the value, if there is one.
    pub fn visit<'m>(&'m self, see: &mut See<'_, 'm>) {
        if let Some(value) = self.get() {
            value.visit(see);
        }
    }
}

impl<T: Read + Clone> Field<T> {
    /// Reads the value of a key.
    pub fn read(node: &Node, reader: &mut Reader<'_>) -> Self {
        if node.is_null() {
            return Field::Null;
        }
        match T::read(node, reader) {
            Some(value) => Field::Set(At::new(value, node.span)),
            None => Field::Invalid,
        }
    }

    /// Takes over a default.
    pub fn inherit(&mut self, default: &Self) {
        match (&mut *self, default) {
            (Field::Absent, _) => *self = default.clone(),
            (Field::Set(own), Field::Set(default)) => own.value.inherit(&default.value),
            _ => {}
        }
    }
}

/// A key of a record: its name, what it means, and the schema of its value.
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// Markdown; the hover text in editors and the row in the manifest reference.
    pub doc: &'static str,
    /// The schema of its value.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// A mapping with a fixed set of keys.
pub trait Record: Default + Clone {
    /// What the mapping is.
    const DOC: &'static str;
    /// The key for which a value that is not a mapping stands.
    const SHORTHAND: Option<&'static str>;

    /// Its keys, in the order of the reference.
    fn keys() -> &'static [Key];

    /// Reads the value of a key; `false` if there is no such key.
    fn set(&mut self, key: &str, node: &Node, reader: &mut Reader<'_>) -> bool;

    /// Whether the value of a key is wrong, which is reported already.
    fn is_invalid(&self, key: &str) -> bool;

    /// Takes over what the default has and this record lacks, key by key.
    fn inherit_keys(&mut self, default: &Self);
}

/// Reads a record from a mapping, or from its shorthand.
pub fn read_record<R: Record>(node: &Node, reader: &mut Reader<'_>) -> Option<R> {
    reader.refuse_tag(node);
    let mut record = R::default();
    match (&node.kind, R::SHORTHAND) {
        (Kind::Mapping(entries), _) => {
            for entry in entries.iter() {
                let key = &*entry.key.value;
                let known = reader.below(key, |reader| record.set(key, &entry.value, reader));
                if !known {
                    unknown_key::<R>(entry, reader);
                }
            }
        }
        (_, Some(key)) => {
            record.set(key, node, reader);
        }
        (Kind::Scalar(_) | Kind::Sequence(_), None) => {
            let keys: Vec<_> = R::keys().iter().map(|k| k.name).collect();
            let shown = keys
                .iter()
                .take(6)
                .copied()
                .collect::<Vec<_>>()
                .join("`, `");
            let wanted = format!("a mapping with keys such as `{shown}`");
            reader.wrong_type(node, Wanted::Like(&wanted));
            return None;
        }
    }
    Some(record)
}

/// The schema of a record.
pub fn record_schema<R: Record>(generator: &mut SchemaGenerator) -> Schema {
    let mut properties = serde_json::Map::new();
    let mut shorthand = None;
    for key in R::keys() {
        let schema = (key.schema)(generator);
        if R::SHORTHAND == Some(key.name) {
            shorthand = Some(schema.clone());
        }
        let mut described = json_schema!({ "description": prose(key.doc) });
        for (word, value) in nullable(schema).ensure_object() {
            described.insert(word.clone(), value.take());
        }
        properties.insert(key.name.to_owned(), described.to_value());
    }
    let object = json_schema!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let mut schema = json_schema!({ "description": prose(R::DOC) });
    match shorthand {
        Some(short) => {
            schema.insert("anyOf".to_owned(), serde_json::json!([short, object]));
        }
        None => {
            for (word, value) in object.as_object().into_iter().flatten() {
                schema.insert(word.clone(), value.clone());
            }
        }
    }
    schema
}

/// A docstring as running text.
fn prose(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The schema of a value that may also be null, which means "as if not written" everywhere
/// (language, section 1.3).
pub fn nullable(mut schema: Schema) -> Schema {
    let nothing = serde_json::json!({ "type": "null" });
    let object = schema.ensure_object();
    if let Some(kind) = object.get_mut("type").filter(|kind| kind.is_string()) {
        *kind = serde_json::json!([kind.take(), "null"]);
        return schema;
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(serde_json::Value::Array(choices)) = object.get_mut(choice) {
            choices.push(nothing);
            return schema;
        }
    }
    json_schema!({ "anyOf": [schema, nothing] })
}

/// Name of a schema definition.
pub type SchemaName = Cow<'static, str>;

pub(crate) use super::declare::{key_name, record, words};
