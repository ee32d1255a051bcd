//! What stands on a line of a generated pipeline.

use crate::source::{Kind, Node, Source};

/// What stands on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The comment at the top of the file.
    Header,
    /// A merge key: the names of the anchors.
    Merge(Vec<String>),
    /// A value, or what belongs to it.
    Path {
        /// The keys that lead to it.
        keys: Vec<String>,
        /// The item of the list at the first key below the job, if it is a list.
        item: Option<usize>,
    },
}

impl Line {
    /// The line with a number, from 1. A blank line and a comment belong to what follows.
    pub(super) fn at(source: &Source, tree: &Node, number: usize) -> Option<Self> {
        let lines: Vec<&str> = source.text.split_inclusive('\n').collect();
        let start = |number: usize| {
            lines
                .iter()
                .take(number)
                .map(|line| line.len())
                .sum::<usize>()
        };
        lines.get(number.checked_sub(1)?)?;
        let Kind::Mapping(entries) = &tree.kind else {
            return None;
        };
        let first = entries.iter().map(|entry| entry.key.span.start).min()?;
        if start(number) <= first && lines.iter().take(number).all(|line| is_aside(line)) {
            let blank = lines.iter().position(|line| line.trim().is_empty());
            if blank.is_some_and(|blank| number <= blank) {
                return Some(Line::Header);
            }
        }
        // Between jobs; inside of one a line that looks like a comment is part of a script.
        let indented = lines.get(number - 1)?.starts_with(' ');
        let text = match indented {
            true => number,
            false => (number..=lines.len())
                .find(|at| lines.get(at - 1).is_some_and(|line| !is_aside(line)))?,
        };
        let line = lines.get(text - 1)?.trim();
        if let Some(anchors) = line.strip_prefix("<<:") {
            let anchors = anchors.split(['*', '[', ']', ',', ' ']).map(str::trim);
            let anchors = anchors.filter(|name| !name.is_empty());
            return Some(Line::Merge(anchors.map(str::to_owned).collect()));
        }
        Some(path(source, tree, start(text)))
    }
}

/// Whether a line is blank or a comment.
fn is_aside(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with('#')
}

/// The path to what stands before an offset and begins on its line or above.
fn path(source: &Source, tree: &Node, end: usize) -> Line {
    let mut keys = Vec::new();
    let mut item = None;
    // What came through an alias or a merge stands elsewhere.
    let (mut node, mut start) = (tree, 0);
    loop {
        let line = source.position(start).line;
        let is_below = |at: usize| {
            at >= start && at < end && (keys.is_empty() || source.position(at).line > line)
        };
        match &node.kind {
            Kind::Mapping(entries) => {
                let here = entries
                    .iter()
                    .filter(|entry| is_below(entry.key.span.start));
                let Some(entry) = here.max_by_key(|entry| entry.key.span.start) else {
                    break;
                };
                keys.push(entry.key.value.to_string());
                (node, start) = (&entry.value, entry.key.span.start);
            }
            Kind::Sequence(items) => {
                let here = items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| is_below(item.span.start));
                let Some((number, found)) = here.max_by_key(|(_, item)| item.span.start) else {
                    break;
                };
                if keys.len() == 2 {
                    item = Some(number);
                }
                (node, start) = (found, found.span.start);
            }
            Kind::Scalar(_) => break,
        }
        if node.defined.is_some() {
            break;
        }
    }
    Line::Path { keys, item }
}

/// The jobs that use a value of a hidden job by an alias.
pub(super) fn users(tree: &Node, hidden: &str) -> Vec<String> {
    let Kind::Mapping(entries) = &tree.kind else {
        return Vec::new();
    };
    let Some(at) = entries.iter().position(|entry| &*entry.key.value == hidden) else {
        return Vec::new();
    };
    let start = entries.get(at).map_or(0, |entry| entry.key.span.start);
    let end = entries
        .get(at + 1)
        .map_or(usize::MAX, |entry| entry.key.span.start);
    let uses = |node: &Node| uses(node, start, end);
    let jobs = entries.iter().filter(|entry| uses(&entry.value));
    jobs.map(|entry| entry.key.value.to_string()).collect()
}

fn uses(node: &Node, start: usize, end: usize) -> bool {
    if let Some(defined) = node.defined {
        return (start..end).contains(&defined.start);
    }
    match &node.kind {
        // Keys that `<<` brings stand where they are defined.
        Kind::Mapping(entries) => entries.iter().any(|entry| {
            (start..end).contains(&entry.key.span.start) || uses(&entry.value, start, end)
        }),
        Kind::Sequence(items) => items.iter().any(|item| uses(item, start, end)),
        Kind::Scalar(_) => false,
    }
}
