//! Deployments of images that no job of the pipeline builds, but a promotion brings along from the
//! pipeline that did (language, section 9).

use super::Manifest;
use super::collection::Many;
use super::deployments::Deployments;
use super::environments::Promotion;
use super::reach::{Coverage, covers};
use super::record::Field;
use super::resolved::SetNames;
use crate::source::At;

fn refs(field: &Field<Many<String>>) -> SetNames {
    field.get().map(|refs| refs.0.clone()).unwrap_or_default()
}

impl Deployments<'_> {
    /// Whether a promotion hands an image on to deployments: it is not built where it is promoted,
    /// and it is deployed where no job builds it.
    pub fn brings(&self, manifest: &Manifest, promotion: &Promotion, name: &str) -> bool {
        let Some(image) = manifest.image(name) else {
            return false;
        };
        let built = self.image_refs(name, image);
        let misses = |refs: &SetNames| covers(manifest, &built, refs) != Coverage::Covered;
        manifest.promoted_by(promotion).contains(&name)
            && misses(&refs(&promotion.refs))
            && self
                .of_image(name)
                .iter()
                .any(|(_, environment)| misses(&refs(&environment.refs)))
    }

    /// The stage of a promotion: in place of the production build where deployments wait for it.
    pub fn promotion_stage<'m>(&self, manifest: &Manifest, promotion: &'m Promotion) -> &'m str {
        let mut images = manifest.promoted_by(promotion).into_iter();
        match promotion.stage.get() {
            Some(own) => own,
            None if images.any(|name| self.brings(manifest, promotion, name)) => "build-prod",
            None => "deploy",
        }
    }

    /// Where an image is built or brought along.
    pub fn available_refs(&self, manifest: &Manifest, name: &str) -> SetNames {
        let mut all: SetNames = manifest
            .image(name)
            .map(|image| self.image_refs(name, image))
            .unwrap_or_default();
        for (_, promotion) in manifest.promotions() {
            if self.brings(manifest, promotion, name) {
                let sets = refs(&promotion.refs).into_iter();
                all.extend(sets.map(|set| At::new(set.value, set.span)));
            }
        }
        all
    }
}
