//! Findings as JUnit XML, which GitLab and others show as failed tests.
//!
//! In: sorted findings. Out: a document with one `testsuite` for each file that was looked at, and one
//! `testcase` for each finding; a file without a finding has one that passes. Always holds: the document
//! is well-formed whatever a name holds; `name` and `classname` together are unique, as GitLab folds equal
//! ones into one. GitLab reads `testcase`, its `classname`, `name` and `file`, and `failure`
//! (`Gitlab::Ci::Parsers::Test::Junit`, 18.11). A warning is no failure: it stands in `system-out`.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Locator, word};
use crate::finding::{Finding, Report, Severity};
use crate::shown;

/// The longest name in characters.
const NAME: usize = 255;

/// The document.
pub(super) fn report(report: &Report, findings: &[&Finding]) -> String {
    let locator = Locator::new(report, findings);
    let mut files: Vec<&str> = report
        .sources()
        .iter()
        .map(|source| &*source.name)
        .collect();
    let mut by_file: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        let file = locator.file_of(finding);
        by_file.entry(file).or_default().push(finding);
        files.push(file);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut written = HashSet::new();
    for file in files {
        if !written.insert(file) {
            continue;
        }
        let own = by_file.remove(file).unwrap_or_default();
        suite(file, &own, &locator, &mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite(file: &str, findings: &[&Finding], locator: &Locator<'_>, out: &mut String) {
    let failures = findings
        .iter()
        .filter(|one| one.severity == Severity::Error);
    let (tests, failures) = (findings.len().max(1), failures.count());
    let name = attribute(file);
    out.push_str(&format!(
        "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">\n"
    ));
    if findings.is_empty() {
        out.push_str(&format!(
            "    <testcase classname=\"{name}\" name=\"windlass\" file=\"{name}\"/>\n"
        ));
    }
    let mut known = HashMap::new();
    for finding in findings {
        let line = locator.spot(finding).line().unwrap_or(1);
        let count = known
            .entry((finding.code, finding.message.as_str()))
            .or_insert(0_usize);
        *count += 1;
        let again = match *count {
            1 => String::new(),
            count => format!(" ({count})"),
        };
        let title = format!("{}: {}{again}", finding.code, finding.message);
        let title = attribute(&title);
        // The line breaks of what is quoted are shown; these alone break a line.
        let mut text = format!(
            "{}:{line}: {}",
            shown::in_line(file),
            shown::in_line(&finding.message)
        );
        for help in &finding.help {
            text.push_str("\nhelp: ");
            text.push_str(&shown::in_line(help));
        }
        let text = content(&text);
        let (code, severity) = (finding.code, word(finding.severity));
        let body = match finding.severity {
            Severity::Error => format!("<failure type=\"{code}\">{text}</failure>"),
            Severity::Warning => format!("<system-out>{severity}: {text}</system-out>"),
        };
        out.push_str(&format!(
            "    <testcase classname=\"{name}\" name=\"{title}\" file=\"{name}\">{body}</testcase>\n"
        ));
    }
    out.push_str("  </testsuite>\n");
}

/// Text of an attribute in double quotes, on one line.
fn attribute(text: &str) -> String {
    content(&shown::one_line(text, NAME)).replace('\n', " ")
}

/// Text between tags; a character that XML does not take is shown.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(shown::in_source(c)),
        }
    }
    out
}
