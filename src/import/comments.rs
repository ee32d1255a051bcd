//! The comments of a text, and which of them a manifest does not have.
//!
//! In: a pipeline, and the manifest that it becomes. Out: each comment that a person wrote in the one and
//! that is missing in the other, with its line. Always holds: a comment of the pipeline stands in the
//! manifest or is in that list, as often as it was written.

use std::collections::HashMap;

use super::blocks::with_plain_breaks;
use crate::files::{State, inspect};
use crate::finding::Report;
use crate::source::{Kind, Limits, Node, Source, Span, parse};

/// A comment of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comment {
    /// Its line, from 1.
    pub line: usize,
    /// Its text, from the `#` on.
    pub text: String,
}

/// The comments of a pipeline that a manifest does not have.
pub(super) fn lost(pipeline: &Source, manifest: &str) -> Vec<Comment> {
    let pipeline = &with_plain_breaks(pipeline);
    let mut kept: HashMap<String, usize> = HashMap::new();
    for comment in of(&Source::new("", manifest)) {
        *kept.entry(comment.text).or_default() += 1;
    }
    if is_generated(pipeline) {
        return Vec::new();
    }
    let mut lost = of(pipeline);
    let header = header(pipeline);
    lost.retain(|comment| comment.line > header);
    lost.retain(|comment| match kept.get_mut(&comment.text) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    lost
}

/// All comments of a text. If it does not parse, every `#` behind a space counts as one.
fn of(source: &Source) -> Vec<Comment> {
    let spans = parse(source, Limits::MANIFEST, &mut Report::default());
    let spans = spans.map_or_else(Vec::new, |root| scalars(&root, source));
    let mut out = Vec::new();
    let mut start = 0;
    for (at, line) in source.text.split_inclusive('\n').enumerate() {
        if let Some(found) = in_line(line, start, &spans) {
            let text = line.get(found..).unwrap_or_default().trim_end().to_owned();
            out.push(Comment { line: at + 1, text });
        }
        start += line.len();
    }
    out
}

/// Where in a line a comment begins: at a `#` outside of scalars, at the beginning or behind a space.
/// `start` is where the line stands in its text.
pub(super) fn in_line(line: &str, start: usize, scalars: &[Span]) -> Option<usize> {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let begins = c == '#' && before.is_whitespace();
        before = c;
        if begins && !covered(start + at, scalars) {
            return Some(at);
        }
    }
    None
}

/// Whether a place is inside of one of the scalars, which are sorted.
pub(super) fn covered(place: usize, scalars: &[Span]) -> bool {
    let upto = scalars.partition_point(|span| span.start <= place);
    let last = scalars.get(..upto).and_then(<[Span]>::last);
    last.is_some_and(|span| place < span.end)
}

/// Where the scalars of a value are, sorted; what aliases stand for is elsewhere. A comment may follow the
/// sign of a block scalar, so such a scalar begins on its second line.
pub(super) fn scalars(node: &Node, source: &Source) -> Vec<Span> {
    let mut spans = Vec::new();
    collect(node, &mut spans);
    for span in &mut spans {
        let text = source.slice(*span);
        if text.starts_with(['|', '>']) {
            span.start = text.find('\n').map_or(span.end, |at| span.start + at + 1);
        }
    }
    spans.sort_unstable();
    spans
}

fn collect(node: &Node, out: &mut Vec<Span>) {
    if node.defined.is_some() {
        return;
    }
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().for_each(|entry| {
            // A key that was merged stands elsewhere as well.
            if entry.value.defined.is_none() {
                out.push(entry.key.span);
            }
            collect(&entry.value, out);
        }),
        Kind::Sequence(items) => items.iter().for_each(|item| collect(item, out)),
        Kind::Scalar(scalar) if scalar.is_absent() => {}
        Kind::Scalar(_) => out.push(node.span),
    }
}

/// Whether windlass wrote all of the text: then no person wrote its comments.
pub(super) fn is_generated(source: &Source) -> bool {
    matches!(inspect(&source.text), State::Generated(header) if header.intact)
}

/// How many lines at the top of a generated file are its header, which is not true of a manifest.
pub(super) fn header(source: &Source) -> usize {
    let lines = source.text.lines();
    match inspect(&source.text) {
        State::Foreign => 0,
        State::Generated(_) => lines.take_while(|line| line.starts_with('#')).count(),
    }
}

/// Whether a comment is one of those by which a generated file tells its parts apart.
pub(super) fn is_heading(comment: &str) -> bool {
    comment.starts_with("# --- ") && comment.ends_with(" ---")
}

/// Comments as lines.
pub(super) fn lines<'c>(comments: impl IntoIterator<Item = &'c String>) -> String {
    let lines = comments.into_iter().map(|comment| format!("{comment}\n"));
    lines.collect()
}
