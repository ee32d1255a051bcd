//! Promotions: a further tag for an image that is built already, by digest and without a daemon.

use super::{Lowering, quoted};
use crate::gitlab::gates;
use crate::manifest::collection::Many;
use crate::manifest::common::Entity;
use crate::manifest::environments::Promotion;
use crate::manifest::reach::{Coverage, covers};
use crate::manifest::resolved::SetNames;
use crate::pipeline::{Job, Value};
use crate::source::At;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    for (key, promotion) in lowering.manifest.promotions() {
        lowering.promote(key, promotion);
    }
}

impl<'m> Lowering<'m> {
    fn promote(&mut self, key: &'m At<String>, promotion: &'m At<Promotion>) {
        let common = promotion.common();
        let entity = format!("promotions.{}", key.value);
        let mut job = self.job(&promotion.promote_job(key), entity, key.span, common);
        job.stage = Some(promotion.stage().to_owned());
        let refs: SetNames = promotion
            .refs
            .get()
            .map(|refs| refs.0.clone())
            .unwrap_or_default();
        self.run_on(&mut job, &refs, None);
        // What others find under a tag must not stop half-way through a list of tags.
        job.interruptible = self.if_known(gates::INTERRUPTIBLE, false);
        self.with_registry_script(&mut job);
        let images = self.manifest.promoted_by(promotion);
        for name in &images {
            job.script
                .push(self.promotion_command(name, promotion, &refs));
        }
        self.need_promoted(&mut job, &images, &refs);
        self.finish(job, Some(common));
    }

    /// Moves the tags to the build of this pipeline, else to the one that this commit already has.
    fn promotion_command(&self, name: &str, promotion: &Promotion, refs: &SetNames) -> Value {
        let image = match self.is_built_on(name, refs) {
            true => self.by_digest_or_fail(name),
            false => self.by_tag(name),
        };
        let tags = promotion.to.get().into_iter().flat_map(Many::iter);
        let tags: Vec<String> = tags.map(|tag| quoted(&tag.value)).collect();
        let options = self.registry_options();
        Value::from(format!(
            "registry_move_tag {options}{} {}",
            quoted(&image),
            tags.join(" ")
        ))
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
}
