//! The driver `script`: the project's own commands.

use super::Change;
use crate::lower::{Lowering, common};
use crate::manifest::environments::Environment;

pub(super) fn lower(_: &Lowering<'_>, environment: &Environment) -> Option<Change> {
    let script = &environment.deploy.get()?.script;
    script.get()?;
    Some(Change {
        own: common::commands(script),
        ..Change::default()
    })
}
