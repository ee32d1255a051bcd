//! No key stands twice in one mapping.
//!
//! Facts: of two equal keys Psych keeps the last, without a word; two `<<` both merge (GitLab 18.11, Psych 4).

use crate::config::Place;
use crate::finding::{Code, Finding, Fix, Location, Report, Severity};
use crate::lint::context::Lint;
use crate::source::{Kind, Limits, Node, Span, parse};

pub(in crate::lint) fn check(lint: &mut Lint<'_>) {
    let sources = lint.config.sources.clone();
    for (file, source) in sources.iter().enumerate() {
        let mut report = Report::default();
        let tree = parse(source, Limits::MANIFEST, &mut report);
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
                let end = tree.as_ref().and_then(|tree| end_of(tree, span));
                finding = finding.fix(end.map(|end| {
                    let span = Span::new(span.start, end);
                    Fix::Lines(Place { file, span })
                }));
                finding = finding.related(Place { file, span }, "GitLab never sees this one");
            }
            lint.push(finding.help("remove one of the two"));
        }
    }
}

/// Where the value ends whose key has this span.
fn end_of(node: &Node, key: Span) -> Option<usize> {
    match &node.kind {
        Kind::Mapping(entries) => entries
            .iter()
            .find_map(|entry| match entry.key.span == key {
                true => Some(entry.value.span.end.max(key.end + 1)),
                false => end_of(&entry.value, key),
            }),
        Kind::Sequence(items) => items.iter().find_map(|item| end_of(item, key)),
        _ => None,
    }
}
