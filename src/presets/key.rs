//! Which file a value of the manifest comes from.
//!
//! In: a [`Composed`] and the path of a key, as in `tests.unit.timeout`. Out: the place that is in effect, and those
//! that it takes the place of. Always holds: an entity's own key goes before that of `defaults` for its kind, and
//! that before the one for all kinds, as when the manifest is read.

use super::{Composed, entries};
use crate::manifest::record::Record as _;
use crate::manifest::{Defaults, Manifest};
use crate::source::{Kind, Node, Span};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The value in effect.
    pub value: Value,
    /// What it takes the place of, the nearest first.
    pub instead_of: Vec<Value>,
}

/// A value in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The path of the key, as in `defaults.tests.timeout`.
    pub path: String,
    /// The name of the file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is written there, if it is a text or a list or mapping on one line.
    pub text: Option<String>,
}

/// Whether a word can be the path of a key: it starts with a key of the manifest.
pub fn is_path(word: &str) -> bool {
    let first = word.split('.').next().unwrap_or_default();
    Manifest::keys().iter().any(|key| key.name == first)
}

impl Composed {
    /// Where the value of a key comes from; `None` if no file says it.
    pub fn origin(&self, path: &str) -> Option<Origin> {
        let mut found = Vec::new();
        for path in candidates(path) {
            // The manifest is the last of the layers.
            for layer in self.layers.iter().rev() {
                if let Some((key, value)) = at(layer, &path) {
                    found.push(self.value(&path, key, value));
                }
            }
        }
        let mut found = found.into_iter();
        Some(Origin {
            value: found.next()?,
            instead_of: found.collect(),
        })
    }

    fn value(&self, path: &str, key: Span, value: &Node) -> Value {
        let (file, at) = self.source.locate(key.start);
        let written = self.source.slice(value.span);
        let is_whole = match &value.kind {
            Kind::Scalar(_) => !written.contains('\n') && !written.is_empty(),
            Kind::Sequence(_) => written.ends_with(']'),
            Kind::Mapping(_) => written.ends_with('}'),
        };
        Value {
            path: path.to_owned(),
            file: file.to_owned(),
            line: at.line,
            text: is_whole.then(|| written.to_owned()),
        }
    }
}

/// The paths that can decide over a value: its own first.
fn candidates(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    let mut parts = path.splitn(2, '.');
    let (kind, rest) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let kinds = Defaults::keys().iter().map(|key| key.name);
    if kinds.clone().any(|name| name == kind)
        && let Some((_, key)) = rest.rsplit_once('.')
    {
        all.push(format!("defaults.{kind}.{key}"));
        if kinds.clone().any(|name| name == key) {
            all.push(format!("defaults.{key}"));
        }
    }
    all
}

/// The key at the end of a path, and its value. Names may have dots themselves.
fn at<'n>(node: &'n Node, path: &str) -> Option<(Span, &'n Node)> {
    entries(node).find_map(|entry| {
        let rest = path.strip_prefix(&*entry.key.value)?;
        match rest.strip_prefix('.') {
            Some(rest) => at(&entry.value, rest),
            None => rest.is_empty().then_some((entry.key.span, &entry.value)),
        }
    })
}
