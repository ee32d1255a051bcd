//! `changes`: what uses an image runs only where that image is built.
//!
//! In: the `changes` of images, and those of what uses them. Out: a finding for each use that could run in a
//! pipeline without the image. Always holds: what passes never asks the registry for an image that the
//! pipeline did not build because its files did not change. Where a job runs is asked elsewhere.

use std::collections::HashSet;

use super::Check;
use crate::finding::{Code, Finding};
use crate::manifest::Manifest;
use crate::manifest::changes::{Inherited, Narrowed};
use crate::manifest::collection::List;
use crate::manifest::images::{Image, Role};
use crate::manifest::kinds::Text;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::record::Field;
use crate::manifest::resolved::SetNames;
use crate::source::{At, Span};

/// As many patterns as GitLab takes in one rule.
const PATTERNS: usize = 50;

/// Every list of `changes` that decides whether a job runs.
pub(super) fn written(manifest: &Manifest) -> impl Iterator<Item = &At<List<Text>>> {
    let images = manifest.images().map(|(_, image)| &image.changes);
    let tests = manifest.tests_and_tasks().map(|(_, test, _)| &test.changes);
    let environments = manifest.environments().map(|(_, of)| &of.changes);
    let all = images.chain(tests).chain(environments);
    all.filter_map(Field::at)
}

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let mut seen = HashSet::new();
    for changes in written(manifest).filter(|changes| seen.insert(changes.span)) {
        let finding = match changes.0.len() {
            0 => Finding::new(Code::Empty, changes.span, "`changes` names no file")
                .help("name one, or remove the key: the job then runs whatever changed"),
            count if count > PATTERNS => {
                let message = format!("{count} patterns; GitLab takes {PATTERNS}");
                Finding::new(Code::OutOfRange, changes.span, message)
                    .help("use globs, as in `src/**/*`")
            }
            _ => continue,
        };
        check.report.push(finding);
    }
    for (key, image) in manifest.images() {
        if let Some(changes) = image.changes.at() {
            by_itself(check, key, image, changes.span);
        }
        bases(check, key, image);
    }
    for (key, test, is_task) in manifest.tests_and_tasks() {
        let what = if is_task { "task" } else { "test" };
        let refs = Manifest::refs_of(&test.refs, test.span);
        let user = User {
            what: format!("the {what} `{}`", key.value),
            narrowed: manifest.narrowed_test(test),
            refs: &refs,
            span: test.changes.span().unwrap_or(key.span),
            inherited: manifest.inherited_by_test(test),
        };
        let used = manifest.used_by_test(test);
        user.uses(check, used.iter().map(|at| (at.value.as_str(), at.span)));
    }
    for (key, environment) in manifest.environments() {
        let refs = environment.refs.get().map(|refs| refs.0.clone());
        let user = User {
            what: format!("the environment `{}`", key.value),
            narrowed: manifest.narrowed_environment(environment),
            refs: &refs.unwrap_or_default(),
            span: environment.changes.span().unwrap_or(key.span),
            inherited: manifest.inherited_by_environment(environment),
        };
        let used = manifest.deployed_by(environment).into_iter();
        let used: Vec<&str> = used
            .filter(|name| is_built(check, name, user.refs))
            .collect();
        user.uses(check, used.into_iter().map(|name| (name, key.span)));
    }
    for (key, promotion) in manifest.promotions() {
        let refs = promotion.refs.get().map(|refs| refs.0.clone());
        let refs = refs.unwrap_or_default();
        let user = User {
            what: format!("the promotion `{}`", key.value),
            narrowed: manifest.narrowed_promotion(promotion),
            refs: &refs,
            span: promotion.image.span().unwrap_or(key.span),
            inherited: manifest.inherited_by_promotion(promotion),
        };
        let mut of_this_pipeline = Vec::new();
        for name in manifest.promoted_by(promotion) {
            match is_built(check, name, &refs) {
                true => of_this_pipeline.push((name, user.span)),
                false => from_elsewhere(check, &user, name),
            }
        }
        user.uses(check, of_this_pipeline.into_iter());
    }
}

/// Whether an image is built wherever something on these refs runs, as far as its refs say so.
fn is_built(check: &Check<'_>, name: &str, refs: &SetNames) -> bool {
    let Some(image) = check.manifest.image(name) else {
        return false;
    };
    let built = check.deployments.image_refs(name, image);
    covers(check.manifest, &built, refs) == Coverage::Covered
}

