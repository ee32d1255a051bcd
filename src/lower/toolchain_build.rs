//! Builds of tools that other jobs run in: before all others, into a repository that outlives
//! pipelines.

use super::Lowering;
use crate::manifest::images::Role;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::Toolchain]).collect();
    for (key, image) in images {
        lowering.build(key, image);
    }
}
