//! Reads a written pipeline back and compares it with the planned one.
//!
//! In: the text of a `.gitlab-ci.yml` and the [`Document`] it was written from. Out: the first
//! [`Mismatch`], if there is one. Always holds: if there is none, a reader that resolves anchors
//! and `<<` as GitLab's does (Ruby's Psych: merged at its place, the first of a list wins,
//! shallow) gets exactly the planned global keys and jobs. The parser is libyaml, the one under
//! Psych, and shares no code with what wrote the text.

mod compose;
mod read;
mod size;

use std::collections::HashSet;
use std::fmt;

use indexmap::IndexMap;

use crate::hash::Hasher;
use crate::pipeline::{Document, Mapping, Value};
use read::{Read, read};

pub use compose::verify_compose;

/// The longest excerpt of a value in a message, in characters.
const EXCERPT: usize = 200;

/// A place where the text says something else than what was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// Where, as `job.key[2]`; empty for the whole file.
    pub path: String,
    /// What was planned there.
    pub planned: String,
    /// What the text says.
    pub read: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            planned,
            read,
        } = self;
        if !path.is_empty() {
            write!(f, "{path}: ")?;
        }
        write!(f, "planned {planned}, read back {read}")
    }
}

impl std::error::Error for Mismatch {}

/// A text that says what was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// The bytes that it takes in GitLab's memory; see [`crate::gitlab::limits::parsed_size`].
    pub memory: usize,
}

/// Compares a text with the pipeline that it was written from. Comments do not matter.
///
/// # Errors
///
/// The first difference.
pub fn verify(text: &str, planned: &Document) -> Result<Verified, Mismatch> {
    let read = read(text).map_err(|error| differs("", "a YAML document", error))?;
    let top = match &read {
        Read::Null => [].as_slice(),
        Read::Mapping(mapping) => mapping,
        other => return Err(differs("", "a mapping", describe(other))),
    };
    let top = merged("", top)?;
    let mut expected = HashSet::new();
    for (key, value) in planned.globals.iter() {
        compare(key, value, one(&top, key, value)?)?;
        expected.insert(key);
    }
    for job in planned.sections.iter().flat_map(|section| &section.jobs) {
        let name = job.name.as_str();
        match top.get(name) {
            Some(read) => compare_mapping(name, &job.keys, read)?,
            None => return Err(differs(name, "a job", "nothing")),
        }
        if !expected.insert(name) {
            return Err(differs(name, "two keys of one name", "one"));
        }
    }
    top.iter()
        .filter(|(key, _)| !expected.contains(*key))
        .try_for_each(|(key, value)| hidden_job(key, value))?;
    let memory = size::of_entries(&top)?;
    Ok(Verified { memory })
}

fn differs(path: &str, planned: impl Into<String>, read: impl Into<String>) -> Mismatch {
    Mismatch {
        path: path.to_owned(),
        planned: planned.into(),
        read: read.into(),
    }
}

fn describe(read: &Read) -> String {
    excerpt(&match read {
        Read::Null => "null".to_owned(),
        Read::Bool(value) => value.to_string(),
        Read::Int(value) => value.to_string(),
        Read::Number(value) => value.clone(),
        Read::Text(value) => format!("{value:?}"),
        Read::List(_) | Read::Mapping(_) | Read::Tagged(_) => format!("{read:?}"),
    })
}

fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn below(path: &str, key: &str) -> String {
    match path {
        "" => key.to_owned(),
        path => format!("{path}.{key}"),
    }
}

type Merged<'r> = IndexMap<&'r str, &'r Read, Hasher>;

/// The entries of a mapping, merged where it holds `<<`.
fn merged<'r>(path: &str, mapping: &'r [(Read, Read)]) -> Result<Merged<'r>, Mismatch> {
    let mut entries = Merged::with_capacity_and_hasher(mapping.len(), Hasher::default());
    for (key, value) in mapping {
        let Read::Text(key) = key else {
            return Err(differs(path, "string keys", describe(key)));
        };
        if key != "<<" {
            entries.insert(key.as_str(), value);
            continue;
        }
        let sources = match value {
            Read::List(sources) => sources.as_slice(),
            one => std::slice::from_ref(one),
        };
        for source in sources.iter().rev() {
            let Read::Mapping(source) = source else {
                return Err(differs(path, "mappings under <<", describe(source)));
            };
            entries.extend(merged(path, source)?);
        }
    }
    Ok(entries)
}

