//! Scalars that a manifest spells in another way than the pipeline.
//!
//! In: a top-level entry of a pipeline. Out: [`Edit`]s of its text, in the order of the text. Always
//! holds: an edit changes the spelling, never what Ruby's Psych reads; what no spelling can keep, as a
//! date, is left for the comparison to tell.

use crate::config::{Value, plain_scalar};
use crate::manifest::scalar::{decimal, plain_type};
use crate::source::{Entry, Kind, Node, Source, Span};

/// Another spelling for a piece of the text.
pub(super) struct Edit {
    /// Where the scalar stands.
    pub(super) span: Span,
    /// What to write there.
    pub(super) text: String,
}

/// Where a manifest wants strings, and GitLab makes a string of any scalar.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// GitLab's own keys, passed on as they are.
    Any,
    /// The values of variables, and names of stages.
    Strings,
}

/// The keys of a variable whose values are strings.
const OF_VARIABLE: [&str; 3] = ["value", "description", "options"];

/// What to write another way in a top-level entry.
pub(super) fn edits(source: &Source, entry: &Entry) -> Vec<Edit> {
    let mut edits = Vec::new();
    match (&*entry.key.value, &entry.value.kind) {
        ("variables", Kind::Mapping(variables)) => {
            for variable in variables.iter() {
                match &variable.value.kind {
                    // Without a value it is empty.
                    Kind::Mapping(keys) if keys.is_empty() => {
                        edits.extend(empty(source, variable));
                    }
                    Kind::Scalar(_) if variable.value.is_null() => {
                        edits.extend(empty(source, variable));
                    }
                    Kind::Mapping(keys) => {
                        let value = keys.iter().find(|key| &*key.key.value == "value");
                        let value = value.filter(|value| value.value.is_null());
                        edits.extend(value.and_then(|value| empty(source, value)));
                        for key in keys.iter() {
                            let is_text = OF_VARIABLE.contains(&&*key.key.value);
                            let wanted = if is_text {
                                Wanted::Strings
                            } else {
                                Wanted::Any
                            };
                            walk(&key.value, wanted, &mut edits);
                        }
                    }
                    Kind::Scalar(_) | Kind::Sequence(_) => {
                        walk(&variable.value, Wanted::Strings, &mut edits);
                    }
                }
            }
        }
        ("stages", _) => walk(&entry.value, Wanted::Strings, &mut edits),
        _ => walk(&entry.value, Wanted::Any, &mut edits),
    }
    edits.sort_by_key(|edit| edit.span);
    edits
}

/// An empty text in place of nothing: where `~` or `{}` stand, else behind the colon of its key, and behind its
/// anchor. `None` if it came by way of an alias.
fn empty(source: &Source, entry: &Entry) -> Option<Edit> {
    let node = &entry.value;
    if node.defined.is_some() {
        return None;
    }
    if !matches!(&node.kind, Kind::Scalar(scalar) if scalar.is_absent()) {
        let text = "\"\"".to_owned();
        return Some(Edit {
            span: node.span,
            text,
        });
    }
    let key_ends = entry.key.span.end;
    let rest = source.text.get(key_ends..)?;
    let (at, text) = match rest.find(|c: char| !c.is_whitespace()) {
        Some(colon) if rest.get(colon..)?.starts_with(':') => {
            let behind = key_ends + colon + 1;
            let between = source.text.get(behind..node.span.start);
            let has_anchor = between.is_some_and(|text| text.trim_start().starts_with('&'));
            let at = if has_anchor { node.span.start } else { behind };
            (at, " \"\"")
        }
        // In braces a key may stand alone.
        _ => (key_ends, ": \"\""),
    };
    Some(Edit {
        span: Span::new(at, at),
        text: text.to_owned(),
    })
}

fn walk(node: &Node, wanted: Wanted, edits: &mut Vec<Edit>) {
    if node.defined.is_some() {
        return;
    }
    match &node.kind {
        Kind::Mapping(entries) => entries
            .iter()
            .for_each(|entry| walk(&entry.value, wanted, edits)),
        Kind::Sequence(items) => items.iter().for_each(|item| walk(item, wanted, edits)),
        Kind::Scalar(scalar) if scalar.plain && node.tag.is_none() => {
            if let Some(text) = spelled(&scalar.text, wanted) {
                let span = node.span;
                edits.push(Edit { span, text });
            }
        }
        Kind::Scalar(_) => {}
    }
}

/// Another spelling of a plain scalar, if it needs one.
fn spelled(text: &str, wanted: Wanted) -> Option<String> {
    let value = plain_scalar(text)?;
    let strings = wanted == Wanted::Strings;
    match value {
        Value::Null => None,
        Value::Bool(value) if strings => Some(quoted(&value.to_string())),
        Value::Bool(value) => {
            let plain = value.to_string();
            (plain != text).then_some(plain)
        }
        Value::Int(value) if strings => Some(quoted(&value.to_string())),
        Value::Int(value) => {
            let same = decimal(text).is_some_and(|read| i128::from(read) == value);
            (!same).then(|| value.to_string())
        }
        Value::Str(_) => plain_type(text).is_some().then(|| quoted(text)),
        other => Some(quoted(&other.scalar_text()?)),
    }
}

/// A scalar in double quotes. What stands plain holds no character that cannot be seen.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
