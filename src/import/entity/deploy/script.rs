//! Commands of the project that deploy by themselves: the driver `script`.
//!
//! In: a job with an environment whose commands no other driver knows. Out: the same commands, in the image of the
//! job. Always holds: the commands stay as they are; windlass knows of no cluster there.

use crate::import::entity::common;
use crate::import::entity::view::Seen;
use crate::pipeline::Mapping;

/// `deploy` of the environment; nothing if the job has no environment, image or commands.
pub(super) fn read(seen: &Seen<'_>, environment: &Mapping) -> Option<Mapping> {
    environment.get("name")?;
    let mut deploy = Mapping::new();
    deploy.set("script", common::commands(seen.keys.get("script")?));
    deploy.set("image", seen.keys.get("image")?.clone());
    Some(deploy)
}
