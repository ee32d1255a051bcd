//! Findings in GitLab's merge requests: the Code Quality report.
//!
//! In: sorted findings. Out: the array that `artifacts:reports:codequality` takes. Format: GitLab's
//! documentation, `ci/testing/code_quality`, "Code Quality report format" (17.0 to 18.6): required
//! are `description`, `check_name`, `fingerprint`, `severity` (`info`, `minor`, `major`, `critical`
//! or `blocker`), `location.path` relative to the repository, `location.lines.begin`; no byte order
//! mark. Always holds: fingerprints are unique, as the merge-request widget folds equal ones into
//! one, and survive a moved line.

use serde::Serialize;

use super::{Fingerprints, Locator};
use crate::finding::{Finding, Report, Severity};

/// One violation.
#[derive(Debug, Serialize)]
pub(super) struct Violation<'a> {
    description: &'a str,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Debug, Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Debug, Serialize)]
struct Lines {
    begin: usize,
}

/// The report as GitLab takes it.
pub(super) fn report<'a>(report: &'a Report, findings: &[&'a Finding]) -> Vec<Violation<'a>> {
    let locator = Locator::new(report, findings);
    let mut fingerprints = Fingerprints::default();
    let violations = findings.iter().map(|finding| {
        let path = locator.file_of(finding);
        // GitLab knows no finding about a whole file; the first line stands for it.
        let begin = locator.spot(finding).line().unwrap_or(1);
        Violation {
            description: &finding.message,
            check_name: finding.code.as_str(),
            fingerprint: fingerprints.next(finding, path),
            severity: match finding.severity {
                Severity::Error => "major",
                Severity::Warning => "minor",
            },
            location: Place {
                path,
                lines: Lines { begin },
            },
        }
    });
    violations.collect()
}
