//! Retentions: they say what goes, and only what the image itself made.
//!
//! Always holds: what passes never deletes by guess.

use std::time::Duration;

use super::Check;
use crate::finding::{Code, Finding};
use crate::gitlab::duration;
use crate::gitlab::tag::TagPattern;
use crate::gitlab::variables::{Part, parts};
use crate::manifest::collection::List;
use crate::manifest::images::{Image, KeepFor, Retention};
use crate::source::{At, Span};

/// How old the answer of a cluster may be (`src/lower/running.rs`).
const ANSWER: Duration = Duration::from_secs(60 * 60);

pub(super) fn check(check: &mut Check<'_>) {
    for (key, image) in check.manifest.images() {
        if let Some(retention) = image.retention.at() {
            kept(check, &retention.value);
            age(check, &retention.value);
            if retention.value.keep_for.get() == Some(&KeepFor::Pipeline) {
                alone(check, &retention.value);
            } else {
                answered(check, key, &retention.value);
                tags(check, key, image, retention);
            }
        }
    }
}

/// Reports what is neither a tag nor a pattern.
fn kept(check: &mut Check<'_>, retention: &Retention) {
    let of_tag = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    for kept in retention.keep.get().into_iter().flat_map(List::iter) {
        if kept.value.starts_with('/') {
            continue;
        }
        let texts = parts(&kept.value)
            .into_iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text),
                Part::Variable(..) => None,
            });
        if let Some(odd) = texts.flat_map(str::chars).find(|c| !of_tag(*c)) {
            let odd = crate::shown::code(&odd.to_string());
            let tag = crate::shown::code(&kept.value);
            let message = format!("{tag} cannot be a tag, as it has a {odd}");
            let finding = Finding::new(Code::BadName, kept.span, message);
            let help = "a tag has letters, digits, `_`, `.` and `-`; a pattern stands between slashes, as in `/^release-/`";
            check.report.push(finding.help(help));
        }
    }
}

/// Reports an age that is known only when the job runs: a shell cannot read GitLab's durations.
fn age(check: &mut Check<'_>, retention: &Retention) {
    if let Some(age) = retention
        .older_than
        .at()
        .filter(|age| age.value.contains('$'))
    {
        let message = format!("`{}` has to be a duration", &*age.value);
        check.report.push(
            Finding::new(Code::BadDuration, age.span, message)
                .help("write it like `1 week` or `1 hour 30 minutes`"),
        );
    }
}

/// The tag of a pipeline goes at its end: there is nothing to add.
fn alone(check: &mut Check<'_>, retention: &Retention) {
    for (key, span) in [
        ("keep_n", retention.keep_n.span()),
        ("older_than", retention.older_than.span()),
        ("keep", retention.keep.span()),
    ] {
        let Some(span) = span else { continue };
        let message = format!(
            "with `keep_for: pipeline` the tag goes at the end of its pipeline, whatever `{key}` says"
        );
        let finding = Finding::new(Code::Exclusive, span, message);
        check
            .report
            .push(finding.help(format!("remove one of the two: `keep_for` or `{key}`")));
    }
}

/// Reports an age below that of the answer to what runs: an image that is deployed meanwhile could go.
fn answered(check: &mut Check<'_>, key: &At<String>, retention: &Retention) {
    let deployed = !check.deployments.of_image(&key.value).is_empty();
    let Some(age) = retention.older_than.at().filter(|_| deployed) else {
        return;
    };
    if duration::parse(&age.value).is_ok_and(|age| age < ANSWER) {
        let message = format!(
            "`{}` is less than the hour for which a cluster's answer to what runs is good",
            &*age.value
        );
        let finding = Finding::new(Code::BadDuration, age.span, message)
            .help("write `1 hour` or more: an image that is deployed meanwhile must not go");
        check.report.push(finding);
    }
}

/// Reports a retention that could not tell by their names which tags it is about.
fn tags(check: &mut Check<'_>, key: &At<String>, image: &Image, retention: &At<Retention>) {
    let further = image
        .also_tag
        .get()
        .into_iter()
        .flat_map(|list| list.iter());
    let further = further.filter_map(|tag| TagPattern::of(&tag.value));
    let own = TagPattern::of(image.tag());
    let place = image.tag.span().unwrap_or(key.span);
    let mut report = |span: Span, message: String, help: &str| {
        check.report.push(
            Finding::new(Code::RetentionTags, span, message)
                .related(place, "this image")
                .help(help),
        );
    };
    let keep_for = retention.value.keep_for.at();
    if let Some(keep_for) = keep_for {
        if !own.iter().cloned().chain(further).any(|tag| tag.of_branch) {
            report(
                keep_for.span,
                format!("the tag `{}` does not tell its branch", image.tag()),
                "put the branch into it: `tag: $CI_COMMIT_REF_SLUG-$CI_COMMIT_SHA`",
            );
        }
    } else if own.is_none() && (retention.value.keep_n.get().is_some() || further.count() == 0) {
        let name = &key.value;
        report(
            retention.span,
            format!(
                "every build of `{name}` is pushed as `{}`: none is older",
                image.tag()
            ),
            "give each build a tag of its own, as `tag: $CI_COMMIT_SHA`, or remove the retention",
        );
    }
}
