//! Which file a value of the manifest comes from.
//!
//! In: a [`Composed`] and the path of a key, as in `tests.unit.timeout`. Out: the places that are in effect, and those
//! that they take the place of. Always holds: the places in effect are those that the merged tree is made of; an
//! entity's own key goes before that of `defaults` for its kind, and that before the one for all kinds, as when the
//! manifest is read.

use super::Composed;
use super::merge::{KINDS, Merge, Said, Stack};
use crate::manifest::record::Record as _;
use crate::manifest::{Defaults, Manifest, not_for_all};
use crate::source::Kind;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The values in effect, the uppermost first. There are several if one value is made of them, as a mapping is.
    pub values: Vec<Value>,
    /// What they take the place of, the nearest first.
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
    /// Where the value of a key comes from; `None` if no value of it is in effect.
    pub fn origin(&self, path: &str) -> Option<Origin> {
        let all = Stack::of(&self.layers);
        let mut origin: Option<Origin> = None;
        // Whether the nearest value and those under it are one, as variables are.
        let mut is_open = true;
        for place in self.places(&all, path) {
            let found = self.said(&place.value());
            let decides = all.at(&place.key).is_some();
            match (&mut origin, found) {
                (None, None) if decides && !place.is_open(&all) => return None,
                (_, None) => {}
                (None, found) => origin = found,
                (Some(origin), Some(found)) => {
                    let values = match is_open && place.inside.is_empty() {
                        true => &mut origin.values,
                        false => &mut origin.instead_of,
                    };
                    values.extend(found.values);
                    origin.instead_of.extend(found.instead_of);
                }
            }
            is_open &= !decides || place.is_open(&all);
        }
        origin
    }

    /// The places that may decide over a value, the nearest first.
    fn places(&self, all: &Stack<'_>, path: &str) -> Vec<Place> {
        let own = || vec![Place::of(path, "")];
        let Some((kind, rest)) = path.split_once('.') else {
            return own();
        };
        if !KINDS.contains(&kind) {
            return own();
        }
        let entities = all.below(kind);
        // Names may have dots themselves.
        let entity = entities.keys().find_map(|name| {
            let key = rest.strip_prefix(name)?.strip_prefix('.')?;
            let said = entities.below(name);
            let is_there = said.said().last().is_some_and(|said| !said.value.is_null());
            is_there.then_some((name, key))
        });
        let Some((name, rest)) = entity else {
            return own();
        };
        let (key, inside) = rest.split_once('.').unwrap_or((rest, ""));
        let mut places = vec![
            Place::of(&format!("{kind}.{name}.{key}"), inside),
            Place::of(&format!("defaults.{kind}.{key}"), inside),
        ];
        let is_production = || {
            let role = self.origin(&format!("{kind}.{name}.role"));
            let role = role.and_then(|role| role.values.into_iter().next()?.text);
            role.is_some_and(|role| role.trim_matches(['"', '\'']) == "production")
        };
        let of_all = Defaults::keys().iter().any(|all| all.name == key) && !KINDS.contains(&key);
        if of_all
            && !not_for_all(kind, kind == "images" && key == "refs" && is_production())
                .contains(&key)
        {
            places.push(Place::of(&format!("defaults.{key}"), inside));
        }
        places
    }

    /// What the files say under a path: in effect, and what that hides.
    fn said(&self, path: &str) -> Option<Origin> {
        let stack = |count: usize| {
            let layers = self.layers.iter().take(count);
            Stack::of(layers).at(path)
        };
        let count = self.layers.len();
        let in_effect = stack(count)?;
        let mut hidden: Vec<Said<'_>> = Vec::new();
        // What would be in effect without the uppermost file, without the two uppermost, ...
        for under in (1..count).rev().map_while(stack) {
            for said in under.said().iter().rev() {
                if !in_effect.said().contains(said) && !hidden.contains(said) {
                    hidden.push(*said);
                }
            }
        }
        let values = in_effect.said().iter().rev();
        Some(Origin {
            values: values.map(|said| self.value(path, said)).collect(),
            instead_of: hidden.iter().map(|said| self.value(path, said)).collect(),
        })
    }

    fn value(&self, path: &str, said: &Said<'_>) -> Value {
        let (file, at) = self.source.locate(said.key.start);
        let written = self.source.slice(said.value.span);
        let is_whole = match &said.value.kind {
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

/// A place that may decide over a value.
struct Place {
    /// The path of the key that decides as a whole.
    key: String,
    /// The rest of the path, below that key.
    inside: String,
}

impl Place {
    fn of(key: &str, inside: &str) -> Self {
        let (key, inside) = (key.to_owned(), inside.to_owned());
        Self { key, inside }
    }

    fn value(&self) -> String {
        match self.inside.as_str() {
            "" => self.key.clone(),
            inside => format!("{}.{inside}", self.key),
        }
    }

    /// Whether what this value does not have may still come from `defaults`, as with variables.
    fn is_open(&self, all: &Stack<'_>) -> bool {
        let (_, key) = self.key.rsplit_once('.').unwrap_or_default();
        let said = all.at(&self.key);
        let said = said.as_ref().and_then(|stack| stack.said().last());
        let is_mapping = said.is_some_and(|said| matches!(said.value.kind, Kind::Mapping(_)));
        is_mapping && Merge::Keys.below(key) == Merge::Names
    }
}

impl<'n> Stack<'n> {
    /// What is in effect at a path. Names may have dots themselves.
    fn at(&self, path: &str) -> Option<Self> {
        self.keys().find_map(|key| {
            let rest = path.strip_prefix(key)?;
            let below = Some(self.below(key)).filter(|below| !below.is_empty())?;
            match rest.strip_prefix('.') {
                Some(rest) => below.at(rest),
                None => rest.is_empty().then_some(below),
            }
        })
    }
}
