//! Findings for programs.
//!
//! In: sorted findings. Out: one object, described in `docs/findings/README.md`. Always holds:
//! every key is always there, `null` where a finding has no such place, so that a reader needs no
//! case for a missing key; keys may come later, none goes.

use serde::Serialize;

use super::{Count, Locator, word};
use crate::finding::{Finding, Report};

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
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    message: &'a str,
}

/// The report as a JSON document.
pub(super) fn report<'a>(report: &'a Report, findings: &[&'a Finding]) -> Document<'a> {
    let locator = Locator::new(report, findings);
    let Count { errors, warnings } = Count::of(findings);
    let findings = findings.iter().map(|f| entry(f, &locator)).collect();
    Document {
        findings,
        errors,
        warnings,
    }
}

fn entry<'a>(finding: &'a Finding, locator: &Locator<'a>) -> Entry<'a> {
    let spot = locator.spot(finding);
    let range = spot.range();
    let related = finding.related.iter().map(|related| {
        let range = locator.range(related.place);
        Related {
            file: locator.name(related.place.file),
            line: range.start.line,
            column: range.start.column,
            end_line: range.end.line,
            end_column: range.end.column,
            message: &related.message,
        }
    });
    Entry {
        code: finding.code.as_str(),
        severity: word(finding.severity),
        message: &finding.message,
        file: locator.file_of(finding),
        line: spot.line(),
        column: range.map(|range| range.start.column),
        end_line: range.map(|range| range.end.line).or(spot.line()),
        end_column: range.map(|range| range.end.column),
        label: &finding.label,
        help: &finding.help,
        related: related.collect(),
    }
}
