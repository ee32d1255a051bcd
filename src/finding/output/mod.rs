//! Shows a report: as text for people, as JSON, for GitLab's merge requests, as SARIF.
//!
//! In: a [`Report`] and the [`Source`] it is about. Out: bytes. Always holds: the findings stand in
//! the order of their places, each once; lines and columns count from 1 and columns count
//! characters; nothing that a file holds reaches a terminal as a control sequence; the time is
//! linear in the size of the file and of the report.

mod clean;
mod excerpt;
mod gitlab;
mod json;
mod locate;
mod sarif;
mod text;

use std::collections::HashMap;
use std::io;

use sha2::{Digest, Sha256};

use super::{Finding, Place, Report, Severity};
use crate::source::Source;
use locate::Locator;

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
}

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether ANSI colours are written; only [`Format::Text`] has any.
    pub color: bool,
}

/// Writes the findings. `source` is the file that they are about; where it could not be read, its
/// name with an empty text. A report without findings is empty text, or a valid empty document.
pub fn write(
    format: Format,
    report: &Report,
    source: &Source,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let findings = report.sorted();
    match format {
        Format::Text => {
            // In one piece: standard error is not buffered, and others write to it, too.
            let mut whole = Vec::new();
            text::write(&findings, source, style, &mut whole)?;
            out.write_all(&whole)
        }
        Format::Json => document(&json::report(&findings, source), out),
        Format::Gitlab => document(&gitlab::report(&findings, source), out),
        Format::Sarif => document(&sarif::log(&findings, source), out),
    }
}

/// Writes a JSON document with a newline at its end.
fn document(value: &impl serde::Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value)?;
    writeln!(out, "{}", clean::json(text))
}

/// The name of the file that a finding is about.
fn file<'a>(finding: &'a Finding, source: &'a Source) -> &'a str {
    match &finding.place {
        Place::File { path, .. } => path,
        Place::Manifest(_) | Place::Whole => &source.name,
    }
}

/// Where in its file a finding is: nowhere for [`Place::Whole`], and a whole line for
/// [`Place::File`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Location {
    Whole,
    Line(usize),
    Range(locate::Range),
}

impl Location {
    fn of(finding: &Finding, locator: &Locator<'_>) -> Self {
        match finding.place {
            Place::Whole => Location::Whole,
            Place::File { line, .. } => Location::Line(line.max(1)),
            Place::Manifest(span) => Location::Range(locator.range(span)),
        }
    }

    fn line(self) -> Option<usize> {
        match self {
            Location::Whole => None,
            Location::Line(line) => Some(line),
            Location::Range(range) => Some(range.start.line),
        }
    }

    fn range(self) -> Option<locate::Range> {
        match self {
            Location::Whole | Location::Line(_) => None,
            Location::Range(range) => Some(range),
        }
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
            match finding.code.severity() {
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
