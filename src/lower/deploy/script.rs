//! The driver `script`: the project's own commands.

use super::Change;
use crate::lower::{Lowering, common};
use crate::manifest::environments::Deploy;

pub(super) fn lower(_: &Lowering<'_>, deploy: &Deploy) -> Option<Change> {
    deploy.script.get()?;
    Some(Change {
        own: common::commands(&deploy.script),
        ..Change::default()
    })
}
