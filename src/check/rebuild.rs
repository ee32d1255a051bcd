//! `rebuild`: what is compared can be compared.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::glob::{self, Compared, unmatchable};
use crate::manifest::images::{KeepFor, Rebuild};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, image) in manifest.images() {
        let Some(rebuild) = image.rebuild.at() else {
            continue;
        };
        changes(check, &rebuild.value);
        if let Some(group) = image.group.span() {
            let message = format!(
                "`{}` is built only if needed, which its group cannot tell",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, rebuild.span, message)
                .related(group, "this group is one job for several images")
                .help("remove one of the two");
            check.report.push(finding);
        }
        let keep_for = image.retention.get().and_then(|of| of.keep_for.at());
        if let Some(keep_for) = keep_for.filter(|own| own.value == KeepFor::Pipeline) {
            let message = format!(
                "`{}` is deleted at the end of its pipeline, so the next pipeline would find no image to keep",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, rebuild.span, message)
                .related(keep_for.span, "this deletes it")
                .help("remove one of the two");
            check.report.push(finding);
        }
    }
}

/// The files of the recipe are compared by name, so each pattern must be one.
fn changes(check: &mut Check<'_>, rebuild: &Rebuild) {
    for glob in rebuild
        .changes
        .get()
        .into_iter()
        .flat_map(|list| list.iter())
    {
        let why = if glob.value.contains('$') {
            "has a variable, which nothing expands here"
        } else if let Some(found) = unmatchable(&glob.value, Compared::ChangedFiles) {
            found.why
        } else if glob::to_posix(&glob.value).is_none() {
            "is broken off in a bracket or brace"
        } else {
            continue;
        };
        let message = format!("`{}` {why}", glob.value);
        let finding = Finding::new(Code::BadPath, glob.span, message);
        check
            .report
            .push(finding.help("write files and globs as in `ci/packages/*.txt` or `ci/**/*`"));
    }
}
