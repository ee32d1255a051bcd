//! Turns the byte offsets of findings into lines and columns.
//!
//! In: findings and the text they are about. Out: a [`Range`] for each span. Always holds: one
//! pass over the text however many findings there are, also where it is one long line, and
//! whatever a span holds, its range lies in the text.

use std::collections::HashMap;

use crate::finding::{Finding, Place};
use crate::source::{Position, Source, Span};

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

/// The positions of all offsets that some findings name.
pub(super) struct Locator<'s> {
    source: &'s Source,
    /// By offset: where that is, and where its line starts.
    known: HashMap<usize, (Position, usize)>,
}

impl<'s> Locator<'s> {
    /// Finds every offset of the findings in one pass.
    pub(super) fn new(source: &'s Source, findings: &[&Finding]) -> Self {
        let text = &source.text;
        let mut offsets: Vec<usize> = findings
            .iter()
            .flat_map(|finding| {
                let primary = match finding.place {
                    Place::Manifest(span) => Some(span),
                    Place::File { .. } | Place::Whole => None,
                };
                primary
                    .into_iter()
                    .chain(finding.related.iter().map(|related| related.span))
            })
            .map(|span| fit(text, span))
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

    /// Where a span of one of the findings is.
    pub(super) fn range(&self, span: Span) -> Range {
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
            let locator = Locator::new(&source, &findings.iter().collect::<Vec<_>>());
            for (a, b) in spans {
                let range = locator.range(Span::new(a, b));
                prop_assert_eq!(range.start, source.position(range.span.start));
                prop_assert_eq!(range.end, source.position(range.span.end));
            }
        }
    }
}
