//! `rebuild`: what is compared can be compared, and something that can be found again is built.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::glob::{self, Compared, unmatchable};
use crate::gitlab::variables::names;
use crate::manifest::images::Rebuild;

/// Variables that no later pipeline, or none of another commit, has the same
/// value of.
const UNIQUE: [&str; 11] = [
    "CI_PIPELINE_ID",
    "CI_PIPELINE_IID",
    "CI_PIPELINE_CREATED_AT",
    "CI_PIPELINE_URL",
    "CI_JOB_ID",
    "CI_JOB_STARTED_AT",
    "CI_JOB_URL",
    "CI_COMMIT_SHA",
    "CI_COMMIT_SHORT_SHA",
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_TIMESTAMP",
];

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
        let tag = image.tag();
        let known = manifest.expanded(image.variables.get(), tag);
        if names(&known).any(|variable| UNIQUE.contains(&variable)) {
            let place = image.tag.span().unwrap_or(key.span);
            let message = format!(
                "`{}` has a new tag for each build, `{tag}`: the check would never find an image that can stay",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, rebuild.span, message)
                .related(place, "this tag")
                .help("give it a `tag` that later builds share, such as `latest` or `$CI_COMMIT_REF_SLUG`, or remove `rebuild`");
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
