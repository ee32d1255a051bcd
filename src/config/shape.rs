//! The shape that a value should have.
//!
//! In: a value and a [`Shape`]. Out: reports where they differ. Always holds: null fits every
//! shape that is not required, as in GitLab.

use super::entry::Reader;
use super::value::{Node, Value};
use crate::gitlab::duration;

/// What a value may be.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string that is not blank, of so many characters at most.
    Name(usize),
    /// A list of strings.
    Texts,
    /// A string or a list of strings.
    TextOrTexts,
    /// True or false.
    Flag,
    /// A whole number between these.
    Number(i128, i128),
    /// A whole number or a list of them.
    Numbers,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words or a list of them.
    Words(&'static [&'static str]),
    /// A duration, or `never`.
    Duration,
    /// A mapping with these keys.
    Map(&'static [Key]),
    /// A mapping of names to strings, numbers and booleans.
    Variables,
    /// A mapping of any names to values of one shape.
    Each(&'static Shape),
    /// A string, or something else of this shape.
    TextOr(&'static Shape),
    /// True or false, or something else of this shape.
    FlagOr(&'static Shape),
}

/// A key of a mapping, what it holds, and whether it must be there.
pub(super) type Key = (&'static str, Shape, Need);

/// Whether a key must be there.
#[derive(PartialEq, Eq)]
pub(super) enum Need {
    /// It must.
    Wanted,
    /// It may.
    Free,
}

impl Shape {
    /// Reports where a value is of another shape.
    pub(super) fn check(&self, node: &Node, what: &str, reader: &mut Reader) {
        if node.is_null() {
            return;
        }
        match self {
            Shape::Any => {}
            Shape::Text => drop(reader.string(node, what)),
            Shape::Name(longest) => {
                let Some(text) = reader.string(node, what) else {
                    return;
                };
                if text.trim().is_empty() {
                    reader.report(node.place, format!("`{what}` should not be empty"));
                } else if text.chars().count() > *longest {
                    let message = format!("`{what}` has {longest} characters at most");
                    reader.report(node.place, message);
                }
            }
            Shape::Texts => drop(reader.strings(node, what)),
            Shape::TextOrTexts => drop(reader.string_or_strings(node, what)),
            Shape::Flag => drop(reader.boolean(node, what)),
            Shape::Number(least, most) => {
                let fits = matches!(node.value, Value::Int(n) if (*least..=*most).contains(&n));
                if !fits {
                    let message = format!("`{what}` is a whole number from {least} to {most}");
                    reader.report(node.place, message);
                }
            }
            Shape::Numbers => drop(super::keys::integers(node, what, reader)),
            Shape::Word(words) => drop(reader.word(node, what, words)),
            Shape::Words(words) => match node.as_seq() {
                Some(items) => {
                    for item in items {
                        reader.word(item, what, words);
                    }
                }
                None => drop(reader.word(node, what, words)),
            },
            Shape::Duration => {
                let Some(text) = reader.string(node, what) else {
                    return;
                };
                // GitLab also takes what our own reader refuses as misleading: clock times and
                // numbers without a unit behind others.
                let lenient = text.contains(|c: char| c.is_ascii_digit());
                if let Err(error) = duration::parse_or_never(&text)
                    && !(lenient && (text.contains(':') || error.contains("without a unit")))
                {
                    reader.report(node.place, format!("`{what}` {error}"));
                }
            }
            Shape::Map(keys) => map(keys, node, what, reader),
            Shape::Variables => {
                let Some(map) = reader.map(node, what) else {
                    return;
                };
                for (key, entry) in map.iter() {
                    if entry.value.scalar_text().is_none() {
                        let message =
                            format!("`{what}` has `{}`, which should be a string", key.text);
                        reader.report(entry.value.place, message);
                    }
                }
            }
            Shape::Each(shape) => {
                let Some(map) = reader.map(node, what) else {
                    return;
                };
                for (key, entry) in map.iter() {
                    // What is wanted inside is also missing from nothing.
                    match entry.value.is_null() {
                        true => reader.report(
                            entry.key_place,
                            format!("`{what}:{}` should not be empty", key.text),
                        ),
                        false => shape.check(&entry.value, &key.text, reader),
                    }
                }
            }
            Shape::TextOr(other) => match &node.value {
                Value::Str(_) => {}
                _ => other.check(node, what, reader),
            },
            Shape::FlagOr(other) => match &node.value {
                Value::Bool(_) => {}
                _ => other.check(node, what, reader),
            },
        }
    }
}

fn map(keys: &[Key], node: &Node, what: &str, reader: &mut Reader) {
    let Some(map) = reader.map(node, what) else {
        return;
    };
    let known: Vec<&str> = keys.iter().map(|(key, ..)| *key).collect();
    reader.known_keys(map, what, &known);
    for (key, shape, need) in keys {
        match map.given(key) {
            Some(value) => shape.check(value, key, reader),
            None if *need == Need::Wanted => {
                reader.missing(node.place, format!("`{what}` should have `{key}`"));
            }
            None => {}
        }
    }
}
