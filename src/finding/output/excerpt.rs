//! The lines of the source that a finding is about, with carets under what it points at.
//!
//! In: the ranges of one finding. Out: the excerpt, and which of the ranges are not in it. Always
//! holds: only the lines between the ranges are read, of a long line only what is near a range,
//! so an excerpt is small whatever the file holds.

use annotate_snippets::renderer::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};

use super::{Style, locate::Range};
use crate::finding::Severity;
use crate::shown;
use crate::source::Source;

/// A line longer than this many characters is shortened.
const WIDTH: usize = 120;
/// How much of a shortened line stands before the place that matters.
const LEAD: usize = 40;
/// Of a range over more lines than this, the first line is shown.
const TALL: usize = 12;
/// Ranges that are further apart than this many lines do not share an excerpt.
const FAR: usize = 200;
/// The longest label in characters.
const LABEL: usize = 160;

/// A range and what stands at its caret.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark<'a> {
    pub(super) range: Range,
    pub(super) label: &'a str,
}

/// An excerpt.
pub(super) struct Excerpt<'a> {
    /// The lines, each with a newline.
    pub(super) text: String,
    /// The related marks that are too far away to be in it.
    pub(super) left_out: Vec<Mark<'a>>,
}

/// Draws one finding's ranges.
pub(super) fn draw<'a>(
    source: &Source,
    severity: Severity,
    primary: Mark<'a>,
    related: &[Mark<'a>],
    style: Style,
) -> Excerpt<'a> {
    let primary = first_line_if_tall(source, primary);
    let (mut near, mut left_out) = (vec![primary], Vec::new());
    for &mark in related {
        let mark = first_line_if_tall(source, mark);
        let apart = mark.range.start.line.abs_diff(primary.range.start.line);
        if apart <= FAR {
            near.push(mark);
        } else {
            left_out.push(mark);
        }
    }

    let mut page = Page::default();
    let mut ends = vec![(None, None); near.len()];
    let first = near.iter().map(|mark| mark.range.start.line).min();
    let last = near.iter().map(|mark| mark.range.end.line).max();
    let top = near.iter().map(|mark| mark.range.line_start).min();
    let (first, last) = (first.unwrap_or(1), last.unwrap_or(1));
    let rest = source.text.get(top.unwrap_or(0)..).unwrap_or("");
    let mut line_start = top.unwrap_or(0);
    for (number, line) in (first..=last).zip(rest.split('\n')) {
        let next_start = line_start + line.len() + 1;
        page.add(number, line_start, line, &near, &mut ends);
        line_start = next_start;
    }

    let mut snippet = Snippet::source(page.text).line_start(first);
    for (index, (mark, ends)) in near.iter().zip(ends).enumerate() {
        let kind = match index {
            0 => AnnotationKind::Primary,
            _ => AnnotationKind::Context,
        };
        match ends {
            (Some(start), Some(end)) => {
                let label = shown::one_line(mark.label, LABEL);
                let label = (!label.is_empty()).then_some(label);
                snippet = snippet.annotation(kind.span(start..end.max(start)).label(label));
            }
            _ => left_out.push(*mark),
        }
    }
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    // The lines are short already; a second shortening would count their labels, too.
    let renderer = renderer.term_width(usize::from(u16::MAX));
    let mut text = renderer.render(&[Group::with_level(level).element(snippet)]);
    text.push('\n');
    Excerpt { text, left_out }
}

/// Nobody reads a caret under half a file.
fn first_line_if_tall<'a>(source: &Source, mut mark: Mark<'a>) -> Mark<'a> {
    let range = &mut mark.range;
    if range.end.line.saturating_sub(range.start.line) >= TALL {
        let rest = source.text.get(range.span.start..).unwrap_or("");
        range.span.end = range.span.start + rest.find('\n').unwrap_or(0);
        range.end.line = range.start.line;
    }
    mark
}

/// The lines of an excerpt, cleaned and shortened.
#[derive(Default)]
struct Page {
    text: String,
    started: bool,
}

/// Where a mark starts and ends in the page, as far as it is on it.
type Ends = (Option<usize>, Option<usize>);

impl Page {
    /// Adds a line and notes where the marks are in it.
    fn add(
        &mut self,
        number: usize,
        line_start: usize,
        line: &str,
        marks: &[Mark<'_>],
        ends: &mut [Ends],
    ) {
        if std::mem::replace(&mut self.started, true) {
            self.text.push('\n');
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        let here = |mark: &Mark<'_>| {
            let Range {
                span, start, end, ..
            } = mark.range;
            let start = (start.line == number).then(|| span.start.saturating_sub(line_start));
            let end = (end.line == number).then(|| span.end.saturating_sub(line_start));
            (start, end)
        };
        let focus = marks
            .iter()
            .map(here)
            .find_map(|(start, end)| start.or(end));
        let (from, to) = window(line, focus.unwrap_or(0).min(line.len()));

        if from > 0 {
            self.text.push_str("...");
        }
        // Offsets in the line that matter, with where each one is on the page.
        let mut placed: Vec<(usize, Option<usize>)> = marks
            .iter()
            .map(here)
            .flat_map(|(start, end)| [start, end])
            .flatten()
            .map(|offset| (offset.min(line.len()), None))
            .collect();
        placed.sort_unstable();
        placed.dedup();
        let mut next = placed.iter_mut().peekable();
        let shown = line.get(from..to).unwrap_or("");
        for (offset, c) in shown.char_indices() {
            while let Some(place) = next.next_if(|(wanted, _)| *wanted <= from + offset) {
                if place.0 == from + offset {
                    place.1 = Some(self.text.len());
                }
            }
            self.text.push(shown::in_source(c));
        }
        let shown_end = self.text.len();
        for place in next.filter(|(wanted, _)| *wanted == to) {
            place.1 = Some(shown_end);
        }
        if to < line.len() {
            self.text.push_str("...");
        }

        let find = |offset: usize| {
            let offset = offset.min(line.len());
            let found = placed.iter().find(|(wanted, _)| *wanted == offset);
            found.and_then(|(_, place)| *place)
        };
        for (mark, ends) in marks.iter().zip(ends) {
            let (start, end) = here(mark);
            if let Some(start) = start {
                ends.0 = find(start);
            }
            if let Some(end) = end {
                // What ends behind the window is underlined up to its edge.
                let beyond = end > to && ends.0.is_some();
                ends.1 = find(end).or(beyond.then_some(shown_end));
            }
        }
    }
}

/// Which bytes of a line are shown if `focus` must be.
fn window(line: &str, focus: usize) -> (usize, usize) {
    if line.len() <= WIDTH {
        return (0, line.len());
    }
    let before = line.get(..focus).unwrap_or("");
    let from = match before.char_indices().rev().nth(LEAD) {
        Some((at, c)) => at + c.len_utf8(),
        None => 0,
    };
    let after = line.get(from..).unwrap_or("");
    let to = match after.char_indices().nth(WIDTH) {
        Some((at, _)) => from + at,
        None => line.len(),
    };
    (from, to)
}
