//! The text of a file, with positions.
//!
//! In: the bytes of a file. Out: a tree of [`Node`]s in which every key and every value knows its
//! [`Span`], its style (plain or quoted) and, if it came through an alias, where it was defined.
//! Always holds: whatever the bytes are, reading them takes bounded time and memory, never panics,
//! and reports every duplicate key rather than the first.

use std::sync::Arc;

mod digest;
mod node;
mod parse;
mod writable;

pub use node::{At, Entry, Kind, Node, Place, Scalar, Span};
pub use parse::{Limits, parse};

/// A named text; offsets into it are bytes. A copy shares the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name as people see it in messages, relative to the project (`windlass.yml`).
    pub name: String,
    /// The whole text, valid UTF-8, without a byte order mark.
    pub text: Arc<str>,
    /// Byte offset of the start of each line.
    lines: Arc<[usize]>,
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Source {
    /// Wraps a text under the name that messages show.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            name: name.into(),
            text,
            lines,
        }
    }

    /// The line and column of a byte offset; an offset past the end is the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.lines.partition_point(|&start| start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        Position { line, column }
    }

    /// Where the line of a byte offset ends, without its line break.
    fn line_end(&self, offset: usize) -> usize {
        let next = self.lines.partition_point(|&start| start <= offset);
        let after = self.lines.get(next).map(|start| start.saturating_sub(1));
        after.unwrap_or(self.text.len())
    }

    /// The text under a span; empty if the span is not inside the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters() {
        let source = Source::new("m", "é: 1\nab: ü\n");
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(6), Position { line: 2, column: 1 });
        assert_eq!(source.position(999), Position { line: 3, column: 1 });
    }
}
