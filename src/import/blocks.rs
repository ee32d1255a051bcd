//! The text of a pipeline, cut at its top-level keys.
//!
//! In: a source. Out: a [`File`]: its first comments, and a [`Block`] for each top-level key, in the
//! order written. Always holds: every line is in the head or in one block; a comment goes with the key
//! below it; what YAML parsers read differently is written so that they agree.

use super::scalars;
use crate::files::{State, inspect};
use crate::finding::Report;
use crate::source::{Entry, Kind, Limits, Node, Source, Span, parse};

/// A pipeline as pieces of text.
pub(super) struct File {
    /// The comments at the beginning that are not those of the first key.
    pub(super) head: String,
    /// What stands under each key.
    pub(super) blocks: Vec<Block>,
}

/// A top-level key with all that belongs to it.
pub(super) struct Block {
    /// The key.
    pub(super) key: String,
    /// The comments above it, and empty lines between them.
    pub(super) comments: String,
    /// From the key to the last line of its value.
    pub(super) text: String,
    /// How much of the text is the key with its colon.
    pub(super) key_ends: usize,
    /// What the value is.
    pub(super) shape: Shape,
    /// The comments inside of the value, a line each.
    pub(super) inside: Vec<String>,
    /// Other blocks, by their position, that define what an alias of this one stands for.
    pub(super) needs: Vec<usize>,
}

/// What stands under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A mapping.
    Mapping,
    /// A list in which each item is a mapping.
    Mappings,
    /// Any other list.
    List,
    /// A scalar.
    Scalar,
}

/// Cuts a text. `None` where its top-level keys do not begin lines, or one stands there twice.
pub(super) fn cut(source: &Source) -> Option<File> {
    if source.text.contains('\r') {
        let plain = source.text.replace("\r\n", "\n").replace('\r', "\n");
        return cut(&Source::new(source.name.clone(), plain));
    }
    let mut report = Report::default();
    let root = parse(source, Limits::MANIFEST, &mut report)?;
    let Kind::Mapping(entries) = &root.kind else {
        return None;
    };
    if report.has_errors() {
        return None;
    }
    let first = entries.first()?.key.span.start;
    let (head, mut comments) = head(source.text.get(..first)?)?;
    let mut blocks = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        let from = entry.key.span.start;
        let to = entries.get(at + 1).map(|next| next.key.span.start);
        let to = to.unwrap_or(source.text.len());
        let begins = from == 0 || source.text.get(..from)?.ends_with('\n');
        let piece = source.text.get(from..to)?;
        if !begins || piece.lines().skip(1).any(is_marker) {
            return None;
        }
        let colon = source.text.get(entry.key.span.end..to)?.find(':')?;
        let key_ends = entry.key.span.end + colon + 1 - from;
        let kept = of_value(piece);
        let text = edited(source, entry, from, from + kept)?;
        let mut seen = Seen::default();
        seen.walk(&entry.value);
        blocks.push(Block {
            key: entry.key.value.to_string(),
            comments: std::mem::take(&mut comments),
            text,
            key_ends,
            shape: shape(&entry.value),
            inside: comments_in(source, &seen.scalars, from, from + kept),
            needs: seen.blocks(entries, at),
        });
        comments = piece.get(kept..)?.trim_start_matches('\n').to_owned();
    }
    if let Some(last) = blocks.last_mut()
        && !comments.trim().is_empty()
    {
        last.text.push_str(&comments);
    }
    Some(File { head, blocks })
}

