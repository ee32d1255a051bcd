//! What the language has and this version does not compile yet: one clear error each.

use super::Check;
use crate::finding::{Code, Finding};
use crate::source::Span;

pub(super) fn check(check: &mut Check<'_>) {
    let mut found: Vec<(Span, String)> = Vec::new();
    images(check, &mut found);
    for (span, what) in found {
        let message = format!("{what}: not supported yet");
        let finding = Finding::new(Code::NotSupported, span, message)
            .help("the manifest is right; this version of windlass does not compile it yet")
            .help("a raw job under `jobs` does it meanwhile");
        check.report.push(finding);
    }
}

fn images(check: &Check<'_>, found: &mut Vec<(Span, String)>) {
    for (_, image) in check.manifest.images() {
        let mut add = |span: Option<Span>, what: &str| {
            found.extend(span.map(|span| (span, what.to_owned())));
        };
        add(image.group.span(), "`group`");
    }
}
