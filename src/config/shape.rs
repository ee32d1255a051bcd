//! The shape that a value should have.
//!
//! In: a value and a [`Shape`]. Out: reports where they differ. Always holds: null fits every
//! shape that is not required, as in GitLab.

use super::entry::Reader;
use super::value::{Node, Value};
use crate::finding::Code;
use crate::gitlab::duration;

/// What a value may be.
pub(super) enum Shape {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A string that is not blank, of so many characters at most.
    Name(usize),
    /// A string of one to so many characters.
    NonEmpty(usize),
    /// A string or a whole number.
    TextOrNumber,
    /// A list of strings.
    Texts,
    /// A string or a list of strings.
    TextOrTexts,
    /// True or false.
    Flag,
    /// A whole number between these.
    Number(i128, i128),
    /// A whole number between these, also as a string (`numericality` of Rails).
    NumberText(i128, i128),
    /// A whole number or a list of them.
    Numbers,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words or a list of them.
    Words(&'static [&'static str]),
    /// The same, but no empty list.
    SomeWords(&'static [&'static str]),
    /// A string or a list of strings, with lists in it (`Entry::Commands`).
    Commands,
    /// The same of words that `gates` knows by this name; a file has none that is newer than what
    /// it is read as.
    GatedWords(&'static str, &'static [&'static str]),
    /// A duration, or `never`.
    Duration,
    /// A duration of so many seconds at most.
    DurationUpTo(u64),
    /// A mapping with these keys.
    Map(&'static [Key]),
    /// A mapping with any keys.
    AnyMap,
    /// A list of mappings with any keys.
    Maps,
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
                    reader.found(
                        Code::Empty,
                        node.place,
                        format!("`{what}` should not be empty"),
                    );
                } else if text.chars().count() > *longest {
                    let message = format!("`{what}` has {longest} characters at most");
                    reader.found(Code::OutOfRange, node.place, message);
                }
            }
            Shape::NonEmpty(longest) => {
                let Some(text) = reader.string(node, what) else {
                    return;
                };
                if text.is_empty() {
                    let message = format!("`{what}` should not be empty");
                    reader.found(Code::Empty, node.place, message);
                } else if text.chars().count() > *longest {
                    let message = format!("`{what}` should have 1 to {longest} characters");
                    reader.found(Code::OutOfRange, node.place, message);
                }
            }
            Shape::TextOrNumber => {
                if !matches!(node.value, Value::Str(_) | Value::Int(_)) {
                    let message = format!("`{what}` should be a string or a whole number");
                    reader.found(Code::WrongType, node.place, message);
                }
            }
            Shape::Texts => drop(reader.strings(node, what)),
            Shape::TextOrTexts => drop(reader.string_or_strings(node, what)),
            Shape::Flag => drop(reader.boolean(node, what)),
            Shape::Number(least, most) => {
                let fits = matches!(node.value, Value::Int(n) if (*least..=*most).contains(&n));
                if !fits {
                    let message = format!("`{what}` is a whole number from {least} to {most}");
                    reader.found(Code::OutOfRange, node.place, message);
                }
            }
            Shape::NumberText(least, most) => {
                let number = match &node.value {
                    Value::Int(number) => Some(*number),
                    Value::Str(text) => text.trim_end().parse().ok(),
                    _ => None,
                };
                if !number.is_some_and(|number| (*least..=*most).contains(&number)) {
                    let message = format!("`{what}` is a whole number from {least} to {most}");
                    reader.found(Code::OutOfRange, node.place, message);
                }
            }
            Shape::Numbers => drop(super::keys::integers(node, what, reader)),
            Shape::Word(words) => drop(reader.word(node, what, words)),
            Shape::Commands => drop(reader.commands(node, what)),
            Shape::SomeWords(words) => {
                if node.as_seq().is_some_and(|items| items.is_empty()) {
                    let message = format!("`{what}` should not be an empty list");
                    reader.found(Code::Empty, node.place, message);
                }
                Shape::Words(words).check(node, what, reader);
            }
            Shape::Words(words) => {
                for item in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
                    reader.word(item, what, words);
                }
            }
            Shape::GatedWords(gate, words) => {
                for item in node.as_seq().unwrap_or(std::slice::from_ref(node)) {
                    reader.gated_word(item, what, gate, words);
                }
            }
            Shape::Duration => drop(duration(node, what, reader)),
            Shape::DurationUpTo(most) => {
                if let Some(length) = duration(node, what, reader)
                    && length.as_secs() > *most
                {
                    let days = most / 86_400;
                    reader.found(
                        Code::OutOfRange,
                        node.place,
                        format!("`{what}` is longer than {days} days"),
                    );
                }
            }
            Shape::Map(keys) => map(keys, node, what, reader),
            Shape::AnyMap => drop(reader.map(node, what)),
            Shape::Maps => {
                let maps = node
                    .as_seq()
                    .map(|items| items.iter().all(|item| item.as_map().is_some()));
                if maps != Some(true) {
                    reader.found(
                        Code::WrongType,
                        node.place,
                        format!("`{what}` should be a list of mappings"),
                    );
                }
            }
            Shape::Variables => {
                let Some(map) = reader.map(node, what) else {
                    return;
                };
                for (key, entry) in map.iter() {
                    if entry.value.scalar_text().is_none() {
                        let message =
                            format!("`{what}` has `{}`, which should be a string", key.text);
                        reader.found(Code::WrongType, entry.value.place, message);
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
                        true => reader.found(
                            Code::Empty,
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

/// A duration; `None` for `never`, for one that GitLab reads otherwise than it looks, and after a
/// report.
fn duration(node: &Node, what: &str, reader: &mut Reader) -> Option<std::time::Duration> {
    let text = reader.string(node, what)?;
    match duration::parse_or_never(&text) {
        Ok(length) => length,
        Err(error) => {
            if !error.misleads {
                reader.found(Code::BadDuration, node.place, format!("`{what}` {error}"));
            }
            None
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

#[cfg(test)]
mod tests {
    use crate::config::{Alone, read};
    use crate::source::Source;

    /// What each keyword of a job holds: what GitLab takes, then what it refuses
    /// (`Entry::PullPolicy`, `Entry::Commands`, and `ci.json` for `needs:project`, 18.11).
    #[test]
    fn values_that_gitlab_refuses_are_refused() {
        let cases = [
            (
                "image: {name: i, pull_policy: always}",
                "image: {name: i, pull_policy: []}",
            ),
            (
                "services: [{name: i, pull_policy: [always]}]",
                "services: [{name: i, pull_policy: []}]",
            ),
            (
                "hooks: {pre_get_sources_script: [x, [y]]}",
                "hooks: {pre_get_sources_script: 5}",
            ),
            (
                "hooks: {pre_get_sources_script: }",
                "hooks: {pre_get_sources_script: {a: b}}",
            ),
            (
                "needs: [{project: g/p, job: b, ref: v}]",
                "needs: [{project: g/p, job: b}]",
            ),
            (
                "needs: [{pipeline: $P, job: b}]",
                "needs: [{project: g/p, job: b, ref: }]",
            ),
        ];
        for (taken, refused) in cases {
            for (keyword, is_taken) in [(taken, true), (refused, false)] {
                let text = format!("a: {{script: x, {keyword}}}");
                let read = read(Source::new("ci.yml", text), &Alone).result;
                assert_eq!(read.is_ok(), is_taken, "{keyword}");
            }
        }
    }
}
