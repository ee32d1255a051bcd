//! Values in block style.
//!
//! In: values, and the aliases of shared ones. Out: lines of YAML at a given indentation. Always
//! holds: what is written ends with a line break, and a string never leaves its place.

use std::fmt::Write as _;

use super::sharing::{Aliases, id};
use super::{RenderError, flow, indent, scalar};
use crate::pipeline::{Mapping, Shared, Value};

/// Keys whose items stand on lines of their own: commands and rules are read and changed one by one.
const ONE_BY_ONE: [&str; 4] = ["script", "before_script", "after_script", "rules"];

/// Writes values; shared ones as aliases where they have one.
pub(super) struct Writer<'a> {
    /// What has been written.
    pub(super) out: String,
    /// None where every value is written in full.
    aliases: Option<&'a Aliases<'a>>,
}

impl<'a> Writer<'a> {
    /// Starts with nothing written.
    pub(super) fn new(aliases: Option<&'a Aliases<'a>>) -> Self {
        let out = String::new();
        Self { out, aliases }
    }

    /// Writes `<<` with aliases of mappings; the first one wins.
    pub(super) fn merge(&mut self, anchors: &[&str], at: usize) {
        indent(&mut self.out, at);
        // Writing to a String cannot fail.
        let _ = match anchors {
            [one] => writeln!(self.out, "<<: *{one}"),
            several => writeln!(self.out, "<<: [*{}]", several.join(", *")),
        };
    }

    /// Writes a key and the anchor of its value, up to the place where the value begins.
    pub(super) fn key(
        &mut self,
        key: &str,
        anchor: Option<&str>,
        at: usize,
    ) -> Result<(), RenderError> {
        indent(&mut self.out, at);
        self.head(key)?;
        if let Some(anchor) = anchor {
            let _ = write!(self.out, " &{anchor}");
        }
        Ok(())
    }

    fn head(&mut self, key: &str) -> Result<(), RenderError> {
        scalar::write_key(&mut self.out, key).map_err(|reason| {
            let start: String = key.chars().take(40).collect();
            RenderError::new(start, reason)
        })?;
        self.out.push(':');
        Ok(())
    }

    /// Writes an entry of a mapping.
    pub(super) fn entry(&mut self, key: &str, value: &Value, at: usize) -> Result<(), RenderError> {
        self.key(key, None, at)?;
        self.value(key, value, at)
    }

    /// Writes the value of a key, after [`Writer::key`].
    pub(super) fn value(&mut self, key: &str, value: &Value, at: usize) -> Result<(), RenderError> {
        self.after_colon(key, value, at)
            .map_err(|error| error.below(key))
    }

    fn after_colon(&mut self, key: &str, value: &Value, at: usize) -> Result<(), RenderError> {
        let one_by_one = ONE_BY_ONE.contains(&key);
        match value {
            Value::Seq(items) if !items.is_empty() => {
                let on_one_line = match key {
                    "needs" => flow::of_needs(items),
                    _ => flow::of_key(value, super::is_arguments(key)),
                };
                if let Some(text) = on_one_line.filter(|_| !one_by_one) {
                    self.one_line(" ", &text);
                    return Ok(());
                }
                self.out.push('\n');
                for (index, item) in items.iter().enumerate() {
                    indent(&mut self.out, at + 2);
                    self.item(item, at + 2, one_by_one)
                        .map_err(|error| error.below_item(index))?;
                }
                Ok(())
            }
            Value::Map(map) if !map.is_empty() => {
                // The keys of the whole file have lines of their own.
                if at > 0
                    && let Some(text) = flow::of_key(value, false)
                {
                    self.one_line(" ", &text);
                    return Ok(());
                }
                self.out.push('\n');
                map.iter()
                    .try_for_each(|(key, value)| self.entry(key, value, at + 2))
            }
            Value::Shared(shared) if self.alias(shared).is_none() => {
                self.after_colon(key, &shared.value, at)
            }
            other => {
                self.out.push(' ');
                self.inline(other, at)
            }
        }
    }

    fn one_line(&mut self, before: &str, text: &str) {
        self.out.push_str(before);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// Writes an item of a list that is indented by `at`, which already stands on the line.
    fn item(&mut self, value: &Value, at: usize, one_by_one: bool) -> Result<(), RenderError> {
        match value {
            Value::Seq(items) if !items.is_empty() => {
                self.out.push_str("- ");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        indent(&mut self.out, at + 2);
                    }
                    self.item(item, at + 2, one_by_one)
                        .map_err(|error| error.below_item(index))?;
                }
                Ok(())
            }
            Value::Map(map) if !map.is_empty() => {
                if !one_by_one
                    && map.len() > 1
                    && let Some(text) = flow::of_key(value, false)
                {
                    self.one_line("- ", &text);
                    return Ok(());
                }
                self.compact(map, at)
            }
            Value::Shared(shared) if self.alias(shared).is_none() => {
                self.item(&shared.value, at, one_by_one)
            }
            other => {
                self.out.push_str("- ");
                self.inline(other, at)
            }
        }
    }

    /// Writes a mapping as an item, its first key on the line of the dash.
    fn compact(&mut self, map: &Mapping, at: usize) -> Result<(), RenderError> {
        for (index, (key, value)) in map.iter().enumerate() {
            if index == 0 {
                self.out.push_str("- ");
            } else {
                indent(&mut self.out, at + 2);
            }
            self.head(key)?;
            self.value(key, value, at + 2)?;
        }
        Ok(())
    }

    /// Writes what needs no block of its own, and ends the line.
    fn inline(&mut self, value: &Value, at: usize) -> Result<(), RenderError> {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Int(number) => {
                let _ = write!(self.out, "{number}");
            }
            Value::Str(text) => scalar::write_value(&mut self.out, text, at)?,
            Value::Seq(_) => self.out.push_str("[]"),
            Value::Map(_) => self.out.push_str("{}"),
            Value::Reference(path) => {
                self.out.push_str("!reference [");
                for (index, part) in path.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    scalar::write_in_flow(&mut self.out, part, false)
                        .map_err(|reason| RenderError::from(reason).below_item(index))?;
                }
                self.out.push(']');
            }
            Value::Shared(shared) => {
                if let Some(alias) = self.alias(shared) {
                    let alias = format!("*{alias}");
                    self.out.push_str(&alias);
                }
            }
        }
        self.out.push('\n');
        Ok(())
    }

    fn alias<'s>(&'s self, shared: &'s Shared) -> Option<&'s str> {
        self.aliases?.get(&id(shared)).map(String::as_str)
    }
}
