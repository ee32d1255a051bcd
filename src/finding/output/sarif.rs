//! Findings as SARIF 2.1.0 (OASIS standard, with errata 01), for editors and code scanning.
//!
//! In: sorted findings. Out: a log with one run. Always holds: the log is valid against the
//! standard's schema, also without findings; its rules are the codes that occur, in the order of
//! [`Code::ALL`].

use serde_json::{Value, json};

use super::locate::Range;
use super::{Fingerprints, Locator, Spot, word};
use crate::finding::{Code, Finding, Report};

/// The whole log.
pub(super) fn log(report: &Report, findings: &[&Finding]) -> Value {
    let locator = Locator::new(report, findings);
    let mut codes: Vec<Code> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let fingerprint = fingerprints.next(finding, locator.file_of(finding));
            result(finding, &locator, &codes, &fingerprint)
        })
        .collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "windlass",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    let summary = code.summary();
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        "help": {
            "text": format!("{summary} Run `windlass explain {code}` for more."),
            "markdown": code.page(),
        },
        "defaultConfiguration": {"level": word(code.severity())},
    })
}

fn result(finding: &Finding, locator: &Locator<'_>, codes: &[Code], fingerprint: &str) -> Value {
    let mut text = finding.message.clone();
    for help in &finding.help {
        text.push('\n');
        text.push_str(help);
    }
    let mut physical = json!({"artifactLocation": artifact(locator.file_of(finding))});
    let place = match locator.spot(finding) {
        Spot::Whole => None,
        Spot::Line(line) => Some(json!({"startLine": line})),
        Spot::Range(range) => Some(region(range)),
    };
    if let (Some(place), Some(physical)) = (place, physical.as_object_mut()) {
        physical.insert("region".to_owned(), place);
    }
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": codes.binary_search(&finding.code).unwrap_or(0),
        "level": word(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"finding/v1": fingerprint},
    });
    if let (false, Some(result)) = (finding.related.is_empty(), result.as_object_mut()) {
        // The schema wants `id` unique among the locations of a result.
        let related = finding.related.iter().enumerate().map(|(id, related)| {
            json!({
                "id": id,
                "message": {"text": related.message},
                "physicalLocation": {
                    "artifactLocation": artifact(locator.name(related.place.file)),
                    "region": region(locator.range(related.place)),
                },
            })
        });
        result.insert("relatedLocations".to_owned(), related.collect());
    }
    result
}

/// SARIF's columns are ours: from 1, in characters (`columnKind`), the end one past the last.
fn region(range: Range) -> Value {
    json!({
        "startLine": range.start.line,
        "startColumn": range.start.column,
        "endLine": range.end.line,
        "endColumn": range.end.column,
    })
}

/// A path relative to the project as a relative URI reference (RFC 3986).
fn artifact(path: &str) -> Value {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    json!({"uri": uri, "uriBaseId": "%SRCROOT%"})
}
