//! Builds after the tests: images of the role `production`, where they are deployed.

use super::Lowering;
use crate::manifest::images::Role;

pub(super) fn lower(lowering: &mut Lowering<'_>) {
    let images: Vec<_> = lowering.images_of(&[Role::Production]).collect();
    for (key, image) in images {
        lowering.build(key, image);
    }
}
