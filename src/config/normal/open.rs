//! Keys that say what GitLab assumes without them.
//!
//! In: a mapping as it is written. Out: the paths of such keys. They have an effect where a file
//! that is not read lies under the mapping: `tags: []` takes away the tags that it gives, and
//! `when: on_success` its `when: manual`. Always holds: a key that is not among them is in the
//! [`Form`] of its mapping.

use std::sync::Arc;

use super::canon::Canon;
use super::form::{Fields, Form};
use crate::config::value::{Map, Node, Place, Value};

/// The key under which the paths stand in the normal form.
pub const KEY: &str = "unseen";

/// Keys of a job that are typed, with what GitLab assumes for them.
const TYPED: [(&str, &str); 6] = [
    ("stage", "test"),
    ("when", "on_success"),
    ("allow_failure", "false"),
    ("interruptible", "false"),
    ("only", "{refs: [branches, tags]}"),
    ("dependencies", "[]"),
];

/// Adds the keys of a mapping that its form does not show. A list is not merged with another: what
/// it holds is not looked at.
pub(super) fn unseen(map: &Map, canon: &Canon, path: &str, into: &mut Vec<Form>) {
    let node = |map| Node::new(Value::Map(Arc::new(map)), Place::default());
    let nothing = canon.form(&node(Map::default()));
    for (key, entry) in map.iter() {
        let path = match path {
            "" => key.text.to_string(),
            path => format!("{path}:{}", key.text),
        };
        let mut alone = Map::default();
        alone.set(key.clone(), entry.clone());
        if canon.form(&node(alone)) == nothing {
            let value = Form::plain(&entry.value);
            into.push(Form::text(format!("{path}: {value}")));
        } else if let Some(map) = entry.value.as_map() {
            unseen(map, canon.below(&key.text), &path, into);
        }
    }
}

/// Adds the typed keys of a job that its form does not show: those that are empty, and those that
/// say what GitLab assumes. `shown`: keys of which the form has the parts.
pub(super) fn unseen_typed(written: &Map, job: &Fields, shown: &[&str], into: &mut Vec<Form>) {
    for (key, entry) in written
        .iter()
        .filter(|(key, _)| !shown.contains(&&*key.text))
    {
        let value = Form::plain(&entry.value);
        let assumed = TYPED.iter().any(|(name, assumed)| {
            let form = || job.get(name).unwrap_or(&value).to_string();
            *name == &*key.text && form() == *assumed
        });
        if value.is_blank() || value == Form::Null || assumed {
            into.push(Form::text(format!("{}: {value}", key.text)));
        }
    }
}
