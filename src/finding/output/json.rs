//! Findings for programs.
//!
//! In: sorted findings. Out: one object, described in `docs/findings/README.md`. Always holds:
//! every key is always there, `null` where a finding has no such place, so that a reader needs no
//! case for a missing key; keys may come later, none goes.

use serde::Serialize;

use super::{Count, Location, Locator, file, word};
use crate::finding::Finding;
use crate::source::Source;

/// The whole document.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    findings: Vec<Entry<'a>>,
    errors: usize,
    warnings: usize,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    /// One past the last character.
    end_column: Option<usize>,
    label: &'a str,
    help: &'a [String],
    related: Vec<Related<'a>>,
}

#[derive(Debug, Serialize)]
struct Related<'a> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
}

/// The report as a JSON document.
pub(super) fn report<'a>(findings: &[&'a Finding], source: &'a Source) -> Document<'a> {
    let locator = Locator::new(source, findings);
    let Count { errors, warnings } = Count::of(findings);
    let findings = findings
        .iter()
        .map(|f| entry(f, source, &locator))
        .collect();
    Document {
        findings,
        errors,
        warnings,
    }
}

fn entry<'a>(finding: &'a Finding, source: &'a Source, locator: &Locator<'_>) -> Entry<'a> {
    let location = Location::of(finding, locator);
    let range = location.range();
    let related = finding.related.iter().map(|related| {
        let range = locator.range(related.span);
        Related {
            line: range.start.line,
            column: range.start.column,
            end_line: range.end.line,
            end_column: range.end.column,
            message: &related.message,
        }
    });
    Entry {
        code: finding.code.as_str(),
        severity: word(finding.code.severity()),
        message: &finding.message,
        file: file(finding, source),
        line: location.line(),
        column: range.map(|range| range.start.column),
        end_line: range.map(|range| range.end.line).or(location.line()),
        end_column: range.map(|range| range.end.column),
        label: &finding.label,
        help: &finding.help,
        related: related.collect(),
    }
}
