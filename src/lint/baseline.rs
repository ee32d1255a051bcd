//! Findings that a repository begins with: only new ones are told.
//!
//! In: a report. Out: a file that names its findings, and with that file the report of what is new. Always
//! holds: a finding is the same wherever its line has moved; of two alike one that is new is told.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Report};

/// Known findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    findings: Vec<Known>,
}

/// A finding, and how often it is there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    file: String,
    code: String,
    message: String,
    count: usize,
}

impl Baseline {
    /// All findings of a report.
    pub fn of(report: &Report) -> Self {
        let mut counts: HashMap<(String, String, String), usize> = HashMap::new();
        for finding in report.sorted() {
            *counts.entry(key(report, finding)).or_default() += 1;
        }
        let known = counts
            .into_iter()
            .map(|((file, code, message), count)| Known {
                file,
                code,
                message,
                count,
            });
        let mut findings: Vec<Known> = known.collect();
        findings.sort();
        Self { findings }
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// Why it is none, with the line.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The text of the file: JSON with the findings sorted, so that it changes only with them.
    pub fn text(&self) -> String {
        let text = serde_json::to_string_pretty(self);
        text.unwrap_or_default() + "\n"
    }

    /// The findings that are not known.
    #[must_use]
    pub fn new_of(&self, report: &Report) -> Report {
        let known = self.findings.iter().map(|one| {
            let key = (one.file.clone(), one.code.clone(), one.message.clone());
            (key, one.count)
        });
        let mut left: HashMap<_, usize> = known.collect();
        let mut known = HashSet::new();
        for finding in report.sorted() {
            if let Some(count) = left
                .get_mut(&key(report, finding))
                .filter(|count| **count > 0)
            {
                *count -= 1;
                known.insert(finding.clone());
            }
        }
        report.filtered(|finding| !known.contains(finding))
    }
}

fn key(report: &Report, finding: &Finding) -> (String, String, String) {
    let file = report.file_of(finding).to_owned();
    (file, finding.code.to_string(), finding.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Code;
    use crate::source::{Source, Span};

    fn report(lines: &[(usize, &str)]) -> Report {
        let mut report = Report::about(Source::new("f", "a\nb\nc\nd\n"));
        for (at, message) in lines {
            report.push(Finding::new(Code::Unused, Span::new(*at, at + 1), *message));
        }
        report
    }

    #[test]
    fn only_new_findings_are_told() {
        let known = Baseline::of(&report(&[(0, "x"), (2, "x"), (4, "y")]));
        let known = Baseline::read(&known.text()).expect("it is what was written");
        let told = |lines: &[(usize, &str)]| {
            let new = known.new_of(&report(lines));
            new.sorted()
                .iter()
                .map(|one| one.message.clone())
                .collect::<Vec<_>>()
        };
        assert!(told(&[(2, "x"), (4, "x"), (6, "y")]).is_empty());
        assert_eq!(told(&[(0, "x"), (2, "x"), (4, "x")]), ["x"]);
        assert_eq!(told(&[(0, "z")]), ["z"]);
        assert!(Baseline::read("{}").is_err());
    }
}
