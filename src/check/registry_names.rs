//! Names in registries that are known only when a job runs: what their variables can make of them.
//!
//! In: repositories and tags with the manifest's variables put in. Out: a finding for each that a
//! registry would refuse. Always holds: of variables of which nothing is known nothing is said.

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::names::{image_repository, image_tag};
use crate::gitlab::variables::{Part, filled, names, parts};
use crate::manifest::common::Variables;
use crate::manifest::registries::split_tag;
use crate::source::{At, Span};

/// Variables that may hold what no tag can (Predefined CI/CD variables, GitLab 18.11), and what that
/// is. `CI_COMMIT_TAG` is not among them: whoever publishes by git tags names these so.
const NOT_IN_TAGS: [(&str, &str); 26] = [
    ("CI_COMMIT_AUTHOR", "blanks"),
    ("CI_COMMIT_BRANCH", "slashes"),
    ("CI_COMMIT_DESCRIPTION", "blanks"),
    ("CI_COMMIT_MESSAGE", "blanks"),
    ("CI_COMMIT_REF_NAME", "slashes"),
    ("CI_COMMIT_TIMESTAMP", "colons"),
    ("CI_COMMIT_TITLE", "blanks"),
    ("CI_ENVIRONMENT_NAME", "slashes"),
    ("CI_ENVIRONMENT_URL", "slashes"),
    ("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "slashes"),
    ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", "slashes"),
    ("CI_JOB_NAME", "slashes and blanks"),
    ("CI_JOB_STAGE", "slashes and blanks"),
    ("CI_JOB_STARTED_AT", "colons"),
    ("CI_JOB_URL", "slashes"),
    ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "slashes"),
    ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "slashes"),
    ("CI_MERGE_REQUEST_TITLE", "blanks"),
    ("CI_PIPELINE_CREATED_AT", "colons"),
    ("CI_PIPELINE_URL", "slashes"),
    ("CI_PROJECT_NAMESPACE", "slashes"),
    ("CI_PROJECT_PATH", "slashes"),
    ("CI_PROJECT_URL", "slashes"),
    ("CI_REGISTRY_IMAGE", "slashes"),
    ("GITLAB_USER_EMAIL", "an `@`"),
    ("GITLAB_USER_NAME", "blanks"),
];

/// Those of them that hold the name of the ref, whose slug is `CI_COMMIT_REF_SLUG`.
const NAMES_OF_THE_REF: [&str; 3] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
];

/// Variables that may hold what no repository can: capitals.
const NOT_IN_REPOSITORIES: [&str; 8] = [
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_TITLE",
    "CI_ENVIRONMENT_NAME",
    "CI_JOB_NAME",
    "CI_JOB_STAGE",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
];

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (_, image) in manifest.images() {
        let own = image.variables.get();
        if let Some(at) = image.repository.at()
            && !refused(check, &at.value, at.span)
        {
            repository(check, own, &at.value, at.span);
        }
        let tags = image.tag.at().into_iter().chain(image.cache_to.at());
        let also = image
            .also_tag
            .get()
            .into_iter()
            .flat_map(|list| list.iter());
        let from = image.cache_from.get().into_iter();
        let from = from.flat_map(|list| list.iter());
        for at in tags.chain(also).chain(from) {
            reference(check, own, at);
        }
    }
    for (_, promotion) in manifest.promotions() {
        for at in promotion.to.get().into_iter().flat_map(|many| many.iter()) {
            // One without variables is looked at where promotions are.
            if at.value.contains('$') || split_tag(&at.value).is_some() {
                reference(check, promotion.variables.get(), at);
            }
        }
    }
    for (_, environment) in manifest.environments() {
        if let Some(at) = environment.deployed_tag.at()
            && !refused(check, &at.value, at.span)
        {
            tag(check, environment.variables.get(), &at.value, at.span);
        }
    }
}

/// A tag, or a reference with a repository.
fn reference(check: &mut Check<'_>, own: Option<&Variables>, at: &At<String>) {
    if refused(check, &at.value, at.span) {
        return;
    }
    if let Some((name, behind)) = split_tag(&at.value) {
        repository(check, own, name, at.span);
        tag(check, own, behind, at.span);
    } else if at.value.contains('/') {
        repository(check, own, &at.value, at.span);
    } else {
        tag(check, own, &at.value, at.span);
    }
}

/// Reports what no reference has, whatever its variables hold: a `:-` in braces would be taken for the
/// beginning of a tag.
fn refused(check: &mut Check<'_>, text: &str, span: Span) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.-/:@".contains(c);
    let found = parts(text).into_iter().find_map(|part| match part {
        Part::Text(text) => text.chars().find(|c| !plain(*c)),
        Part::Variable(..) => None,
    });
    // Without variables the checks of names say more.
    let Some(c) = found.filter(|_| text.contains('$')) else {
        return false;
    };
    let message = format!("`{text}` cannot name an image: it has `{c}`");
    let help = "beside variables such as `${NAME}` it may have letters, digits, `_`, `.`, `-`, `/` and `:`";
    report(check, span, message, help);
    true
}

fn tag(check: &mut Check<'_>, own: Option<&Variables>, text: &str, span: Span) {
    let known = check.manifest.expanded(own, text);
    let refused = names(&known).find_map(|name| {
        let mut all = NOT_IN_TAGS.iter();
        all.find(|(of, _)| *of == name)
    });
    if let Some((variable, what)) = refused {
        let message =
            format!("`{text}` cannot be a tag: the value of `${variable}` may contain {what}");
        let help = match NAMES_OF_THE_REF.contains(variable) {
            true => "`$CI_COMMIT_REF_SLUG` is the same with dashes",
            false => "a tag has letters, digits, `_`, `.` and `-`",
        };
        report(check, span, message, help);
    } else if let Err(why) = image_tag(&filled(&known)) {
        let help = "a tag has letters, digits, `_`, `.` and `-`";
        report(
            check,
            span,
            format!("`{text}` cannot be a tag: it {why}"),
            help,
        );
    }
}

fn repository(check: &mut Check<'_>, own: Option<&Variables>, text: &str, span: Span) {
    let known = check.manifest.expanded(own, text);
    let refused = names(&known).find(|name| NOT_IN_REPOSITORIES.contains(name));
    if let Some(variable) = refused {
        let message = format!("`{text}` cannot be a repository: `${variable}` may have capitals");
        report(
            check,
            span,
            message,
            "`$CI_COMMIT_REF_SLUG` has lower case letters, digits and dashes",
        );
    } else if let Err(why) = image_repository(&filled(&known)) {
        let message = format!("`{text}` cannot be a repository: it {why}");
        report(
            check,
            span,
            message,
            "write it in lower case, as in `registry.example.com/team/app`",
        );
    }
}

fn report(check: &mut Check<'_>, span: Span, message: String, help: &str) {
    check
        .report
        .push(Finding::new(Code::BadName, span, message).help(help));
}
