//! Promotions: a further tag for an image that is built already, by digest and without a daemon.
//!
//! In: a promotion. Out: its job. Always holds: nothing is built; a tag of the image's own
//! repository is moved, one of another repository or registry gets a copy of the same digest.

use std::collections::BTreeSet;

use super::registry_script::credentials;
use super::{Lowering, digest_variable, quoted};
use crate::gitlab::gates;
use crate::manifest::Manifest;
use crate::manifest::collection::Many;
use crate::manifest::common::Entity;
use crate::manifest::environments::Promotion;
use crate::manifest::images::Image;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::registries::{Credentials, split_tag};
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Job, Need, Origin, Value};
use crate::source::At;

/// The file in which a promotion hands the digests on that it found.
pub(super) const DOTENV: &str = "promoted";

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, promotion) in lowering.manifest.promotions() {
        lowering.promote(key, promotion);
    }
}

/// Where the tags of a promotion go: those of the image's own repository, and those of others.
#[derive(Default)]
struct Targets<'m> {
    own: Vec<&'m str>,
    elsewhere: Vec<(&'m str, Vec<&'m str>)>,
}

impl<'m> Targets<'m> {
    fn of(manifest: &Manifest, promotion: &'m Promotion, repository: &str) -> Self {
        let own = promotion.variables.get();
        let canonical = |text: &str| manifest.canonical_repository(own, text);
        let mut targets = Self::default();
        for to in promotion.to.get().into_iter().flat_map(Many::iter) {
            match split_tag(&to.value) {
                None => targets.own.push(&to.value),
                Some((own, tag)) if canonical(own) == canonical(repository) => {
                    targets.own.push(tag);
                }
                Some((other, tag)) => {
                    let known = targets
                        .elsewhere
                        .iter_mut()
                        .find(|(known, _)| *known == other);
                    match known {
                        Some((_, tags)) => tags.push(tag),
                        None => targets.elsewhere.push((other, vec![tag])),
                    }
                }
            }
        }
        targets
    }

    fn count(&self) -> usize {
        usize::from(!self.own.is_empty()) + self.elsewhere.len()
    }
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
        self.run_on(&mut job, &refs, None);
        // What others find under a tag must not stop half-way through a list of tags.
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        self.with_registry_script(&mut job);
        let images = self.manifest.promoted_by(promotion);
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
        self.need_promoted(&mut job, &images, &refs);
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
        let targets = Targets::of(self.manifest, promotion, &repository);
        let options = self.push_options(image);
        let built = self.is_built_on(name, &refs_of(promotion));
        let brings = self.deployments.brings(self.manifest, promotion, name);
        let mut source = match built {
            true => self.by_digest_or_fail(name, &mut job.uses),
            false => self.by_tag(name),
        };
        if !built && (brings || targets.count() > 1) {
            // Looked up once, so that all that follows is about one image.
            job.script.push(Value::from(format!(
                "digest=$(registry_digest {options}{})",
                quoted(&source)
            )));
            source = format!("{repository}@$digest");
        }
        let words = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| quoted(tag)).collect();
            tags.join(" ")
        };
        if !targets.own.is_empty() {
            job.script.push(Value::from(format!(
                "registry_move_tag {options}{} {}",
                quoted(&source),
                words(&targets.own)
            )));
        }
        let to = self
            .manifest
            .registry(target_registry(image, promotion))
            .push;
        let from = self.manifest.registry_of(image).push;
        for (other, tags) in &targets.elsewhere {
            let to = match to {
                to if to == from => String::new(),
                // The job's own have to be said, where the image comes from elsewhere.
                Some(Credentials::JOB) => {
                    "--to-credentials CI_REGISTRY_USER CI_REGISTRY_PASSWORD ".to_owned()
                }
                to => credentials("--to-credentials", to),
            };
            job.script.push(Value::from(format!(
                "registry_copy {options}{to}{} {} {}",
                quoted(&source),
                quoted(other),
                words(tags)
            )));
        }
        if brings {
            job.script.push(Value::from(format!(
                "echo \"{}=$digest\" {write} {}",
                digest_variable(name),
                self.handed_on(DOTENV, &key.value)
            )));
        }
    }

    /// The sections of the registry script that a promotion uses.
    pub(super) fn promotion_sections(&self, promotion: &Promotion) -> BTreeSet<&'static str> {
        let mut used = BTreeSet::new();
        for name in self.manifest.promoted_by(promotion) {
            let Some(image) = self.image(name) else {
                continue;
            };
            let targets = Targets::of(self.manifest, promotion, &image.repository(name));
            if !targets.own.is_empty() {
                used.insert("move_tag");
            }
            if !targets.elsewhere.is_empty() {
                used.insert("copy");
            }
            let brings = self.deployments.brings(self.manifest, promotion, name);
            if !self.is_built_on(name, &refs_of(promotion)) && (brings || targets.count() > 1) {
                used.insert("digest");
            }
        }
        used
    }

    fn is_built_on(&self, name: &str, refs: &SetNames) -> bool {
        let Some(image) = self.image(name) else {
            return false;
        };
        let built = self.deployments.image_refs(name, image);
        covers(self.manifest, &built, refs) == Coverage::Covered
    }

    /// If the job names what it waits for, it also waits for the builds that are in its pipeline.
    fn need_promoted(&self, job: &mut Job, images: &[&str], refs: &SetNames) {
        let built: Vec<&str> = images
            .iter()
            .copied()
            .filter(|name| self.is_built_on(name, refs))
            .collect();
        self.need_builds(job, &built);
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

/// The registry that a promotion copies to: where it says, else that of the image.
fn target_registry<'m>(image: &'m Image, promotion: &'m Promotion) -> &'m str {
    match promotion.registry.get() {
        Some(registry) => registry,
        None => image.registry_name(),
    }
}
