//! The keys of an entity, as nodes.
//!
//! Always holds: what is made here has the place of what it is made for.

use std::rc::Rc;

use super::rows::Row;
use crate::source::{At, Entry, Kind, Node, Scalar, Span};

/// Keys of an entity into which those of `defaults` are merged.
const MERGED: [&str; 2] = ["variables", "build_args"];

/// From the first to the last place of a node; the span of a mapping is its beginning alone.
pub(super) fn extent(node: &Node) -> Span {
    let join =
        |span: Span, other: Span| Span::new(span.start.min(other.start), span.end.max(other.end));
    match &node.kind {
        Kind::Scalar(_) => node.span,
        Kind::Sequence(items) => items.iter().map(extent).fold(node.span, join),
        Kind::Mapping(entries) => {
            let places = entries.iter().flat_map(|e| [e.key.span, extent(&e.value)]);
            places.fold(node.span, join)
        }
    }
}

/// The keys of an entity with those that it has from `defaults`, as the typed entities inherit.
pub(super) fn with_defaults(own: &[Entry], defaults: Option<&Node>) -> Vec<Entry> {
    let mut keys = own.to_vec();
    let Some(Kind::Mapping(defaults)) = defaults.map(|node| &node.kind) else {
        return keys;
    };
    for default in defaults.iter().filter(|default| !default.value.is_null()) {
        let same = |key: &&mut Entry| key.key.value == default.key.value;
        let Some(own) = keys.iter_mut().find(same) else {
            keys.push(default.clone());
            continue;
        };
        let merged = MERGED.contains(&&*default.key.value);
        if let (true, Kind::Mapping(mine), Kind::Mapping(theirs)) =
            (merged, &own.value.kind, &default.value.kind)
        {
            let known = |entry: &Entry| mine.iter().any(|own| own.key.value == entry.key.value);
            let others = theirs.iter().filter(|entry| !known(entry));
            let all: Vec<Entry> = others.chain(mine.iter()).cloned().collect();
            own.value.kind = Kind::Mapping(all.into());
        }
    }
    keys
}

/// The name in the `image` of a test.
pub(super) fn image_name(keys: &[Entry]) -> Option<&str> {
    let image = keys.iter().find(|key| &*key.key.value == "image")?;
    let name = match &image.value.kind {
        Kind::Mapping(_) => super::member(&image.value, "name")?,
        _ => &image.value,
    };
    match &name.kind {
        Kind::Scalar(scalar) => Some(&scalar.text),
        Kind::Sequence(_) | Kind::Mapping(_) => None,
    }
}

/// Makes variables of the job of those that only its shell can expand.
pub(super) fn keep_variables<'v>(
    keys: &mut Vec<Entry>,
    row: &Row,
    left: impl Iterator<Item = &'v str>,
    span: Span,
) {
    let mut kept: Vec<Entry> = left
        .filter_map(|name| Some(text_entry(name, row.get(name)?, span)))
        .collect();
    if kept.is_empty() {
        return;
    }
    let own = keys.iter_mut().find(|key| &*key.key.value == "variables");
    match own {
        Some(own) => {
            if let Kind::Mapping(entries) = &own.value.kind {
                kept.retain(|new| !entries.iter().any(|own| own.key.value == new.key.value));
                let all: Vec<Entry> = kept.into_iter().chain(entries.iter().cloned()).collect();
                own.value.kind = Kind::Mapping(all.into());
            }
        }
        None => keys.push(mapping_entry("variables", kept, span)),
    }
}

pub(super) fn text_entry(key: &str, text: &str, span: Span) -> Entry {
    let scalar = Scalar {
        text: Rc::from(text),
        plain: false,
    };
    entry(key, Kind::Scalar(scalar), span)
}

pub(super) fn mapping_entry(key: &str, entries: Vec<Entry>, span: Span) -> Entry {
    entry(key, Kind::Mapping(entries.into()), span)
}

fn entry(key: &str, kind: Kind, span: Span) -> Entry {
    Entry {
        key: At::new(Rc::from(key), span),
        plain_key: false,
        value: Node {
            kind,
            span,
            defined: None,
            tag: None,
        },
    }
}
