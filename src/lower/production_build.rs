//! Builds after the tests: images of the role `production`, where they are deployed.

use super::Lowering;
use super::image_build::DefaultCache;
use crate::manifest::images::Role;
use crate::manifest::written_tags::PRODUCTION_CACHE;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::Production]).collect();
    for (key, image) in images {
        lowering.build(key, image);
    }
}

/// A cache that only production builds write: what a branch could write must not get into an
/// image that is deployed.
pub(super) struct ProductionCache;

impl DefaultCache for ProductionCache {
    fn from(&self) -> Vec<String> {
        vec![PRODUCTION_CACHE.to_owned()]
    }

    fn before(&self) -> Option<&'static str> {
        None
    }
}
