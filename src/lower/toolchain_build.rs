//! Builds of tools that other jobs run in: before all others, into a repository that outlives
//! pipelines.

use super::Lowering;
use super::image_build::DefaultCache;
use crate::manifest::images::Role;
use crate::manifest::written_tags::TOOLCHAIN_CACHE;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::Toolchain]).collect();
    for (key, image) in images {
        lowering.build(key, image);
    }
}

/// One cache for all branches, as there is one image for all of them.
pub(super) struct ToolchainCache;

impl DefaultCache for ToolchainCache {
    fn from(&self) -> Vec<String> {
        vec![TOOLCHAIN_CACHE.to_owned()]
    }

    fn before(&self) -> Option<&'static str> {
        None
    }
}
