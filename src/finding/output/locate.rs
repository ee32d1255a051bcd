//! Turns the byte offsets of findings into lines and columns.
//!
//! In: findings and the files they are about. Out: a [`Range`] for each place. Always holds: one
//! pass over each file however many findings there are, also where it is one long line, and
//! whatever a span holds, its range lies in the text.

use std::collections::HashMap;

use crate::finding::{Finding, Location, Report};
use crate::source::{Place, Position, Source, Span};

/// A span with the lines and columns of its ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// The bytes, on character boundaries and inside the text.
    pub(super) span: Span,
    /// The first character.
    pub(super) start: Position,
    /// One past the last character.
    pub(super) end: Position,
    /// Offset of the line that `start` is on.
    pub(super) line_start: usize,
}

/// Where in its file a finding is: a range, a whole line, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Whole,
    Line(usize),
    Range(Range),
}

impl Spot {
    pub(super) fn line(self) -> Option<usize> {
        match self {
            Spot::Whole => None,
            Spot::Line(line) => Some(line),
            Spot::Range(range) => Some(range.start.line),
        }
    }

    pub(super) fn range(self) -> Option<Range> {
        match self {
            Spot::Whole | Spot::Line(_) => None,
            Spot::Range(range) => Some(range),
        }
    }
}

/// The positions of all places that some findings name.
pub(super) struct Locator<'s> {
    /// One for each source of the report.
    files: Vec<FileLocator<'s>>,
}

impl<'s> Locator<'s> {
    /// Finds every place of the findings, in one pass over each of the files.
    pub(super) fn new(report: &'s Report, findings: &[&Finding]) -> Self {
        let sources = report.sources();
        let mut spans: Vec<Vec<Span>> = vec![Vec::new(); sources.len()];
        for finding in findings {
            let primary = match finding.location {
                Location::Text(place) => Some(place),
                Location::Line { .. } | Location::File(_) => None,
            };
            let related = finding.related.iter().map(|related| related.place);
            for place in primary.into_iter().chain(related) {
                if let Some(spans) = spans.get_mut(place.file) {
                    spans.push(place.span);
                }
            }
        }
        let files = sources.iter().zip(spans);
        Self {
            files: files
                .map(|(source, spans)| FileLocator::new(source, &spans))
                .collect(),
        }
    }

    /// The file of a place; `None` if the report does not have it.
    pub(super) fn source(&self, file: usize) -> Option<&'s Source> {
        self.files.get(file).map(|file| file.source)
    }

    /// The name of a file of the report.
    pub(super) fn name(&self, file: usize) -> &'s str {
        self.source(file).map_or("", |source| &source.name)
    }

    /// The name of the file that a finding is about.
    pub(super) fn file_of<'f>(&self, finding: &'f Finding) -> &'f str
    where
        's: 'f,
    {
        match &finding.location {
            Location::Line { path, .. } => path,
            Location::Text(place) => self.name(place.file),
            Location::File(file) => self.name(*file),
        }
    }

    /// Where in its file a finding is.
    pub(super) fn spot(&self, finding: &Finding) -> Spot {
        match finding.location {
            Location::File(_) => Spot::Whole,
            Location::Line { line, .. } => Spot::Line(line.max(1)),
            Location::Text(place) => Spot::Range(self.range(place)),
        }
    }

    /// Where a place of one of the findings is.
    pub(super) fn range(&self, place: Place) -> Range {
        let start = Position { line: 1, column: 1 };
        let nowhere = Range {
            span: Span::default(),
            start,
            end: start,
            line_start: 0,
        };
        let file = self.files.get(place.file);
        file.map_or(nowhere, |file| file.range(place.span))
    }
}

/// The positions of all offsets of one file that some findings name.
struct FileLocator<'s> {
    source: &'s Source,
    /// By offset: where that is, and where its line starts.
    known: HashMap<usize, (Position, usize)>,
}

impl<'s> FileLocator<'s> {
    fn new(source: &'s Source, spans: &[Span]) -> Self {
        let text = &source.text;
        let mut offsets: Vec<usize> = spans
            .iter()
            .map(|span| fit(text, *span))
            .flat_map(|span| [span.start, span.end])
            .collect();
        offsets.sort_unstable();
        offsets.dedup();

        let mut known = HashMap::with_capacity(offsets.len());
        let mut at = Position { line: 1, column: 1 };
        let (mut done, mut line_start) = (0, 0);
        for offset in offsets {
            let next = text.get(done..offset).unwrap_or("");
            let rest = match next.rfind('\n') {
                Some(last) => {
                    at.line += next.bytes().filter(|&b| b == b'\n').count();
                    at.column = 1;
                    line_start = done + last + 1;
                    next.get(last + 1..).unwrap_or("")
                }
                None => next,
            };
            at.column += rest.chars().count();
            known.insert(offset, (at, line_start));
            done = offset;
        }
        Self { source, known }
    }

    fn range(&self, span: Span) -> Range {
        let span = fit(&self.source.text, span);
        let (start, line_start) = self.position(span.start);
        let (end, _) = self.position(span.end);
        Range {
            span,
            start,
            end,
            line_start,
        }
    }

    fn position(&self, offset: usize) -> (Position, usize) {
        let unknown = (Position { line: 1, column: 1 }, 0);
        self.known.get(&offset).copied().unwrap_or(unknown)
    }
}

/// The nearest span that lies in the text and on character boundaries, without the white space at
/// its end: a block scalar ends after its last newline, and nobody looks for it there.
fn fit(text: &str, span: Span) -> Span {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    let inside = text.get(start..end).unwrap_or("");
    // Only a span of several lines is trimmed: one may well be about a blank at the end of a line.
    if inside.contains('\n') {
        let kept = inside.trim_end().len();
        if kept > 0 {
            end = start + kept;
        } else {
            end = start + inside.find(['\n', '\r']).unwrap_or(0);
        }
    }
    Span::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use proptest::prelude::*;

    #[test]
    fn spans_are_made_to_fit() {
        let cases = [
            ("äö", (1, 3), (0, 4)),
            ("ab", (7, 9), (2, 2)),
            ("abc", (2, 1), (2, 2)),
            ("a: |\n  x\n\nb", (3, 10), (3, 8)),
            ("a\n\nb", (1, 3), (1, 1)),
            ("a  b", (1, 3), (1, 3)),
        ];
        for (text, (start, end), (want_start, want_end)) in cases {
            let fitted = fit(text, Span::new(start, end));
            assert_eq!(fitted, Span::new(want_start, want_end), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn one_pass_finds_what_a_search_finds(
            text in "[aä\n\r😀]{0,40}",
            spans in prop::collection::vec((0usize..80, 0usize..80), 1..8),
        ) {
            let source = Source::new("m", text);
            let findings: Vec<Finding> = spans
                .iter()
                .map(|&(a, b)| Finding::new(Code::Unused, Span::new(a, b), ""))
                .collect();
            let report = Report::about(source.clone());
            let locator = Locator::new(&report, &findings.iter().collect::<Vec<_>>());
            for (a, b) in spans {
                let range = locator.range(Span::new(a, b).into());
                prop_assert_eq!(range.start, source.position(range.span.start));
                prop_assert_eq!(range.end, source.position(range.span.end));
            }
        }
    }
}
