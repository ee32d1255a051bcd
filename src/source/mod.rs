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
pub use parse::{Limits, parse, parse_from};

/// A named text; offsets into it are bytes. A copy shares the text.
///
/// The text may be that of several files, one after the other, as of a manifest and its presets: an offset then says
/// which file a place is in, and [`Source::locate`] gives its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name as people see it in messages, relative to the project (`windlass.yml`); of several files, the first.
    pub name: String,
    /// The whole text, valid UTF-8, without a byte order mark.
    pub text: Arc<str>,
    /// Byte offset of the start of each line.
    lines: Arc<[usize]>,
    /// The files behind the first one, in the order of the text.
    appended: Vec<Part>,
}

/// A file whose text was appended to that of another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    /// Where its text starts.
    start: usize,
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
            appended: Vec::new(),
        }
    }

    /// The same text with that of another file behind it, and where that starts. Offsets keep their meaning.
    #[must_use]
    pub fn with(&self, name: &str, text: &str) -> (Self, usize) {
        let start = self.text.len() + 1;
        let mut joined = Self::new(self.name.clone(), format!("{}\n{text}", self.text));
        let part = Part {
            name: name.to_owned(),
            start,
        };
        joined.appended = self.appended.iter().cloned().chain([part]).collect();
        (joined, start)
    }

    /// Whether the text is that of one file.
    pub(crate) fn is_one_file(&self) -> bool {
        self.appended.is_empty()
    }

    /// The files that the text is made of, each with the offset of its start.
    pub fn files(&self) -> Vec<(Source, usize)> {
        let starts = self
            .appended
            .iter()
            .map(|part| (part.name.clone(), part.start));
        let files: Vec<(String, usize)> =
            [(self.name.clone(), 0)].into_iter().chain(starts).collect();
        let ends = files
            .iter()
            .skip(1)
            .map(|(_, start)| start.saturating_sub(1));
        let ends: Vec<usize> = ends.chain([self.text.len()]).collect();
        let files = files.into_iter().zip(ends);
        files
            .map(|((name, start), end)| {
                let text = self.slice(Span::new(start, end)).to_owned();
                (Source::new(name, text), start)
            })
            .collect()
    }

    /// Which of the files an offset is in, counted from 0, and where that file starts.
    pub fn file_at(&self, offset: usize) -> (usize, usize) {
        let file = self.appended.partition_point(|part| part.start <= offset);
        let part = file.checked_sub(1).and_then(|at| self.appended.get(at));
        (file, part.map_or(0, |part| part.start))
    }

    /// The name of the file that an offset is in, and the line and column there.
    pub fn locate(&self, offset: usize) -> (&str, Position) {
        let (file, start) = self.file_at(offset);
        let part = file.checked_sub(1).and_then(|at| self.appended.get(at));
        let at = self.position(offset);
        let line = at.line + 1 - self.position(start).line;
        let name = part.map_or(self.name.as_str(), |part| &part.name);
        (name, Position { line, ..at })
    }

    /// The same with other names of its files.
    #[must_use]
    pub(crate) fn renamed(mut self, rename: impl Fn(&str) -> String) -> Self {
        self.name = rename(&self.name);
        for part in &mut self.appended {
            part.name = rename(&part.name);
        }
        self
    }

    /// The line and column of a byte offset in the whole text; an offset past the end is the end.
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

    #[test]
    fn an_offset_says_which_file_it_is_in() {
        let texts = ["a: 1\n", "", "b:\n  c: 2", "d: 3\n"];
        let mut source = Source::new("0", texts[0]);
        let mut starts = vec![0];
        for (name, text) in ["1", "2", "3"].iter().zip(&texts[1..]) {
            let (joined, start) = source.with(name, text);
            starts.push(start);
            source = joined;
        }
        for (number, (file, start)) in source.files().iter().enumerate() {
            assert_eq!(
                (file.name.as_str(), &*file.text),
                (number.to_string().as_str(), texts[number])
            );
            assert_eq!(*start, starts[number]);
            for offset in 0..=file.text.len() {
                let found = source.locate(start + offset);
                assert_eq!(
                    found,
                    (file.name.as_str(), file.position(offset)),
                    "{number}:{offset}"
                );
                assert_eq!(source.file_at(start + offset), (number, *start));
            }
        }
    }
}
