//! The order of stages: an image is built before it is used, and deleted after.
//!
//! Always holds: what passes never uses an image whose build is not done, nor one whose tag is
//! deleted already.

use super::Check;
use super::needs::stage_number;
use crate::finding::{Code, Finding};
use crate::manifest::common::{AllowFailure, Entity, When};
use crate::manifest::images::{KeepFor, Role};
use crate::source::{At, Span};

/// An image in use by a job.
struct Use {
    image: At<String>,
    /// What uses it, as people say it.
    user: String,
    stage: At<String>,
    /// Whether the job names what it waits for.
    has_needs: bool,
}

pub(super) fn check(check: &mut Check<'_>) {
    let uses = uses(check);
    for one in &uses {
        built_before(check, one);
    }
    for (key, image) in check.manifest.images() {
        let Some(retention) = image.retention.get() else {
            continue;
        };
        let users = uses.iter().filter(|one| one.image.value == key.value);
        let deployed = check.deployments.of_image(&key.value).first();
        if let (Some(keep_for), Some((place, _))) = (retention.keep_for.at(), deployed)
            && keep_for.value == KeepFor::Pipeline
            && image.role() != Role::Test
        {
            let message = format!(
                "`{}` is deployed, and this deletes it at the end of the pipeline",
                key.value
            );
            let finding = Finding::new(Code::Exclusive, keep_for.span, message)
                .related(place.span, "this environment deploys it")
                .help(
                    "remove the retention, or deploy an image with `role: production` and `keep_n`",
                );
            check.report.push(finding);
        }
        let (stage, span) = match retention.stage.at() {
            Some(own) => (own.value.as_str(), own.span),
            None => ("cleanup", image.retention.span().unwrap_or(key.span)),
        };
        // What is left of earlier pipelines may be cleaned up at any time.
        let of_pipeline = image.role() != Role::Toolchain;
        for one in users.filter(|_| of_pipeline) {
            deleted_after(check, &key.value, stage, span, one);
        }
    }
}

/// Every use of an image of the manifest by a test, a task or a deployment.
fn uses(check: &Check<'_>) -> Vec<Use> {
    let manifest = check.manifest;
    let mut uses = Vec::new();
    for (key, test, is_task) in manifest.tests_and_tasks() {
        let stage = match test.stage.at() {
            Some(stage) => stage.clone(),
            None if is_task => continue,
            None => At::new("test".to_owned(), key.span),
        };
        let image = test.image.get().and_then(|image| image.name.at());
        let services = test.services.get().into_iter().flat_map(|list| list.iter());
        let services = services.filter_map(|service| service.value.name.at());
        for image in image.into_iter().chain(services) {
            uses.push(Use {
                image: image.clone(),
                user: format!("`{}`", key.value),
                stage: stage.clone(),
                has_needs: test.needs.get().is_some(),
            });
        }
    }
    for (key, environment) in manifest.environments() {
        let span = environment.common().stage.span().unwrap_or(key.span);
        for image in manifest.deployed_at(environment) {
            uses.push(Use {
                image,
                user: format!("the deployment of `{}`", key.value),
                stage: At::new(environment.stage().to_owned(), span),
                has_needs: environment.needs.get().is_some(),
            });
        }
    }
    uses
}

fn built_before(check: &mut Check<'_>, one: &Use) {
    let Some(image) = check.manifest.image(&one.image.value) else {
        return;
    };
    if image.role() == Role::Toolchain {
        return;
    }
    let build = image.stage();
    if let (Some(built), Some(used)) = (
        stage_number(check, build),
        stage_number(check, &one.stage.value),
    ) && (built > used || built == used && !one.has_needs)
    {
        let message = format!(
            "{} in stage `{}` uses the image `{}`, which is built in stage `{build}`",
            one.user, one.stage.value, one.image.value
        );
        let place = image.stage.span().unwrap_or(image.span);
        let finding = Finding::new(Code::NeedsOrder, one.image.span, message)
            .related(place, "it is built here")
            .help("the image would not be there yet: put the build into an earlier `stage`");
        check.report.push(finding);
    }
    let blocks = matches!(image.allow_failure.get(), Some(AllowFailure::Any(false)));
    if image.when.get() == Some(&When::Manual) && !blocks && !one.has_needs {
        let message = format!(
            "{} does not wait for the image `{}`, which is built by hand",
            one.user, one.image.value
        );
        let place = image.when.span().unwrap_or(image.span);
        let finding = Finding::new(Code::NeedsOrder, one.image.span, message)
            .related(place, "GitLab skips manual jobs")
            .help(
                "give the image `allow_failure: false`, so that the pipeline waits for its build",
            );
        check.report.push(finding);
    }
}

fn deleted_after(check: &mut Check<'_>, image: &str, stage: &str, span: Span, one: &Use) {
    if let (Some(deleted), Some(used)) = (
        stage_number(check, stage),
        stage_number(check, &one.stage.value),
    ) && deleted <= used
    {
        let message = format!(
            "`{image}` is cleaned up in stage `{stage}`, and {} in stage `{}` uses it",
            one.user, one.stage.value
        );
        let finding = Finding::new(Code::NeedsOrder, span, message)
            .related(one.image.span, "it is used here")
            .help("let the `stage` of the retention come after");
        check.report.push(finding);
    }
}