/// The comments of the whole file, and those of its first key: an empty line is between them.
fn head(text: &str) -> Option<(String, String)> {
    let mut lines: Vec<&str> = Vec::new();
    // The header of a generated file says what is not true of a manifest.
    let own = match inspect(text) {
        State::Foreign => 0,
        State::Generated(_) => text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .count(),
    };
    for line in text.lines().skip(own) {
        match line.trim() {
            "---" => {}
            trimmed if trimmed.is_empty() || trimmed.starts_with('#') => lines.push(line),
            _ => return None,
        }
    }
    let own = lines.iter().rposition(|line| line.trim().is_empty());
    let (head, own) = lines.split_at_checked(own.map_or(0, |at| at + 1))?;
    let text = |lines: &[&str]| {
        lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    Some((text(head), text(own)))
}

/// Whether a document ends or begins with the line.
fn is_marker(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...")
}

/// What stands in a value.
#[derive(Default)]
struct Seen {
    /// Where the scalars are.
    scalars: Vec<Span>,
    /// Where that is defined which aliases stand for.
    defined: Vec<Span>,
}

impl Seen {
    fn walk(&mut self, node: &Node) {
        if let Some(defined) = node.defined {
            self.defined.push(defined);
            return;
        }
        match &node.kind {
            Kind::Mapping(entries) => entries.iter().for_each(|entry| {
                self.scalars.push(entry.key.span);
                self.walk(&entry.value);
            }),
            Kind::Sequence(items) => items.iter().for_each(|item| self.walk(item)),
            Kind::Scalar(_) => self.scalars.push(node.span),
        }
    }

    /// The blocks that aliases come from.
    fn blocks(&self, entries: &[Entry], own: usize) -> Vec<usize> {
        let starts: Vec<usize> = entries.iter().map(|entry| entry.key.span.start).collect();
        let block = |span: &Span| starts.partition_point(|start| *start <= span.start);
        let mut all: Vec<usize> = self.defined.iter().map(block).collect();
        all.retain(|after| *after > 0 && *after - 1 != own);
        all.sort_unstable();
        all.dedup();
        all.into_iter().map(|after| after - 1).collect()
    }
}

/// The comments between two places: a `#` at the beginning of a line or behind a space, outside of scalars.
fn comments_in(source: &Source, scalars: &[Span], from: usize, to: usize) -> Vec<String> {
    let mut scalars = scalars.to_vec();
    scalars.sort_unstable();
    let mut out = Vec::new();
    let mut start = from;
    for line in source
        .text
        .get(from..to)
        .unwrap_or_default()
        .split_inclusive('\n')
    {
        let is_comment = |at: &usize| {
            let before = line
                .get(..*at)
                .and_then(|before| before.chars().next_back());
            let place = start + at;
            let upto = scalars.partition_point(|span| span.start <= place);
            let inside = scalars.get(..upto).and_then(<[Span]>::last);
            before.is_none_or(char::is_whitespace) && inside.is_none_or(|span| span.end <= place)
        };
        let mut hashes = line.match_indices('#').map(|(at, _)| at);
        if let Some(at) = hashes.find(is_comment) {
            out.extend(line.get(at..).map(|text| text.trim_end().to_owned()));
        }
        start += line.len();
    }
    out
}

/// How many bytes of a piece are its key and value: comments at the left edge belong to the next key.
fn of_value(piece: &str) -> usize {
    let mut kept = piece.len();
    for line in piece.split_inclusive('\n').rev() {
        if !(line.trim().is_empty() || line.starts_with('#')) {
            break;
        }
        kept -= line.len();
    }
    kept
}

/// The text of an entry, in which each scalar means the same to every YAML parser.
fn edited(source: &Source, entry: &Entry, from: usize, to: usize) -> Option<String> {
    let mut out = String::new();
    let mut done = from;
    for edit in scalars::edits(entry) {
        // What came by way of an alias is written elsewhere.
        if edit.span.start < done || edit.span.end > to {
            continue;
        }
        out.push_str(source.text.get(done..edit.span.start)?);
        out.push_str(&edit.text);
        done = edit.span.end;
    }
    out.push_str(source.text.get(done..to)?);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Some(out)
}

fn shape(node: &Node) -> Shape {
    match &node.kind {
        Kind::Mapping(_) => Shape::Mapping,
        Kind::Sequence(items) => {
            let is_mapping = |item: &Node| matches!(item.kind, Kind::Mapping(_));
            match items.iter().all(is_mapping) {
                true => Shape::Mappings,
                false => Shape::List,
            }
        }
        Kind::Scalar(_) => Shape::Scalar,
    }
}
