//! Promotions: what they promote is there, and they come before what uses it.
//!
//! Always holds: what passes names a tag of one repository for each image, and a registry that is
//! known.

use super::Check;
use super::images::known;
use super::needs::stage_number;
use crate::finding::{Code, Finding};
use crate::gitlab::variables::names;
use crate::manifest::Manifest;
use crate::manifest::collection::{Many, Map};
use crate::manifest::environments::Promotion;
use crate::manifest::images::Role;
use crate::manifest::promoted_tested::stage_of;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::registries::split_tag;
use crate::source::At;

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (key, promotion) in manifest.promotions() {
        images(check, key, promotion);
        targets(check, promotion);
        in_time(check, key, promotion);
        tested(check, key, promotion);
    }
}

fn images(check: &mut Check<'_>, key: &At<String>, promotion: &At<Promotion>) {
    let manifest = check.manifest;
    let refs = promotion.refs.get();
    let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
    for name in promotion.image.get().into_iter().flat_map(Many::iter) {
        if name.value == "all" || !known(check, name) {
            continue;
        }
        let Some(image) = manifest.image(&name.value) else {
            continue;
        };
        let built = check.deployments.image_refs(&name.value, image);
        let tag = image.tag();
        let of_commit = names(tag)
            .any(|name| matches!(name, "CI_COMMIT_SHA" | "CI_COMMIT_SHORT_SHA"))
            && !names(tag).any(|name| name.starts_with("CI_COMMIT_REF_"));
        // A tag that another pipeline cannot know finds nothing there.
        if !of_commit
            && image.role() != Role::Toolchain
            && let Coverage::Misses(set) = covers(manifest, &built, &refs)
        {
            let message = format!(
                "the promotion `{}` wants `{}` on `{set}`, where no job builds it, and its tag `{tag}` \
                 is that of another pipeline",
                key.value, name.value,
            );
            let place = image.tag.span().unwrap_or(image.span);
            check.report.push(
                Finding::new(Code::ImageNotBuilt, name.span, message)
                    .related(place, "this image")
                    .help("tag it by commit, `tag: $CI_COMMIT_SHA`, or build it there as well"),
            );
        }
    }
}

/// Reports what names no tag, or no repository of the registry that is meant.
fn targets(check: &mut Check<'_>, promotion: &At<Promotion>) {
    let manifest = check.manifest;
    if let Some(registry) = promotion.registry.at() {
        super::registries::known(check, registry);
    }
    let promoted = manifest.promoted_by(promotion);
    for to in promotion.to.get().into_iter().flat_map(Many::iter) {
        let text = to.value.as_str();
        let (message, help) = match split_tag(text) {
            Some((repository, _)) => {
                let access = promotion.registry.get().map(|name| manifest.registry(name));
                let host = access
                    .map(|access| access.host)
                    .filter(|host| !host.is_empty());
                // GitLab's own repositories may be written by other variables, too.
                let elsewhere = host.filter(|host| !host.starts_with('$')).filter(|host| {
                    let path = repository.strip_prefix(host);
                    !path.is_some_and(|path| path.starts_with('/'))
                });
                let others = manifest.registries.get().into_iter().flat_map(Map::names);
                let other = others.into_iter().find(|name| {
                    let host = manifest.registry(name).host;
                    let path = repository.strip_prefix(host).filter(|_| !host.is_empty());
                    let own = |image: &&str| {
                        let image = manifest.image(image);
                        image.is_some_and(|image| image.registry_name() == *name)
                    };
                    path.is_some_and(|path| path.starts_with('/'))
                        && promotion.registry.is_missing()
                        && !promoted.iter().all(own)
                });
                if let Some(other) = other {
                    (
                        format!("`{text}` is in the registry `{other}`"),
                        format!("say so: `registry: {other}`"),
                    )
                } else if let Some(host) = elsewhere {
                    (
                        format!("`{text}` is not in the registry at `{host}`"),
                        format!("write `{host}/PATH:TAG`"),
                    )
                } else {
                    continue;
                }
            }
            None if text.contains(['/', ':']) => (
                format!("`{text}` has no tag"),
                format!(
                    "write it behind a colon: `{}:TAG`",
                    text.trim_end_matches(':')
                ),
            ),
            None if promotion.registry.get().is_some_and(|name| {
                let of = |image: &&str| manifest.image(image).map(|image| image.registry_name());
                promoted.iter().filter_map(of).any(|own| own != name)
            }) =>
            {
                let name = promotion.registry.get().map_or("", String::as_str);
                let host = manifest.registry(name).host;
                (
                    format!("`{text}` names no repository of the registry `{name}`"),
                    format!("write `{host}/PATH:{text}`"),
                )
            }
            None if text.contains('$') || crate::gitlab::names::image_tag(text).is_ok() => continue,
            None => (
                format!("`{text}` is not an image tag"),
                "write letters, digits, `.`, `_` and `-`".to_owned(),
            ),
        };
        check
            .report
            .push(Finding::new(Code::BadName, to.span, message).help(help));
    }
}

