//! Shows a report: as text for people, as JSON, for GitLab's merge requests, as SARIF, as JUnit.
//!
//! In: a [`Report`] about any number of files. Out: bytes. Always holds: the findings stand in
//! the order of their places, each once; lines and columns count from 1 and columns count
//! characters; nothing that a file holds reaches a terminal as a control sequence; the time is
//! linear in the size of the file and of the report.

mod excerpt;
mod gitlab;
mod json;
mod junit;
mod locate;
mod sarif;
mod text;

use std::collections::HashMap;
use std::io;

use sha2::{Digest, Sha256};

use super::{Finding, Report, Severity};
use crate::shown::Shown;
use locate::{Locator, Spot};

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Format {
    /// For people: place, message, the lines concerned, help
    #[default]
    Text,
    /// For programs; described in docs/findings/README.md
    Json,
    /// GitLab's Code Quality report, for `artifacts:reports:codequality`
    Gitlab,
    /// SARIF 2.1.0, for editors and code scanning
    Sarif,
    /// JUnit XML, for `artifacts:reports:junit`
    Junit,
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether ANSI colours are written; only [`Format::Text`] has any.
    pub color: bool,
}

/// Shows the findings. A report without findings is empty text, or a valid empty document.
///
/// # Errors
///
/// None in practice: it writes to memory.
pub fn show(format: Format, report: &Report, style: Style) -> io::Result<Shown> {
    let report = &report.separated();
    let findings = report.sorted();
    match format {
        Format::Text => {
            let mut whole = Vec::new();
            text::write(report, &findings, style, &mut whole)?;
            let text = String::from_utf8_lossy(&whole).into_owned();
            Ok(Shown::of_findings(text))
        }
        Format::Json => Ok(Shown::of_json(&serde_json::to_value(json::report(
            report, &findings,
        ))?)),
        Format::Gitlab => Ok(Shown::of_json(&serde_json::to_value(gitlab::report(
            report, &findings,
        ))?)),
        Format::Sarif => Ok(Shown::of_json(&sarif::log(report, &findings))),
        Format::Junit => Ok(Shown::of_findings(junit::report(report, &findings))),
    }
}

/// How many findings of each severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    errors: usize,
    warnings: usize,
}

impl Count {
    fn of(findings: &[&Finding]) -> Self {
        let mut count = Count::default();
        for finding in findings {
            match finding.severity {
                Severity::Error => count.errors += 1,
                Severity::Warning => count.warnings += 1,
            }
        }
        count
    }
}

/// The word for a severity, in every format but GitLab's.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Names findings so that the same one in the next commit has the same name although its line
/// moved: a digest of file, code and message; of several with the same, also which one it is.
#[derive(Default)]
struct Fingerprints {
    seen: HashMap<[u8; 32], u64>,
}

impl Fingerprints {
    fn next(&mut self, finding: &Finding, file: &str) -> String {
        let text = [file, finding.code.as_str(), &finding.message].join("\0");
        let seen = self.seen.entry(Sha256::digest(&text).into()).or_default();
        let digest = Sha256::digest(format!("{text}\0{seen}"));
        *seen += 1;
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use crate::source::Span;

    #[test]
    fn fingerprints_are_unique_and_outlive_a_moved_line() {
        let of = |spans: &[usize]| -> Vec<String> {
            let mut names = Fingerprints::default();
            let findings = spans
                .iter()
                .map(|&at| Finding::new(Code::UnknownKey, Span::new(at, at), "`x`"));
            findings.map(|f| names.next(&f, "windlass.yml")).collect()
        };
        let (before, after) = (of(&[3, 9]), of(&[103, 109]));
        assert_eq!(before, after);
        assert_ne!(before[0], before[1]);
        let finding = Finding::new(Code::UnknownKey, Span::default(), "`x`");
        let elsewhere = Fingerprints::default().next(&finding, "other.yml");
        assert!(!before.contains(&elsewhere));
    }
}