fn one<'r>(from: &Merged<'r>, key: &str, planned: &Value) -> Result<&'r Read, Mismatch> {
    from.get(key)
        .copied()
        .ok_or_else(|| differs(key, excerpt(&planned.to_string()), "nothing"))
}

fn compare(path: &str, planned: &Value, read: &Read) -> Result<(), Mismatch> {
    let equal = match (planned.plain(), read) {
        (Value::Null, Read::Null) => true,
        (Value::Bool(a), Read::Bool(b)) => a == b,
        (Value::Int(a), Read::Int(b)) => a == b,
        (Value::Str(a), Read::Text(b)) => a == b,
        (Value::Seq(a), Read::List(b)) if a.len() == b.len() => {
            return a
                .iter()
                .zip(b)
                .enumerate()
                .try_for_each(|(at, (a, b))| compare(&format!("{path}[{at}]"), a, b));
        }
        (Value::Map(a), Read::Mapping(_)) => return compare_mapping(path, a, read),
        (Value::Reference(a), Read::Tagged(tagged)) => reference(tagged).as_ref() == Some(a),
        _ => false,
    };
    if equal {
        return Ok(());
    }
    Err(differs(path, excerpt(&planned.to_string()), describe(read)))
}

/// The path of a `!reference`.
fn reference(tagged: &(String, Read)) -> Option<Vec<String>> {
    let text = |item: &Read| match item {
        Read::Text(text) => Some(text.clone()),
        _ => None,
    };
    match tagged {
        (tag, Read::List(items)) if is_tag(tag, "reference") => items.iter().map(text).collect(),
        _ => None,
    }
}

/// Whether a tag has this name; its `!` is not always told.
fn is_tag(tag: &str, name: &str) -> bool {
    tag.strip_prefix('!').unwrap_or(tag) == name
}

fn compare_mapping(path: &str, planned: &Mapping, read: &Read) -> Result<(), Mismatch> {
    let Read::Mapping(read) = read else {
        return Err(differs(path, "a mapping", describe(read)));
    };
    let read = merged(path, read)?;
    for (key, value) in planned.iter() {
        let path = below(path, key);
        match read.get(key) {
            Some(read) => compare(&path, value, read)?,
            None => return Err(differs(&path, excerpt(&value.to_string()), "nothing")),
        }
    }
    match read.iter().find(|(key, _)| planned.get(key).is_none()) {
        Some((key, value)) => Err(differs(&below(path, key), "nothing", describe(value))),
        None => Ok(()),
    }
}

/// What is not planned may only hold definitions: GitLab never runs a hidden job, but an empty
/// one is an error there.
fn hidden_job(name: &str, read: &Read) -> Result<(), Mismatch> {
    match read {
        _ if !name.starts_with('.') => Err(differs(name, "nothing", describe(read))),
        Read::Mapping(keys) if !keys.is_empty() => well_formed(name, read),
        other => Err(differs(name, "a hidden job with keys", describe(other))),
    }
}

fn well_formed(path: &str, read: &Read) -> Result<(), Mismatch> {
    match read {
        Read::Null | Read::Bool(_) | Read::Int(_) | Read::Text(_) => Ok(()),
        Read::List(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(at, item)| well_formed(&format!("{path}[{at}]"), item)),
        Read::Mapping(mapping) => merged(path, mapping)?
            .into_iter()
            .try_for_each(|(key, value)| well_formed(&below(path, key), value)),
        Read::Tagged(tagged) if reference(tagged).is_some() => Ok(()),
        Read::Number(_) | Read::Tagged(_) => {
            Err(differs(path, "a value that GitLab knows", describe(read)))
        }
    }
}

#[cfg(test)]
mod tests;
