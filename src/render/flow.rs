//! Values in flow style: what fits on the line of its key.
//!
//! In: a list or a mapping. Out: its text on one line, or `None` where a person would write a block.
//! Always holds: the text has no line break and at most [`WIDEST`] characters, and it reads back as
//! the value: `a: {b: [c, d]}`.

use std::fmt::Write as _;

use super::scalar;
use crate::pipeline::{Mapping, Value};

/// The longest text on one line.
const WIDEST: usize = 100;

/// How deep mappings nest on one line: `{reports: {dotenv: image.env}}`.
const DEEPEST: usize = 2;

/// The most keys of a mapping on one line.
const MOST_KEYS: usize = 4;

/// The value of a key. With `quote`, all strings have quotes, as arguments have in a Dockerfile.
pub(super) fn of_key(value: &Value, quote: bool) -> Option<String> {
    let mut out = String::new();
    write(&mut out, value, quote, 0)?;
    (out.chars().count() <= WIDEST).then_some(out)
}

/// What a job needs: names, and mappings of which none nests.
pub(super) fn of_needs(items: &[Value]) -> Option<String> {
    let mut out = String::from("[");
    for (index, item) in items.iter().enumerate() {
        comma(&mut out, index);
        match item {
            Value::Str(name) if is_token(name) => string(&mut out, name, false)?,
            Value::Map(need) => mapping(&mut out, need, DEEPEST - 1)?,
            _ => return None,
        }
    }
    out.push(']');
    (out.chars().count() <= WIDEST).then_some(out)
}

/// Writes a value; `None` if it is not for one line.
fn write(out: &mut String, value: &Value, quote: bool, depth: usize) -> Option<()> {
    // A long text is given up early.
    if out.len() > 4 * WIDEST {
        return None;
    }
    match value {
        Value::Seq(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                comma(out, index);
                match item {
                    Value::Str(text) if quote || is_quiet(text) => string(out, text, quote)?,
                    Value::Int(_) => write(out, item, quote, depth)?,
                    _ => return None,
                }
            }
            out.push(']');
        }
        Value::Map(map) => mapping(out, map, depth)?,
        Value::Str(text) => match is_words(text) {
            true => out.push_str(text),
            false if is_token(text) => string(out, text, false)?,
            false => return None,
        },
        Value::Int(number) => write!(out, "{number}").ok()?,
        Value::Bool(truth) => write!(out, "{truth}").ok()?,
        Value::Null | Value::Reference(_) | Value::Shared(_) => return None,
    }
    Some(())
}

fn mapping(out: &mut String, map: &Mapping, depth: usize) -> Option<()> {
    if depth >= DEEPEST || map.len() > MOST_KEYS {
        return None;
    }
    out.push('{');
    for (index, (key, value)) in map.iter().enumerate() {
        comma(out, index);
        if !is_token(key) || key.is_empty() {
            return None;
        }
        string(out, key, false)?;
        out.push_str(": ");
        // Arguments have their quotes inside of `image` and `services`, too.
        write(out, value, super::is_arguments(key), depth + 1)?;
    }
    out.push('}');
    Some(())
}

fn comma(out: &mut String, index: usize) {
    if index > 0 {
        out.push_str(", ");
    }
}

fn string(out: &mut String, text: &str, quote: bool) -> Option<()> {
    if text.contains('\n') {
        return None;
    }
    scalar::write_in_flow(out, text, quote).ok()
}

/// Whether a string is one word, such as a name, a path or an address.
fn is_token(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"_-./:@$=".contains(&b))
}

/// Whether a string is plain words, as in `1 week`.
fn is_words(text: &str) -> bool {
    text.contains(' ') && scalar::is_plain_in_flow(text)
}

/// Whether a string can be read easily between other items.
fn is_quiet(text: &str) -> bool {
    !text.contains(['"', '\'', '\\', '\n', '`'])
}
