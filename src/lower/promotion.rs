//! Promotions: a further tag for an image that is built already, by digest and without a daemon.
//!
//! In: a promotion. Out: its job. Always holds: nothing is built; a tag of the image's own
//! repository is moved, one of another repository or registry gets a copy of the same digest.

use super::registry::Right;
use super::{Lowering, digest_variable, quoted};
use crate::gitlab::gates;
use crate::manifest::collection::Many;
use crate::manifest::common::Entity;
use crate::manifest::environments::Promotion;
use crate::manifest::images::Image;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::registries::split_tag;
use crate::manifest::resolved::SetNames;
use crate::mutant::{self, Mutant};
use crate::pipeline::{Job, Need, Origin, Value};
use crate::source::At;

/// The file in which a promotion hands the digests on that it found.
pub(super) const DOTENV: &str = "promoted";

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, promotion) in lowering.manifest.promotions() {
        lowering.promote(key, promotion);
    }
}

/// The references that a promotion gives an image: a tag alone is one of its own repository.
fn targets(promotion: &Promotion, repository: &str) -> Vec<String> {
    let all = promotion.to.get().into_iter().flat_map(Many::iter);
    let target = |to: &str| match split_tag(to) {
        None => format!("{repository}:{to}"),
        Some(_) => to.to_owned(),
    };
    all.map(|to| target(&to.value)).collect()
}

impl<'m> Lowering<'m> {
    fn promote(&mut self, key: &'m At<String>, promotion: &'m At<Promotion>) {
        let common = promotion.common();
        let origin = Origin::Promotion(key.value.clone());
        let mut job = self.job(&promotion.promote_job(key), origin, key.span, common);
        job.stage = Some(
            self.deployments
                .promotion_stage(self.manifest, promotion)
                .to_owned(),
        );
        let refs = refs_of(promotion);
        let narrowed = self.manifest.narrowed_promotion(promotion);
        self.run_on(&mut job, &refs, narrowed.as_ref());
        // What others find under a tag must not stop half-way through a list of tags.
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        let images = self.manifest.promoted_by(promotion);
        let handled: Vec<&Image> = images
            .iter()
            .filter_map(|name| self.image(name))
            .map(|at| &at.value)
            .collect();
        let to = promotion
            .registry
            .get()
            .map(|to| self.manifest.registry(to));
        self.with_regctl(&mut job, &handled, Right::Push, to);
        let mut handed_on = Vec::new();
        for name in &images {
            job.uses.image(name);
            // The first one writes the file anew: where nothing is checked out, the runner keeps
            // that of an earlier pipeline.
            let write = if handed_on.is_empty() { ">" } else { ">>" };
            self.promotion_commands(&mut job, key, name, promotion, write);
            if self.deployments.brings(self.manifest, promotion, name) {
                handed_on.push(*name);
            }
        }
        if !handed_on.is_empty() {
            let file = self.handed_on(DOTENV, &key.value);
            self.hand_on(&mut job, &file);
        }
        self.need_promoted(&mut job, &images, &refs, promotion);
        self.finish(job, Some(common));
    }

    /// Gives the further tags to the build of this pipeline, else to the one that this commit
    /// already has; `write` is the redirection for a digest that is handed on.
    fn promotion_commands(
        &self,
        job: &mut Job,
        key: &At<String>,
        name: &str,
        promotion: &Promotion,
        write: &str,
    ) {
        let Some(image) = self.image(name) else {
            return;
        };
        let repository = image.repository(name);
        let targets = targets(promotion, &repository);
        let built = self.is_built_on(name, &refs_of(promotion));
        let brings = self.deployments.brings(self.manifest, promotion, name);
        let tested = self
            .deployments
            .wants_tested(self.manifest, promotion, name)
            && !mutant::on(Mutant::PromotesUntested);
        let mut source = match (built, tested) {
            (true, _) => self.by_digest_or_fail(name, &mut job.uses),
            (false, true) => self.tested(name),
            (false, false) => self.by_tag(name),
        };
        if !built && (brings || tested || targets.len() > 1) {
            // Looked up once, so that all that follows is about one image.
            let digest = format!("digest=$(regctl image digest {})", quoted(&source));
            job.script.push(Value::from(match tested {
                false => digest,
                true => format!(
                    "{digest} || {{\n  echo \"No image {name} of $CI_COMMIT_SHA is known to have passed its tests.\" >&2\n  exit 1\n}}\n"
                ),
            }));
            source = format!("{repository}@$digest");
        }
        for target in targets {
            let copy = format!("regctl image copy {} {}", quoted(&source), quoted(&target));
            job.script.push(copy.into());
        }
        if brings {
            job.script.push(Value::from(format!(
                "echo \"{}=$digest\" {write} {}",
                digest_variable(name),
                self.handed_on(DOTENV, &key.value)
            )));
        }
    }

