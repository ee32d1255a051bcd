//! No key stands twice in one mapping.
//!
//! Facts: of two equal keys Psych keeps the last, without a word; two `<<` both merge (GitLab 18.11, Psych 4).

use crate::config::Place;
use crate::finding::{Code, Finding, Location, Report, Severity};
use crate::lint::context::Lint;
use crate::source::{Limits, parse};

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let sources = lint.config.sources.clone();
    for (file, source) in sources.iter().enumerate() {
        let mut report = Report::default();
        parse(source, Limits::MANIFEST, &mut report);
        for found in report.sorted() {
            let Location::Text(Place { span, .. }) = found.location else {
                continue;
            };
            let key = source.slice(span);
            if found.code != Code::DuplicateKey || key == "<<" {
                continue;
            }
            let message = format!("`{key}` stands twice in this mapping; this one counts");
            let mut finding = Finding::new(Code::DuplicateKey, Place { file, span }, message)
                .severity(Severity::Warning);
            for related in &found.related {
                let span = related.place.span;
                finding = finding.related(Place { file, span }, "GitLab never sees this one");
            }
            lint.push(finding.help("remove one of the two"));
        }
    }
}
