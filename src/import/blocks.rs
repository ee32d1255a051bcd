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
    let mut anchors: Vec<(usize, String)> = Vec::new();
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
        let between = Between::read(source, entry, from, from + kept);
        let defines = |name: &String| anchors.iter().rev().find(|(_, own)| own == name);
        let mut needs: Vec<usize> = between
            .aliases
            .iter()
            .filter_map(|name| Some(defines(name)?.0))
            .collect();
        needs.dedup();
        anchors.extend(between.anchors.into_iter().map(|name| (at, name)));
        blocks.push(Block {
            key: entry.key.value.to_string(),
            comments: std::mem::take(&mut comments),
            text,
            key_ends,
            shape: shape(&entry.value),
            inside: between.comments,
            needs,
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

/// Where the scalars of a value are; what aliases stand for is elsewhere.
fn scalars(node: &Node, out: &mut Vec<Span>) {
    if node.defined.is_some() {
        return;
    }
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            // A key that was merged stands elsewhere as well.
            if entry.value.defined.is_none() {
                out.push(entry.key.span);
            }
            scalars(&entry.value, out);
        }),
        Kind::Sequence(items) => items.iter().for_each(|item| scalars(item, out)),
        Kind::Scalar(_) => out.push(node.span),
    }
}

/// What stands between the scalars of a value.
#[derive(Default)]
struct Between {
    /// Comments: from a `#` at the beginning of a line or behind a space to its end.
    comments: Vec<String>,
    /// Names of anchors.
    anchors: Vec<String>,
    /// Names of aliases.
    aliases: Vec<String>,
}

impl Between {
    fn read(source: &Source, entry: &Entry, from: usize, to: usize) -> Self {
        let mut spans = Vec::new();
        scalars(&entry.value, &mut spans);
        spans.sort_unstable();
        let mut out = Self::default();
        let mut start = from;
        for line in source
            .text
            .get(from..to)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            out.line(line, start, &spans);
            start += line.len();
        }
        out
    }

    fn line(&mut self, line: &str, start: usize, spans: &[Span]) {
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            let place = start + at;
            let upto = spans.partition_point(|span| span.start <= place);
            let inside = spans.get(..upto).and_then(<[Span]>::last);
            let begins = before.is_whitespace() || "[{,:".contains(before);
            before = c;
            if inside.is_some_and(|span| place < span.end) || !begins {
                continue;
            }
            let rest = line.get(at..).unwrap_or_default().trim_end();
            let name = || {
                let name = rest.get(1..).unwrap_or_default();
                let end = name.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
                name.get(..end.unwrap_or(name.len()))
                    .unwrap_or_default()
                    .to_owned()
            };
            match c {
                '#' => {
                    self.comments.push(rest.to_owned());
                    return;
                }
                '&' => self.anchors.push(name()),
                '*' => self.aliases.push(name()),
                _ => {}
            }
        }
    }
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
