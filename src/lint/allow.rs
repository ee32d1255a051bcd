//! Findings that somebody has allowed: `# windlass: allow[code] reason`.
//!
//! In: a report. Out: the report without what is allowed, and with what is wrong with the allowances.
//! Always holds: an allowance takes away findings of its codes on its own line, or on the next one if it
//! stands on a line alone; each allowance is needed, names codes that exist and says why.

use super::file::bad_allow;
use crate::finding::{Code, Finding, Location, Report};
use crate::source::{Place, Source, Span};

/// How an allowance begins. It may also stand in a script, where it is a comment of the shell.
const MARK: &str = "# windlass: allow[";

/// An allowance of one code.
struct Allowance {
    code: Code,
    file: usize,
    /// The line whose findings are allowed, from 1.
    line: usize,
    place: Place,
}

/// Applies the allowances of all files. Whether one of a code that is `unasked` is needed is not known.
pub(super) fn applied(report: &Report, unasked: &[Code]) -> Report {
    let mut own = Vec::new();
    let mut allowances = Vec::new();
    for (file, source) in report.sources().iter().enumerate() {
        read(source, file, &mut allowances, &mut own);
    }
    if allowances.is_empty() && own.is_empty() {
        return report.clone();
    }
    let is_of = |allowance: &Allowance, finding: &Finding| {
        let Location::Text(place) = &finding.location else {
            return false;
        };
        let source = report.sources().get(place.file);
        let line = source.map(|source| source.position(place.span.start).line);
        finding.code == allowance.code
            && place.file == allowance.file
            && line == Some(allowance.line)
    };
    let findings = report.sorted();
    for allowance in &allowances {
        let is_asked = !unasked.contains(&allowance.code);
        if is_asked && !findings.iter().any(|finding| is_of(allowance, finding)) {
            own.push(bad_allow::unused(allowance.code, allowance.place));
        }
    }
    let sources = report.sources();
    let mut kept =
        report.filtered(|finding| !allowances.iter().any(|allowance| is_of(allowance, finding)));
    kept.join(Report::of(sources, own));
    kept
}

/// Reads the allowances of a file.
fn read(source: &Source, file: usize, all: &mut Vec<Allowance>, wrong: &mut Vec<Finding>) {
    for (at, _) in source.text.match_indices(MARK) {
        let before = source.text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let alone = before
            .get(line_start..)
            .is_some_and(|text| text.trim().is_empty());
        let rest = source.text.get(at + MARK.len()..).unwrap_or_default();
        let rest = rest.lines().next().unwrap_or_default();
        let whole = Place {
            file,
            span: Span::new(at, at + MARK.len() + rest.trim_end().len()),
        };
        let Some((codes, reason)) = rest.split_once(']') else {
            wrong.push(bad_allow::unread(whole));
            continue;
        };
        if reason.trim().is_empty() {
            wrong.push(bad_allow::without_reason(whole));
        }
        let mut offset = at + MARK.len();
        for word in codes.split(',') {
            let start = offset + (word.len() - word.trim_start().len());
            let name = word.trim();
            let place = Place {
                file,
                span: Span::new(start, start + name.len()),
            };
            offset += word.len() + 1;
            match name.parse() {
                Ok(code) => all.push(Allowance {
                    code,
                    file,
                    line: source.position(at).line + usize::from(alone),
                    place,
                }),
                Err(()) => wrong.push(bad_allow::unknown(name, place)),
            }
        }
    }
}
