//! The text of a pipeline, cut at its top-level keys.
//!
//! In: a source. Out: a [`File`]: its first comments, and a [`Block`] for each top-level key, in the
//! order written. Always holds: every line is in the head or in one block; a comment goes with the key
//! below it; what YAML parsers read differently is written so that they agree.

use std::ops::Range;

use super::{comments, scalars};
use crate::finding::{Report, Severity};
use crate::source::{Entry, Kind, Limits, Node, Source, Span, parse};

/// A pipeline as pieces of text.
pub(super) struct File {
    /// The comments at the beginning that are not those of the first key.
    pub(super) head: String,
    /// What stands under each key.
    pub(super) blocks: Vec<Block>,
    /// The comments behind the last key.
    pub(super) tail: String,
    /// Whether windlass wrote all of it.
    pub(super) is_generated: bool,
}

/// A top-level key with all that belongs to it.
pub(super) struct Block {
    /// The key.
    pub(super) key: String,
    /// The comments above it, and empty lines between them.
    pub(super) comments: String,
    /// From the key to the last line of its value.
    pub(super) text: String,
    /// What the value is.
    pub(super) shape: Shape,
    /// The comments inside of the value, a line each.
    pub(super) inside: Vec<String>,
    /// The keys of the value, if each begins a line.
    pub(super) children: Vec<Child>,
    /// Other blocks, by their position, that define what an alias of this one stands for.
    pub(super) needs: Vec<usize>,
}

/// A key of a block's value.
pub(super) struct Child {
    /// The key.
    pub(super) key: String,
    /// Where it stands in the text of the block, with the comments above it.
    pub(super) range: Range<usize>,
    /// The comments above it and in it, a line each.
    pub(super) comments: Vec<String>,
}

impl Block {
    /// The text without some keys of its value; `None` if that cannot be told.
    pub(super) fn without(&self, goes: impl Fn(&str) -> bool) -> Option<String> {
        let mut out = String::new();
        let mut done = 0;
        for child in self.children.iter().filter(|child| goes(&child.key)) {
            out.push_str(self.text.get(done..child.range.start)?);
            done = child.range.end;
        }
        out.push_str(self.text.get(done..)?);
        (!self.children.is_empty()).then_some(out)
    }

    /// Its comments: those above it, an empty line where they are apart, and those inside.
    pub(super) fn all_comments(&self) -> String {
        let above = self.comments.trim_matches('\n').lines().map(str::trim);
        let mut out: String = above.map(|line| format!("{line}\n")).collect();
        out.push_str(&comments::lines(&self.inside));
        out
    }
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

/// The same text with line breaks of one kind. YAML has three.
pub(super) fn with_plain_breaks(source: &Source) -> Source {
    if !source.text.contains('\r') {
        return source.clone();
    }
    let plain = source.text.replace("\r\n", "\n").replace('\r', "\n");
    Source::new(source.name.clone(), plain)
}

/// The same text without the sign that ends a document.
fn without_end(source: Source) -> Source {
    match source.text.trim_end().strip_suffix("\n...") {
        Some(text) => Source::new(source.name.clone(), format!("{text}\n")),
        None => source,
    }
}

/// Why a text cannot be cut, in the words of the first fault, if it has one.
pub(super) fn fault(source: &Source) -> String {
    let mut report = Report::default();
    let _ = parse(source, Limits::MANIFEST, &mut report);
    let errors = report.sorted();
    let mut errors = errors.iter();
    let error = errors.find(|found| found.severity == Severity::Error);
    match error {
        Some(error) => error.message.clone(),
        None => "not every key at the top begins a line of its own".to_owned(),
    }
}

/// Cuts a text. `None` where its top-level keys do not begin lines, or one stands there twice.
pub(super) fn cut(source: &Source) -> Option<File> {
    let source = &without_end(with_plain_breaks(source));
    let mut report = Report::default();
    let root = parse(source, Limits::MANIFEST, &mut report)?;
    let Kind::Mapping(entries) = &root.kind else {
        return None;
    };
    if report.has_errors() {
        return None;
    }
    let first = entries.first()?.key.span.start;
    let is_generated = comments::is_generated(source);
    let (head, mut comments) = head(source.text.get(..first)?, comments::header(source))?;
    let spans = comments::scalars(&root, source);
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
        let kept = of_value(piece);
        let text = edited(source, entry, from, from + kept)?;
        let between = Between::read(source, &spans, from, from + kept);
        let children = children(source, entry, from, from + kept, &between).unwrap_or_default();
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
            shape: shape(&entry.value),
            children,
            inside: between.comments.into_iter().map(|(_, text)| text).collect(),
            needs,
        });
        comments = piece.get(kept..)?.trim_start_matches('\n').to_owned();
    }
    Some(File {
        head,
        blocks,
        tail: comments,
        is_generated,
    })
}

