//! The text of the generated files.
//!
//! In: a [`Document`] or a [`ComposeOverride`]. Out: YAML as a careful person writes it, without
//! the file's header. Always holds: every reader gets the planned values from it, strings stay
//! strings, an anchor is defined before it is used, and equal input gives equal text.
//!
//! `merge` finds what jobs take over with `<<`, `sharing` names the anchors, `block` and `flow`
//! write values, `scalar` strings, and `layout` fills the templates, which decide nothing.

mod block;
mod flow;
mod layout;
mod merge;
mod scalar;
mod sharing;

use std::fmt;

use crate::pipeline::{ComposeOverride, Document, Mapping};

/// How deep collections may nest: GitLab's own limit for a file.
const DEEPEST: usize = 100;

/// Why something cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// Where, as `job.key[2]`; empty for the whole file.
    pub path: String,
    /// What is in the way.
    pub reason: Reason,
}

/// What is in the way of writing a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A string holds a NUL character, which no job could ever receive.
    Nul,
    /// A key is longer than what YAML readers accept on one line.
    LongKey,
    /// A key is `<<`, which GitLab's reader takes for a merge even if it is quoted.
    MergeKey,
    /// Collections nest deeper than GitLab reads.
    TooDeep,
    /// Two top-level keys, or two bases, have one name.
    SameName,
    /// A job merges a base that the document does not define.
    UnknownBase,
    /// Two shared values have one name but differ.
    SharedDiffers,
    /// A template failed.
    Template(String),
}

impl RenderError {
    fn new(path: impl Into<String>, reason: Reason) -> Self {
        let path = path.into();
        Self { path, reason }
    }

    /// The same error, seen from the mapping that holds `key`.
    fn below(mut self, key: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => key.to_owned(),
            rest if rest.starts_with('[') => format!("{key}{rest}"),
            rest => format!("{key}.{rest}"),
        };
        self
    }

    /// The same error, seen from the list that holds the item `at`.
    fn below_item(self, at: usize) -> Self {
        self.below(&format!("[{at}]"))
    }
}

impl From<Reason> for RenderError {
    fn from(reason: Reason) -> Self {
        Self::new("", reason)
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path.escape_debug())?;
        }
        match &self.reason {
            Reason::Nul => f.write_str("a NUL character cannot reach a job"),
            Reason::LongKey => f.write_str("a key this long cannot be read back as a key"),
            Reason::MergeKey => f.write_str("GitLab merges what stands under a key `<<`"),
            Reason::TooDeep => write!(f, "nested more than {DEEPEST} deep, which GitLab refuses"),
            Reason::SameName => f.write_str("the name is used twice"),
            Reason::UnknownBase => f.write_str("merges a base that is not defined"),
            Reason::SharedDiffers => f.write_str("shared values of one name differ"),
            Reason::Template(message) => write!(f, "the template failed: {message}"),
        }
    }
}

impl std::error::Error for RenderError {}

/// Writes a `.gitlab-ci.yml`, without a header.
///
/// # Errors
///
/// If the document holds what YAML or GitLab cannot, or contradicts itself.
pub fn pipeline(document: &Document) -> Result<String, RenderError> {
    let plan = sharing::plan(document)?;
    layout::pipeline(document, &plan)
}

/// Writes a compose override file, without a header.
///
/// # Errors
///
/// If a name or an image holds what YAML cannot.
pub fn compose_override(file: &ComposeOverride) -> Result<String, RenderError> {
    layout::compose_override(file)
}

/// Writes a mapping in block style, as it is.
///
/// # Errors
///
/// If a key or a string holds what YAML cannot.
pub fn mapping(mapping: &Mapping) -> Result<String, RenderError> {
    let mut writer = block::Writer::new(None);
    for (key, value) in mapping.iter() {
        writer.entry(key, value, 0)?;
    }
    Ok(writer.out)
}

/// Whether a key holds arguments of a container, which are written as in a Dockerfile: all in quotes.
fn is_arguments(key: &str) -> bool {
    matches!(key, "command" | "entrypoint")
}

/// Writes the white space before a line.
fn indent(out: &mut String, by: usize) {
    out.extend(std::iter::repeat_n(' ', by));
}

#[cfg(test)]
mod tests;