/// Reports an image that is promoted before its tests, or in a pipeline without any of them.
fn tested(check: &mut Check<'_>, key: &At<String>, promotion: &At<Promotion>) {
    if promotion.untested.copied_or(false) {
        return;
    }
    let manifest = check.manifest;
    let stage = check.deployments.promotion_stage(manifest, promotion);
    let refs = promotion.refs.get();
    let refs = refs.map(|refs| refs.0.clone()).unwrap_or_default();
    for name in manifest.promoted_by(promotion) {
        let Some(image) = manifest.image(name) else {
            continue;
        };
        let tests = manifest.tests_of(name);
        let (Some((first, test)), Some(promoted)) = (tests.first(), stage_number(check, stage))
        else {
            continue;
        };
        let later = tests.iter().find(|(_, test)| {
            let number = stage_number(check, stage_of(test));
            number.is_some_and(|number| promoted < number)
        });
        let built = check.deployments.image_refs(name, image);
        let tested = Manifest::refs_of_tests(&tests);
        let (message, test) = match later {
            Some((later, test)) => (
                format!(
                    "the promotion `{}` comes before `{}`, which tests `{name}`",
                    key.value, later.value
                ),
                test.span,
            ),
            None if covers(manifest, &built, &refs) != Coverage::Covered => continue,
            None => match covers(manifest, &tested, &refs) {
                Coverage::Covered => continue,
                Coverage::Misses(set) => (
                    format!(
                        "the promotion `{}` promotes `{name}` on `{set}`, where `{}` and its other tests do not run",
                        key.value, first.value
                    ),
                    test.span,
                ),
            },
        };
        check.report.push(
            Finding::new(Code::UntestedPromotion, key.span, message)
                .related(test, "this test")
                .help("let the tests run there and before it, or write `untested: true`"),
        );
    }
}

/// Reports a deployment that does not wait for the promotion that brings its image along.
fn in_time(check: &mut Check<'_>, key: &At<String>, promotion: &At<Promotion>) {
    let manifest = check.manifest;
    let stage = check.deployments.promotion_stage(manifest, promotion);
    for name in manifest.promoted_by(promotion) {
        if !check.deployments.brings(manifest, promotion, name) {
            continue;
        }
        for (place, environment) in check.deployments.of_image(name).to_vec() {
            let (Some(promoted), Some(deployed)) = (
                stage_number(check, stage),
                stage_number(check, environment.stage()),
            ) else {
                continue;
            };
            let waits = environment.needs.get().is_some();
            if promoted < deployed || (promoted == deployed && waits) {
                continue;
            }
            let message = format!(
                "the deployment of `{}` does not wait for the promotion `{}`, which gives `{name}` its tag",
                place.value, key.value
            );
            let span = promotion.stage.span().unwrap_or(key.span);
            check.report.push(
                Finding::new(Code::NeedsOrder, span, message)
                    .related(place.span, "this environment deploys it")
                    .help(format!(
                        "let the promotion be in a stage before `{}`",
                        environment.stage()
                    )),
            );
        }
    }
}