/// The keys of a mapping that stand below its key, with their comments. `None` if some do not begin a line,
/// or come from elsewhere.
fn children(
    source: &Source,
    entry: &Entry,
    from: usize,
    to: usize,
    between: &Between,
) -> Option<Vec<Child>> {
    let Kind::Mapping(entries) = &entry.value.kind else {
        return None;
    };
    if entry.value.defined.is_some() || source.text.get(from..to)?.contains("<<") {
        return None;
    }
    let is_comment = |start: usize, line: &str| {
        let text = line.trim_start();
        let at = start + line.len() - text.len();
        text.is_empty() || between.comments.iter().any(|(place, _)| *place == at)
    };
    let mut starts = Vec::new();
    for child in entries.iter() {
        let key = child.key.span.start;
        let mut start = source.text.get(..key)?.rfind('\n')? + 1;
        let indent = source.text.get(start..key)?;
        if start <= from || !indent.chars().all(|c| c == ' ') || starts.last() >= Some(&start) {
            return None;
        }
        // The comments above it are its own.
        while let Some(line) = source
            .text
            .get(from..start)?
            .split_inclusive('\n')
            .next_back()
            && start - line.len() > from
            && is_comment(start - line.len(), line)
        {
            start -= line.len();
        }
        starts.push(start);
    }
    let mut end_of_text = edited(source, entry, from, *starts.first()?)?.len();
    let ends = starts.iter().skip(1).copied().chain([to]);
    let mut out = Vec::new();
    for ((child, start), end) in entries.iter().zip(&starts).zip(ends) {
        let own = |(place, _): &&(usize, String)| (*start..end).contains(place);
        let comments = between.comments.iter().filter(own);
        let begins = end_of_text;
        end_of_text += edited(source, entry, *start, end)?.len();
        out.push(Child {
            key: child.key.value.to_string(),
            range: begins..end_of_text,
            comments: comments.map(|(_, text)| text.clone()).collect(),
        });
    }
    Some(out)
}

/// The comments of the whole file, and those of its first key: an empty line is between them. `own` lines are
/// windlass's header.
fn head(text: &str, own: usize) -> Option<(String, String)> {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().skip(own) {
        match line.trim() {
            "---" => {}
            directive if directive.starts_with('%') => {}
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

/// What stands between the scalars of a value.
#[derive(Default)]
struct Between {
    /// Comments, and where they begin.
    comments: Vec<(usize, String)>,
    /// Names of anchors.
    anchors: Vec<String>,
    /// Names of aliases.
    aliases: Vec<String>,
}

impl Between {
    fn read(source: &Source, scalars: &[Span], from: usize, to: usize) -> Self {
        let mut out = Self::default();
        let mut start = from;
        let text = source.text.get(from..to).unwrap_or_default();
        for line in text.split_inclusive('\n') {
            let comment = comments::in_line(line, start, scalars);
            let (code, comment) = line.split_at(comment.unwrap_or(line.len()));
            if !comment.is_empty() {
                let place = start + code.len();
                out.comments.push((place, comment.trim_end().to_owned()));
            }
            out.names(code, start, scalars);
            start += line.len();
        }
        out
    }

    /// The anchors and aliases of a line.
    fn names(&mut self, line: &str, start: usize, scalars: &[Span]) {
        let mut before = ' ';
        for (at, c) in line.char_indices() {
            let begins = before.is_whitespace() || "[{,:".contains(before);
            before = c;
            if !begins || !"&*".contains(c) || comments::covered(start + at, scalars) {
                continue;
            }
            let name = line.get(at + 1..).unwrap_or_default();
            let end = name.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
            let name = name.get(..end.unwrap_or(name.len())).unwrap_or_default();
            match c {
                '&' => self.anchors.push(name.to_owned()),
                _ => self.aliases.push(name.to_owned()),
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
    for edit in scalars::edits(source, entry) {
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