    fn is_built_on(&self, name: &str, refs: &SetNames) -> bool {
        let Some(image) = self.image(name) else {
            return false;
        };
        let built = self.deployments.image_refs(name, image);
        covers(self.manifest, &built, refs) == Coverage::Covered
    }

    /// If the job names what it waits for, it also waits for the builds that are in its pipeline.
    fn need_promoted(
        &mut self,
        job: &mut Job,
        images: &[&str],
        refs: &SetNames,
        promotion: &Promotion,
    ) {
        let built: Vec<&str> = images
            .iter()
            .copied()
            .filter(|name| self.is_built_on(name, refs))
            .collect();
        self.need_builds(job, &built);
        self.need_tests(job, images, refs, promotion);
    }

    /// Nor does a promotion start before the tests of its images, as far as they are in its pipeline.
    fn need_tests(
        &mut self,
        job: &mut Job,
        images: &[&str],
        refs: &SetNames,
        promotion: &Promotion,
    ) {
        if promotion.untested.copied_or(false) {
            return;
        }
        let manifest = self.manifest;
        let narrowed = manifest.narrowed_promotion(promotion);
        let mut waits = Vec::new();
        for name in images {
            if self.is_built_on(name, refs) {
                let tests = manifest.tests_of(name);
                waits.extend(
                    tests
                        .iter()
                        .map(|test| self.need_of(test, refs, narrowed.as_ref())),
                );
            } else if self.deployments.wants_tested(manifest, promotion, name)
                && self.deployments.may_be_built(manifest, name, refs)
                && let Some((key, image)) = manifest.image_entry(name)
                && let Some(stage) = self.deployments.tested_stage(manifest, name)
            {
                let need = Need {
                    job: image.tested_job(key).value,
                    artifacts: false,
                    optional: true,
                };
                waits.push((need, stage.to_owned()));
            }
        }
        let own: Vec<String> = job
            .needs
            .iter()
            .flatten()
            .map(|need| need.job.clone())
            .collect();
        waits.retain(|(need, _)| !own.contains(&need.job));
        self.imply(job, waits);
    }

    /// If a deployment names what it waits for, it also waits for the promotions that bring its
    /// images along, and for a build only where there is one.
    pub(super) fn need_promotions(&self, job: &mut Job, images: &[&str], refs: &SetNames) {
        let Some(needs) = &mut job.needs else { return };
        for name in images {
            let entry = self.manifest.image_entry(name);
            let Some((key, image)) = entry.filter(|_| !self.is_built_on(name, refs)) else {
                continue;
            };
            let build = image.build_job(key).value;
            for need in needs.iter_mut().filter(|need| need.job == build) {
                need.optional = true;
            }
            for (key, promotion) in self.manifest.promotions() {
                if !self.deployments.brings(self.manifest, promotion, name) {
                    continue;
                }
                let promote = promotion.promote_job(key).value;
                let always = covers(self.manifest, &refs_of(promotion), refs) == Coverage::Covered;
                match needs.iter_mut().find(|need| need.job == promote) {
                    Some(need) => need.artifacts = true,
                    None => needs.push(Need {
                        job: promote,
                        artifacts: true,
                        optional: !always,
                    }),
                }
            }
        }
    }
}

fn refs_of(promotion: &Promotion) -> SetNames {
    let refs = promotion.refs.get();
    refs.map(|refs| refs.0.clone()).unwrap_or_default()
}