/// Reports `changes` of an image that is found in another way.
fn by_itself(check: &mut Check<'_>, key: &At<String>, image: &At<Image>, span: Span) {
    let name = &key.value;
    let help = "write `rebuild: {changes: [...]}`: it compares the files with those that the image was built from, so it also rebuilds after a pipeline that failed";
    let finding = if let Some(rebuild) = image.rebuild.span() {
        let message = format!("`{name}` has both `changes` and `rebuild`");
        Finding::new(Code::Exclusive, span, message)
            .related(rebuild, "`rebuild` decides itself whether to build")
            .help(help)
    } else if image.role() == Role::Toolchain {
        let message = format!("`{name}` is a toolchain, whose tag other pipelines use");
        Finding::new(Code::ImageRole, span, message).help(help)
    } else {
        return;
    };
    check.report.push(finding);
}

/// Reports an image whose base may not be built with it.
fn bases(check: &mut Check<'_>, key: &At<String>, image: &At<Image>) {
    for base in image.bases() {
        let of = check.manifest.image(&base.value);
        let of = of.filter(|of| of.role() != Role::Toolchain);
        let Some(narrowed) = of.and_then(|of| of.narrowed()) else {
            continue;
        };
        let own = image.narrowed();
        if own.is_some_and(|own| own.is_within(&narrowed)) {
            continue;
        }
        let message = format!(
            "`{}` is built from `{}`, which is built only when its `changes` say so",
            key.value, base.value
        );
        check.report.push(
            Finding::new(Code::ImageNotBuilt, base.span, message)
                .related(narrowed.span, "the base is built only then")
                .help(
                    "give both the same `changes`, or make the base a `toolchain` with `rebuild`",
                ),
        );
    }
}

/// Reports a promotion that looks for an image of its commit, which the commit may not have.
fn from_elsewhere(check: &mut Check<'_>, user: &User<'_>, name: &str) {
    let image = check.manifest.image(name);
    let image = image.filter(|image| image.role() != Role::Toolchain);
    let Some(narrowed) = image.and_then(|image| image.narrowed()) else {
        return;
    };
    let message = format!(
        "{} wants `{name}` of a commit that may not have built it",
        user.what
    );
    check.report.push(
        Finding::new(Code::ImageNotBuilt, user.span, message)
            .related(narrowed.span, "it is built only when these files changed")
            .help("build it there as well (`refs` of the image): for a tag every image is built"),
    );
}

/// Something that uses images.
struct User<'m> {
    what: String,
    narrowed: Option<Narrowed>,
    refs: &'m SetNames,
    /// Where it says when it runs.
    span: Span,
    inherited: Inherited<'m>,
}

impl User<'_> {
    /// Reports the first image that may not be built where it runs.
    fn uses<'n>(&self, check: &mut Check<'_>, images: impl Iterator<Item = (&'n str, Span)>) {
        let manifest = check.manifest;
        if manifest.holds_only_tags(self.refs) {
            return;
        }
        for (name, used) in images {
            let image = manifest.image(name);
            let image = image.filter(|image| image.role() != Role::Toolchain);
            let Some(built) = image.and_then(|image| image.narrowed()) else {
                continue;
            };
            let own = self.narrowed.as_ref();
            if own.is_some_and(|own| own.is_within(&built)) {
                continue;
            }
            let what = &self.what;
            let finding = match (&self.inherited, own) {
                (Inherited::Unlike(one, other), None) => {
                    let message = format!(
                        "{what} uses `{one}` and `{other}`, and one may be built without the other"
                    );
                    Finding::new(Code::ImageNotBuilt, self.span, message)
                        .related(
                            built.span,
                            format!("`{name}` is built only when these files changed"),
                        )
                        .help("give the images the same `changes`, or use one image in each place")
                        .help("its own `changes` may name files that all of these images name")
                }
                _ => {
                    let message = format!(
                        "{what} also runs where `{name}` is not built, because its files did not change"
                    );
                    let place = if own.is_some() { self.span } else { used };
                    Finding::new(Code::ImageNotBuilt, place, message)
                        .related(built.span, "it is built only when these files changed")
                        .help("remove its own `changes`: it then runs when the image is built")
                        .help("or add the files to the `changes` of the image")
                }
            };
            check.report.push(finding);
            return;
        }
    }
}
